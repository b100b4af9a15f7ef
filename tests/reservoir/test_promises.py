"""A substrate that breaks its interface is named in one sentence; a run that diverges is warned of."""

import warnings

import numpy as np
import pytest

from millpond.baseline import SquaredIntegrators, StaticExpansion
from millpond.esn import ClosedLoop, DeepEchoStateNetwork, EchoStateNetwork
from millpond.evaluation.models import controls_of
from millpond.readout import RLS, Ridge
from millpond.reservoir import DivergenceWarning, InputError, Reservoir


class Integrator(Reservoir):
    """Keeps its interface; the others below break it in one point each."""

    def build(self, signals, streams):
        self.n_units_ = 2

    def initial_state(self):
        return np.zeros(2)

    def advance(self, U, state):
        states = state + np.cumsum(U, axis=0)[:, :1]
        return states, states[-1].copy()


class ChangesItsRest(Integrator):
    def build(self, signals, streams):
        super().build(signals, streams)
        self._zero = np.zeros(2)

    def initial_state(self):
        return self._zero

    def advance(self, U, state):
        state += U.sum()
        return np.tile(state, (len(U), 1)), state


class ChangesItsNestedRest(Integrator):
    _kept = {"speed": [np.zeros(2)]}  # noqa: RUF012

    def initial_state(self):
        return self._kept

    def advance(self, U, state):
        state["speed"][0][:] += 1
        return np.zeros((len(U), 2)), state


class ReturnsNoState(Integrator):
    def advance(self, U, state):
        return super().advance(U, state)[0]


class ReturnsNothing(Integrator):
    def advance(self, U, state):
        pass


class ReturnsThreeRows(Integrator):
    def advance(self, U, state):
        states, after = super().advance(U, state)
        return states[:3], after


class ReturnsMoreColumns(Integrator):
    def advance(self, U, state):
        states, after = super().advance(U, state)
        return np.hstack([states, states]), after


class ReturnsALine(Integrator):
    def advance(self, U, state):
        return np.zeros(len(U)), state


class ReturnsComplex(Integrator):
    def advance(self, U, state):
        return np.zeros((len(U), 2), complex), state


class ReturnsAList(Integrator):
    def advance(self, U, state):
        return [[0.0, 0.0]] * len(U), state


class ReturnsTooFew(Integrator):
    def transform_batch(self, signals):
        return super().transform_batch(signals)[:1]


class BatchIsShort(Integrator):
    def transform_batch(self, signals):
        return [x[:-1] for x in super().transform_batch(signals)]


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (ChangesItsRest, "advance changed the state that it received"),
        (ChangesItsNestedRest, "advance changed the state that it received"),
        (ReturnsNoState, r"advance returned an array \(5, 2\).*but a pair is needed"),
        (ReturnsNothing, "advance returned a NoneType, but a pair"),
        (ReturnsThreeRows, r"returned an array \(3, 2\).*but an array \(5, 2\) of float64 is needed"),
        (ReturnsMoreColumns, r"returned an array \(5, 4\)"),
        (ReturnsALine, r"returned an array \(5,\)"),
        (ReturnsComplex, "of complex128 as states, but an array"),
        (ReturnsAList, "returned a list as states"),
        (ReturnsTooFew, "returned 1 arrays for 2 sequences"),
        (BatchIsShort, r"\(4, 2\) of float64 as states for sequence 0"),
    ],
)
def test_a_broken_substrate_is_named(kind, says):
    model = kind().fit(np.ones((5, 1)))
    with pytest.raises(InputError, match=says):
        model.transform([np.ones((5, 1)), np.ones((5, 1))])
    if "transform_batch" not in vars(kind):
        with pytest.raises(InputError, match=says):
            model.stream().run(np.ones((5, 1)))


@pytest.mark.parametrize("value", [None, 2.0, 0, True])
def test_the_number_of_units_must_be_set(value):
    class Forgets(Integrator):
        def build(self, signals, streams):
            if value is not None:
                self.n_units_ = value

    with pytest.raises(InputError, match=r"Forgets has n_units_ = .* after build.*set self.n_units_"):
        Forgets().fit(np.ones((5, 1)))


def test_a_substrate_that_keeps_its_promises():
    model = Integrator().fit(np.ones((5, 1)))
    assert model.unit_positions_ is None
    assert [s.shape for s in model.transform([np.ones((5, 1)), np.ones((2, 1))])] == [(5, 2), (2, 2)]


@pytest.mark.parametrize(
    ("params", "n_steps"),
    [
        ({"activation": "identity", "spectral_radius": 2.0, "leak_rate": 1.0}, 600),
        ({"activation": "identity", "spectral_radius": 1.1, "leak_rate": 0.5}, 1000),
        ({"activation": "relu", "spectral_radius": 3.0, "leak_rate": 1.0}, 100),
        ({"activation": "identity", "spectral_radius": 2.0, "leak_rate": 1.0, "connectivity": 1.0}, 200),
    ],
)
def test_states_that_grow_without_bound_are_warned_of_once(params, n_steps):
    signals = [np.ones((5, 1)), np.ones((n_steps, 1)), np.ones((n_steps, 1))]
    esn = EchoStateNetwork(n_units=50, random_state=0, **params).fit(signals)
    with pytest.warns(DivergenceWarning, match="EchoStateNetwork diverges on sequence 1: its states reach") as caught:
        esn.transform(signals)
    assert len(caught) == 1
    stream = esn.stream()
    with pytest.warns(DivergenceWarning) as caught:
        for u in signals[1]:
            stream.step(u)
    assert len(caught) == 1


