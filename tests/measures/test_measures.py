"""Measures of what states do, on small systems whose answers are known."""

import json
from dataclasses import replace

import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.lsm import LiquidStateMachine
from millpond.measures import (
    MEASURES,
    card,
    class_separation,
    consistency,
    driven,
    fading_memory,
    fisher_memory,
    generalization_rank,
    kernel_rank,
    lyapunov,
    probe,
    robustness,
    separation,
    sweep,
)
from millpond.physical import WaveTank
from millpond.recording import Recording, record
from millpond.reservoir import Reservoir, plots
from millpond.reservoir.checks import InputError


class Linear(Reservoir):
    """x <- a x + u."""

    def __init__(self, *, a=0.7, step=0.0):
        self.a = a
        self.step = step

    def build(self, signals, streams):
        self.n_units_, self.unit_positions_ = 1, None

    def initial_state(self):
        return 0.0

    def advance(self, U, state):
        states = np.empty((len(U), 1))
        for t, u in enumerate(U[:, 0]):
            states[t] = state = self.next(state, u)
        return (np.round(states / self.step) * self.step if self.step else states), state

    def next(self, x, u):
        return self.a * x + u


class Logistic(Linear):
    """x <- 4 x (1 - x), nudged by its input so little that it stays the logistic map."""

    def initial_state(self):
        return 0.3

    def next(self, x, u):
        return 1 - abs(1 - abs(4 * x * (1 - x) + 1e-3 * u))  # reflected, so that no difference vanishes


class Random(Linear):
    """x <- c |u| x + u: growth by chance, whose mean logarithm is ln c - 1 for u even in [-1, 1]."""

    def next(self, x, u):
        return self.a * abs(u) * x + u


class Late(Linear):
    """Shows what it is three rows later."""

    def initial_state(self):
        return 0.0, 0.0, 0.0, 0.0

    def advance(self, U, state):
        states = np.empty((len(U), 1))
        for t, u in enumerate(U[:, 0]):
            state = (self.next(state[0], u), *state[:3])
            states[t] = state[3]
        return states, state


class DelayLine(Reservoir):
    """The last n inputs."""

    def __init__(self, *, n=6):
        self.n = n

    def build(self, signals, streams):
        self.n_units_, self.unit_positions_ = self.n, None

    def initial_state(self):
        return np.zeros(self.n - 1)

    def advance(self, U, state):
        line = np.concatenate([state, U[:, 0]])
        return np.lib.stride_tricks.sliding_window_view(line, self.n)[:, ::-1].copy(), line[len(line) - self.n + 1 :]


@pytest.mark.parametrize("a", [0.5, 0.9])
def test_a_linear_map_forgets_at_its_own_rate(a):
    assert float(lyapunov(Linear(a=a))) == pytest.approx(np.log(a), abs=1e-3)
    assert float(fading_memory(Linear(a=a))) == int(np.log(0.1) / np.log(a)) + 1


@pytest.mark.parametrize("c", [1.5, 2.0, 2.4])
def test_the_exponent_is_the_mean_of_logarithms(c):
    assert float(lyapunov(Random(a=c))) == pytest.approx(np.log(c) - 1, abs=0.12)  # the mean square would say 0.25 more


def test_what_is_seen_late_is_followed_from_there():
    assert float(lyapunov(Late(a=0.8))) == pytest.approx(np.log(0.8), abs=1e-3)


def test_the_logistic_map_doubles_differences():
    assert float(lyapunov(Logistic())) == pytest.approx(np.log(2), rel=0.1)


def test_what_is_seen_in_steps_is_followed_from_a_larger_difference():
    def transient(model):
        return lyapunov(replace(driven(model), model=None))  # as from a recording

    found = transient(Linear(a=0.8, step=0.02))
    assert (found.size, found.method) == (1.0, "transient") and float(found) == pytest.approx(np.log(0.8), rel=0.1)
    assert transient(Linear(a=0.8)).size == 1e-6


