"""The picture of a paper."""

import numpy as np
import pytest

from reservoir import plots
from scenarios.papers import jaeger_2001
from scenarios.papers.drawing import picture, strip
from scenarios.papers.figures import Check


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
