import numpy as np
import pytest
from sklearn.linear_model import PoissonRegressor, Ridge
from sklearn.svm import SVR

from millpond.esn import (
    ES2N,
    Bidirectional,
    ClosedLoop,
    DeepEchoStateNetwork,
    EchoStateNetwork,
    IntrinsicPlasticity,
    time_to_agreement,
)
from millpond.readout import RLS
from millpond.reservoir import InputError, Sequences


@pytest.fixture
def data(rng):
    return rng.normal(size=(40, 3)), rng.normal(size=(40, 2))


class Mirror:
    """A readout whose outputs are the first two units."""

    def predict(self, states):
        return states[:, :2]


def test_a_teacher_is_heard_one_step_later(rng, data):
    u, y = data
    W, W_in, W_fb, bias = (rng.normal(size=s) for s in ((20, 20), (20, 3), (20, 2), 20))
    esn = EchoStateNetwork(W=0.2 * W, W_in=W_in, bias=bias, W_fb=W_fb, leak_rate=0.4).fit(u)
    h, before = np.zeros(20), np.zeros(2)
    for u_t, y_t, state in zip(u, y, esn.transform(u, y), strict=True):
        h = 0.6 * h + 0.4 * np.tanh(W_in @ u_t + 0.2 * W @ h + W_fb @ before + bias)
        np.testing.assert_allclose(state, h, rtol=0, atol=1e-12)
        before = y_t


def test_feedback_is_drawn_for_the_targets_and_leaves_the_rest_as_it_was(data):
    u, y = data
    esn = EchoStateNetwork(n_units=20, feedback_scaling=0.5, random_state=0).fit(u, y)
    plain = EchoStateNetwork(n_units=20, random_state=0).fit(u)
    assert esn.W_fb_.shape == (20, 2)
    assert 0.4 < np.abs(esn.W_fb_).max() <= 0.5
    assert np.array_equal(esn.W_in_, plain.W_in_)
    assert np.array_equal(esn.transform(u, 0 * y), plain.transform(u))
    assert np.array_equal(esn.fit_transform(u, y), esn.transform(u, y))
    several = esn.transform([u, u[:9]], [y, y[:9]])
    assert np.array_equal(several[1], esn.transform(u, y)[:9])
    assert np.array_equal(esn.transform(Sequences([u], targets=[y])).signals[0], several[0])
    one = EchoStateNetwork(n_units=20, feedback_scaling=0.5, random_state=0).fit(u, y[:, 0])
    assert one.transform(u, y[:, 0]).shape == (40, 20)


def test_without_a_teacher_feedback_is_an_error(data):
    u, y = data
    with pytest.raises(InputError, match="needs the targets y"):
        EchoStateNetwork(feedback_scaling=1.0).fit(u)
    esn = EchoStateNetwork(n_units=20, feedback_scaling=1.0, random_state=0).fit(u, y)
    for call in (lambda: esn.transform(u), lambda: esn.observe(u), esn.stream):
        with pytest.raises(InputError, match=r"ClosedLoop\(model, readout\)"):
            call()
    with pytest.raises(InputError, match=r"y of sequence 0 has shape \(40, 1\)"):
        esn.transform(u, y[:, :1])
    with pytest.raises(InputError, match="1 signal.s. given, but this loop takes U and Y"):
        ClosedLoop(esn, Mirror()).teach(y)
    with pytest.raises(InputError, match="U has 39 steps"):
        ClosedLoop(esn, Mirror()).teach(u[1:], y)


def test_a_loop_is_the_network_taught_by_its_own_outputs(data):
    u, y = data
    esn = EchoStateNetwork(n_units=20, feedback_scaling=1.0, random_state=0).fit(u, y)
    said = ClosedLoop(esn, Mirror()).run(u)
    assert np.array_equal(esn.transform(u, said)[:, :2], said)


