import csv
import hashlib
import shutil
import tarfile

import numpy as np
import pytest
import soundfile

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import fsdd as fsdd_module
from millpond.scenarios.speech import load
from millpond.scenarios.speech.splits import folds


def test_unknown_corpus_and_missing_folders(tmp_path):
    with pytest.raises(InputError, match=r"'fsddd', but it must be one of .* did you mean 'fsdd'"):
        load("fsddd", tmp_path)
    with pytest.raises(InputError, match=r"existing folder with a manifest\.csv"):
        load(tmp_path / "none")
    for corpus in ("fsdd", "ti46"):
        with pytest.raises(InputError, match="does not exist; give the folder"):
            load(corpus, tmp_path / "none")
    with pytest.raises(InputError, match="licensed"):
        load("ti46")
    with pytest.raises(InputError, match="takes no data folder"):
        load("synthetic", tmp_path)


# ---- Free Spoken Digit Dataset


@pytest.fixture
def small_fsdd(tmp_path, tone, write_wav):
    """Two digits, two speakers, two takes."""
    for digit in (0, 7):
        for speaker in ("theo", "george"):
            for take in (0, 10):
                path = tmp_path / "fsdd" / "recordings" / f"{digit}_{speaker}_{take}.wav"
                write_wav(path, 0.1 * (digit + 1) * tone(200 + take))
    return tmp_path / "fsdd"


def test_fsdd_from_the_folder_or_the_one_above(small_fsdd):
    (small_fsdd / "recordings" / "notes.txt").write_text("hello")
    for folder in (small_fsdd, small_fsdd / "recordings"):
        corpus = load("fsdd", folder)
        assert corpus.names[:3].tolist() == ["0_george_0", "0_george_10", "0_theo_0"]
        assert corpus.labels.tolist() == [0] * 4 + [7] * 4
        assert corpus.takes.tolist() == [0, 10] * 4
        assert corpus.rate == 8000 and corpus.split is None
        assert corpus.skipped == ("notes.txt",)


def test_fsdd_checksums_name_the_file(small_fsdd):
    paths = sorted((small_fsdd / "recordings").iterdir())
    sums = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in paths]
    (small_fsdd / "SHA256SUMS").write_text("".join(sums))
    assert len(load("fsdd", small_fsdd)) == 8
    changed = bytearray(paths[3].read_bytes())
    changed[500] ^= 1
    paths[3].write_bytes(changed)
    with pytest.raises(InputError, match=rf"{paths[3].name}' differs from its checksum"):
        load("fsdd", small_fsdd)
    paths[3].unlink()
    with pytest.raises(InputError, match=rf"'{paths[3].name}' is listed .* but missing"):
        load("fsdd", small_fsdd)
    (small_fsdd / "SHA256SUMS").write_text("nonsense\n")
    with pytest.raises(InputError, match=r"Line 1 of .* is not a checksum"):
        load("fsdd", small_fsdd)


def test_fsdd_folder_without_recordings(tmp_path):
    with pytest.raises(InputError, match="holds no recording named like"):
        load("fsdd", tmp_path)


def test_fsdd_whole(fsdd):
    corpus = load("fsdd", fsdd)
    assert len(corpus) == 3000 and corpus.skipped == ()
    assert np.unique(corpus.speakers).tolist() == list(fsdd_module.SPEAKERS)
    assert np.bincount(corpus.labels).tolist() == [300] * 10
    assert np.bincount(corpus.takes).tolist() == [60] * 50


@pytest.fixture
def served(tmp_path, monkeypatch):
    """Stand in for the network: what is put at `served.archive` is what a download gives."""
    import pooch

    served.archive, served.calls = tmp_path / "v1.0.10.tar.gz", 0

    def retrieve(url, known_hash, fname, path):
        served.calls += 1
        if not served.archive.exists():
            raise ConnectionError(url)
        return str(shutil.copy(served.archive, path / fname))

    monkeypatch.setattr(pooch, "retrieve", retrieve)
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path / "cache"))
    return served


def pack(archive, folder):
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(folder, "free-spoken-digit-dataset-1.0.10")


