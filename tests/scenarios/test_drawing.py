"""The picture of a paper."""

import numpy as np
import pytest

from millpond.measures import memory_capacity
from millpond.reservoir import plots
from millpond.scenarios.papers import jaeger_2001, paper
from millpond.scenarios.papers.drawing import picture, strip
from millpond.scenarios.papers.figures import Check


@pytest.mark.parametrize(
    ("asked", "band"),
    [
        ({"expected": 1.0, "tolerance": 0.5}, (0.5, 1.5)),
        ({"at_least": 0.9}, (0.9, None)),
        ({"at_most": 0.8}, (None, 0.8)),
        ({}, None),
    ],
)
def test_a_strip_shows_what_is_asked_and_what_came_out(asked, band):
    check = Check("error of it", [0.9, 1.0, 1.4], "here", **asked)
    ax = strip(check)
    seeds, between, mean = ax.lines
    assert seeds.get_xdata().tolist() == [0.9, 1.0, 1.4]
    assert between.get_xdata() == pytest.approx(check.interval)
    assert mean.get_xdata() == pytest.approx([1.1])
    assert mean.get_color() == plots.COLOURS[0 if check.passed else 1]
    assert ax.get_ylabel() == "error of it"
    if band is None:
        assert not ax.patches
    else:
        [shaded] = ax.patches
        ends = shaded.get_x(), shaded.get_x() + shaded.get_width()
        limits = [limit if end is None else end for end, limit in zip(band, ax.get_xlim(), strict=True)]
        assert ends == pytest.approx(limits)


def test_one_seed_and_a_figure_that_is_no_number_are_drawn_too():
    assert strip(Check("x", [2.0], "here", at_most=3.0)).lines[1].get_xdata() == pytest.approx([2, 2])
    strip(Check("x", [np.nan, 1.0], "here", at_most=3.0))
    strip(Check("x", [0.0, 0.0], "here", at_most=0.0))


def test_the_picture_has_the_curve_of_the_paper_above_its_strips(tmp_path):
    found = [Check(f"figure {k}", [1.0, 2.0], "here", at_most=3) for k in range(3)]
    figure = picture("jaeger_2001", jaeger_2001.PAPER, found)
    curve, *strips = figure.axes
    assert [ax.get_ylabel() for ax in strips] == ["figure 0", "figure 1", "figure 2"]
    assert curve.get_xlabel() == "delay (rows)" and curve.get_ylabel() == "memory capacity"
    linear, weak, strong = (line.get_ydata() for line in curve.lines)
    assert linear.sum() > weak.sum() > strong.sum() > 1
    assert linear[:10].min() > 0.99  # theory: a linear network of 20 units holds these
    figure.savefig(tmp_path / "paper.svg")
    assert len(picture("paquot_2012", jaeger_2001.PAPER, found).axes) == 3  # no curve of its own


RNG = np.random.default_rng(0)
SAID, TRUE = RNG.normal(size=(2, 500, 1))
TRACES = RNG.normal(size=10_000), RNG.normal(size=6000), RNG.normal(size=4000), RNG.normal(size=4000)
CURVES = RNG.uniform(0.1, 1, (4, 500))
PROFILES = [[8.0, 6, 4, 2, 1, 0.5], [1.0, 2, 3, 4, 5, 6]]
U = RNG.uniform(-1, 1, (2000, 1))
DELAYED = memory_capacity(([U], [np.hstack([np.roll(U, 1), np.roll(U, 2)])]))


@pytest.mark.parametrize(
    ("name", "inner", "gives", "labels", "drawn", "legend"),
    [
        ("lukosevicius_2012", "_alone", (SAID, TRUE), ("steps after the last that was given", "x - 1"),
         [TRUE[:, 0], SAID[:, 0]], ["Mackey-Glass series", "the network on its own predictions"]),
        ("maass_2002", "curves", (CURVES, None), ("time (s)", "distance of states"), CURVES,
         ["0", "0.1", "0.2", "0.4"]),
        ("sussillo_abbott_2009", "_traces", TRACES, ("steps after the end of learning", "output"),
         [TRACES[0][5600:6800], np.concatenate([TRACES[1][5600:], TRACES[2][:800]]), TRACES[3][:800]],
         ["rhythm", "output", "taught for one period alone"]),
        ("rodan_tino_2011", "_memory", DELAYED, ("delay (rows)", "memory capacity"), [DELAYED.capacities],
         [f"in all {float(DELAYED):.2f}", "50 units less one"]),
        ("dambre_2012", "_profiles", PROFILES, ("degree", "capacity"), [[30, 30]],
         ["30 units", "weak input: 21.5 in all", "stronger input: 21.0 in all"]),
    ],
)  # fmt: skip
def test_the_curve_of_a_paper_is_what_its_module_found(monkeypatch, name, inner, gives, labels, drawn, legend):
    monkeypatch.setattr(paper(name), inner, lambda *_: gives)
    ax = plots.axes()
    paper(name).draw(ax, 3)
    assert (ax.get_xlabel(), ax.get_ylabel()) == labels
    assert len(ax.lines) >= len(drawn)
    for line, curve in zip(ax.lines, drawn, strict=False):
        assert np.array_equal(line.get_ydata(), curve)
    assert [text.get_text() for text in ax.get_legend().texts] == legend
    if name == "dambre_2012":
        assert [bar.get_height() for bar in ax.patches] == [*PROFILES[0], *PROFILES[1]]


def test_the_forecast_of_the_lorenz_equations_lies_on_the_series():
    ax = plots.axes()
    paper("gauthier_2021").draw(ax)
    assert len(ax.lines) == 6
    for true, said in zip(ax.lines[::2], ax.lines[1::2], strict=True):
        assert np.abs(true.get_ydata() - said.get_ydata()).max() < 0.2
        assert true.get_color() == said.get_color()
    assert ax.get_xlabel() == "time in the units of the equations"
