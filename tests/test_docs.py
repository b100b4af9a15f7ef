"""What the documentation shows runs."""

import importlib.util
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PAGES = [p for p in TEXTS if "```python" in p.read_text()]
PEERS = ("reservoirpy", "pyrcn")  # no part of an installation


@pytest.fixture
def folder(tmp_path, monkeypatch, ragged):
    """A folder to run in that holds what `make compare` leaves, in small."""
    from millpond.esn import EchoStateNetwork
    from millpond.recording import record

    monkeypatch.chdir(tmp_path)
    made = Path("runs/digits-mean-synthetic-speaker")
    made.mkdir(parents=True)
    record(EchoStateNetwork(n_units=10, random_state=0), ragged, made / "esn.h5").close()
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_code_blocks_run(page, folder):
    pytest.importorskip("h5netcdf")
    names, missing = {}, set()
    for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL):
        lacking = {name for name in PEERS if f"from {name}" in block and not importlib.util.find_spec(name)}
        missing |= lacking
        if not lacking:
            exec(compile(block, page.name, "exec"), names)
    for value in names.values():
        if hasattr(value, "close") and not isinstance(value, type):
            value.close()
    if missing:
        pytest.skip(f"all but the blocks of {', '.join(sorted(missing))} ran")


def commands():
    """Return the page and the words of every command of ours in an indented block."""
    found = []
    for page in TEXTS:
        for line in re.findall(r"^    (?:\.venv/bin/)?((?:millpond|python -m) .*)$", page.read_text(), re.MULTILINE):
            found.append(pytest.param(shlex.split(line, comments=True), id=f"{page.stem}: {line[:50]}"))
    return found


@pytest.mark.parametrize("words", commands())
def test_commands_are_there_with_their_options(words):
    import typer

    from millpond.cli import app
    from millpond.evaluation.models import BASELINES, substrates
    from millpond.scenarios.papers import names
    from millpond.scenarios.tasks import TASKS

    if words[0] == "python":
        assert importlib.util.find_spec(words[2]), words[2]
        return
    group = typer.main.get_command(app)
    name, cli, rest = group.resolve_command(group.make_context("millpond", words[1:]), words[1:])
    given = cli.make_context(name, rest).params  # raises where an option is unknown or lacking
    placeholder = str.isupper  # NAME, FOLDER
    assert placeholder(given.get("task", "X")) or ":" in given["task"] or given["task"] in TASKS
    assert name != "run" or placeholder(given["name"]) or given["name"] in names()
    for model in str(given.get("models") or given.get("model") or "NAME").split(",") if name != "predict" else ():
        assert placeholder(model) or ":" in model or model in {*substrates(), *BASELINES}


def test_what_a_newcomer_does_with_the_recording_works(folder, capsys, monkeypatch):
    from millpond import cli

    text = (ROOT / "docs" / "start.md").read_text()
    lines = re.findall(r"^    (millpond (?:info|train) runs/digits-mean-synthetic-speaker/.*)$", text, re.MULTILINE)
    assert len(lines) == 2
    for line in lines:
        monkeypatch.setattr(sys, "argv", shlex.split(line))
        with pytest.raises(SystemExit) as end:
            cli.main()
        assert not end.value.code, capsys.readouterr().err
    assert "accuracy" in capsys.readouterr().out


@pytest.mark.parametrize("page", TEXTS, ids=lambda p: p.stem)
def test_links_lead_somewhere(page):
    for target, anchor in re.findall(r"\]\(([^)#]*)(?:#([^)]+))?\)", page.read_text()):
        if target.startswith("http"):
            continue
        there = page.parent / target if target else page
        assert there.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", there.read_text(), re.MULTILINE)
            assert anchor in [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles], anchor


def test_every_page_is_on_the_front_page():
    front = (ROOT / "docs" / "index.md").read_text()
    linked = set(re.findall(r"^- \[[^]]+\]\((\w[\w-]*\.md)\)", front, re.MULTILINE))
    assert linked == {p.name for p in (ROOT / "docs").glob("*.md")} - {"index.md"}


def test_the_site_is_made_without_a_warning(tmp_path):
    for name in ("sphinx", "myst_parser", "furo", "numpydoc"):
        pytest.importorskip(name, reason="pip install -e '.[docs]' brings it")
    cli = [sys.executable, "-m", "sphinx", "-q", "-W", "-c", "docs/_site", "-d", tmp_path / "trees", "docs"]
    run = subprocess.run([*cli, tmp_path / "html"], capture_output=True, text=True, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    page = (tmp_path / "html" / "api" / "millpond.measures.html").read_text()
    assert page.count("<math") > 3 and "<munderover>" in page  # formulas are drawn by the browser itself
    front = (tmp_path / "html" / "index.html").read_text()
    assert "make compare" in front and 'href="start.html"' in front
    for file in (tmp_path / "html").glob("*.html"):
        assert not re.search(r'<(script|link|img)[^>]+(src|href)="http', file.read_text()), file  # no network
