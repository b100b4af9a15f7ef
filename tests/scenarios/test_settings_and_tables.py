"""Models with settings on the command line, and results as tables."""

import csv
import json

import pytest

from millpond import cli
from millpond.comparison import compare
from millpond.esn import DeepEchoStateNetwork, EchoStateNetwork
from millpond.evaluation.models import named, with_settings
from millpond.export import tables
from millpond.reservoir import InputError
from tests import sounds


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("settings")
    corpus = sounds.write_corpus(place / "corpus")
    compare("digits-mean", ["esn", "esn(leak_rate=0.5)"], str(corpus), None, "speaker", place / "out", units=20,
            n_seeds=2, n_folds=2, n_workers=1)  # fmt: skip
    return place / "out"


def test_settings_follow_the_name_of_a_model():
    assert named("mine:Net(a=1, b='x', c=(0.1, 1.0))") == ("mine:Net", {"a": 1, "b": "x", "c": (0.1, 1.0)})
    assert with_settings(EchoStateNetwork(), {"leak_rate": (0.1, 1.0)}).leak_rate == (0.1, 1.0)
    deep = with_settings(DeepEchoStateNetwork(layer=EchoStateNetwork()), {"bias_scaling": 0.5})
    assert deep.layer.bias_scaling == 0.5


@pytest.mark.parametrize(
    "name", ["esn(", "esn(0.3)", "esn(leak_rate=print(1))", "esn(a=1)+1", "esn(**{'a': 1})", "esn(a=b)"]
)
def test_other_text_after_the_name_is_refused(name):
    with pytest.raises(InputError, match="settings are written as NAME=VALUE in brackets"):
        named(name)


def test_an_unknown_setting_is_refused():
    with pytest.raises(InputError, match="EchoStateNetwork has no parameter 'leak'; its parameters are"):
        with_settings(EchoStateNetwork(), {"leak": 1})


def test_models_with_settings_are_rows_of_their_own(folder):
    found = json.loads((folder / "summary.json").read_text())
    rows = {row["model"]: row for row in found["rows"] if row["kind"] == "reservoir"}
    assert rows["esn(leak_rate=0.5)"]["config"]["params"]["leak_rate"] == 0.5
    assert [(p["a"], p["b"]) for p in found["pairs"]] == [("esn", "esn(leak_rate=0.5)")]
    assert (folder / "esn(leak_rate=0.5).h5").is_file()


def test_a_table_has_one_row_for_each_model_and_question(folder, tmp_path):
    summary = json.loads((folder / "summary.json").read_text())
    path = tables.table(folder, tmp_path / "results.csv")
    with path.open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 2 * len(summary["rows"])
    for row, own in zip(rows[::2], summary["rows"], strict=True):
        assert (row["model"], row["of"]) == (own["model"], own["of"])
        assert float(row["mean"]) == own["score"]["mean"]
        assert (row["difference"] == "") == (own["kind"] != "control")
    text = tables.table(folder, tmp_path / "results.tex").read_text()
    assert text.count("\\\\\n") == len(summary["rows"]) + 1 and "esn(leak\\_rate=0.5)" in text
    pandas = pytest.importorskip("pandas")
    frame = tables.frame(folder)
    assert isinstance(frame, pandas.DataFrame) and len(frame) == len(rows)


def test_another_ending_is_one_sentence(folder, tmp_path):
    with pytest.raises(InputError, match="ending of the table"):
        cli.app(["report", str(folder), "--table", str(tmp_path / "a.docx")], standalone_mode=False)
