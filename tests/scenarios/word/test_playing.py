"""A word of one's own."""

import json
import os
import shutil
import struct
import sys
import types
from contextlib import ExitStack
from html import unescape

import numpy as np
import pytest
import soundfile

from millpond import terminal
from millpond.play import heard, newest, opened, play, ready_made
from millpond.reservoir import InputError
from millpond.scenarios.speech import shown as kept
from millpond.viewer import listeners


def test_a_word_of_the_corpus_gets_the_votes_of_the_recording(folder, tmp_path):
    rows, refused, path = play(heard(folder / "word.wav"), folder, out=tmp_path / "page.html")
    html = unescape(path.read_text())
    assert html.count('class="liquid ') == 3 and not refused
    for said in [*terminal.about_words(rows), *(cell for line in terminal.named(rows)[1] for cell in line)]:
        assert said in html  # the page says what the terminal says
    assert str(folder) not in html
    with ExitStack() as stack:
        for each, row in zip(listeners(folder, ["esn", "lsm", "water"], stack)[0], rows, strict=True):
            test = each.recording.part("test")
            verdicts = each.reader.verdicts(list(test.states))
            own = verdicts[kept.first_seven(test.labels)]
            np.testing.assert_allclose(list(row["votes"].values()), own, rtol=0, atol=1e-9)
            assert row["word"] == each.reader.classes[own.argmax()]
            first, second = np.sort(own)[:-3:-1]
            assert row["lead"] == pytest.approx(first - second)
            assert row["accuracy"] == np.mean(each.reader.classes[verdicts.argmax(1)] == test.labels)
            assert 0 < row["below"] <= 1


def test_channels_level_and_silence_do_not_matter_and_the_rate_hardly(folder, tmp_path):
    """Two channels at half the level amid more silence give the same votes; at 44.1 kHz the band ends elsewhere."""
    import soxr

    wave, rate = kept.kept(folder)
    votes = {}
    for name, sound, hertz in (
        ("plain", np.pad(wave, 800), rate),
        ("stereo", np.stack([0.5 * np.pad(wave, 8000)] * 2, 1), rate),
        ("fine", soxr.resample(np.pad(wave, 800), rate, 44100, quality="VHQ"), 44100),
    ):
        soundfile.write(tmp_path / f"{name}.wav", sound, hertz, subtype="FLOAT")
        votes[name] = list(
            play(heard(tmp_path / f"{name}.wav"), folder, ["esn"], tmp_path / "a.html")[0][0]["votes"].values()
        )
    np.testing.assert_allclose(votes["stereo"], votes["plain"], rtol=0, atol=1e-5)
    assert np.argmax(votes["fine"]) == np.argmax(votes["plain"])
    np.testing.assert_allclose(votes["fine"], votes["plain"], rtol=0, atol=0.1)


def noise(seconds, rate=8000):
    return np.random.default_rng(0).normal(size=round(seconds * rate)) * 0.1


def zeroed(path):
    soundfile.write(path, noise(0.5), 8000)
    data = bytearray(path.read_bytes())
    data[24:28] = struct.pack("<I", 0)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda p: None, "does not exist"),
        (lambda p: p.write_text("no sound"), "cannot be read as sound"),
        (lambda p: soundfile.write(p, np.zeros(0), 8000), "holds no sample"),
        (lambda p: soundfile.write(p, np.zeros(800), 8000), "is silent"),
        (lambda p: soundfile.write(p, noise(600, 100), 1000), "lasts 60 s"),
        (lambda p: soundfile.write(p, noise(5), 8000), "loud for 5.0 s"),
        (lambda p: soundfile.write(p, noise(5, 10), 10), "has 10 samples a second"),
        (lambda p: soundfile.write(p, np.pad(noise(0.01), 800), 8000), "loud for only 0.0[1-5] s, which is too short"),
        (lambda p: p.mkdir(), "is a folder; give a sound file"),
        (zeroed, "is inconsistent"),
    ],
)
def test_what_is_no_word_ends_in_one_sentence(tmp_path, make, says):
    make(tmp_path / "word.wav")
    with pytest.raises(InputError, match=says) as told:
        heard(tmp_path / "word.wav")
    assert "\n" not in str(told.value) and "corpus" not in str(told.value) and "list" not in str(told.value)


