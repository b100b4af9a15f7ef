r"""Topologies of the recurrent matrix W. Row i contains the incoming weights of unit i.

Every topology is a function (n_units, in_degree, distribution, rng) that returns W before it is scaled; `spatial`
returns the places of the units as well, and "hadamard" is drawn with its radius. Of an integer in-degree k, "random"
makes rows of exactly k; where a graph is grown or rewired k is its mean, as far as the graph allows. Cycles and lines
have one or two weights and no chance.

For other numbers than the ones chosen here (jumps, rewiring, feedback) call the function and hand W over:
``EchoStateNetwork(W=0.9 * topologies.small_world(200, 6, "uniform", rng, rewiring=0.5))``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import coo_array, csr_array

from millpond.esn.hadamard import HadamardMatrix
from millpond.esn.spectrum import spectral_radius
from millpond.esn.weights import distinct, in_degree, spread
from millpond.reservoir import checks


def recurrent(
    topology: str, n_units: int, radius: float, connectivity: Any, rng: np.random.Generator,
    distribution: str = "normal",
) -> tuple[Any, np.ndarray | None]:  # fmt: skip
    """Return W (n_units, n_units) with the requested spectral radius, and unit positions if defined.

    A delay line has no loop, so its spectral radius is 0; `radius` is then the weight from one unit to the next,
    with feedback too.
    """
    if radius == 0 and topology != "spatial":
        return csr_array((n_units, n_units)), None
    if topology == "hadamard":
        return HadamardMatrix.drawn(n_units, radius, rng), None
    k, positions = in_degree(connectivity, n_units), None
    if topology == "spatial":
        W, positions = spatial(n_units, k, distribution, rng)
        if radius == 0:  # units without incoming connections keep their positions
            return csr_array((n_units, n_units)), positions
    else:
        W = TOPOLOGIES[topology](n_units, k, distribution, rng)
    if topology in _SCALED:
        drawn = spectral_radius(W)
        if drawn < 1e-9:
            raise checks.InputError(
                f"the {n_units} drawn units with {k} connection(s) each form no loop, so W cannot have "
                f"spectral_radius {radius:g}; raise connectivity or n_units"
            )
        W *= radius / drawn
    else:
        W *= radius
    return W, positions


def scaled(W: Any, radius: float) -> Any:
    """Return W, an array or sparse array, with the spectral radius `radius`.

    Raises
    ------
    InputError
        A matrix without a loop, whose radius is 0, or a `HadamardMatrix`.
    """
    if isinstance(W, HadamardMatrix):
        raise checks.InputError("W is a HadamardMatrix, which cannot be rescaled; leave spectral_radius out")
    if radius == 0:
        return csr_array(W.shape)
    own = spectral_radius(W)
    if own <= 1e-9 * np.abs(W).max():
        raise checks.InputError(
            f"W has no loop, so it cannot have spectral_radius {radius:g}; leave spectral_radius out, or give another W"
        )
    return W * (radius / own)


def random(n_units: int, k: int, distribution: str, rng: np.random.Generator) -> csr_array:
    """Return W with k incoming connections per unit, drawn without replacement."""
    columns = distinct(n_units, k, rng)
    weights = spread(distribution, n_units * k, rng)
    return csr_array((weights, columns.ravel(), np.arange(0, n_units * k + 1, k)), shape=(n_units, n_units))


def delay_line(n_units: int, *_: Any, feedback: float = 0.0) -> csr_array:
    """Return W in which unit i receives unit i - 1 (the first none), and unit i + 1 with the weight `feedback`.

    DLR and DLRB of Rodan and Tino (2011), doi:10.1109/TNN.2010.2089641.
    """
    i = np.arange(1, n_units)
    forward = coo_array((np.ones(n_units - 1), (i, i - 1)), shape=(n_units, n_units))
    if not feedback:
        return forward.tocsr()
    return csr_array(forward + coo_array((np.full(n_units - 1, feedback), (i - 1, i)), shape=forward.shape))


def delay_line_with_feedback(n_units: int, *_: Any) -> csr_array:
    """Return a `delay_line` with a tenth of the weight on the way back."""
    return delay_line(n_units, feedback=0.1)


def cycle(n_units: int, *_: Any) -> csr_array:
    """Return W in which unit i receives only unit i - 1, and the first unit the last.

    SCR of Rodan and Tino (2011), doi:10.1109/TNN.2010.2089641. All eigenvalues lie on the unit circle.
    """
    rows = np.arange(n_units)
    return csr_array((np.ones(n_units), (rows, np.roll(rows, 1))), shape=(n_units, n_units))


def cycle_with_jumps(n_units: int, *_: Any, jump: int | None = None, weight: float = 0.5) -> csr_array:
    """Return a cycle with connections both ways between units 0, jump, 2 jump, ...; the last closes where it fits.

    CRJ of Rodan and Tino (2012), doi:10.1162/NECO_a_00297. `weight` is that of a jump where a step of the cycle
    has 1; `jump` is the root of the size if left out.
    """
    jump = max(2, round(n_units**0.5)) if jump is None else checks.integer("jump", jump, 2)
    ends = np.arange(0, n_units, jump)
    if len(ends) < 2:
        raise checks.InputError(f"jump is {jump}, but there are {n_units} units; use a shorter jump or more units")
    a, b = ends[:-1], ends[1:]
    if n_units % jump == 0 and len(ends) > 2:
        a, b = ends, np.roll(ends, -1)
    weights = np.full(2 * len(a), weight)
    jumps = coo_array((weights, (np.concatenate([a, b]), np.concatenate([b, a]))), shape=(n_units, n_units))
    return csr_array(cycle(n_units) + jumps)


def small_world(n_units: int, k: int, distribution: str, rng: np.random.Generator, rewiring: float = 0.1) -> csr_array:
    """Return a ring in which each unit receives its k nearest, with connections moved with probability `rewiring`.

    Watts and Strogatz (1998), doi:10.1038/30918, with a direction for each connection.
    """
    k = min(k, n_units - 1)
    reach = np.arange(1, k + 1)
    columns = (np.arange(n_units)[:, None] - (reach + 1) // 2 * np.where(reach % 2, 1, -1)) % n_units
    free = np.ones(n_units, bool)
    for i, moved in enumerate(rng.random((n_units, k)) < rewiring):
        if moved.any():
            taken = np.append(columns[i, ~moved], i)
            free[taken] = False
            columns[i, moved] = rng.choice(np.flatnonzero(free), moved.sum(), replace=False)
            free[taken] = True
    rows = np.repeat(np.arange(n_units), k)
    return csr_array((spread(distribution, n_units * k, rng), (rows, columns.ravel())), shape=(n_units, n_units))


def scale_free(n_units: int, k: int, distribution: str, rng: np.random.Generator) -> csr_array:
    """Return W of units that joined one by one, with k / 2 old ones each, drawn by degree; links carry both ways.

    Barabási and Albert (1999), doi:10.1126/science.286.5439.509; the weights of the two ways are drawn apart.
    """
    m = min(max(1, round(k / 2)), n_units - 1)
    links = [(i, m) for i in range(m)]  # a star to begin with
    ends = [i for link in links for i in link]  # each unit as often as its degree
    for new in range(m + 1, n_units):
        chosen: set[int] = set()
        while len(chosen) < m:
            chosen.add(ends[rng.integers(len(ends))])
        for old in sorted(chosen):
            links.append((old, new))
            ends += [old, new]
    return _both_ways(np.array(links).reshape(-1, 2), n_units, distribution, rng)


def spatial(n_units: int, k: int, distribution: str, rng: np.random.Generator) -> tuple[csr_array, np.ndarray]:
    """Return W and positions (n_units, 3) in m: units appear anywhere in a square metre and link to those near by.

    A new unit at distance d links with probability exp(-d / reach), and one that finds no partner disappears;
    Kaiser and Hilgetag (2004), doi:10.1103/PhysRevE.69.036103. The reach gives a unit about k links in the
    finished square; every link carries both ways, with weights drawn apart.
    """
    reach = np.sqrt(k / (2 * np.pi * n_units))
    places = np.empty((n_units, 2))
    places[0] = 0.5, 0.5
    links: list[tuple[int, int]] = []
    n = 1
    while n < n_units:
        places[n] = rng.random(2)
        distance = np.hypot(*(places[:n] - places[n]).T)
        near = np.flatnonzero(rng.random(n) < np.exp(-distance / reach))
        if len(near):
            links += [(int(old), n) for old in near]
            n += 1
    W = _both_ways(np.array(links).reshape(-1, 2), n_units, distribution, rng)
    return W, np.column_stack([places, np.zeros(n_units)])


def orthogonal(n_units: int, k: int, distribution: str, rng: np.random.Generator) -> np.ndarray:
    """Return a rotation or reflection, each as likely as any other (Mezzadri 2007, arXiv:math-ph/0609050)."""
    Q, R = np.linalg.qr(rng.standard_normal((n_units, n_units)))
    return np.asarray(Q * np.sign(np.diag(R)))


def permutation(n_units: int, k: int, distribution: str, rng: np.random.Generator) -> csr_array:
    """Return a permutation: each unit has one incoming and one outgoing connection, in cycles of random length."""
    rows = np.arange(n_units)
    return csr_array((np.ones(n_units), (rows, rng.permutation(n_units))), shape=(n_units, n_units))


def _both_ways(links: np.ndarray, n_units: int, distribution: str, rng: np.random.Generator) -> csr_array:
    rows, columns = np.concatenate([links, links[:, ::-1]]).T.astype(int)
    return csr_array((spread(distribution, len(rows), rng), (rows, columns)), shape=(n_units, n_units))


TOPOLOGIES: dict[str, Any] = {
    "random": random,
    "delay-line": delay_line,
    "delay-line-feedback": delay_line_with_feedback,
    "cycle": cycle,
    "cycle-jumps": cycle_with_jumps,
    "small-world": small_world,
    "scale-free": scale_free,
    "spatial": spatial,
    "orthogonal": orthogonal,
    "permutation": permutation,
    "hadamard": HadamardMatrix.drawn,
}
_SCALED = ("random", "cycle-jumps", "small-world", "scale-free", "spatial")
SOURCES = {
    "delay-line": "Rodan, Tino (2011), IEEE Trans. Neural Networks 22:131, doi:10.1109/TNN.2010.2089641",
    "cycle-jumps": "Rodan, Tino (2012), Neural Computation 24:1822, doi:10.1162/NECO_a_00297",
    "small-world": "Watts, Strogatz (1998), Nature 393:440, doi:10.1038/30918",
    "scale-free": "Barabási, Albert (1999), Science 286:509, doi:10.1126/science.286.5439.509",
    "spatial": "Kaiser, Hilgetag (2004), Physical Review E 69:036103, doi:10.1103/PhysRevE.69.036103",
    "orthogonal": "Mezzadri (2007), How to generate random matrices from the classical compact groups, "
    "arXiv:math-ph/0609050",
    "hadamard": "Dong et al. (2020), Reservoir computing meets recurrent kernels, arXiv:2006.07310",
}
SOURCES |= dict.fromkeys(("cycle", "delay-line-feedback"), SOURCES["delay-line"])