class Modes(Linear):
    """Ten decays at once: a difference loses the fast ones first."""

    def initial_state(self):
        return np.zeros(10), 0

    def advance(self, U, state):
        (x, n), states = state, np.empty((len(U), 1))
        for t, u in enumerate(U[:, 0]):
            x = np.linspace(0.3, 0.99, 10) * x + u
            states[t] = x.sum()
        return states, (x, n + len(U))


def test_the_slowest_decay_is_found_behind_faster_ones():
    found = lyapunov(Modes())
    assert found.method == "renormalised" and float(found) == pytest.approx(np.log(0.99), abs=1e-6)
    assert float(lyapunov(replace(driven(Modes()), model=None))) < -0.012  # the transient decays faster


def test_water_forgets_as_its_slowest_mode_decays():
    tank = WaveTank(random_state=0)
    decay = tank.fit(np.zeros((5, 1))).mode_decay_.ravel()
    assert float(lyapunov(tank)) == pytest.approx(-tank.hold * np.min(decay[decay > 0]), rel=0.05)


def test_the_exponent_of_a_network_is_that_of_its_jacobians():
    """Benettin's tangent vectors, written out for a tanh network, over the same input."""
    model = EchoStateNetwork(n_units=40, spectral_radius=0.9, random_state=3)
    found = lyapunov(model)
    model.fit(probe(0))
    u = np.random.default_rng(17).uniform(-1, 1, (3000, 1))
    h = np.zeros(40)
    v = np.random.default_rng(0).normal(size=40)
    W, logs = model.W_.toarray() if hasattr(model.W_, "toarray") else model.W_, []
    for row in u:
        new = np.tanh(model.W_in_ @ row + W @ h + model.bias_)
        v = (1 - model.leak_rate) * v + model.leak_rate * (1 - new**2) * (W @ v)
        h = (1 - model.leak_rate) * h + model.leak_rate * new
        logs.append(np.log(np.linalg.norm(v)))
        v /= np.linalg.norm(v)
    assert float(found) == pytest.approx(np.mean(logs[1000:]), abs=2e-3)


def test_what_vanishes_completely_has_no_finite_exponent():
    assert float(lyapunov(DelayLine())) == -np.inf


def test_spikes_are_measured_by_their_transient():
    assert lyapunov(LiquidStateMachine(n_units=30, dt=5e-4, engine="numba", random_state=0)).method == "transient"


def test_distances_are_in_units_of_unlike_inputs():
    # x = u: unlike inputs, even in [-1, 1], are sqrt(2 / 3) apart
    found = separation(Linear(a=0.0))
    assert found.distances[2, 0] == pytest.approx(0.01 / np.sqrt(2 / 3), rel=0.05)
    assert (found.distances[:, 1:] == 0).all()


def made(inputs, copies):
    """Last states as given, the inputs those of the probe."""
    asked = driven(Linear())
    states = {"inputs": [row[None] for row in inputs], "copies": [row[None] for row in copies]}
    return type(asked)(asked.inputs, asked.states | states)


def test_ranks_are_those_of_the_matrices():
    rng = np.random.default_rng(0)
    seven, three = rng.normal(size=(200, 7)) @ rng.normal(size=(7, 30)), rng.normal(size=(200, 3)) @ np.eye(3, 30)
    found = made(seven, three + 5)
    assert float(kernel_rank(found)) == 7 and float(generalization_rank(found)) == 3
    weak = made(seven, 1e-3 * three)  # noise that does little beside what other inputs do
    assert float(generalization_rank(weak)) == 0 and float(generalization_rank(weak, tolerance=1e-5)) == 3


def test_consistency_is_the_share_that_is_not_noise():
    # probe inputs have variance 1/3, their copies noise of variance 0.05^2
    signal = driven(Linear(a=0.0), ("copies",))
    mean = np.mean(signal.inputs["copies"], axis=0)[30:].var()
    assert float(consistency(signal)) == pytest.approx(mean / (mean + 0.05**2), abs=2e-3)
    assert float(class_separation(Linear(a=0.0))) == pytest.approx(np.sqrt(1 / 3) / 0.05, rel=0.1)


