"""The task `shd` on files in the layout of the Heidelberg Spiking Datasets."""

import h5py
import numpy as np
import pytest

from millpond.comparison import compare
from millpond.reservoir import InputError
from millpond.scenarios.tasks import shd
from millpond.scenarios.tasks.shd_file import read


def word(label, rng):
    """Return a word of 60 ms: a sweep over the 700 channels, upwards or downwards."""
    times = np.sort(rng.uniform(0, 0.06, 300)).astype(np.float16)
    place = np.float64(times) / 0.06 if label == 0 else 1 - np.float64(times) / 0.06
    return times, np.clip(place * 690 + rng.normal(0, 30, 300), 0, 699).astype(np.uint16)


def write(path, labels, speakers, rng, words=None):
    words = words or [word(label, rng) for label in labels]
    with h5py.File(path, "w") as file:
        for k, (name, kind) in enumerate((("times", np.float16), ("units", np.uint16))):
            data = file.create_dataset(f"spikes/{name}", (len(words),), h5py.vlen_dtype(kind))
            for i, one in enumerate(words):
                data[i] = one[k]
        file["labels"] = np.asarray(labels, np.uint16)
        if speakers is not None:
            file["extra/speaker"] = np.asarray(speakers, np.uint16)
        file["extra/keys"] = np.array([b"up", b"down"])


@pytest.fixture
def folder(tmp_path, rng):
    write(tmp_path / "shd_train.h5", np.arange(24) % 2, np.arange(24) // 6, rng)
    write(tmp_path / "shd_test.h5", np.arange(8) % 2, np.arange(8) // 4 + 3, rng)
    return tmp_path


def test_a_file_becomes_spike_trains_with_labels_and_speakers(folder):
    found = read(folder / "shd_train.h5", 0.01)
    assert found.labels.tolist() == ["up", "down"] * 12
    assert found.speakers.tolist() == [str(k) for k in range(4) for _ in range(6)]
    assert all(t.n_units == 700 and len(t) == 300 and t.duration <= 0.0701 for t in found.trains)


def test_validation_groups_are_the_speakers_of_the_training_part(folder):
    raw = shd.load("given", str(folder))
    [fold] = shd.folds(raw, "official")
    assert (len(fold.train), len(fold.test)) == (24, 8)
    assert np.array_equal(fold.validation, np.arange(24) // 6)


def test_a_validation_file_joins_the_training_part(folder, rng):
    write(folder / "shd_valid.h5", [0, 1], [7, 7], rng)
    [fold] = shd.folds(shd.load("shd", str(folder)), "official")
    assert (len(fold.train), len(fold.test)) == (26, 8)


@pytest.mark.filterwarnings("ignore:the encoder drops")
def test_compare_reports_the_liquid_and_its_controls(folder, tmp_path):
    found = compare(
        "shd", ["lsm"], "given", str(folder), "official", tmp_path / "out", units=60, n_seeds=1, n_workers=1,
        progress=False,
    )  # fmt: skip
    score = {row["model"]: row["score"]["mean"] for row in found["rows"]}
    assert len(score) == 4 and {name.split("/")[-1].split(" ")[-1] for name in score} >= {"lsm"}
    assert max(score.values()) > 0.9
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda t, u: (t * 1e6, u), "give times in s"),
        (lambda t, u: (t, u + 5), r"units\[\d+\] is 7\d\d, but it must be a whole number from 0 to 699"),
        (lambda t, u: (t[1:], u), "299 times but 300 units"),
    ],
)
def test_invalid_spikes_are_reported_with_the_utterance(change, says, tmp_path, rng):
    t, u = word(0, rng)
    t, u = change(np.float64(t), np.int64(u))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        for name, values in (("times", t), ("units", u)):
            data = file.create_dataset(f"spikes/{name}", (1,), h5py.vlen_dtype(np.float64))
            data[0] = values
        file["labels"] = [0]
    with pytest.raises(InputError, match=f"utterance 0 of .*{says}"):
        read(tmp_path / "a.h5", 0.01)


def test_other_folders_and_files_are_refused(tmp_path, folder):
    with pytest.raises(InputError, match="NAME_train.h5"):
        shd.load("given", str(tmp_path / "missing"))
    (folder / "shd_test.h5").write_bytes(b"text")
    with pytest.raises(InputError, match="cannot be read as spike data"):
        shd.load("given", str(folder))
