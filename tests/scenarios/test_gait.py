"""The salamander's gaits, and loops in which a readout hears itself."""

from dataclasses import replace

import numpy as np
import pytest

from millpond.baseline import RawInput
from millpond.esn import EchoStateNetwork
from millpond.evaluation.closed_loop import alone, evaluate_loop
from millpond.evaluation.folds import Fold
from millpond.evaluation.task_data import Loop, Material
from millpond.reservoir import ChannelScaler, InputError, Question, Sequences
from millpond.scenarios.tasks import gait


def taught(drive, seed=0, **options):
    start = np.random.default_rng(seed).uniform(-np.pi, np.pi, (1, 12))
    return gait.angles(np.full((1, 300), drive), start, **options)[0]


def settled(y):
    """Frequency (Hz), by how much of a cycle each joint follows the first, and amplitudes."""
    spectrum = np.fft.rfft(y[100:300], axis=0)
    k = np.abs(spectrum[:, 0]).argmax()
    zero = np.flatnonzero((y[100:-1, 0] < 0) & (y[101:, 0] >= 0)) + 100
    crossed = zero - y[zero, 0] / (y[zero + 1, 0] - y[zero, 0])
    cycle = np.diff(crossed).mean()
    return (
        1 / (gait.PERIOD * cycle),
        np.angle(spectrum[k, 0] * spectrum[k].conj()) / (2 * np.pi),
        np.abs(y[100:]).max(0),
    )


def test_the_teacher_swims_with_a_wave_and_walks_with_limbs():
    frequency, lag, size = settled(taught(4.0))
    assert frequency == pytest.approx(0.2 * 4 + 0.3, rel=1e-3)  # that of each oscillator by itself
    np.testing.assert_allclose(np.diff(lag[:8]) % 1, 1 / 8, atol=0.02)
    np.testing.assert_allclose(size[:8], 2 * (0.065 * 4 + 0.196), rtol=0.02)
    assert size[8:].max() < 1e-6
    frequency, lag, size = settled(taught(2.0))
    assert frequency == pytest.approx(0.2 * 2, rel=0.15)  # that of the limbs, which the trunk follows
    assert abs((lag[8] - lag[9] + 0.5) % 1 - 0.5) > 0.45 and abs((lag[8] - lag[10] + 0.5) % 1 - 0.5) > 0.45  # a trot
    assert (size[8:] > 0.5).all()
    assert np.abs(taught(6.0)[100:]).max() < 1e-6  # too much drive: everything rests


def test_the_solver_is_of_order_four():
    start = np.random.default_rng(1).uniform(-np.pi, np.pi, (2, 12))
    drive = np.full((2, 40), 2.5)
    coarse, fine, finest = (gait.angles(drive, start, substeps=k) for k in (8, 16, 32))
    assert 12 < np.abs(coarse - fine).max() / np.abs(fine - finest).max() < 22


def test_what_is_asked_of_a_run_is_told_from_it():
    t = gait.PERIOD * np.arange(gait.EPISODES * gait.EPISODE)[:, None]
    lags = np.array([0, 0.2, 0.4, 0.6, 0, 0, 0, 0])
    sizes = np.array([0.7] * 4 + [0.3] * 4)
    found = gait.gaits(sizes * np.cos(2 * np.pi * (0.8 * t - lags)))
    for name, value in {"frequency": 0.8, "lag": 0.2, "trunk": 0.7, "limbs": 0.3}.items():
        assert len(found[name]) == gait.EPISODES - 1
        np.testing.assert_allclose(found[name], value, rtol=0.02)
    resting = gait.gaits(np.zeros((len(t), 8)))
    assert all(np.isfinite(v).all() for v in resting.values()) and resting["trunk"][0] == 0


@pytest.fixture
def turning():
    """Points that go round, 17 steps a turn, beside a drive that says nothing: [drive, y of the step before], y."""
    angle = 2 * np.pi * np.arange(120) / 17
    y = np.column_stack([np.cos(angle), np.sin(angle)])
    signal = np.column_stack([np.ones(120), np.vstack([0 * y[:1], y[:-1]])])
    return signal, y


class Turn:
    """A readout that turns what it hears by one step."""

    coef_ = np.zeros((2, 3))

    def __init__(self, scaler):
        self._scaler = scaler

    def predict(self, states):
        heard = states * self._scaler.scale_ + self._scaler.mean_
        c, s = np.cos(2 * np.pi / 17), np.sin(2 * np.pi / 17)
        return heard[:, 1:] @ np.array([[c, s], [-s, c]])


def test_a_loop_hears_itself_and_not_the_teacher(turning, rng):
    signal, y = turning
    scaler = ChannelScaler().fit([signal])
    model = RawInput().fit([signal])
    loop = Loop(20, dict, 0.0)
    said = alone(model, Turn(scaler), scaler, signal, loop, rng)
    np.testing.assert_allclose(said[1:], y[1:], atol=1e-9)
    deaf = signal.copy()
    deaf[21:, 1:] = 99.0  # the teacher of row 20 is the readout's own row 19
    np.testing.assert_array_equal(alone(model, Turn(scaler), scaler, deaf, loop, rng), said)
    assert np.abs(alone(model, Turn(scaler), scaler, signal, Loop(20, dict, 0.3), rng) - y)[1:].max() > 0.1


def test_a_network_learns_to_go_round_by_itself(turning):
    signal, y = turning
    material = Material(
        Sequences([signal] * 4, targets=[y] * 4), (Question("sum", [np.array([1.0, -1.0])] * 4, None, "nrmse"),),
        loop=Loop(30, _ends, 0.05),
    )  # fmt: skip
    fold = Fold("one", np.arange(3), np.array([3]), np.arange(3))
    model = EchoStateNetwork(n_units=50, random_state=0)
    first, again = (evaluate_loop(model, material, material.loop, fold) for _ in range(2))
    np.testing.assert_array_equal(first.predicted["sum"], again.predicted["sum"])
    assert np.abs(first.predicted["sum"] - 1).max() < 0.1  # still on the circle, ninety rows later
    other = signal.copy()
    other[material.loop.n_taught :, 1:] *= 5  # what is heard is the same, what would be right is not
    unlike = replace(material, sequences=Sequences([*[signal] * 3, other], targets=[*[y] * 3, -3 * y]))
    np.testing.assert_array_equal(
        evaluate_loop(model, unlike, material.loop, fold).predicted["sum"], first.predicted["sum"]
    )
    assert first.n_features == 50 and first.n_trained == 2 * 51 and set(first.seconds) == {"states", "train", "predict"}


def _ends(run):
    return {"sum": np.hypot(*run[-2:].T)}


def test_runs_are_the_same_every_time_and_networks_by_gradient_are_refused():
    material = gait.represent(gait.load("generated"), "raw")
    assert material.sequences.n_channels == 9 and len(material.sequences) == 12
    np.testing.assert_array_equal(material.sequences.signals[0][1:, 1:], material.sequences.targets[0][:-1])
    with pytest.raises(InputError, match="cannot run on its own output"):
        gait.recipe("gru")
