"""Cards of the reservoirs of a comparison: of the right model, once, and never from code that a file names."""

import json
import shutil
from html import unescape

import pytest

from millpond.esn import EchoStateNetwork
from millpond.measures import card
from millpond.report import measured, report
from millpond.reservoir.provenance import config, environment


@pytest.fixture
def folder(made, tmp_path):
    shutil.copy(made[0] / "summary.json", tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def quick():
    return card(EchoStateNetwork(n_units=3, random_state=0))


@pytest.fixture
def asked(monkeypatch, quick):
    """Models that are measured; each gets the card of three units."""
    models = []
    monkeypatch.setattr(measured, "card", lambda model: models.append(model) or quick)
    return models


def test_cards_are_made_once_and_of_the_model_in_the_row(made, folder, asked):
    html = report(folder).read_text()
    assert [type(m).__name__ for m in asked] == ["EchoStateNetwork", "MackeyGlassDelayLine"]
    esn = made[1]["rows"][0]
    assert asked[0].random_state == 0 and asked[0].n_units == 20 and asked[0].leak_rate == 0.07
    assert config(asked[0])["params"] == esn["config"]["params"] | {"random_state": 0}
    kept = json.loads((folder / "measures.json").read_text())
    value = kept["esn"]["card"]["results"]["memory capacity"]["value"]
    assert f"<td>{value:.3g}</td>" in html and "measures it" not in html
    assert report(folder).read_text() == html and len(asked) == 2
    assert report(folder, measure=False).read_text() == html


def test_a_card_of_another_configuration_is_made_anew(folder, asked):
    report(folder)
    found = json.loads((folder / "summary.json").read_text())
    found["rows"][0]["config"]["params"]["leak_rate"] = 0.5
    (folder / "summary.json").write_text(json.dumps(found))
    assert "not measured yet" in report(folder, measure=False).read_text()
    report(folder)
    assert len(asked) == 3 and asked[2].leak_rate == 0.5


@pytest.mark.parametrize("content", ["", "[1]", '{"esn": 3}', '{"esn": {"card": {}}}'])
def test_a_broken_file_of_cards_is_as_good_as_none(folder, asked, content):
    (folder / "measures.json").write_text(content)
    report(folder)
    assert len(asked) == 2


def test_a_stopped_call_keeps_the_cards_it_made(folder, asked, monkeypatch):
    of, quick = [], measured.card

    def stopped(model):
        if of:
            raise KeyboardInterrupt
        of.append(model)
        return quick(model)

    monkeypatch.setattr(measured, "card", stopped)
    with pytest.raises(KeyboardInterrupt):
        report(folder)
    assert list(json.loads((folder / "measures.json").read_text())) == ["esn"]


def test_what_cannot_be_measured_is_told_before_anybody_tries(folder, asked):
    found = json.loads((folder / "summary.json").read_text().replace('"esn"', '"mine:X"'))
    found["rows"][0]["config"]["class"] = "mine:X"
    (folder / "summary.json").write_text(json.dumps(found))
    for measure in (False, True):
        html = unescape(report(folder, measure).read_text())
        assert "mine:X: mine:X is not a known reservoir" in html
        assert "'millpond measure --model mine:X' measures it." in html
    assert [type(m).__name__ for m in asked] == ["MackeyGlassDelayLine"]


def test_a_card_says_which_version_made_it(folder, asked):
    html = report(folder).read_text()
    assert f"Measured by millpond {environment()['millpond']}, commit " in html
    kept = json.loads((folder / "measures.json").read_text())
    for about in kept.values():
        about["card"]["by"] = "millpond of old"
    (folder / "measures.json").write_text(json.dumps(kept))
    assert "Measured by millpond of old;" in report(folder).read_text() and len(asked) == 2


@pytest.mark.parametrize("params", [{"W_in": []}, {"n_units": 10**9}, {"leak_rate": 1e300}, {"n_units": "many"}])
def test_a_configuration_with_any_values_ends_in_a_sentence(made, tmp_path, params):
    found = json.loads((made[0] / "summary.json").read_text())
    row = next(row for row in found["rows"] if row["model"] == "esn")
    row["config"]["params"] |= params
    shown = measured.cards(tmp_path, [row], True, False)["esn"]
    assert isinstance(shown, str) and len(shown) > 20 and "\n" not in shown
