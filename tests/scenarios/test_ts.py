import re

import numpy as np
import pytest

from millpond.comparison import compare
from millpond.reservoir import InputError
from millpond.scenarios.tasks import task_of

HEAD = "# a comment\n@problemName Waves\n@timeStamps false\n@univariate false\n@classLabel true up down\n@data\n"
PLAIN = "@problemName Waves\n@univariate true\n@classLabel true 1 2\n@data\n"


def written(folder, name, n, rng):
    lines = []
    for i in range(n):
        k = int(rng.integers(8, 15))
        slope = 1 if i % 2 else -1
        dims = [slope * np.arange(k) / k + 0.1 * rng.normal(size=k), rng.normal(size=k)]
        lines.append(":".join(",".join(f"{v:.4f}" for v in d) for d in dims) + (":up" if i % 2 else ":down"))
    (folder / name).write_text(HEAD + "\n".join(lines) + "\n")


@pytest.fixture
def folder(tmp_path, rng):
    written(tmp_path, "Waves_TRAIN.ts", 30, rng)
    written(tmp_path, "Waves_TEST.ts", 20, rng)
    return tmp_path


def loaded(folder, train, test):
    """Load two files with this text."""
    (folder / "Waves_TRAIN.ts").write_bytes(train.encode())
    (folder / "Waves_TEST.ts").write_bytes(test.encode())
    return task_of("ts").load("Waves", str(folder)).sequences


def test_a_data_set_of_different_lengths_is_compared(folder):
    raw = task_of("ts").load("given", str(folder))
    assert raw.name == "Waves" and len(raw.sequences) == 50 and raw.sequences.n_channels == 2
    assert len(set(raw.sequences.lengths.tolist())) > 3
    [fold] = task_of("ts").folds(raw, "official")
    assert (len(fold.train), len(fold.test)) == (30, 20)
    assert (np.bincount(fold.validation) == 6).all()
    found = compare("ts", ["esn"], "Waves", str(folder), "official", folder / "out", units=20, n_seeds=1, n_workers=1)
    assert found["rows"][0]["score"]["mean"] > 0.9


def test_labels_that_are_equal_numbers_are_one_class(tmp_path, rng):
    """1 and 2 in the one file, 1.0 and 2.0 in the other: 0 % were right, with exit code 0."""
    files = {}
    for part, spelt in (("TRAIN", ("1", "2")), ("TEST", ("1.0", " 2.00 "))):
        rows = [",".join(f"{v:.3f}" for v in (2 * (i % 2) - 1) * np.arange(9) + rng.normal(size=9)) for i in range(20)]
        files[part] = PLAIN + "".join(f"{row}:{spelt[i % 2]}\n" for i, row in enumerate(rows))
    sequences = loaded(tmp_path, files["TRAIN"], files["TEST"])
    assert sequences.labels.tolist() == ["1", "2"] * 20
    out = tmp_path / "out"
    found = compare("ts", ["esn"], "Waves", str(tmp_path), "official", out, units=20, n_seeds=1, n_workers=1)
    assert found["rows"][0]["score"]["mean"] > 0.9


@pytest.mark.parametrize(
    ("trained", "tested", "same"),
    [
        (("0", "1"), ("-0", "1e0"), ("0", "1")),
        (("01", "2"), ("1", "02"), ("1", "2")),
        (("a", "é"), ("a", "e\u0301"), ("a", "é")),
    ],
)
def test_other_spellings_of_a_label_are_one_class(tmp_path, trained, tested, same):
    head = "@univariate true\n@classLabel true\n@data\n"
    train, test = (head + "".join(f"1,2,3:{label}\n" for label in labels) for labels in (trained, tested))
    assert loaded(tmp_path, train, test).labels.tolist() == [*same, *same]


@pytest.mark.parametrize("missing", ["?", "NaN", "nan"])
def test_padding_is_cut_off(tmp_path, missing):
    text = f"{PLAIN}1,2,3,{missing},{missing}:1\n{missing},5,6,7,8:2\n1,2,3,4,5:1\n"
    sequences = loaded(tmp_path, text, text)
    assert [x.ravel().tolist() for x in sequences.signals[:3]] == [[1, 2, 3], [5, 6, 7, 8], [1, 2, 3, 4, 5]]