def test_models_and_folders_that_are_not_there(folder, tmp_path):
    with pytest.raises(InputError, match="no recording of gru"):
        play(heard(folder / "word.wav"), folder, ["esn", "gru"], tmp_path / "a.html")
    with pytest.raises(InputError, match="no recording of spoken words"):
        play(heard(folder / "word.wav"), tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        play(heard(folder / "word.wav"), folder, out=tmp_path / "no" / "a.html")


def test_the_microphone_is_heard_where_there_is_one(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(InputError, match="pip install"):
        heard(None)
    wave, rate = kept.kept(folder)

    def rec(frames, samplerate, channels, dtype, blocking):
        assert (frames, samplerate, channels, blocking) == (32000, 16000, 1, True)
        return np.pad(np.repeat(wave, samplerate // rate), (0, frames))[:frames, None].astype(dtype)

    fake = types.SimpleNamespace(rec=rec, PortAudioError=OSError)
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    (row,), _, path = play(heard(None), folder, ["esn"], tmp_path / "page.html")
    assert row["word"] in row["votes"] and "microphone" in path.read_text()


def compared(folder, *models, age=0):
    """A folder as a comparison leaves it, as far as names go."""
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"rows": [{"model": m, "kind": "reservoir"} for m in models]}))
    for model in models:
        (folder / f"{model}.h5").touch()
        os.utime(folder / f"{model}.h5", (age, age))
    return folder


def test_the_newest_comparison_is_taken(tmp_path):
    assert newest(tmp_path) is None
    compared(tmp_path / "digits-old", "esn", age=1)
    new = compared(tmp_path / "digits-new", "esn", age=2)
    compared(tmp_path / "digits-trained-end-to-end", age=3)
    compared(tmp_path / "reber-newest", "esn", age=4)
    (tmp_path / "digits-no-comparison").mkdir()
    (tmp_path / "digits-no-comparison" / "esn.sonata.h5").touch()
    assert newest(tmp_path) == new


def test_who_has_no_comparison_gets_one_of_three_liquids(tmp_path, monkeypatch):
    """One that was stopped in the middle is gone on with: it does not count."""
    asked, made = [], tmp_path / "runs" / "play"
    monkeypatch.setattr("millpond.play.record_task", lambda *given: asked.append(given))
    assert ready_made(made) == made
    assert [(task, model, out.stem) for task, model, *_, out in asked] == [
        ("digits", m, m) for m in ("esn", "lsm", "water")
    ]
    (made / "esn.h5").touch()
    (made / "lsm.h5").touch()
    assert newest(tmp_path / "runs") is None
    (made / "water.h5").touch()
    assert newest(tmp_path / "runs") == made


def test_recordings_that_cannot_be_asked_are_told(folder, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(folder, run)
    (run / "summary.json").write_text(json.dumps({"rows": [{"model": m, "kind": "reservoir"} for m in ("esn", "lsm")]}))
    (run / "lsm.h5").write_bytes(b"no longer")
    (run / "other.h5").write_bytes(b"of nobody")
    rows, refused, path = play(heard(run / "word.wav"), run)
    assert [row["model"] for row in rows] == ["esn"]
    assert len(refused) == 1 and refused[0].startswith("lsm: lsm.h5 is ")
    assert f"Not used: {refused[0]}." in unescape(path.read_text())


def test_no_browser_is_opened_where_nobody_looks(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr("webbrowser.open", lambda url: not asked.append(url))
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    for has_terminal, display in ((True, ""), (False, ":0"), (True, ":0")):
        monkeypatch.setattr("sys.stdout", types.SimpleNamespace(isatty=lambda has_terminal=has_terminal: has_terminal))
        monkeypatch.setenv("DISPLAY", display)
        assert opened(tmp_path / "page.html") == bool(has_terminal and display)
    assert asked == [(tmp_path / "page.html").resolve().as_uri()]
