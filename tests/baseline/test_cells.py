"""Cells against equations written down again in numpy, one unit of thought at a time."""

import jax
import numpy as np
import pytest

from millpond.baseline.cells import CELLS
from millpond.baseline.initial import RECURRENT, initial
from millpond.baseline.unroll import Net, layer

N_INPUTS, N_UNITS, BATCH, N_STEPS = 3, 4, 2, 5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def plain(cell, p, X):
    """Return the outputs of one layer over X (n_steps, batch, n_inputs), as the papers write it."""
    batch = X.shape[1]
    h, c = np.zeros((batch, N_UNITS)), np.zeros((batch, N_UNITS))
    gates_before = {g: np.zeros((batch, N_UNITS)) for g in "ifo"}
    names = CELLS[cell].gates

    def of(name, matrix, letters):
        k = letters.index(name)
        return p[matrix][..., k * N_UNITS : (k + 1) * N_UNITS]

    out = []
    for x in X:
        a = {g: x @ of(g, "W", names) + of(g, "b", names) for g in names}
        if cell.startswith("elman"):
            h = (np.tanh if cell == "elman" else lambda v: np.maximum(v, 0))(a["h"] + h @ p["R"])
        elif cell == "jordan":
            h = np.tanh(a["h"] + np.tanh(h @ p["V"] + p["c"]) @ p["Y"])
        elif cell.startswith("gru"):
            r, u = (sigmoid(a[g] + h @ of(g, "R", CELLS[cell].heard)) for g in "ru")
            if cell == "gru":
                n = np.tanh(a["n"] + r * (h @ of("q", "R", "ruq") + p["q"]))
            else:
                n = np.tanh(a["n"] + (r * h) @ p["C"])
            h = (1 - u) * n + u * h
        else:
            a = {g: a[g] + h @ of(g, "R", names) for g in names}
            peepholes = dict(zip("ifo", p["p"], strict=True)) if "p" in p else dict.fromkeys("ifo", 0.0)
            if cell == "lstm-full":
                before = np.hstack([gates_before[g] for g in "ifo"]) @ p["G"]
                for k, g in enumerate("ifo"):
                    a[g] = a[g] + before[:, k * N_UNITS : (k + 1) * N_UNITS]
            i = 1.0 if cell == "lstm-no-input-gate" else sigmoid(a["i"] + peepholes["i"] * c)
            if cell == "lstm-no-forget-gate":
                f = 1.0
            elif cell == "lstm-coupled":
                f = 1 - i
            else:
                f = sigmoid(a["f"] + peepholes["f"] * c)
            g = a["g"] if cell == "lstm-no-input-activation" else np.tanh(a["g"])
            c = f * c + i * g
            o = 1.0 if cell == "lstm-no-output-gate" else sigmoid(a["o"] + peepholes["o"] * c)
            h = o * (c if cell == "lstm-no-output-activation" else np.tanh(c))
            if cell == "lstm-full":
                gates_before = {"i": i, "f": f, "o": o}
        out.append(h)
    return np.array(out)


@pytest.fixture
def drawn(rng):
    def of(cell):
        net = Net(cell, N_INPUTS, N_UNITS, 2)
        params = initial(net, "orthogonal", 1.0, rng)
        own = params["layers"][0][0] | (params["head"] if cell == "jordan" else {})
        return net, {k: rng.normal(size=v.shape) for k, v in own.items()}

    return of


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_follows_its_equations(cell, drawn, rng):
    net, params = drawn(cell)
    X = rng.normal(size=(N_STEPS, BATCH, N_INPUTS))
    with jax.enable_x64(True):
        every, _ = layer(net, params, X)
        np.testing.assert_allclose(every[0], plain(cell, params, X), rtol=1e-12, atol=1e-13)


def test_variants_of_the_lstm_are_different_machines(drawn, rng):
    X = rng.normal(size=(N_STEPS, BATCH, N_INPUTS))
    outputs = [plain(cell, drawn(cell)[1], X) for cell in CELLS if cell.startswith("lstm")]
    assert len(outputs) == 9  # Greff's vanilla and his eight variants, NP being "lstm"
    assert all(not np.allclose(a, b) for k, a in enumerate(outputs) for b in outputs[:k])


@pytest.mark.parametrize("name", RECURRENT)
def test_recurrent_weights_start_as_they_should(name, rng):
    R = RECURRENT[name](30, rng, 0.8)
    radius = np.abs(np.linalg.eigvals(R)).max()
    if name == "uniform":
        assert np.abs(R).max() <= 30**-0.5
        return
    assert radius == pytest.approx(0.8)
    if name == "orthogonal":
        np.testing.assert_allclose(R @ R.T, 0.64 * np.eye(30), atol=1e-12)
    if name == "identity":
        assert np.array_equal(R, 0.8 * np.eye(30))
    if name == "positive":
        assert np.allclose(R, R.T)
        assert np.linalg.eigvalsh(R).min() > 0


def test_an_irnn_adds_up_what_it_is_given(rng):
    """Rectified units with the identity and weights of one sum positive inputs exactly."""
    net = Net("elman-relu", 1, 1, 1)
    params = {"W": np.ones((1, 1)), "R": np.eye(1), "b": np.zeros(1)}
    X = rng.random((N_STEPS, BATCH, 1))
    with jax.enable_x64(True):
        np.testing.assert_allclose(layer(net, params, X)[0][0], X.cumsum(0))


def test_the_forget_gate_starts_open(rng):
    for cell, n_open in {"lstm": 4, "lstm-coupled": 0, "gru": 0}.items():
        own = initial(Net(cell, 3, 4, 2), "orthogonal", 1.0, rng)["layers"][0][0]
        assert own["b"].sum() == n_open
