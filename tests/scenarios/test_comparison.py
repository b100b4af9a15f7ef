import numpy as np
import pytest
from sklearn.base import clone

from millpond.baseline import RawInput
from millpond.esn import EchoStateNetwork
from millpond.evaluation import evaluate, fitting
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import MIXED_RATES, adjusted, controls_of
from millpond.evaluation.task_data import labelled
from millpond.readout import Pool
from millpond.reservoir import Sequences


def test_nothing_of_the_test_part_is_seen_before_the_prediction(ragged, monkeypatch):
    """Other test sequences change neither scaling, weights, penalty nor readout."""
    fold = Fold("first", np.arange(8), np.arange(8, 11), np.arange(8) % 3)
    model = EchoStateNetwork(n_units=10, random_state=0)
    fitted = []
    fit = fitting.RidgeClassifier.fit

    def watched(self, *args, **kwargs):
        fitted.append(fit(self, *args, **kwargs))
        return self

    monkeypatch.setattr(fitting.RidgeClassifier, "fit", watched)
    nested = [(0.5, np.arange(4))]
    evaluate.evaluate(clone(model), Pool(), labelled(ragged), fold, nested)
    other = ragged.with_signals([*ragged.signals[:8], *(100 + 50 * x for x in ragged.signals[8:])])
    evaluate.evaluate(clone(model), Pool(), labelled(other), fold, nested)
    assert len(fitted) == 4  # on all of the training part, and on half of it
    for one, again in zip(fitted[:2], fitted[2:], strict=True):
        np.testing.assert_array_equal(one.coef_, again.coef_)
        assert one.penalty_ == again.penalty_


def test_permuted_labels_come_out_at_chance(rng):
    """The whole road cannot find what is not there; the mean of 20 draws is known to 2 points."""
    X = [rng.normal(size=(rng.integers(5, 9), 3)) for _ in range(60)]
    hits = []
    fold = Fold("half", np.arange(40), np.arange(40, 60), np.arange(40) % 4)
    for draw in range(20):
        y = np.random.default_rng(draw).permutation(np.arange(60) % 4)
        model = EchoStateNetwork(n_units=20, random_state=0)
        outcome = evaluate.evaluate(model, Pool(), labelled(Sequences(X, labels=y)), fold)
        hits.append(np.mean(outcome.predicted["label"] == y[40:]))
    assert np.mean(hits) == pytest.approx(0.25, abs=4 * np.sqrt(0.25 * 0.75 / 400))


def test_features_in_batches_are_the_features(ragged, monkeypatch):
    model = EchoStateNetwork(n_units=10, random_state=0).fit(ragged)
    whole = Pool().fit_transform(model.transform(ragged))
    monkeypatch.setattr(evaluate, "_BATCH_BYTES", 8 * 10 * 12)
    assert np.array_equal(
        fitting.tables(evaluate.driven(model, ragged), Pool(), [*labelled(ragged).questions])[0], whole
    )


def test_controls_are_as_large_as_the_reservoir_and_scaled_alike():
    model = EchoStateNetwork(n_units=33, input_scaling=0.7, bias_scaling=1.1, leak_rate=0.4, random_state=2)
    controls = controls_of(model, 3)
    assert list(controls) == ["input", "squares", "static", "leaky", "no-recurrence"]
    static = controls["static"]
    assert (static.n_units, static.input_scaling, static.bias_scaling) == (33, 0.7, 1.1)
    assert controls["squares"].leak_rate == 0.4
    assert controls["no-recurrence"].spectral_radius == 0
    leaky = controls["leaky"]
    assert (leaky.n_units, leaky.input_scaling, leaky.bias_scaling) == (33, 0.7, 1.1)
    assert (leaky.leak_rate, leaky.spectral_radius) == (MIXED_RATES, 0)
    assert "no-recurrence" not in controls_of(RawInput(), 3)


def test_seed_and_size_are_set_where_there_are_such():
    model = adjusted(EchoStateNetwork(n_units=5), units=9, seed=4)
    assert (model.n_units, model.random_state) == (9, 4)
    assert isinstance(adjusted(RawInput(), 9, 4), RawInput)
