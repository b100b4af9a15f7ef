"""One suite for every substrate and every control: what `reservoir.Reservoir` promises."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.utils.estimator_checks import estimator_checks_generator

from millpond.baseline import (
    InSeries,
    LeakyBank,
    Products,
    RawInput,
    ShiftRegister,
    SquaredIntegrators,
    StaticExpansion,
)
from millpond.esn import ES2N, Bidirectional, DeepEchoStateNetwork, EchoStateNetwork, IntrinsicPlasticity
from millpond.lsm import InputSpikes, LiquidStateMachine
from millpond.physical import MackeyGlassDelayLine, MassSpringNetwork, OptoElectronicNode, ShallowTank, WaveTank
from millpond.reservoir import InputError
from millpond.reservoir.testing import CHECKS, check_reservoir

MODELS = {
    "esn sparse": EchoStateNetwork(n_units=60, random_state=1),
    "esn dense": EchoStateNetwork(n_units=20, connectivity=1.0, random_state=1),
    "esn cycle": EchoStateNetwork(n_units=20, topology="cycle", random_state=1),
    "esn hadamard": EchoStateNetwork(n_units=32, topology="hadamard", leak_rate=(0.05, 1.0), random_state=1),
    "esn noise": EchoStateNetwork(n_units=20, topology="cycle-jumps", noise=0.1, random_state=1),
    "esn deep": DeepEchoStateNetwork(n_units=20, n_layers=2, architecture="deep-ia", random_state=1),
    "esn bidirectional": Bidirectional(reservoir=EchoStateNetwork(n_units=10, random_state=1)),
    "esn es2n": ES2N(n_units=20, connectivity=1.0, random_state=1),
    "esn plastic": IntrinsicPlasticity(
        reservoir=EchoStateNetwork(n_units=20, connectivity=1.0, random_state=1), n_epochs=1
    ),
    "esn float32": EchoStateNetwork(n_units=60, dtype="float32", random_state=1),
    "esn identity": EchoStateNetwork(n_units=20, activation="identity", random_state=1),
    "water": WaveTank(modes=(12, 10), carrier=5.0, pixels=(14, 10), cells=(7, 5), random_state=1),
    "water edges": WaveTank(
        modes=(12, 10),
        carrier=3.7,
        camera="sobel",
        distance=0.002,
        pixels=(14, 10),
        cells=(7, 5),
        dtype="float64",
        exposure=0.05,
        pictures=2,
        bits=8,
        n_motors=4,
        random_state=1,
    ),
    "water shifted": WaveTank(
        modes=(12, 10),
        carrier=4.0,
        modulation="frequency",
        deviation=0.1,
        pixels=(14, 10),
        cells=(7, 5),
        random_state=1,
    ),
    "mackey-glass": MackeyGlassDelayLine(n_units=30, gamma=0.0005, random_state=1),
    "opto-electronic": OptoElectronicNode(n_units=20, shift=3, random_state=1),
    "mass-spring": MassSpringNetwork(n_masses=12, force=0.1, hold=0.002, random_state=1),
    "shallow tank": ShallowTank(cells=(20, 16), n_units=25, random_state=1),
    "input": RawInput(),
    "squares": SquaredIntegrators(),
    "static": StaticExpansion(n_units=30, random_state=1),
    "bank": LeakyBank(),
    "register": ShiftRegister(n_taps=4, every=2),
    "products": Products(),
    "in series": InSeries(LeakyBank(), EchoStateNetwork(n_units=20, random_state=1)),
    "lsm": LiquidStateMachine(shape=(3, 3, 3), dt=5e-4, engine="numba", random_state=1),
    "lsm graded": LiquidStateMachine(
        n_units=30, preset="delayed", encoder="graded", dt=1e-3, membrane=True, engine="numba", random_state=1
    ),
    "lsm all views": LiquidStateMachine(
        shape=(3, 3, 2),
        n_columns=2,
        filters=(0.01, 0.1),
        counts=True,
        membrane=True,
        constants={"noise": 3e-4},
        dt=5e-4,
        engine="numba",
        random_state=1,
    ),
    "spikes": InputSpikes(dt=5e-4),
}
# Chunks that reach a BLAS product with another number of rows may round differently.
ROUNDS_BY_CHUNK = {"static": "its product with the input weights is left to BLAS"}
NEEDS_THE_WHOLE = {"esn bidirectional": "its state of a step has heard the end"}

SEQUENCE_CHECKS = {
    "check_methods_sample_order_invariance": "rows are steps in time: their order matters",
    "check_methods_subset_invariance": "rows are steps in time: a later one depends on the earlier",
    "check_dtype_object": "values that are no numbers raise InputError, a ValueError, where a TypeError is looked for",
}


@pytest.fixture(params=MODELS, ids=lambda name: name.replace(" ", "-"))
def name(request):
    return request.param


@pytest.fixture
def model(name):
    return clone(MODELS[name])


@pytest.fixture
def signals(rng):
    return [rng.normal(size=(n, 3)) for n in (6, 1, 15, 6, 40)]


def test_the_interface_is_followed(name, model):
    passed = check_reservoir(model)
    assert passed == [check for check in CHECKS if check != "stream" or name not in NEEDS_THE_WHOLE]


def test_sequences_keep_their_labels(model, ragged):
    states = model.fit(ragged).transform(ragged)
    assert list(states.labels) == list(ragged.labels)
    assert states.n_channels == model.n_units_


def test_order_and_size_of_the_batch_change_no_bit(model, signals):
    states = model.fit(signals).transform(signals)
    backwards = model.transform(signals[::-1])[::-1]
    alone = [model.transform(x) for x in signals]
    for a, b, c in zip(states, backwards, alone, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a, c)


def test_number_of_workers_changes_no_bit(model, signals):
    if "n_jobs" not in model.get_params():
        pytest.skip("runs on one thread")
    states = model.fit(signals).transform(signals)
    threaded = clone(model).set_params(n_jobs=3).fit(signals).transform(signals)
    assert all(np.array_equal(a, b) for a, b in zip(states, threaded, strict=True))


def test_states_at_some_rows_are_those_of_all(model, signals):
    long = np.tile(signals[0], (10, 1))
    n = len(long)
    rows = [np.array([n - 1]), np.array([0, 3, 4, 5, n // 2, n - 1]), np.arange(n), np.array([], int)]
    states = model.fit(signals).transform([long] * len(rows))
    for at, some, whole in zip(rows, model.states_at([long] * len(rows), rows), states, strict=True):
        assert np.array_equal(some, whole[at])


@pytest.mark.parametrize("cuts", [[1], [7, 8, 39], [20], list(range(1, 40))])
def test_chunks_equal_the_whole(name, model, signals, cuts):
    if name in NEEDS_THE_WHOLE:
        pytest.skip(NEEDS_THE_WHOLE[name])
    whole = model.fit(signals).transform(signals[4])
    stream = model.stream()
    chunked = np.vstack([stream.run(chunk) for chunk in np.split(signals[4], cuts)])
    if name in ROUNDS_BY_CHUNK:
        np.testing.assert_allclose(chunked, whole, rtol=0, atol=1e-12)
    else:
        assert np.array_equal(chunked, whole)
    stream.reset()
    np.testing.assert_allclose(stream.step(signals[4][0]), whole[0], rtol=0, atol=1e-12)


def test_a_copy_survives_pickling(model, signals):
    states = model.fit(signals).transform(signals)
    again = pickle.loads(pickle.dumps(model)).transform(signals)
    assert all(np.array_equal(a, b) for a, b in zip(states, again, strict=True))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_scikit_learn_agrees(name, model, subtests):
    for estimator, check in estimator_checks_generator(model):
        label = check.func.__name__
        with subtests.test(label):
            if label in SEQUENCE_CHECKS:
                pytest.skip(SEQUENCE_CHECKS[label])
            check(estimator)


BAD = [
    (lambda s: [s[0], np.where(np.arange(15)[:, None] == 3, np.nan, s[2])], "sequence 1 contains NaN at step 3"),
    (lambda s: [np.where(np.arange(6)[:, None] == 2, np.inf, s[0])], "infinity at step 2, channel 0"),
    (lambda s: [s[0], s[1][:, :2]], "sequence 1 has 2 features, but .* is expecting 3"),
    (lambda s: [], "empty set"),
    (lambda s: [s[0], s[0][:0]], "sequence 1 has no step"),
    (lambda s: [s[0], np.array([["a", "b", "c"]])], "convert it to float"),
    (lambda s: [s[0] + 1j], "Complex data not supported"),
    (lambda s: 3.0, "list of them"),
]


@pytest.mark.parametrize(
    ("spoil", "says"), BAD, ids=["nan", "inf", "channels", "empty", "no-step", "strings", "complex", "number"]
)
def test_bad_input_is_named(signals, spoil, says):
    model = EchoStateNetwork(n_units=5, random_state=1).fit(signals)
    with pytest.raises(InputError, match=says):
        model.transform(spoil(signals))


def test_names_of_sequences_are_in_the_message(ragged):
    model = EchoStateNetwork(n_units=5, random_state=1).fit(ragged)
    spoilt = [x.copy() for x in ragged.signals]
    spoilt[3][2, 1] = np.nan
    with pytest.raises(InputError, match=r"sequence 3 \('word 3'\) contains NaN at step 2, channel 1"):
        model.transform(ragged.with_signals(spoilt))
