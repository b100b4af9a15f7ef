import numpy as np
import pytest

from reservoir import InputError
from scenarios.compare import compare
from scenarios.tasks import task_of

HEAD = "# a comment\n@problemName Waves\n@timeStamps false\n@univariate false\n@classLabel true up down\n@data\n"


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


def test_a_data_set_of_different_lengths_is_compared(folder):
    raw = task_of("ts").load("given", str(folder))
    assert raw.name == "Waves" and len(raw.sequences) == 50 and raw.sequences.n_channels == 2
    assert len(set(raw.sequences.lengths.tolist())) > 3
    [fold] = task_of("ts").folds(raw, "official")
    assert (len(fold.train), len(fold.test)) == (30, 20)
    assert (np.bincount(fold.validation) == 6).all()
    found = compare("ts", ["esn"], "Waves", str(folder), "official", folder / "out", units=20, n_seeds=1, n_workers=1)
    assert found["rows"][0]["score"]["mean"] > 0.9


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + "1,2,3:1,2:up\n", "line 7 of .* is no series of numbers of one length"),
        (HEAD + "1,?,3:1,2,3:up\n", "line 7 of .* is no series of numbers"),
        (HEAD + "up\n", "line 7 of .* has no series before its label"),
        (HEAD, "has no series after a line '@data'"),
        ("@timestamps true\n@data\n", "says '@timestamps true', but series without times"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(folder, text, says):
    (folder / "Waves_TEST.ts").write_text(text)
    with pytest.raises(InputError, match=says):
        task_of("ts").load("Waves", str(folder))


def test_a_folder_without_the_pair_is_said(folder, rng):
    with pytest.raises(InputError, match=r"data is None, but a folder with NAME_TRAIN.ts"):
        task_of("ts").load("given")
    written(folder, "Other_TRAIN.ts", 2, rng)
    with pytest.raises(InputError, match="has these data sets: Other, Waves; choose one with --corpus NAME"):
        task_of("ts").load("given", str(folder))
    with pytest.raises(InputError, match="there is no file .*Other_TEST.ts; put it beside its other half"):
        task_of("ts").load("Other", str(folder))
