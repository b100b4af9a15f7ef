"""The same weights in PyTorch: the same outputs and gradients.

Where torch is installed the comparison itself runs. The numbers at the end were made by it: torch 2.13.0, the
weights and inputs of `given`, the sums printed by ``python -m tests.baseline.test_pytorch``.
"""

import jax
import numpy as np
import pytest

from millpond.baseline.unroll import Net, layer

N_INPUTS, N_UNITS = 3, 5


def given(cell):
    """Weights in PyTorch's layout, inputs (n_steps, batch, n_inputs) and the direction of the gradient."""
    rng = np.random.default_rng(12)
    n = {"lstm": 4, "gru": 3}[cell] * N_UNITS
    shapes = {"weight_ih_l0": (n, N_INPUTS), "weight_hh_l0": (n, N_UNITS), "bias_ih_l0": (n,), "bias_hh_l0": (n,)}
    weights = {name: 0.6 * rng.normal(size=shape) for name, shape in shapes.items()}
    return weights, rng.normal(size=(7, 2, N_INPUTS)), rng.normal(size=(7, 2, N_UNITS))


def ours(cell, w):
    """PyTorch's weights as a layer here has them: transposed, and one bias where two would be added."""
    params = {"W": w["weight_ih_l0"].T, "R": w["weight_hh_l0"].T, "b": w["bias_ih_l0"] + w["bias_hh_l0"]}
    if cell == "gru":  # the bias of the candidate's recurrent part is multiplied by the reset gate
        b = w["bias_hh_l0"].copy()
        params["q"] = b[2 * N_UNITS :]
        params["b"] = w["bias_ih_l0"] + np.concatenate([b[: 2 * N_UNITS], np.zeros(N_UNITS)])
    return params


def here(cell):
    weights, X, direction = given(cell)
    net = Net(cell, N_INPUTS, N_UNITS, 1)

    def heard(params, X):
        H = layer(net, params, X)[0][0]
        return (H * direction).sum(), H

    with jax.enable_x64(True):
        (params, d_X), H = jax.grad(heard, argnums=(0, 1), has_aux=True)(ours(cell, weights), X)
        found = {"outputs": H, "X": d_X, "weight_ih": params["W"].T, "weight_hh": params["R"].T, "bias_ih": params["b"]}
        return {name: np.asarray(a) for name, a in found.items()}


def there(cell, torch):
    weights, X, direction = given(cell)
    module = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[cell](N_INPUTS, N_UNITS).double()
    module.load_state_dict({name: torch.tensor(w) for name, w in weights.items()})
    X = torch.tensor(X, requires_grad=True)
    H = module(X)[0]
    (H * torch.tensor(direction)).sum().backward()
    found = {"outputs": H, "X": X.grad}
    found |= {name: getattr(module, f"{name}_l0").grad for name in ("weight_ih", "weight_hh", "bias_ih")}
    return {name: a.detach().numpy() for name, a in found.items()}


def numbers(found):
    """Two numbers that stand for each array: its norm, and its product with another that is fixed."""
    return {
        name: [round(float(np.linalg.norm(a)), 9), round(float(a.ravel() @ np.cos(np.arange(a.size))), 9)]
        for name, a in found.items()
    }


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_pytorch_says_the_same(cell):
    torch = pytest.importorskip("torch")
    found = there(cell, torch)
    for name, array in here(cell).items():
        np.testing.assert_allclose(array, found[name], rtol=1e-5, atol=1e-10, err_msg=name)
    assert numbers(found) == {k: pytest.approx(v) for k, v in FROZEN[cell].items()}


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_what_pytorch_said(cell):
    for name, pair in numbers(here(cell)).items():
        assert pair == pytest.approx(FROZEN[cell][name], rel=1e-5), name


FROZEN = {
    "lstm": {
        "outputs": [1.736989844, 0.183080957],
        "X": [1.411494251, 2.160457746],
        "weight_ih": [2.742746562, 1.566452683],
        "weight_hh": [0.881596816, 0.598138046],
        "bias_ih": [1.996514487, 0.369719221],
    },
    "gru": {
        "outputs": [4.148507807, -0.00195275],
        "X": [2.089198518, 0.528702482],
        "weight_ih": [5.531985463, -2.877843324],
        "weight_hh": [1.367076692, -2.1333428],
        "bias_ih": [2.779866368, -1.730618005],
    },
}

if __name__ == "__main__":
    import torch

    print({cell: numbers(there(cell, torch)) for cell in ("lstm", "gru")})