def test_fsdd_download_is_checked_and_kept(served, small_fsdd, tmp_path, monkeypatch):
    (small_fsdd / "README.md").write_text("not a recording")
    pack(served.archive, small_fsdd)
    paths = sorted((small_fsdd / "recordings").iterdir())
    sums = "".join(f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in paths)
    monkeypatch.setattr(fsdd_module, "RECORDINGS_SHA256", hashlib.sha256(sums.encode()).hexdigest())
    assert len(load("fsdd")) == len(load("fsdd")) == 8
    assert served.calls == 1
    assert [p.name for p in (tmp_path / "cache").iterdir()] == ["fsdd-1.0.10"]


def test_fsdd_download_of_something_else(served, small_fsdd, tmp_path):
    pack(served.archive, small_fsdd)
    with pytest.raises(InputError, match="does not hold the 3000 recordings"):
        load("fsdd")
    served.archive.write_bytes(served.archive.read_bytes()[:300])
    with pytest.raises(InputError, match="archive is damaged"):
        load("fsdd")
    assert not list((tmp_path / "cache").iterdir())


def test_fsdd_without_network(served):
    with pytest.raises(InputError, match=r"cannot be downloaded .* \(ConnectionError\); .* with --data"):
        load("fsdd")
    assert served.calls == 2  # the tagged version, then the head


def test_known_recordings_match_the_known_digest(fsdd):
    lines = sorted((fsdd / "SHA256SUMS").read_text().splitlines(), key=lambda line: line[66:])
    assert hashlib.sha256(("\n".join(lines) + "\n").encode()).hexdigest() == fsdd_module.RECORDINGS_SHA256


# ---- TI-46


@pytest.fixture
def small_ti46(tmp_path, tone, write_sphere):
    folder = tmp_path / "ti46"
    for name in ("TEST/F1/00F1S1T0", "TEST/F1/00F1S1T1", "TRAIN/F1/00F1SET0", "TRAIN/M2/09M2SET3"):
        write_sphere(folder / f"{name}.WAV", 0.3 * tone(300, 12500), order="10")
    write_sphere(folder / "TRAIN" / "F1" / "0AF1SET0.WAV", tone(300, 12500))  # the letter a
    write_sphere(folder / "TRAIN" / "F1" / "ENF1SET0.WAV", tone(300, 12500))  # enter
    write_sphere(folder / "extra" / "noise.wav", tone(300, 12500))
    return folder


def test_ti46_digits_only_in_order_with_its_split(small_ti46):
    corpus = load("ti46", small_ti46)
    assert corpus.names.tolist() == ["00f1set0", "00f1s1t0", "00f1s1t1", "09m2set3"]
    assert corpus.labels.tolist() == [0, 0, 0, 9]
    assert corpus.speakers.tolist() == ["f1", "f1", "f1", "m2"]
    assert corpus.takes.tolist() == [0, 1, 2, 0]
    assert corpus.split.tolist() == ["train", "test", "test", "train"]
    assert corpus.rate == 12500 and corpus.skipped == ("extra/noise.wav",)


def test_ti46_recording_found_twice(small_ti46):
    shutil.copytree(small_ti46 / "TEST", small_ti46 / "copy")
    with pytest.raises(InputError, match="are the same recording"):
        load("ti46", small_ti46)


def test_ti46_folder_without_digits(tmp_path):
    with pytest.raises(InputError, match="holds no digit of TI-46"):
        load("ti46", tmp_path)


# ---- a folder with a manifest

ROWS = [
    {"path": "a/yes.wav", "label": "yes", "speaker": "ann", "split": "train"},
    {"path": "a/yes2.wav", "label": "yes", "speaker": "ann", "split": "validation"},
    {"path": "no.wav", "label": "no", "speaker": "ben", "split": "test"},
]