def test_large_inputs_are_no_divergence():
    signals = [1e9 * np.ones((50, 1))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        EchoStateNetwork(n_units=20, activation="identity", random_state=0).fit(signals).transform(signals)
        Integrator().fit(signals).transform(signals)


@pytest.mark.parametrize("learns", [False, True])
def test_a_loop_whose_outputs_grow_is_warned_of(learns):
    y = np.sin(np.arange(300) / 5)[:, None]
    esn = EchoStateNetwork(n_units=30, activation="identity", random_state=0).fit(y)
    readout = Ridge(penalty=1e-8).fit(esn.transform(y)[50:-1], y[51:])
    readout.coef_ = 1.5 * readout.coef_
    if learns:
        readout = _Wrong(readout)
    loop = ClosedLoop(esn, readout)
    loop.teach(y)
    with pytest.warns(DivergenceWarning, match=r"outputs reach \d"):
        loop.learn(np.tile(y, (3, 1))) if learns else loop.run(900)


class _Wrong(RLS):
    """Learns nothing, and gives a growing output."""

    def __init__(self, readout=None):
        self.readout = readout

    def step(self, x, y):
        return self.readout.predict(np.reshape(x, (1, -1)))[0]


def test_controls_follow_what_a_model_says_and_not_what_its_parameters_are_called():
    class Scaled(Integrator):
        def __init__(self, *, input_scaling=77.0, bias_scaling=77.0, leak_rate=0.7):
            self.input_scaling, self.bias_scaling, self.leak_rate = input_scaling, bias_scaling, leak_rate

    found = controls_of(Scaled(), 4)
    assert (found["static"].input_scaling, found["static"].bias_scaling) == (0.75, 2.0)
    assert found["squares"].leak_rate == 0.1

    class Says(Scaled):
        def control_parameters(self, n_channels):
            return {"squares": {"leak_rate": 0.3}, "static": {"input_scaling": 0.5, "bias_scaling": 0.25}}

    found = controls_of(Says(), 4)
    assert (found["static"].input_scaling, found["static"].bias_scaling) == (0.5, 0.25)
    assert found["squares"].leak_rate == 0.3
    esn = controls_of(EchoStateNetwork(n_units=9, input_scaling=0.4, bias_scaling=0.3, leak_rate=0.2), 4)
    assert esn["static"].get_params() == StaticExpansion(n_units=9, input_scaling=0.4, bias_scaling=0.3).get_params()
    assert esn["squares"].leak_rate == 0.2
    assert controls_of(EchoStateNetwork(n_units=9, leak_rate=(0.1, 1.0)), 4)["squares"].leak_rate == 0.1
    assert controls_of(DeepEchoStateNetwork(n_units=9, leak_rate=0.2), 4)["squares"].leak_rate == 0.2
    assert controls_of(SquaredIntegrators(leak_rate=0.2), 4)["squares"].leak_rate == 0.2


class Returns32(Integrator):
    def advance(self, U, state):
        states, after = super().advance(U, state)
        return states.astype(np.float32), after


class ReturnsNaN(Integrator):
    def advance(self, U, state):
        states, after = super().advance(U, state)
        states[-1, 1] = np.nan
        return states, after


class BatchIsNone(Integrator):
    def transform_batch(self, signals):
        pass


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Returns32, r"Returns32.advance returned an array \(5, 2\) of float32 as states, but an array .* of float64"),
        (ReturnsNaN, "its state contains NaN at step 4, channel 1"),
        (BatchIsNone, "BatchIsNone.transform_batch returned a NoneType for 1 sequences"),
    ],
)
def test_dtype_values_and_container_of_the_states_are_checked(kind, says):
    with pytest.raises(InputError, match=says):
        kind().fit(np.ones((5, 1))).transform([np.ones((5, 1))])


@pytest.mark.parametrize("places", [np.zeros((3, 3)), np.full((2, 3), np.inf), [[0, 0, 0]] * 2, "here"])
def test_unit_positions_are_checked(places):
    class Placed(Integrator):
        def build(self, signals, streams):
            self.n_units_, self.unit_positions_ = 2, places

    with pytest.raises(InputError, match=r"Placed has .* as unit_positions_ after build.*\(2, 3\) in m"):
        Placed().fit(np.ones((5, 1)))


def test_missing_methods_and_names_of_an_earlier_version_are_reported_by_fit():
    class Empty(Reservoir):
        def advance(self, U, state):
            return U, None

    class Earlier(Reservoir):
        def _build(self, signals, streams):
            pass

    class EarlierNetwork(EchoStateNetwork):
        def _build(self, signals, streams):
            pass

    with pytest.raises(InputError, match="Empty does not implement build, initial_state, but"):
        Empty().fit(np.ones((5, 1)))
    for kind in (Earlier, EarlierNetwork):
        with pytest.raises(
            InputError, match=f"{kind.__name__} defines _build.*rename _build, _rest, _run and _harvest"
        ):
            kind().fit(np.ones((5, 1)))