@pytest.mark.parametrize(
    "line",
    [
        "(0,1.5),(0.1,2.5),(0.2,3.5):(0,4),(0.1,5),(0.2,6)",
        "(2020-01-01 00:00:00,1.5),(2020-01-01 00:10:00,2.5),(2020-01-01 00:20:00,3.5):"
        "(2020-01-01 00:00:00,4),(2020-01-01 00:10:00,5),(2020-01-01 00:20:00,6)",
        "1.5,2.5,3.5:4,5,6",
    ],
)
def test_evenly_spaced_times_are_read(tmp_path, line):
    stamped = "true" if "(" in line else "false"
    text = f"@timeStamps {stamped}\r\n@univariate false\r\n@classLabel true 1 2\r\n@data\r\n{line}:1\r\n{line}:2\r\n"
    sequences = loaded(tmp_path, "\ufeff" + text, text)
    assert sequences.signals[0].tolist() == [[1.5, 4], [2.5, 5], [3.5, 6]]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "1,2,3:1,2:up\n", "line 7 of .* has dimensions of different lengths"),
        (HEAD + "1,?,3:1,2,3:up\n", "line 7 of .* has no value at step 1 of dimension 0, in the middle of the series"),
        (HEAD + "?,?:?,?:up\n", "line 7 of .* has no values"),
        (HEAD + "1,x,3:1,2,3:up\n", "line 7 of .* has 'x' at step 1, which is not a number"),
        (HEAD + "1,1e999,3:1,2,3:up\n", "line 7 of .* has '1e999' at step 1, which is not a number"),
        (HEAD + "up\n", "line 7 of .* has no series before its label"),
        (HEAD + "1,2:3,4:\n", "line 7 of .* has no series before its label, or no label"),
        (HEAD + "1,2:3,4:left\n", "line 7 of .* has the label 'left', but the header declares up, down"),
        (HEAD + "1,2:3,4:up\u200b\n", r"line 7 of .* has the label 'up\\u200b', with an invisible character"),
        (HEAD + "1,2:up\n", "line 7 of Waves_TEST.ts has 1 dimensions, but the first series of Waves_TRAIN.ts has 2"),
        (HEAD, "has no series after a line '@data'"),
        ("@dimensions 3\n" + HEAD + "1,2:3,4:up\n", "line 8 of .* has 2 dimensions, but the header declares 3"),
        ("@equalLength true\n@seriesLength 5\n" + HEAD + "1,2:3,4:up\n", "line 9 of .* has 2 steps, but the header"),
        ("@timestamps true\n@data\n(0,1),(1,2),(5,3):up\n", "line 3 of .* has times that are not evenly spaced"),
        ("@timestamps true\n@data\n1,2,3:up\n", r"line 3 of .* has entries other than pairs \(time,value\)"),
        ("@timestamps true\n@data\n(0,1),(soon,2):up\n", "line 3 of .* has the time 'soon', which is neither a number"),
        ("@timestamps true\n@data\n(0,1),(1,2):up\n(0,1),(2,2):up\n", "have different time steps; resample them"),
        ("@targetlabel true\n@data\n1,2:0.5\n", "is a regression data set .* task ts compares classifiers"),
        ("@classLabel false\n@data\n1,2\n", "has no class labels"),
        ("@data\n1,2:1,3:sideways\n", r"Waves_TEST.ts has labels that .*_TRAIN.ts has not \(sideways; there: down,"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(folder, text, says):
    (folder / "Waves_TEST.ts").write_text(text)
    with pytest.raises(InputError, match=says) as told:
        task_of("ts").load("Waves", str(folder))
    assert "\n" not in str(told.value)


def test_a_file_of_one_class_or_in_no_known_encoding_is_said(folder):
    (folder / "Waves_TRAIN.ts").write_text(HEAD + "1,2:3,4:up\n")
    (folder / "Waves_TEST.ts").write_text(HEAD + "1,2:3,4:up\n")
    with pytest.raises(InputError, match=r"Waves_TRAIN.ts has the single label 'up'; give at least two classes"):
        task_of("ts").load("Waves", str(folder))
    (folder / "Waves_TEST.ts").write_bytes("@data\n1,2:grün\n".encode("latin-1"))
    with pytest.raises(InputError, match="is not a text file in UTF-8"):
        task_of("ts").load("Waves", str(folder))


def test_a_folder_without_the_pair_is_said(folder, rng):
    with pytest.raises(InputError, match=re.escape("data is None, but a folder with NAME_TRAIN.ts")):
        task_of("ts").load("given")
    written(folder, "Other_TRAIN.ts", 2, rng)
    with pytest.raises(InputError, match="has these data sets: Other, Waves; choose one with --corpus NAME"):
        task_of("ts").load("given", str(folder))
    with pytest.raises(InputError, match="there is no file .*Other_TEST.ts; put it next to the other part"):
        task_of("ts").load("Other", str(folder))


@pytest.mark.parametrize("name", ["narma10", "xor", "lorenz", "reber", "gait"])
def test_data_for_a_task_that_generates_its_own_are_refused(name, tmp_path):
    task = task_of(name)
    with pytest.raises(InputError, match="data is .* but this task generates its own sequences; leave data out"):
        task.load(task.CORPORA[0], str(tmp_path))
