"""Every table of the documentation is the stored result of a command."""

import json
import re

import pytest

from benchmarks import tables

SHOWN = [(path, name) for path in tables.pages() for name in re.findall(r"<!-- result: ([\w-]+)", path.read_text())]


@pytest.mark.parametrize("path", tables.pages(), ids=lambda p: p.stem)
def test_a_page_shows_its_stored_results(path):
    """Run `python -m benchmarks.tables` after a change of a result."""
    text = path.read_text(encoding="utf-8")
    assert tables.written(text) == text
    assert text.count("<!-- result:") == text.count("<!-- end of result -->")


def test_every_stored_result_has_a_command_and_a_page():
    stored = {p.stem for p in tables.RESULTS.glob("*.json")}
    assert stored == {name for _, name in SHOWN}
    for name in stored & set(tables.COMMANDS):
        about = json.loads((tables.RESULTS / f"{name}.json").read_text())
        assert about["command"] == f"millpond {tables.COMMANDS[name]}"
        assert re.fullmatch(r"[0-9a-f]{9}", about["commit"]), f"{name} was made from changed code; commit, then run it"
        assert re.fullmatch(r"20\d\d-\d\d-\d\d", about["date"])


def test_a_page_that_differs_from_its_result_is_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(tables, "RESULTS", tmp_path)
    figure = {"name": "f", "expected": "1 ± 0.1", "obtained": 1.02, "interval": None}
    stored = {"command": "millpond run PAPER", "commit": "0" * 9, "date": "2026-01-01",
              "result": [{"name": "a_2000", "doi": "10.1/2", "figures": [figure]}]}  # fmt: skip
    (tmp_path / "one.json").write_text(json.dumps(stored))
    page = tables.written("before\n<!-- result: one -->\n<!-- end of result -->\nafter\n")
    assert "| f | 1 ± 0.1 | 1.02 |" in page and page.startswith("before\n") and page.endswith("after\n")
    assert tables.written(page) == page
    assert tables.written(page.replace("1.02", "1.03")) == page
