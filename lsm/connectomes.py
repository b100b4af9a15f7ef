"""Connections from files and graphs of other programs: CSV edge lists, SONATA edges and networkx."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np

from millpond.lsm.connections import Connections
from millpond.reservoir import checks

_COLUMNS = ("weight", "delay", "U", "D", "F", "tau")


def from_csv(path: str | Path, weight_unit: float = 1.0, **given: Any) -> tuple[Connections, list[str]]:
    """Read an edge list with a header; the columns are pre, post, weight, and optionally delay, U, D, F and tau.

    Parameters
    ----------
    path : str or Path
    weight_unit : float
        Ampere in a unit of the weights.
    **given
        Further parameters of `Connections`, such as ``delay=1e-3``.

    Returns
    -------
    connections : Connections
    names : list of str
        The name of each neuron: numbers in numerical order, otherwise texts in alphabetical order.

    Raises
    ------
    InputError
        A column is missing or a value is no number; the message names the line.
    """
    found: dict[str, list[Any]] = {}
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            columns = [name for name in _COLUMNS if name in (reader.fieldnames or ())]
            missing = {"pre", "post", "weight"} - set(reader.fieldnames or ())
            if missing:
                raise checks.InputError(
                    f"{path} has no column {sorted(missing)[0]}; give a header with pre, post and weight"
                )
            found = {name: [] for name in ("pre", "post", *columns)}
            for line in reader:
                for name, column in found.items():
                    column.append(line[name] if name in ("pre", "post") else _number(path, reader, name, line[name]))
    except (OSError, UnicodeDecodeError) as error:
        raise checks.InputError(f"{path} cannot be read as text ({error}); give a CSV file") from None
    ends = np.array(found.pop("pre") + found.pop("post"), dtype=str)
    names = sorted(set(ends.tolist()), key=lambda name: (not name.isdigit(), int(name) if name.isdigit() else 0, name))
    index = {name: k for k, name in enumerate(names)}
    both = np.array([index[name] for name in ends], int).reshape(2, -1)
    values = {name: np.array(numbers, float) for name, numbers in found.items()}
    values["weight"] = values["weight"] * weight_unit
    return Connections(*both, **{"n_neurons": max(1, len(names))} | values | given), names


def _number(path: str | Path, reader: Any, name: str, text: str | None) -> float:
    try:
        return float(text or "")
    except ValueError:
        raise checks.InputError(
            f"line {reader.line_num} of {path} has {name} {text!r:.40}, but a number is needed; correct it"
        ) from None


def from_sonata(path: str | Path, population: str | None = None, weight_unit: float = 1.0, **given: Any) -> Connections:
    """Read the edges of a SONATA file: ``syn_weight``, and ``delay`` (ms) if there is one.

    Dai et al. (2020), doi:10.1371/journal.pcbi.1007696. Edges must be in one edge group, and source and target must be
    the same population of nodes.

    Parameters
    ----------
    path : str or Path
    population : str, optional
        Name of the edges; not needed if the file has only one.
    weight_unit : float
        Ampere in a unit of the weights.
    **given
        Further parameters of `Connections`.
    """
    import h5py

    try:
        with h5py.File(path, "r") as file:
            names = list(file["edges"])
            if population is None and len(names) > 1:
                raise checks.InputError(f"{path} has the edges {', '.join(names)}; choose one with population")
            edges = file["edges"][names[0] if population is None else checks.option("population", population, names)]
            pre, post = edges["source_node_id"], edges["target_node_id"]
            ends = [str(one.attrs["node_population"]) for one in (pre, post) if "node_population" in one.attrs]
            if len(set(ends)) > 1:
                raise checks.InputError(
                    f"the edges lead from {ends[0]} to {ends[1]}, but a liquid has one population; choose other edges"
                )
            groups = [name for name in edges if name.isdigit()]
            if len(groups) != 1 or "syn_weight" not in edges[groups[0]]:
                raise checks.InputError(f"the edges in {path} need one edge group with syn_weight; give such a file")
            values = {"weight": edges[groups[0]]["syn_weight"][()] * weight_unit}
            if "delay" in edges[groups[0]]:
                values["delay"] = edges[groups[0]]["delay"][()] * 1e-3
            return Connections(pre[()], post[()], **values | given)
    except (OSError, KeyError, AttributeError) as error:
        raise checks.InputError(f"{path} cannot be read as SONATA edges ({error}); give such an HDF5 file") from None


def from_networkx(graph: Any, weight_unit: float = 1.0, **given: Any) -> tuple[Connections, list[Any]]:
    """Return the edges of a networkx graph and its nodes, in the order of the neurons.

    Edges need the attribute ``weight``, and may have ``delay`` (s), ``U``, ``D``, ``F`` and ``tau``. An undirected edge
    stands for both directions.
    """
    nodes = list(graph.nodes)
    index = {node: k for k, node in enumerate(nodes)}
    edges = [(index[a], index[b], facts) for a, b, facts in graph.to_directed().edges(data=True)]
    for a, b, facts in edges:
        if "weight" not in facts:
            raise checks.InputError(f"the edge from {nodes[a]} to {nodes[b]} has no weight; add it to all edges")
    columns = [name for name in _COLUMNS if edges and all(name in facts for *_, facts in edges)]
    values = {name: np.array([facts[name] for *_, facts in edges], float) for name in columns}
    if "weight" in values:
        values["weight"] = values["weight"] * weight_unit
    both = np.array([(a, b) for a, b, _ in edges], int).reshape(-1, 2).T
    return Connections(*both, **{"weight": 0.0, "n_neurons": len(nodes)} | values | given), nodes
