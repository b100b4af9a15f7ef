"""States of an experiment in place of a reservoir: the recipe of docs/own-data.md, and comparisons."""

import re
from pathlib import Path

import numpy as np
import pytest

from millpond.evaluation.evaluate import scaled, scaler_of
from millpond.evaluation.folds import Fold
from millpond.measures import card, memory_capacity
from millpond.recording import Recording, record
from millpond.reservoir import Sequences

PAGE = Path(__file__).parents[2] / "docs" / "own-data.md"


@pytest.fixture(scope="module")
def measured_class():
    code = next(b for b in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S) if "class Measured" in b)
    space = {"np": np}
    exec(code.partition("\n\n\ninputs = ")[0], space)
    return space["Measured"]


@pytest.fixture
def experiment(rng):
    inputs = [3 + 7 * rng.uniform(-1, 1, (n, 1)) for n in (40, 30, 50, 20)]
    return inputs, [np.hstack([u, u**2]) for u in inputs]


def test_a_recording_of_measured_states_has_their_capacity(measured_class, rng, tmp_path):
    inputs = [rng.uniform(-1, 1, (n, 1)) for n in (2000, 1500)]
    states = [np.column_stack([np.roll(u, k) for k in range(5)]) for u in inputs]
    with record(measured_class(inputs=inputs, states=states), Sequences(inputs), tmp_path / "a.h5") as recording:
        np.testing.assert_allclose(recording.inputs[1], inputs[1])
        assert memory_capacity(recording).value == pytest.approx(4, abs=1e-3)
    with Recording.open(tmp_path / "a.h5") as recording:
        found = card((list(recording.inputs), list(recording.states)))
        assert found["memory capacity"].value == pytest.approx(4, abs=1e-3)


def test_measured_states_are_found_in_a_comparison(measured_class, experiment):
    """Standardised per fold, the input would be another one, and no state would be found."""
    inputs, states = experiment
    model = measured_class(inputs=inputs, states=states)
    fold = Fold("0", np.array([0, 1, 2]), np.array([3]), np.array([0, 1, 2]))
    train, test = scaled(Sequences(inputs), fold, None, model)
    found = model.fit(train).transform(test)
    assert np.array_equal(found.signals[0], states[3])
    assert scaler_of(Sequences(inputs), fold, None, model).learnt == {"mean": [0.0], "scale": [1.0], "weights": None}
    assert scaler_of(Sequences(inputs), fold, None).mean_[0] == pytest.approx(3, abs=1.5)


def test_a_stream_of_measured_states(measured_class, experiment):
    inputs, states = experiment
    stream = measured_class(inputs=inputs, states=states).fit(inputs).stream()
    got = np.vstack([stream.run(inputs[2][:10]), stream.run(inputs[2][10:])])
    assert np.array_equal(got, states[2])
