"""Connections of the user: validation, files, and the same spikes on every engine and in a plain Brian2 script."""

import h5py
import numpy as np
import pytest
from scipy import sparse

from millpond.lsm import Connections, LiquidStateMachine, connectomes, plain, standalone
from millpond.reservoir import InputError, SpikeTrains
from tests.brian_script import fired

DT = 5e-4


def model_of(connections, **params):
    return LiquidStateMachine(**{
        "connections": connections, "encoder": "spikes", "dt": DT, "engine": "numba", "random_state": 0,
        "input_gain": 2.0,
    } | params)  # fmt: skip


def drawn(rng, n=30, n_synapses=400, dale=True, **given):
    """Return random connections with several synapses between some neurons."""
    pre, post = rng.integers(0, n, (2, n_synapses))
    sign = np.where(pre % 5 == 0, -1, 1) if dale else rng.choice([-1, 1], n_synapses)
    weight = sign * rng.gamma(1.0, 20e-9, n_synapses)
    return Connections(pre, post, weight, dale=dale, n_neurons=n, **given)


def input_of(rng):
    steps = np.stack([rng.permutation(599)[:60] for _ in range(4)])
    return SpikeTrains(steps.ravel() * DT, np.repeat(np.arange(4), 60), 4, 0.3)


def per_synapse(rng, n):
    return {
        "delay": rng.uniform(5e-4, 9e-3, n), "U": rng.uniform(0.1, 1, n), "D": rng.uniform(0.05, 1, n),
        "F": rng.uniform(0.05, 1, n),
    }  # fmt: skip


@pytest.mark.parametrize("dale", [True, False])
@pytest.mark.parametrize("synapses", ["tsodyks-markram", "static"])
def test_engines_fire_as_a_plain_script(dale, synapses, rng):
    given = drawn(rng, dale=dale, **per_synapse(rng, 400))
    given = Connections(
        given.pre, given.post, given.weight, given.delay, given.U, given.D, given.F,
        tau=np.where(given.weight < 0, 8e-3, 4e-3), dale=dale,
    )  # fmt: skip
    trains = input_of(rng)
    model = model_of(given, synapses=synapses).fit([trains])
    [(times, units)] = model.spikes([trains])
    expected_times, expected_units = fired(model.liquid_, trains, DT)
    assert len(times) > 100
    assert np.array_equal(units, expected_units)
    np.testing.assert_allclose(times, expected_times, atol=1e-9)
    steps, plain_units, _ = plain.run_plain(
        model.liquid_, DT, model._machine.volley(model.checked_signals([trains])[0])
    )
    assert np.array_equal(units, plain_units) and np.array_equal(steps, np.rint(times / DT))
    if standalone.compiler() and synapses == "static" and not dale:
        [(again, same)] = model.set_params(engine="brian2").spikes([trains])
        assert np.array_equal(same, units) and np.array_equal(np.rint(again / DT), steps)
    assert not np.array_equal(model.without_recurrence().fit([trains]).spikes([trains])[0][1], units)


@pytest.mark.parametrize("params", [{"input": "maass2002"}, {"input": "maass2002", "input_tau": (0.003, 0.1)}])
def test_the_input_of_the_paper_on_every_engine(params, rng):
    trains = input_of(rng)
    model = model_of(None, shape=(5, 3, 3), **params).fit([trains])
    [(times, units)] = model.spikes([trains])
    expected_times, expected_units = fired(model.liquid_, trains, DT)
    assert len(times) > 30 and np.array_equal(units, expected_units)
    np.testing.assert_allclose(times, expected_times, atol=1e-9)
    volley = model._machine.volley(model.checked_signals([trains])[0])
    assert np.array_equal(units, plain.run_plain(model.liquid_, DT, volley)[1])
    if standalone.compiler() and "input_tau" in params:
        [(again, same)] = model.set_params(engine="brian2").spikes([trains])
        assert np.array_equal(same, units) and np.array_equal(np.rint(again / DT), np.rint(times / DT))


def test_what_is_left_out_comes_from_the_preset_by_type(rng):
    model = model_of(drawn(rng)).fit([input_of(rng)])
    assert model.n_neurons_ == 30 and len(model.weight_) == 400
    assert model.inhibitory_.tolist() == (np.arange(30) % 5 == 0).tolist()
    excites = ~model.inhibitory_[model.pre_] & ~model.inhibitory_[model.post_]
    assert set(model.delay_[excites]) == {1.5e-3} and set(model.delay_[~excites]) == {0.8e-3}
    assert model.D_[excites].mean() == pytest.approx(1.1, rel=0.15)