def test_fisher_memory_of_a_delay_line_is_one_for_each_tap():
    found = fisher_memory(DelayLine(n=6))
    np.testing.assert_allclose(found.curve[:6], 1, atol=1e-6)
    assert (found.curve[6:] == 0).all()
    assert fisher_memory(Linear(a=0.8)).curve[:4] == pytest.approx(0.36 * 0.64 ** np.arange(4), abs=0.03)


def test_damage_takes_what_it_should():
    line = DelayLine(n=31)
    sound = robustness(line, amount=0.0)
    assert sound.whole == pytest.approx(30, abs=1e-3) and set(sound.damaged.values()) == {sound.whole}
    hurt = robustness(line, amount=0.1).damaged
    assert hurt["dead units"] == pytest.approx(27, abs=1.1)  # three of 31 taps
    assert hurt["noise"] == pytest.approx(30 * 0.99, abs=0.3)
    assert hurt["dropped rows"] < 29 and hurt["clock jitter"] < 30
    with pytest.raises(InputError, match="there are 1 streams, but three are needed"):
        robustness((sound_input := [np.ones((200, 1))], sound_input))


@pytest.mark.parametrize(
    "model",
    [
        EchoStateNetwork(n_units=30, random_state=0),
        LiquidStateMachine(shape=(3, 3, 3), engine="numba", dt=5e-4, random_state=0),
        WaveTank(carrier=3.0, modes=(12, 10), pixels=(12, 10), cells=(4, 5), random_state=0),
    ],
    ids=["esn", "lsm", "water"],
)
def test_a_recording_has_the_same_card_as_its_model(model, tmp_path):
    live = card(model, random_state=3)
    record(model, probe(3), tmp_path / "probe.h5", dtype="float64").close()
    with Recording.open(tmp_path / "probe.h5") as recording:
        kept = card(recording, random_state=3)
    assert kept["Lyapunov exponent"].method == "transient"  # a recording cannot be run again
    for name in set(MEASURES) - {"Lyapunov exponent"}:
        assert kept[name].to_dict() == live[name].to_dict()
    assert list(live.results) == list(MEASURES)


def test_a_card_is_printed_plotted_and_exported(tmp_path):
    found = card(Linear())
    assert all(name in str(found) for name in MEASURES)
    json.dumps(found.to_dict(), allow_nan=False)
    panels = found.plot().axes
    assert len(panels) == len(MEASURES) and all(ax.get_title() for ax in panels)
    assert all(ax.get_xlabel() or ax.get_ylabel() for ax in panels)
    memory = found["memory capacity"]
    memory.save(tmp_path / "memory.svg")
    memory.save(tmp_path / "memory.json")
    assert json.loads((tmp_path / "memory.json").read_text())["value"] == pytest.approx(float(memory))


@pytest.fixture(scope="module")
def results():
    return card(EchoStateNetwork(n_units=20, random_state=0)).results


@pytest.mark.parametrize(
    ("name", "labels", "drawn"),
    [
        ("memory capacity", ("delay (rows)", "capacity"), lambda r: [r.capacities]),
        ("product capacity", ("delay (rows)", "capacity"), lambda r: [r.capacities]),
        ("kernel rank", ("number of the singular value", "share of the largest"), lambda r: [r.spectrum]),
        ("generalisation rank", ("number of the singular value", "share of the largest"), lambda r: [r.spectrum]),
        ("separation", ("rows after the difference", "distance (unlike inputs: 1)"), lambda r: r.distances),
        ("fading memory", ("rows after the difference", "distance (peak: 1)"), lambda r: [r.curve]),
        ("Lyapunov exponent", ("rows", "growth per row"), lambda r: [r.distances]),
        ("effective dimension", ("principal direction", "variance of states"), lambda r: [r.variances]),
        ("Fisher memory", ("age of the pulse (rows)", "information (of the input: 1)"), lambda r: [r.curve]),
    ],
)  # fmt: skip
def test_the_curve_of_a_measure_is_drawn(results, name, labels, drawn):
    result = results[name]
    ax = result.plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == labels
    assert ax.get_title() == f"{result.title} {result.value:.3g}"
    assert len(ax.lines) >= len(drawn(result))
    for line, curve, colour in zip(ax.lines, drawn(result), plots.COLOURS, strict=False):
        shown, curve = line.get_ydata(), np.asarray(curve)
        np.testing.assert_allclose(shown[curve > 0], curve[curve > 0], rtol=1e-6, atol=1e-16)
        assert line.get_color() == colour
    named = [] if ax.get_legend() is None else [text.get_text() for text in ax.get_legend().texts]
    assert named == {
        "separation": [f"{size:g}" for size in results["separation"].sizes], "fading memory": ["below: forgotten"],
        "kernel rank": ["above: counted"], "generalisation rank": ["above: counted"],
    }.get(name, [])  # fmt: skip


