"""Every sequence is driven once for each model, seed and fold, also where the states are recorded."""

from collections import Counter

import numpy as np
import pytest

from millpond import comparison
from millpond.esn import EchoStateNetwork
from millpond.evaluation.evaluate import Kept, evaluate
from millpond.evaluation.folds import Fold
from millpond.evaluation.task_data import Material
from millpond.lsm import LiquidStateMachine
from millpond.physical import WaveTank
from millpond.readout import Pool
from millpond.recording import Recording, filling
from millpond.reservoir import Question, Sequences
from tests import sounds

MODELS = {
    "esn": lambda: EchoStateNetwork(n_units=20, random_state=0),
    "lsm": lambda: LiquidStateMachine(n_units=30, engine="numba", random_state=0),
    "water": lambda: WaveTank(frames_every=5, random_state=0),
}


@pytest.fixture
def material(rng):
    signals = [rng.normal(size=(n, 2)) for n in (30, 25, 40, 35, 30, 20)]
    labels, places = np.array([0, 1, 0, 1, 0, 1]), [np.array([3, 9])] * 6
    questions = (
        Question("word", list(labels[:, None])),
        Question("word, mean", list(labels[:, None]), pooling="mean"),
        Question("then", [u[[2, 8], 0] for u in signals], places, "nrmse"),
    )
    return Material(Sequences(signals, labels=labels), questions)


FOLD = Fold("one", np.array([0, 1, 2, 3]), np.array([4, 5]), np.array([0, 0, 1, 1]))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("rows", [10**6, 7])
def test_a_recorded_evaluation_gives_the_same_answers(material, name, rows, tmp_path, monkeypatch):
    """Also where sequences are computed in chunks of seven rows."""
    monkeypatch.setattr(filling, "rows_at_a_time", lambda n_units: rows)
    plain = evaluate(MODELS[name](), Pool("segments"), material, FOLD)
    path = tmp_path / "kept.h5"
    kept = evaluate(MODELS[name](), Pool("segments"), material, FOLD, kept=Kept(path, {}))
    assert plain.penalty == pytest.approx(kept.penalty)
    for question, answers in plain.predicted.items():
        np.testing.assert_allclose(kept.predicted[question].astype(float), answers.astype(float), rtol=1e-9, atol=1e-12)
    with Recording.open(path) as recording:
        assert list(recording.split) == ["train"] * 4 + ["test"] * 2
        assert [q.name for q in recording.questions] == ["word", "word, mean", "then"]
        assert recording.questions[1].pooling == "mean"


def test_every_sequence_is_driven_once_for_each_model_seed_and_fold(tmp_path, monkeypatch):
    driven: Counter = Counter()
    batch = EchoStateNetwork.transform_batch

    def counted(self, signals):
        if self.spectral_radius != 0 and self.n_units == 20:  # not the controls
            driven.update((self.random_state, signal.tobytes()) for signal in signals)
        return batch(self, signals)

    monkeypatch.setattr(EchoStateNetwork, "transform_batch", counted)
    corpus = sounds.write_corpus(tmp_path / "corpus")
    monkeypatch.setattr(comparison, "report", lambda *args, **more: None)  # the page shows one word
    comparison.compare("digits", ["esn"], str(corpus), None, "speaker", tmp_path / "out", units=20, n_seeds=2,
                       n_folds=2, n_workers=1)  # fmt: skip
    assert driven and set(driven.values()) == {1}
    with Recording.open(tmp_path / "out" / "esn.h5") as recording:
        assert len(driven) == 2 * 2 * len(recording)  # seeds and folds; scaling makes the signals of folds differ
