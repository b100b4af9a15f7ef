"""Cards of the reservoirs of a comparison: of the right model, once, and never from code that a file names."""

import json
import shutil
import sys

import numpy as np
import pytest

from esn import EchoStateNetwork
from lsm import IntegrateFire
from measures import card
from reservoir import InputError
from reservoir.provenance import config
from scenarios.models import adjusted, built, substrates
from scenarios.report import measured, report
from scenarios.tasks import task_of


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


def row(model, name):
    return {"model": name, "config": json.loads(json.dumps(config(model))), "seed_config": [{"random_state": 3}]}


@pytest.mark.parametrize("task", ["digits", "spoken-xor", "xor"])
@pytest.mark.parametrize("name", substrates())
def test_a_model_comes_back_from_its_row(task, name):
    model = adjusted(task_of(task).recipe(name).model, units=20)
    again = measured.rebuilt(row(model, name))
    assert type(again) is type(model)
    assert config(again) == config(adjusted(model, seed=3))
    again.fit(np.zeros((3, 2)))


def test_cards_are_made_once_and_of_the_model_in_the_row(made, folder, asked):
    html = report(folder).read_text()
    assert [type(m).__name__ for m in asked] == ["EchoStateNetwork", "MackeyGlassDelayLine"]
    esn = made[1]["rows"][0]
    assert asked[0].random_state == 0 and asked[0].n_units == 20 and asked[0].leak_rate == 0.07
    assert config(asked[0])["params"] == esn["config"]["params"] | {"random_state": 0}
    kept = json.loads((folder / "measures.json").read_text())
    value = kept["esn"]["card"]["results"]["memory capacity"]["value"]
    assert f"<td>{value:.3g}</td>" in html and "does it" not in html
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


def test_objects_that_are_kept_as_text_are_read_back_if_they_are_data():
    model = built("lsm", encoder=IntegrateFire(rate=30.0, signed=False), n_units=20)
    again = measured.rebuilt(row(model, "lsm"))
    assert again.encoder == model.encoder
    for text in ("Exception(args=1)", "LiquidStateMachine(n_units=5)", "IntegrateFire(rate=print(1))", "a b)", "()"):
        spoilt = row(model, "lsm")
        spoilt["config"]["params"]["encoder"] = text
        with pytest.raises(InputError, match="does not hold every parameter"):
            measured.rebuilt(spoilt)


def test_a_file_does_not_say_which_code_runs():
    model = built("esn", n_units=5)
    with pytest.raises(InputError, match="not a known substrate; 'millpond measure --model antigravity:x'"):
        measured.rebuilt(row(model, "antigravity:x"))
    with pytest.raises(InputError, match="of another class"):
        measured.rebuilt(row(model, "esn") | {"config": {"class": "antigravity:x", "params": {}}})
    nested = row(built("deep-esn"), "deep-esn")
    nested["config"]["params"]["layer"] = {"class": "antigravity:x", "params": {}}
    with pytest.raises(InputError, match="does not hold every parameter"):
        measured.rebuilt(nested)
    assert "antigravity" not in sys.modules


def test_a_matrix_that_is_not_in_the_row_is_missed():
    model = EchoStateNetwork(W=np.zeros((9, 9)), n_units=9)
    with pytest.raises(InputError, match="large arrays"):
        measured.rebuilt(row(model, "esn"))
