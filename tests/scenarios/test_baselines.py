"""Networks trained by gradient in the comparison: the same splits, no controls, no recording."""

import numpy as np
import pytest

from millpond import terminal
from millpond.baseline import RecurrentNetwork
from millpond.comparison import compare
from millpond.evaluation.evaluate import evaluate_baseline
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted
from millpond.evaluation.task_data import Material, labelled
from millpond.recorded import record_task
from millpond.reservoir import InputError, Question, Sequences


@pytest.fixture(scope="module")
def found(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    options = {"units": 8, "n_seeds": 2, "n_folds": 2, "n_epochs": 3, "progress": False}
    return [compare("digits", ["gru"], corpus, None, "speaker", out, n_workers=n, **options) for n in (1, 2)], out


def test_a_baseline_is_a_row_of_its_own(found):
    (summary, _), out = found
    assert [(r["model"], r["kind"]) for r in summary["rows"]] == [("gru", "baseline")]
    row = summary["rows"][0]
    assert len(row["score"]["per_seed"]) == 2
    assert row["n_units"] == 2 * 8  # of two members
    assert row["n_features"] == 2 * 40
    assert row["n_trained"] == 2 * ((48 + 8 + 1) * 24 + 8 + (40 + 1) * 3)
    assert row["config"]["params"]["member"]["params"]["n_epochs"] == 3
    assert row["config"]["n_tried"] > 0
    assert list(row["seed_config"][0]["penalty"].values()) == [{}, {}]
    assert sorted(p.name for p in out.iterdir()) == ["report.html", "summary.json"]
    assert any(
        "Settings tried on validation groups beforehand" in str(line) and f"gru {row['config']['n_tried']}" in str(line)
        for line in terminal.comparison(summary)
    )


def test_scores_do_not_depend_on_the_number_of_workers(found):
    alone, together = (s["rows"][0] for s in found[0])
    assert alone["score"] == together["score"]


def test_nothing_of_the_test_part_is_seen_in_training(ragged, monkeypatch):
    fitted = []
    fit = RecurrentNetwork.fit

    def watched(self, *args, **kwargs):
        fitted.append(fit(self, *args, **kwargs))
        return self

    monkeypatch.setattr(RecurrentNetwork, "fit", watched)
    fold = Fold("first", np.arange(8), np.arange(8, 11), np.arange(8) % 3)
    model = RecurrentNetwork(cell="elman", n_units=4, n_epochs=2, random_state=0)
    other = ragged.with_signals([*ragged.signals[:8], *(100 + 50 * x for x in ragged.signals[8:])])
    for given in (ragged, other):
        evaluate_baseline(adjusted(model), labelled(given), fold)
    np.testing.assert_array_equal(*(m.params_["layers"][0][0]["R"] for m in fitted))


def test_a_question_at_certain_rows_is_learned_and_answered_there(rng):
    """The second of two inputs, asked for one step later; what stands at other rows is not the answer."""
    x = [rng.choice([-1.0, 1.0], size=(12, 1)) for _ in range(60)]
    rows = [np.array([4, 9])] * 60
    before = Question("before", [(u[[3, 8], 0] > 0).astype(int) for u in x], rows)
    material = Material(Sequences(x), (before,))
    fold = Fold("one", np.arange(50), np.arange(50, 60), np.arange(50) % 5)
    found = evaluate_baseline(
        RecurrentNetwork(cell="gru", n_units=8, n_epochs=80, learning_rate=0.03, random_state=0), material, fold
    )
    assert (found.predicted["before"] == np.concatenate([before.answers[i] for i in fold.test])).mean() > 0.9


def test_there_is_nothing_to_record(corpus, tmp_path):
    with pytest.raises(InputError, match="has no states to record"):
        record_task("digits", "gru", corpus, None, "speaker", tmp_path / "a.h5")