@pytest.mark.parametrize("feedback", [0.0, 1.0])
@pytest.mark.parametrize("noise", [0.0, 0.01])
def test_one_run_equals_two_halves(data, feedback, noise):
    u, y = data if feedback else (data[1], data[1])
    esn = EchoStateNetwork(n_units=20, feedback_scaling=feedback, noise=noise, random_state=0).fit(u, y)
    whole, halves = ClosedLoop(esn, Mirror()), ClosedLoop(esn, Mirror())
    taught = (u, y) if feedback else (y,)
    states = whole.teach(*taught)
    assert np.array_equal(np.vstack([halves.teach(*(a[:13] for a in taught)), halves.teach(*(a[13:] for a in taught))]),
                          states)  # fmt: skip
    run = whole.run(u if feedback else 40)
    parts = [halves.run(u[:7]), halves.run(u[7:])] if feedback else [halves.run(7), halves.run(33)]
    assert np.array_equal(np.vstack(parts), run)
    whole.reset()
    assert np.array_equal(whole.teach(*taught), states)


@pytest.mark.parametrize("make", [
    lambda: EchoStateNetwork(n_units=100, leak_rate=1.0, bias_scaling=0.5, random_state=0),
    lambda: DeepEchoStateNetwork(n_units=100, n_layers=2, leak_rate=1.0, random_state=0),
])  # fmt: skip
def test_a_signal_is_continued_from_its_own_prediction(make):
    y = np.sin(0.2 * np.arange(600))[:, None] * [1, 0.5]
    model = make().fit(y)
    loop = ClosedLoop(model, Ridge(alpha=1e-8).fit(model.transform(y[:499])[100:], y[101:500]))
    loop.teach(y[:500])
    assert np.abs(loop.run(100) - y[500:]).max() < 0.02


def test_force_learns_to_keep_a_rhythm_up():
    """Sussillo and Abbott's experiment in small: a chaotic network is tamed by its own output."""
    t = np.arange(3000)
    y = 0.6 * np.sin(0.1 * t) + 0.3 * np.sin(0.2 * t + 1)
    nothing = np.zeros((3000, 1))
    esn = EchoStateNetwork(
        n_units=200, spectral_radius=1.5, leak_rate=0.3, W_fb=np.random.default_rng(0).uniform(-1, 1, (200, 1)),
        connectivity=20, bias_scaling=0.0, random_state=0,
    ).fit(nothing)  # fmt: skip
    loop = ClosedLoop(esn, RLS(penalty=1.0))
    said = loop.learn(nothing[:2000], y[:2000])
    assert np.abs(said[50:500, 0] - y[50:500]).mean() < 0.1  # close from early on
    free = loop.run(nothing[2000:])[:, 0]
    assert np.sqrt(np.mean((free - y[2000:]) ** 2)) < 0.1
    untaught = ClosedLoop(esn, RLS(penalty=1.0))
    untaught.learn(nothing[:1], y[:1])
    assert np.sqrt(np.mean((untaught.run(nothing[:1000])[:, 0] - y[:1000]) ** 2)) > 0.3


def test_a_loop_that_diverges_says_so(data):
    _, y = data
    esn = EchoStateNetwork(n_units=5, activation="identity", input_scaling=50.0, random_state=0).fit(y)

    class Louder(Mirror):
        def predict(self, states):
            return 1e200 * states[:, :2]

    loop = ClosedLoop(esn, Louder())
    loop.teach(y)
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(InputError, match="diverged: its output"):
        loop.run(30)


def test_rows_of_another_width_never_reach_the_kernels(data):
    u, y = data
    for make in (EchoStateNetwork, ES2N):
        esn = make(n_units=20, feedback_scaling=1.0, connectivity=1.0, random_state=0).fit(u, y)
        for call in (lambda esn=esn: time_to_agreement(esn, u), lambda esn=esn: esn.observe([u, u])):
            with pytest.raises(InputError, match="needs the previous outputs"):
                call()
    esn = EchoStateNetwork(n_units=20, random_state=0).fit(u)
    for n, readout in ((2, Mirror()), (1, Ridge().fit(esn.transform(u), y[:, :1]))):
        with pytest.raises(InputError, match=rf"the readout gives {n} output\(s\), but this loop feeds back 3"):
            ClosedLoop(esn, readout).run(2)