@pytest.fixture
def manifest(tmp_path, tone, write_wav):
    """A folder of three recordings, one at another rate, and a function that writes its manifest."""
    folder = tmp_path / "mine"
    write_wav(folder / "a" / "yes.wav", 0.5 * tone(440, 16000), 16000)
    write_wav(folder / "a" / "yes2.wav", 0.5 * tone(440, 16000), 16000)
    write_wav(folder / "no.wav", 0.5 * tone(440, 11025), 11025)

    def write(rows=ROWS, columns=("path", "label", "speaker", "split")):
        with (folder / "manifest.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, columns, extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)
        return folder

    return write


def test_manifest(manifest):
    corpus = load(manifest())
    assert corpus.name == "mine" and corpus.rate == 16000
    assert [round(len(wave) / 160) for wave in corpus.waves] == [30, 30, 30]
    assert corpus.labels.tolist() == ["yes", "yes", "no"] and corpus.takes.tolist() == [0, 1, 0]
    assert corpus.split.tolist() == ["train", "validation", "test"]
    assert load(manifest(columns=("speaker", "label", "path"))).split is None


def test_manifest_labels_that_are_numbers(manifest):
    corpus = load(str(manifest([row | {"label": str(i)} for i, row in enumerate(ROWS)])))
    assert corpus.labels.dtype.kind == "i" and corpus.labels.tolist() == [0, 1, 2]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_manifest_in_every_dialect(manifest, delimiter, encoding, end):
    folder = manifest()
    rows = [("Path", " LABEL", "Speaker", "Split"), *(tuple(row.values()) for row in ROWS)]
    text = end.join(delimiter.join(row) for row in rows) + end + end
    (folder / "manifest.csv").write_bytes(text.encode(encoding))
    corpus = load(folder)
    assert corpus.labels.tolist() == ["yes", "yes", "no"]
    assert corpus.split.tolist() == ["train", "validation", "test"]


def test_manifest_with_quotes_and_delimiters_in_names(manifest):
    folder = manifest()
    (folder / "no.wav").rename(folder / "no, no.wav")
    (folder / "manifest.csv").write_text('"path","label","speaker"\n"no, no.wav","no","Ann, B."\na/yes.wav,yes,cem\n')
    corpus = load(folder)
    assert corpus.speakers.tolist() == ["Ann, B.", "cem"]
    (folder / "manifest.csv").write_text("path,label,speaker\nno, no.wav,no,ann\n")
    with pytest.raises(InputError, match="Line 2 of .* has 4 entries, but the header has 3; put entries that"):
        load(folder)
    (folder / "manifest.csv").write_text("path,label,speaker,label\na/yes.wav,yes,ann,no\n")
    with pytest.raises(InputError, match="has two columns 'label'"):
        load(folder)


def test_two_spellings_of_an_accent_are_one_speaker_one_label_and_one_file(manifest):
    folder = manifest()
    composed, apart = "Zo\u00e9", "Zoe\u0301"
    (folder / "no.wav").rename(folder / f"{apart}.wav")
    (folder / f"2{apart}.wav").write_bytes((folder / f"{apart}.wav").read_bytes())
    rows = [{"path": path, "label": label, "speaker": speaker} for path, label, speaker in (
        (f"{composed}.wav", composed, apart), (f"2{apart}.wav", apart, composed), ("a/yes.wav", "yes", f"{apart} ")
    )]  # fmt: skip
    corpus = load(manifest(rows, ("path", "label", "speaker")))
    assert corpus.speakers.tolist() == [composed] * 3
    assert corpus.labels.tolist() == [composed, composed, "yes"]
    assert corpus.takes.tolist() == [0, 1, 0]


def test_a_file_that_is_listed_twice_is_refused(manifest):
    """It could stand on both sides of a split by speaker."""
    again = {"path": f"./{ROWS[0]['path']}", "label": "no", "speaker": "other"}
    with pytest.raises(InputError, match="lists the file of line 2 again"):
        load(manifest([*ROWS, again], ("path", "label", "speaker")))


def test_manifest_labels_that_are_equal_numbers(manifest):
    rows = [row | {"label": label} for row, label in zip(ROWS, ("1", "1.0", "02"), strict=True)]
    assert load(manifest(rows)).labels.tolist() == [1, 1, 2]
    assert load(manifest([row | {"label": "9" * 25} for row in ROWS])).labels.tolist() == ["9" * 25] * 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": ""}, "Line 3 of .* has no label; fill it in"),
        ({"speaker": " "}, "Line 3 of .* has no speaker"),
        ({"speaker": "\x1b[31mann"}, r"Line 3 of .* has the speaker '\\x1b\[31mann', which holds an invisible"),
        ({"label": "yes\u200b"}, r"Line 3 of .* has the label 'yes\\u200b', which holds an invisible character"),
        ({"split": "dev"}, "Line 3 of .* has the split 'dev'; write one of train, validation, test"),
        ({"path": "gone.wav"}, r"Line 3 of .* names the recording 'gone\.wav', which does not exist"),
    ],
)
def test_manifest_with_a_bad_line(manifest, change, message):
    with pytest.raises(InputError, match=message):
        load(manifest([ROWS[0], ROWS[1] | change, ROWS[2]]))


