"""A substrate and a task of the user are checked, and work in the commands."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from millpond import cli
from millpond.evaluation.folds import Fold, in_turn
from millpond.evaluation.models import built, controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material
from millpond.evaluation.testing import CHECKS, check_task
from millpond.reservoir import InputError, Question, Sequences, checks
from millpond.scenarios.tasks import names, task_of

PAGE = Path(__file__).parents[1] / "docs" / "own-substrate.md"


class Raw:
    name = "drawn"

    def __init__(self, signals):
        self.signals = signals


class Lag:
    """Recall the previous input."""

    CORPORA, SPLITS, FRONT_ENDS = ("drawn",), ("parts",), ("raw",)

    def load(self, corpus, data=None):
        checks.option("corpus", corpus, self.CORPORA)
        rng = np.random.default_rng(0)
        return Raw([rng.uniform(-1, 1, (30, 1)) for _ in range(8)])

    def represent(self, raw, front_end):
        checks.option("front-end", front_end, self.FRONT_ENDS)
        rows = [np.arange(5, 30)] * 8
        question = Question("lag 1", [x[4:29, 0] for x in raw.signals], rows, "nrmse")
        return Material(Sequences(raw.signals), (question,))

    def folds(self, raw, split):
        checks.option("split", split, self.SPLITS)
        return in_turn(8, 4)

    def recipe(self, model, front_end=None):
        return Recipe(front_end or "raw", built(model))

    def controls(self, recipe, n_channels):
        return controls_of(recipe.model, n_channels)


class Draws(Lag):
    def load(self, corpus, data=None):
        return Raw([np.random.default_rng().uniform(-1, 1, (30, 1)) for _ in range(8)])


class NoName(Lag):
    def load(self, corpus, data=None):
        raw = super().load(corpus)
        raw.name = None
        return raw


class LateRows(Lag):
    def represent(self, raw, front_end):
        material = super().represent(raw, front_end)
        return replace(material, questions=(replace(material.questions[0], rows=[np.arange(15, 40)] * 8),))


class NoQuestion(Lag):
    def represent(self, raw, front_end):
        return replace(super().represent(raw, front_end), questions=())


class Overlapping(Lag):
    def folds(self, raw, split):
        fold = super().folds(raw, split)[0]
        return [Fold("all", np.arange(8), fold.test, np.arange(8))]


class Incomplete(Lag):
    def folds(self, raw, split):
        return [Fold("some", np.arange(4), np.arange(4, 6), np.arange(4))]


class OneGroup(Lag):
    def folds(self, raw, split):
        return [replace(fold, validation=np.zeros(6)) for fold in super().folds(raw, split)]


class AnySplit(Lag):
    def folds(self, raw, split):
        return in_turn(8, 4)


class OtherFrontEnd(Lag):
    def recipe(self, model, front_end=None):
        return Recipe(front_end or "other", built(model))


class WrongControl(Lag):
    def controls(self, recipe, n_channels):
        return {"input": "RawInput"}


@pytest.mark.parametrize("name", ["reber", "gait", "recall", "channel"])
def test_tasks_of_millpond_pass(name):
    assert check_task(task_of(name)) == ["names", *CHECKS]


def test_a_task_without_fault_passes():
    assert check_task(Lag()) == ["names", *CHECKS]


@pytest.mark.parametrize(
    ("kind", "check", "says"),
    [
        (Draws, "load", "draw them with a fixed seed"),
        (NoName, "load", "attribute `name`"),
        (LateRows, "questions", "time steps within the sequence"),
        (NoQuestion, "questions", "at least one Question"),
        (Overlapping, "folds", "must be disjoint"),
        (Incomplete, "folds", "2 of 8 sequences are in no fold"),
        (OneGroup, "folds", "at least two groups"),
        (AnySplit, "unknown names", "an unknown split raises no InputError"),
        (OtherFrontEnd, "recipe|unknown names", "."),
        (WrongControl, "controls", "'input' is a str"),
    ],
)
def test_a_fault_of_a_task_is_named(kind, check, says):
    with pytest.raises(AssertionError, match=f"^check '({check})'.*{says}") as found:
        check_task(kind())
    assert "\n" not in str(found.value)


MINE = """
from tests.reservoir.test_testing import Leaky
from tests.test_extensions import Lag


class Small(Leaky):
    pass


class Skewed(Leaky):
    def states_at(self, X, rows):
        return [x + 1 for x in super().states_at(X, rows)]


class Old(Leaky):
    def _build(self, signals, streams):
        pass


class NeedsSize(Lag):
    def __init__(self, size):
        pass


class Broken(Lag):
    SPLITS = []


lag = Lag()
half = type("Half", (), {"CORPORA": ("a",)})()
"""


@pytest.fixture
def mine(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "mine_ext.py").write_text(MINE)
    yield tmp_path
    sys.modules.pop("mine_ext", None)


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["millpond", *words])
    with pytest.raises(SystemExit) as end:
        cli.main()
    return end.value.code or 0


@pytest.mark.parametrize(
    ("name", "code", "says"),
    [
        ("mine_ext:lag", 0, "passed: folds"),
        ("mine_ext:Lag", 0, "passed: folds"),
        ("mine_ext:Small", 0, "passed: stream"),
        ("mine_ext:Skewed", 1, "check 'states_at' of Skewed"),
        ("mine_ext:Broken", 1, "check 'names': SPLITS is"),
        ("mine_ext:Old", 2, "Old defines _build"),
        ("mine_ext:NeedsSize", 2, "cannot be built"),
        ("mine_ext:half", 2, "lacks SPLITS, FRONT_ENDS, load"),
        ("mine_ext:Nothing", 2, "cannot be loaded"),
        ("no_such_module:X", 2, "cannot be loaded"),
        ("esn", 2, "module:Name is needed"),
    ],
)
def test_the_command_check(mine, monkeypatch, capsys, name, code, says):
    assert run(monkeypatch, "check", name) == code
    out, err = capsys.readouterr()
    assert says in (err if code else out)
    assert "Traceback" not in err and err.count("\n") == bool(code)


def test_own_tasks_and_substrates_work_in_compare_record_and_tune(mine, monkeypatch, capsys):
    assert run(
        monkeypatch, "compare", "mine_ext:lag", "--models", "mine_ext:Small", "--seeds", "1", "--workers", "1", "--json"
    ) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert found["rows"][0]["model"] == "mine_ext:Small"
    assert (mine / "runs" / "mine_ext-lag-drawn-parts" / "summary.json").exists()
    assert run(monkeypatch, "record", "mine_ext:lag", "--model", "mine_ext:Small", "--out", "a.h5") == 0
    pytest.importorskip("optuna")
    assert run(
        monkeypatch, "tune", "mine_ext:lag", "--model", "mine_ext:Small", "--over", "n_units=4,8", "--trials", "2",
        "--seeds", "1", "--folds", "1", "--workers", "1",
    ) == 0, capsys.readouterr().err  # fmt: skip


class Entry:
    name, value = "lag", "tests.test_extensions:Lag"


def test_an_entry_point_registers_a_task(monkeypatch):
    from millpond.scenarios import tasks

    monkeypatch.setattr(tasks, "entry_points", lambda group: [Entry] if group == "millpond.tasks" else [])
    assert "lag" in names()
    assert isinstance(task_of("lag"), Lag)
    with pytest.raises(InputError, match="did you mean 'lag'"):
        task_of("lagg")
