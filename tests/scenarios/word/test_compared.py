"""What a comparison leaves for the viewer: all that belongs to it, and nothing of an earlier one."""

import json
import re

import pytest

from millpond import comparison as module
from millpond.comparison import compare
from millpond.summary import forget, recorded

MINE = """
import numpy as np
from millpond.esn import EchoStateNetwork
from millpond.reservoir import Reservoir

class Plain(EchoStateNetwork):
    pass

class Squashed(Reservoir):
    def __init__(self, *, squash=np.tanh):
        self.squash = squash

    def build(self, signals, streams):
        self.n_units_, self.unit_positions_ = signals[0].shape[1], None

    def initial_state(self):
        return np.zeros(self.n_units_)

    def advance(self, U, state):
        return self.squash(U), state
"""


SMALL = {"units": 10, "n_seeds": 1, "n_workers": 1, "n_folds": 1}


def run(corpus, out, *models):
    found = compare("digits", [*models], str(corpus), None, "speaker", out, **SMALL)
    html = (out / "report.html").read_text()
    facts = re.search(r'class="facts">(.*?)</script>', html)
    return found, html, [liquid["name"] for liquid in json.loads(facts[1])["liquids"]] if facts else []


def test_models_of_ones_own_and_then_others_in_the_same_folder(corpus, tmp_path, monkeypatch):
    """One that can be rebuilt is shown, for the user named its class; one that cannot costs nobody the table."""
    (tmp_path / "mine_for_a_test.py").write_text(MINE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    out = tmp_path / "out"
    found, html, shown = run(corpus, out, "mine_for_a_test:Plain", "mine_for_a_test:Squashed")
    assert shown == ["mine_for_a_test:Plain"] and (out / "summary.json").is_file()
    assert "Not shown: mine_for_a_test:Squashed: its stored configuration is incomplete" in html
    assert recorded(out) == [row["model"] for row in found["rows"] if row["kind"] == "reservoir"]
    for other in ("notes.txt", "my-own.h5"):
        (out / other).write_text("of the user")
    _, html, shown = run(corpus, out, "esn")
    assert shown == ["esn"] and "mine_for_a_test" not in html
    assert sorted(p.name for p in out.iterdir()) == [
        "esn.h5", "my-own.h5", "notes.txt", "report.html", "summary.json", "word.wav",
    ]  # fmt: skip


def test_a_page_that_fails_does_not_cost_the_table(corpus, tmp_path, monkeypatch, capsys):
    def failing(*args, **kwargs):
        raise TypeError("of the page")

    monkeypatch.setattr(module, "report", failing)
    found = compare("digits", ["esn"], str(corpus), None, "speaker", tmp_path, **SMALL)
    assert found["rows"] and (tmp_path / "summary.json").is_file()
    said = capsys.readouterr().err
    assert said.startswith("millpond: no report.html (TypeError('of the page'))") and said.count("\n") == 1


@pytest.mark.parametrize("content", ["", "[]", '{"rows": 3}', '{"rows": [{"model": "../esn", "kind": "reservoir"}]}'])
def test_what_is_no_summary_or_points_elsewhere_leaves_recordings_alone(tmp_path, content):
    folder = tmp_path / "run"
    folder.mkdir()
    for path in (folder / "esn.h5", tmp_path / "esn.h5"):
        path.touch()
    (folder / "summary.json").write_text(content)
    forget(folder)
    assert (folder / "esn.h5").exists() and (tmp_path / "esn.h5").exists() and not (folder / "summary.json").exists()
