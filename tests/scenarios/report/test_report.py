"""What the page of a comparison says, and what becomes of folders that are none."""

import json
import shutil
import sys
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from millpond import cli, terminal
from millpond.recording import Recording
from millpond.report import report
from millpond.reservoir.provenance import typed
from millpond.results import shown, verdict
from millpond.summary import write

HOSTILE = "<script>alert('no')</script><img src=x> & \"co\" " + "long" * 30


class Tables(HTMLParser):
    """The cells of every table of a page, by the name a screen reader says."""

    def __init__(self, html):
        super().__init__()
        self.found, self._rows = {}, []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag == "div" and attrs.get("role") == "region":
            self._rows = self.found.setdefault(attrs["aria-label"], [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("th", "td") and self._rows:
            self._rows[-1].append("")

    def handle_endtag(self, tag):
        if tag == "table":
            self._rows = []

    def handle_data(self, data):
        if self._rows and self._rows[-1]:
            self._rows[-1][-1] += data


@pytest.fixture
def folder(made, tmp_path):
    """A copy that may be changed, without the recordings."""
    shutil.copy(made[0] / "summary.json", tmp_path)
    return tmp_path


def changed(folder, change):
    """Apply `change` to the summary of a folder and return its page."""
    found = json.loads((folder / "summary.json").read_text())
    found = change(found) or found
    (folder / "summary.json").write_text(json.dumps(found))
    return report(folder, measure=False).read_text()


def test_the_table_says_what_the_summary_says(made):
    tables = Tables((made[0] / "report.html").read_text()).found
    head, *rows = tables["scores, digit"]
    assert head[:3] == ["model", "score", "95 %"] and head[3:7] == ["difference", "worst", "features", "CPU s"]
    for cells, row in zip(rows, made[1]["rows"], strict=True):
        score, gain = row["score"], row.get("gain_of_reservoir")
        assert cells[0] == row["model"]
        assert float(cells[1]) == pytest.approx(100 * score["mean"], abs=0.051)
        assert [float(v) for v in cells[2].split("-")] == pytest.approx(
            [100 * score["low"], 100 * score["high"]], abs=0.051
        )
        assert (cells[3] == "") == (row["kind"] != "control")
        if gain:
            assert float(cells[3].split()[0]) == pytest.approx(100 * gain["mean"], abs=0.051)
        assert cells[5:7] == [str(row["n_features"]), f"{sum(row['seconds'].values()):.2f}"]


def test_one_seed_says_so(folder):
    def of_one(found):
        found["seeds"] = [0]

    html = changed(folder, of_one)
    assert "intervals over test sequences only" in html and "(one seed)." in html
    assert "intervals over seeds and" not in html


def test_every_sentence_of_the_terminal_is_there(made):
    html = (made[0] / "report.html").read_text()
    for line in [*verdict(made[1]), *terminal.notes(made[1]), terminal.title(made[1])]:
        assert line in html


def test_confusions_count_every_test_word_once_a_seed(made):
    tables = Tables((made[0] / "report.html").read_text()).found
    for row in made[1]["rows"]:
        found = row["questions"]["digit"]["confusion"]
        counts = np.array(found["counts"])
        assert found["classes"] == ["down", "flat", "up"]
        assert (counts.sum(1) == 24 * 2).all()
        assert np.trace(counts) / counts.sum() == pytest.approx(row["score"]["mean"])
        name = row["model"] if row["kind"] != "control" else f"{row['model']} of {row['of']}"
        shown = [[int(cell or 0) for cell in cells[1:4]] for cells in tables[f"confusions of {name}, digit"][1:]]
        assert (np.array(shown) == counts).all()


def test_the_curve_ends_at_the_score_of_the_first_seed(made):
    for row in made[1]["rows"]:
        points = row["learning_curve"]
        assert [p["n_train"] for p in points] == [7, 14, 27, 54]  # of 54; halves of 13.5 and 6.75 are whole words
        assert points[-1]["mean"] == pytest.approx(row["score"]["per_seed"][0])
        assert all(p["low"] <= p["mean"] <= p["high"] for p in points)
    esn = made[1]["rows"][0]["learning_curve"]
    assert esn[0]["mean"] < esn[-1]["mean"]


def test_groups_come_with_the_hardest_first(made):
    head, *rows = Tables((made[0] / "report.html").read_text()).found["scores by group"]
    assert all(h.endswith("18") for h in head[1:])  # words of each
    head = [h.removesuffix("18") for h in head]
    values = np.array([[float(v) for v in cells[1:]] for cells in rows])
    assert (np.diff(values.mean(0)) > -0.1).all() and sorted(head[1:]) == ["ann", "bob", "cem", "dee"]
    for cells, row in zip(rows, made[1]["rows"], strict=True):
        assert cells[1:] == [shown(row["per_group"][g], "accuracy") for g in head[1:]]


def test_links_lead_to_recordings_that_are_there(made, folder):
    html = (made[0] / "report.html").read_text()
    assert 'href="esn.h5"' in html and 'href="mackey-glass.h5"' in html
    (folder / "esn.h5").write_bytes(b"x")
    html = report(folder, measure=False).read_text()
    assert 'href="esn.h5"' in html and 'href="mackey-glass.h5"' not in html


def test_a_page_without_cards_says_how_to_get_them(made):
    html = unescape((made[0] / "report.html").read_text())
    assert f"'millpond report {made[0].name}' measures it" in html


def test_a_folder_of_an_older_version_shows_the_rest(folder):
    def older(found):
        for name in ("git", "made", "command"):
            del found[name]
        for row in found["rows"]:
            del row["learning_curve"], row["questions"]

    html = changed(folder, older)
    assert "scores, score" in html and "scores by group" in html
    assert "contains no confusion matrices" in html
    assert "contains no learning curve: it was written by an older version" in html


def test_no_path_of_the_machine_is_in_what_travels(made):
    """Neither on the page nor in the files: of folders the last part alone."""
    folder = made[0]
    assert f"{folder.parent}" not in (folder / "report.html").read_text()
    assert f"{folder.parent}" not in (folder / "summary.json").read_text()
    with Recording.open(folder / "esn.h5") as recording:
        told = recording.provenance["preparation"]
        assert told["corpus"] == made[1]["corpus"] and not any("/" in str(value) for value in told.values() if value)
        assert recording.attrs["history"].split(" ", 1)[1] == typed(sys.argv)


def test_an_old_command_is_shown_without_its_paths(folder):
    def older(found):
        found["command"] = "/home/me/scenarios/__main__.py compare digits --data /home/me/waves --out '/tmp/a b'"

    assert "millpond compare digits --data waves --out &#x27;a b&#x27;" in changed(folder, older)


def test_errors_of_values_are_shown_as_such(folder):
    def as_errors(found):
        for row in found["rows"]:
            for score in (row["score"], *row["questions"].values()):
                score["name"] = "nrmse"
                score.pop("confusion", None)

    html = changed(folder, as_errors)
    assert "standard deviations (lower is better)" in html and 'id="confusions"' not in html
    assert "lower left corner" in html


def hostile(found):
    text = json.dumps(found)
    for word in ("esn", "static", "ann", "flat", "digit", "synthetic", "speaker"):
        text = text.replace(json.dumps(word), json.dumps(HOSTILE + word))
    return json.loads(text)


def test_hostile_names_stay_text(folder):
    html = changed(folder, hostile)
    assert "<script>alert" not in html and "<img" not in html
    assert html.count("&lt;script&gt;alert") > 20


def without(key):
    return lambda found: found.pop(key) and None


def spoilt(value, *road):
    def change(found):
        for step in road[:-1]:
            found = found[step]
        found[road[-1]] = value

    return change


SPOILT = {
    "rows of another kind": (spoilt(3, "rows"), "rows is not a non-empty list"),
    "no rows": (without("rows"), "it has no rows"),
    "empty": (spoilt([], "rows"), "rows is not a non-empty list"),
    "a list": (lambda found: [1], "it is not an object"),
    "a word for a score": (spoilt("much", "rows", 0, "score", "mean"), "mean is not a number"),
    "not a number": (spoilt(float("nan"), "rows", 1, "score", "low"), "low is not a number"),
    "of nothing": (spoilt("nobody", "rows", 1, "of"), "is a control of no reservoir"),
    "another kind": (spoilt("thing", "rows", 0, "kind"), "is a thing"),
    "another score": (spoilt("beauty", "rows", 0, "score", "name"), "has an unknown score"),
    "no gain": (lambda found: found["rows"][1].pop("gain_of_reservoir") and None, "gain_of_reservoir is not an object"),
    "other questions": (spoilt({}, "rows", 1, "questions"), "has other questions"),
}


@pytest.mark.parametrize("name", [*SPOILT, "broken", "missing", "nowhere", "a file"])
def test_what_is_no_comparison_is_refused_in_a_sentence(folder, monkeypatch, capsys, name):
    (folder / "report.html").write_text("before")
    where, path = folder, folder / "summary.json"
    if name in SPOILT:
        change, says = SPOILT[name]
        found = json.loads(path.read_text())
        path.write_text(json.dumps(change(found) or found))
    elif name == "broken":
        path.write_text(path.read_text()[:500])
        says = "is not valid JSON"
    elif name == "missing":
        path.unlink()
        says = "there is no summary.json in"
    else:
        where, says = (folder / "nowhere", "there is no folder") if name == "nowhere" else (path, "there is no folder")
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    monkeypatch.setattr(sys, "argv", ["millpond", "report", str(where)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    said = capsys.readouterr().err
    assert end.value.code == 2 and says in said and said.count("\n") == 1
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before


def test_two_who_write_do_not_meet(tmp_path, monkeypatch):
    """The second writer begins and ends between the first one's writing and its renaming."""
    path, replace = tmp_path / "report.html", Path.replace

    def interrupted(fresh, to):
        monkeypatch.setattr("pathlib.Path.replace", replace)
        write(path, "second")
        return replace(fresh, to)

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    write(path, "first")
    assert path.read_text() == "first" and [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_writing_that_is_stopped_leaves_the_page_as_it_was(tmp_path, monkeypatch):
    path = write(tmp_path / "report.html", "before")

    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(path, "after")
    assert path.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["report.html"]