@pytest.mark.parametrize("readout", [PoissonRegressor(), SVR(), Ridge(), RLS()], ids=lambda r: type(r).__name__)
def test_what_comes_back_is_what_the_readout_predicts(rng, readout):
    y = rng.uniform(0.2, 1, (60, 1))
    esn = EchoStateNetwork(n_units=20, random_state=0).fit(y)
    readout.fit(esn.transform(y)[:-1], y[1:, 0])
    loop, stream, said, expected = ClosedLoop(esn, readout), esn.stream(), np.zeros(1), []
    for _ in range(12):
        said = readout.predict(stream.run(said.reshape(1, 1)))
        expected.append(np.ravel(said))
    assert np.array_equal(loop.run(12), expected)
    assert np.ptp(expected) > 0


@pytest.mark.parametrize("asked", [{"feedback_scaling": 1.0}, {"W_fb": np.ones((20, 2))}])
@pytest.mark.parametrize("wrap", [
    lambda inner: DeepEchoStateNetwork(layer=inner, n_units=20, n_layers=1),
    lambda inner: IntrinsicPlasticity(reservoir=inner),
    lambda inner: Bidirectional(reservoir=inner),
])  # fmt: skip
def test_what_is_inside_another_model_has_no_feedback(data, wrap, asked):
    with pytest.raises(InputError, match="cannot have feedback, because its parts receive no outputs"):
        wrap(EchoStateNetwork(n_units=20, **asked)).fit(*data)


def test_a_loop_needs_a_model_that_goes_on_from_row_to_row(data):
    u, _ = data
    with pytest.raises(InputError, match="whole sequences, not a stream"):
        ClosedLoop(Bidirectional().fit(u), Mirror())


def test_learning_in_two_halves_is_learning_once(data):
    u, y = data
    esn = EchoStateNetwork(n_units=20, feedback_scaling=1.0, random_state=0).fit(u, y)
    whole, halves = ClosedLoop(esn, RLS(penalty=1.0)), ClosedLoop(esn, RLS(penalty=1.0))
    said = whole.learn(u, y)
    assert np.array_equal(np.vstack([halves.learn(u[:13], y[:13]), halves.learn(u[13:], y[13:])]), said)
    assert np.array_equal(halves.run(u), whole.run(u))


def test_a_loop_stands_where_it_stood_after_an_error(data):
    _, y = data
    esn = EchoStateNetwork(n_units=5, activation="identity", input_scaling=50.0, random_state=0).fit(y)
    readout = Mirror()
    loop, other = ClosedLoop(esn, readout), ClosedLoop(esn, readout)
    for one in (loop, other):
        one.teach(y)
    readout.predict = lambda states: np.full((1, 2), np.inf)
    with pytest.raises(InputError, match="diverged: its output"):
        loop.run(3)
    with np.errstate(over="ignore", invalid="ignore"), pytest.raises(InputError, match="diverged: its state"):
        loop.teach(np.full((9, 2), 1e308))
    del readout.predict
    assert np.array_equal(loop.run(4), other.run(4))


def test_noise_can_be_stilled_once_the_readout_is_taught(data):
    u, _ = data
    shaken = EchoStateNetwork(n_units=20, noise=0.1, connectivity=1.0, random_state=0).fit(u)
    still = EchoStateNetwork(n_units=20, connectivity=1.0, random_state=0).fit(u)
    assert not np.allclose(shaken.transform(u), still.transform(u))
    shaken.set_params(noise=0)
    for X in (u, [u, u]):
        assert np.array_equal(shaken.transform(X), still.transform(X))
    with pytest.raises(InputError, match="noise is -1"):
        shaken.set_params(noise=-1).transform(u)


def test_teachers_that_do_not_fit_are_named(data):
    u, y = data
    esn = EchoStateNetwork(n_units=20, feedback_scaling=1.0, random_state=0).fit(u, y)
    with pytest.raises(InputError, match="y has 1 sequences, but X has 2"):
        esn.transform([u, u], [y])
    hole = y.copy()
    hole[3, 1] = np.nan
    with pytest.raises(InputError, match="y of sequence 1 contains NaN at step 3, channel 1"):
        esn.transform([u, u], [y, hole])
