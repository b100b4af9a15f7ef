"""Data that cannot be used end a command in one sentence and exit code 2."""

import numpy as np
import pytest

from tests.mangled import command
from tests.sounds import write_corpus

TWO = "a,b\n" + "1,2\n" * 3000


@pytest.fixture
def given(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.csv").write_text(TWO)
    (tmp_path / "short.txt").write_text("1\n2\n")
    np.save(tmp_path / "two.npy", np.zeros((3000, 2)))
    (tmp_path / "empty").mkdir()
    write_corpus(tmp_path / "words")
    (tmp_path / "words" / "up_ann_0.wav").write_bytes(b"RIFF")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("compare forecast", "data is None, but a text file"),
        ("compare forecast --data nope.txt", "data is 'nope.txt', but a text file"),
        ("compare forecast --data empty", "data is 'empty', but a text file"),
        ("compare forecast --data two.csv", "has 2 columns of numbers (a, b)"),
        ("compare forecast --data two.npy", "has shape (3000, 2)"),
        ("compare forecast --data short.txt", "has 2 numbers, but 2405 are needed"),
        ("record forecast --model esn --data two.csv --out a.h5", "has 2 columns of numbers"),
        ("compare ts", "data is None, but a folder"),
        ("compare ts --data two.csv", "data is 'two.csv', but a folder"),
        ("compare ts --data empty", "holds no file NAME_TRAIN.ts"),
        ("compare narma10 --data two.csv", "this task generates its own sequences"),
        ("compare digits --corpus empty", "holds no manifest.csv"),
        ("compare digits --corpus words", "up_ann_0.wav' cannot be read as sound"),
        ("play two.csv --no-open", "two.csv' cannot be read as sound"),
        ("play empty --no-open", "is a folder"),
    ],
)
def test_one_sentence_and_exit_code_2(given, words, says):
    code, error = command(*words.split())
    assert code == 2 and says in error
    assert error.startswith("millpond: ") and error.count("\n") == 1
    assert not (given / "a.h5").exists() and not list(given.glob("runs/*/summary.json"))