@pytest.mark.parametrize(
    ("name", "labels", "bars"),
    [
        ("processing capacity", ("degree", "capacity"), lambda r: list(r.by_degree.values())),
        ("class separation", ("", "spread of last states"), lambda r: np.sqrt([r.between, r.within])),
        ("robustness", ("recall, summed over delays of 1 to 30 rows", ""), lambda r: [r.whole, *r.damaged.values()]),
        ("entropy", ("entropy (bits)", "units"), lambda r: np.histogram(r.bits, np.linspace(0, 5, 26))[0]),
        ("consistency", ("correlation between copies", "units"),
         lambda r: np.histogram(r.by_unit, np.linspace(-1, 1, 41))[0]),
    ],
)  # fmt: skip
def test_the_bars_of_a_measure_are_as_long_as_its_numbers(results, name, labels, bars):
    ax = results[name].plot()
    assert (ax.get_xlabel(), ax.get_ylabel()) == labels
    long = [bar.get_width() if name == "robustness" else bar.get_height() for bar in ax.patches]
    np.testing.assert_allclose(long, bars(results[name]))


def test_a_map_shows_where_it_computes():
    found = sweep(
        EchoStateNetwork(n_units=20, random_state=0),
        {"spectral_radius": [0.1, 0.9], "input_scaling": [0.1, 1.0, 10.0]},
        {name: MEASURES[name] for name in ("memory capacity", "Lyapunov exponent")},
    )  # fmt: skip
    memory = found.values["memory capacity"]
    assert memory.shape == (2, 3) and memory[1, 0] > memory[0, 0] and memory[1, 0] > memory[1, 2]
    assert "spectral_radius downwards" in str(found)
    panels = found.plot().axes
    for ax, of, name in zip(panels[:2], panels[2:], found.values, strict=True):
        [image] = ax.images
        np.testing.assert_array_equal(image.get_array(), found.values[name])
        assert (ax.get_xlabel(), ax.get_ylabel(), of.get_ylabel()) == ("input_scaling", "spectral_radius", name)
        assert [text.get_text() for text in ax.get_xticklabels()] == ["0.1", "1", "10"]
        low, high = image.get_clim()
        assert (low == -high) == (name == "Lyapunov exponent")  # one with a sign parts its colours at 0
    reach = sweep(
        LiquidStateMachine(shape=(3, 3, 3), engine="numba", dt=5e-4, random_state=0),
        {"constants__reach": [0.5, 3.0], "recurrent_gain": [1.0]},
        {"kernel rank": MEASURES["kernel rank"]},
    )
    assert reach.values["kernel rank"].shape == (2, 1)
    with pytest.raises(InputError, match="a map has two axes, but 1 were given"):
        sweep(Linear(), {"a": [1]}, {})
    with pytest.raises(InputError, match="a parameter of the map is 'b'"):
        sweep(Linear(), {"a": [1], "b": [1]}, {})


def test_a_recording_of_something_else_is_measured_as_far_as_it_goes(tmp_path):
    rng = np.random.default_rng(0)
    signals = list(rng.uniform(-1, 1, (3, 300, 1)))
    with record(DelayLine(n=5), signals, tmp_path / "own.h5") as recording:
        assert float(MEASURES["memory capacity"](recording)) == pytest.approx(4, abs=1e-3)
        with pytest.raises(InputError, match="the given data contains no 'twins', only streams"):
            separation(recording)