def test_a_sparse_matrix_leads_from_row_to_column():
    W = sparse.lil_matrix((4, 4))
    W[0, 3], W[2, 1] = 5e-9, -3e-9
    model = model_of(W.tocsr()).fit(np.zeros((2, 1)))
    assert (model.pre_.tolist(), model.post_.tolist()) == ([0, 2], [3, 1])
    assert model.weight_.tolist() == [5e-9, -3e-9] and model.unit_positions_.shape == (4, 3)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"pre": [0, -1]}, r"pre\[1\] is -1, but neurons are whole numbers from 0 to 1"),
        ({"n_neurons": 1}, r"pre\[1\] is 1, but neurons are whole numbers from 0 to 0"),
        ({"weight": [1e-9, np.nan]}, "weight holds a value that is not finite"),
        ({"pre": [0, 0], "weight": [1e-9, -1e-9]}, "neuron 0 has 1 positive and 1 negative weights, .* dale=False"),
        ({"U": 1.5}, r"U\[0\] is 1.5, but it must be greater than 0 and at most 1"),
        ({"delay": [1e-3, 0.0]}, r"delay\[1\] is 0, but it must be greater than 0"),
        ({"weight": [1e-9]}, r"weight has shape \(1,\)"),
        ({"tau": [1e-3, 2e-3]}, "tau has several values for positive weights"),
        ({"positions": np.zeros((3, 3))}, "positions has shape"),
    ],
)
def test_invalid_connections_raise_one_sentence(given, says):
    with pytest.raises(InputError, match=says):
        Connections(**{"pre": [0, 1], "post": [1, 0], "weight": 1e-9} | given)


@pytest.mark.parametrize(
    ("params", "says"),
    [
        ({"connections": np.eye(3)}, "connections is a ndarray"),
        ({"connections": sparse.csr_array(np.ones((2, 3)))}, "it must be square"),
        ({"n_units": 5}, "connections have 2 neurons"),
        ({"connections": Connections([0], [1], 1e-9, delay=1e-4)}, "shortest delay is 0.0001 s"),
    ],
)
def test_a_liquid_refuses_what_does_not_fit(params, says):
    with pytest.raises(InputError, match=says):
        model_of(**{"connections": Connections([0], [1], 1e-9)} | params).fit(np.zeros((2, 1)))


def test_quantities_and_read_only_arrays():
    from brian2 import ms, nA

    given = Connections([1, 0], [0, 1], [-1, 2] * nA, delay=[1, 2] * ms)
    assert given.weight.tolist() == pytest.approx([2e-9, -1e-9]) and given.delay.tolist() == pytest.approx([2e-3, 1e-3])
    with pytest.raises(ValueError, match="read-only"):
        given.weight[0] = 0
    with pytest.raises(InputError, match="its unit must be A"):
        Connections([0], [1], [1] * ms)


def test_a_csv_edge_list(tmp_path):
    path = tmp_path / "edges.csv"
    path.write_text("pre,post,weight,delay\nAVAL,AVBR,3,0.002\nAVBR,AVAL,-2,0.001\nAVAL,PVC,1,0.001\n")
    given, names = connectomes.from_csv(path, weight_unit=1e-9, U=0.5)
    assert names == ["AVAL", "AVBR", "PVC"] and given.n_neurons == 3
    assert given.weight.tolist() == pytest.approx([3e-9, 1e-9, -2e-9]) and given.U.tolist() == [0.5] * 3
    path.write_text("pre,post,weight\n10,9,1\n9,10,x\n")
    with pytest.raises(InputError, match="line 3 of .* has weight 'x'"):
        connectomes.from_csv(path)
    path.write_text("a,b\n")
    with pytest.raises(InputError, match="no column post"):
        connectomes.from_csv(path)
    path.write_text("pre,post,weight\n10,9,1\n2,10,1\n")
    assert connectomes.from_csv(path)[1] == ["2", "9", "10"]


def test_sonata_edges(tmp_path):
    path = tmp_path / "edges.h5"
    with h5py.File(path, "w") as file:
        edges = file.create_group("edges/a_to_a")
        edges["source_node_id"], edges["target_node_id"] = [1, 0], [0, 2]
        edges["0/syn_weight"], edges["0/delay"] = [-2.0, 1.0], [1.0, 2.0]
    given = connectomes.from_sonata(path, weight_unit=1e-9)
    assert given.pre.tolist() == [0, 1] and given.weight.tolist() == pytest.approx([1e-9, -2e-9])
    assert given.delay.tolist() == pytest.approx([2e-3, 1e-3])
    (tmp_path / "no.h5").write_text("text")
    with pytest.raises(InputError, match="cannot be read as SONATA edges"):
        connectomes.from_sonata(tmp_path / "no.h5")


class Graph:
    """The part of a networkx graph that is used."""

    nodes = ("b", "a")

    def __init__(self, *edges):
        self._edges = edges

    def to_directed(self):
        return self

    def edges(self, data):
        return self._edges


def test_a_networkx_graph():
    given, nodes = connectomes.from_networkx(Graph(("a", "b", {"weight": 2.0, "U": 0.5})), weight_unit=1e-9)
    assert (nodes, given.pre.tolist(), given.post.tolist(), given.U.tolist()) == (["b", "a"], [1], [0], [0.5])
    with pytest.raises(InputError, match="from a to b has no weight"):
        connectomes.from_networkx(Graph(("a", "b", {})))


def test_a_copy_has_the_same_configuration(rng):
    from sklearn.base import clone

    from millpond.reservoir.provenance import config

    one, other = drawn(rng), drawn(rng)
    model = model_of(one)
    assert config(clone(model)) == config(model)
    assert repr(one) != repr(other)
