import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from millpond.reservoir import InputError
from millpond.scenarios.papers import names, paper, reproduce
from millpond.scenarios.papers.figures import Check

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", names())
def test_a_paper_comes_out_as_expected(name):
    about, found = reproduce(name, quick=True)
    assert about.doi.startswith("10.")
    assert any(check.judged for check in found)
    for check in found:
        assert check.passed, f"{check.name}: {check.wanted} expected, {check.mean} obtained"
        assert check.source


@pytest.mark.parametrize("name", ["paquot_2012"])
def test_the_same_seed_gives_the_same_figures(name):
    first, again, other = (reproduce(name, seed, quick=True)[1] for seed in (0, 0, 7))
    assert [list(c.obtained) for c in first] == [list(c.obtained) for c in again]
    assert [list(c.obtained) for c in first] != [list(c.obtained) for c in other]


def test_words_are_taken_where_they_are_heard(corpus):
    found = reproduce("verstraeten_2005", quick=True, corpus=str(corpus))[1]
    assert len(found[0].obtained) == 3 and all(0 <= check.mean <= 1 for check in found)
    with pytest.raises(InputError, match="corpus is given, but jaeger_2001 uses no speech"):
        reproduce("jaeger_2001", corpus="fsdd")


def test_every_file_named_after_a_year_is_a_paper():
    files = {p.stem for p in (ROOT / "scenarios/papers").glob("*_[12][0-9][0-9][0-9].py")}
    assert files == set(names())
    with pytest.raises(InputError, match="did you mean 'paquot_2012'"):
        paper("paquot2012")


@pytest.mark.parametrize(
    ("bounds", "passes"),
    [
        ({"expected": 1.0, "tolerance": 0.5}, True),
        ({"expected": 1.0, "tolerance": 0.1}, False),
        ({"at_least": 1.2}, True),
        ({"at_least": 1.3}, False),
        ({"at_most": 1.3}, True),
        ({"at_most": 1.2}, False),
        ({}, True),
    ],
)
def test_a_check_judges_the_mean_over_seeds(bounds, passes):
    check = Check("x", [1.0, 1.5], "here", **bounds)
    assert check.passed is passes
    assert check.judged is bool(bounds)
    assert Check("x", [math.nan], "here", **bounds).passed is False


def test_intervals_are_those_of_student():
    values = [1.0, 2.0, 4.0]
    low, high = Check("x", values, "here").interval
    half = 4.302653 * np.std(values, ddof=1) / 3**0.5
    assert (low, high) == pytest.approx((7 / 3 - half, 7 / 3 + half), rel=1e-6)
    assert Check("x", [1.0], "here").interval is None


def test_run_prints_the_figures_and_selfcheck_fails_where_one_differs(capsys, monkeypatch, tmp_path):
    from millpond import cli
    from millpond.scenarios.papers import paquot_2012

    def with_words(*words):
        monkeypatch.setattr(sys, "argv", ["millpond", *words])
        with pytest.raises(SystemExit) as end:
            cli.main()
        return end.value.code or 0, capsys.readouterr()

    code, said = with_words("run", "paquot_2012", "--quick")
    assert code == 0
    for word in ("10.1038/srep00287", "0.168 ± 0.03", "past inputs", "3 seeds"):
        assert word in said.out
    assert max(map(len, re.findall(r"^ .*$", said.out, re.MULTILINE))) <= 80
    code, said = with_words("run", "paquot")
    assert code == 2
    assert "did you mean 'paquot_2012'" in said.err
    monkeypatch.setattr("millpond.scenarios.papers.names", lambda: ["paquot_2012"])
    monkeypatch.setattr(paquot_2012, "run", lambda **_: [Check("x", [2.0], "here", expected=1.0, tolerance=0.5)])
    code, said = with_words("selfcheck")
    assert code == 1
    assert "differs" in said.out
    assert "differ: paquot_2012" in said.out
    assert with_words("run", "paquot_2012", "--plot", str(tmp_path / "paper.svg"))[0] == 1
    assert "Optoelectronic" in (tmp_path / "paper.svg").read_text()
    code, said = with_words("run", "paquot_2012", "--plot", "paper.gif")
    assert code == 2
    assert "must be one of '.png'" in said.err
    code, said = with_words("run", "paquot_2012", "--plot", str(tmp_path / "none" / "paper.svg"))
    assert code == 2
    assert "no folder" in said.err
