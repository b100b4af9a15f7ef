"""Every example runs, in a folder of its own."""

import runpy
import warnings
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*.py"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs(path, tmp_path, monkeypatch, capsys):
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    monkeypatch.chdir(tmp_path)
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 45
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        runpy.run_path(str(path))
    pyplot.close("all")
    assert capsys.readouterr().out
    drawn = "savefig" in path.read_text(encoding="utf-8")
    assert bool([*tmp_path.glob("*.png")]) == drawn


def test_the_page_lists_every_example():
    page = (Path(__file__).parents[1] / "docs" / "examples.md").read_text(encoding="utf-8")
    assert EXAMPLES and all(path.name in page for path in EXAMPLES)