def test_manifest_that_is_missing_empty_or_not_text(tmp_path, manifest):
    folder = manifest(columns=("path", "label"))
    with pytest.raises(InputError, match="has no column 'speaker'; name it in the header"):
        load(folder)
    with pytest.raises(InputError, match="lists no recording"):
        load(manifest([]))
    (folder / "manifest.csv").write_bytes(b"path,label,speaker\n\xff\xfe,a,b\n")
    with pytest.raises(InputError, match="save it as CSV in UTF-8"):
        load(folder)
    (folder / "manifest.csv").write_bytes(b"")
    with pytest.raises(InputError, match="has no column 'path'"):
        load(folder)
    (folder / "manifest.csv").unlink()
    with pytest.raises(InputError, match=r"holds no manifest\.csv; write one with the columns"):
        load(folder)


def write_audiomnist(folder, speakers, words, takes=2, rate=48000):
    """Write tones in the layout of AudioMNIST."""
    for speaker in speakers:
        (folder / speaker).mkdir(parents=True)
        for word in words:
            for take in range(takes):
                t = np.arange(rate // 5) / rate
                wave = 0.3 * np.sin(2 * np.pi * (300 + 100 * word + int(speaker)) * t)
                soundfile.write(folder / speaker / f"{word}_{speaker}_{take}.wav", wave, rate)


def test_audiomnist_is_read_from_its_layout(tmp_path):
    write_audiomnist(tmp_path / "data", ["01", "02", "13"], [0, 7])
    (tmp_path / "data" / "readme.wav").write_bytes(b"")
    for folder in (tmp_path, tmp_path / "data"):
        corpus = load("audiomnist", folder)
        assert corpus.rate == 16000 and len(corpus) == 12 and len(corpus.waves[0]) == pytest.approx(3200, abs=2)
        assert corpus.labels.tolist() == [0] * 6 + [7] * 6
        assert corpus.speakers.tolist() == ["01", "01", "02", "02", "13", "13"] * 2
        assert corpus.takes.tolist() == [0, 1] * 6 and corpus.skipped[0].endswith("readme.wav")


def test_sixty_speakers_are_left_out_in_ten_groups(tmp_path):
    write_audiomnist(tmp_path, [f"{k:02d}" for k in range(1, 61)], [3], takes=1)
    found = folds(load("audiomnist", tmp_path), "speaker")
    assert len(found) == 10 and all(len(fold.test) == 6 for fold in found)
    assert sorted(np.concatenate([fold.test for fold in found])) == list(range(60))


def test_audiomnist_problems_are_one_sentence(tmp_path):
    with pytest.raises(InputError, match="no data folder is given"):
        load("audiomnist")
    with pytest.raises(InputError, match="contains no recording of AudioMNIST"):
        load("audiomnist", tmp_path)
    write_audiomnist(tmp_path / "a", ["01"], [0])
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    with pytest.raises(InputError, match="are the same recording"):
        load("audiomnist", tmp_path)


def test_speech_commands_are_read_with_their_split(tmp_path):
    with pytest.raises(InputError, match="contains no digit of Speech Commands"):
        load("speech-commands", tmp_path)
    for word in ("zero", "nine", "marvin"):
        (tmp_path / word).mkdir()
        for speaker in ("0a7c", "ffd2"):
            for k in range(2):
                tone = 0.2 * np.sin(np.arange(1600) * (0.1 + 0.05 * k))
                soundfile.write(tmp_path / word / f"{speaker}_nohash_{k}.wav", tone, 16000)
    assert load("speech-commands", tmp_path).split is None
    (tmp_path / "validation_list.txt").write_text("zero/0a7c_nohash_0.wav\nmarvin/0a7c_nohash_0.wav\n")
    (tmp_path / "testing_list.txt").write_text("nine/ffd2_nohash_1.wav\n")
    corpus = load("speech-commands", tmp_path)
    assert (
        corpus.labels.tolist() == [0] * 4 + [9] * 4
        and corpus.speakers.tolist() == ["0a7c"] * 2 + ["ffd2"] * 2 + ["0a7c"] * 2 + ["ffd2"] * 2
    )
    assert corpus.split.tolist() == ["validation"] + ["train"] * 6 + ["test"]
