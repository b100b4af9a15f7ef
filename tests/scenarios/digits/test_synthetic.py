import builtins

import numpy as np
import pytest

from millpond.reservoir import cache
from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import load, synthetic

spoken = pytest.importorskip("espeakng_loader", reason="the extra 'speech' is not installed")


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path))
    return tmp_path


def test_shape_of_the_corpus():
    corpus = load("synthetic")
    assert len(corpus) == 720 and corpus.rate == 8000
    assert np.bincount(corpus.labels).tolist() == [72] * 10
    assert np.bincount(corpus.takes).tolist() == [240] * 3
    assert len(np.unique(corpus.speakers)) == 24 and len(np.unique(corpus.names)) == 720
    assert max(np.abs(wave).max() for wave in corpus.waves) <= 1
    durations = np.array([len(wave) for wave in corpus.waves]) / corpus.rate
    assert 0.1 < durations.min() and durations.max() < 1.5


def test_twice_from_scratch_is_equal_in_every_bit():
    first, second = synthetic.synthesise(), synthetic.synthesise()
    assert all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_takes_and_voices_differ():
    corpus = load("synthetic")
    assert len({wave.tobytes() for wave in corpus.waves}) == 720


def test_second_load_comes_from_the_cache(monkeypatch):
    first = load("synthetic")
    monkeypatch.setattr(synthetic, "synthesise", lambda: pytest.fail("it was made anew"))
    assert all(np.array_equal(a, b) for a, b in zip(first.waves, load("synthetic").waves, strict=True))


@pytest.mark.parametrize("damage", ["truncated", "flipped", "garbage", "other content"])
def test_damaged_cache_is_made_anew(empty_cache, monkeypatch, caplog, damage):
    waves = [np.arange(720 + i, dtype=np.int16) for i in range(720)]
    monkeypatch.setattr(synthetic, "synthesise", lambda: waves)
    whole = load("synthetic")
    (path,) = empty_cache.iterdir()
    content = bytearray(path.read_bytes())
    if damage == "truncated":
        content = content[: len(content) // 2]
    elif damage == "flipped":
        content[len(content) // 2] ^= 0xFF
    elif damage == "garbage":
        content = b"garbage"
    path.write_bytes(content)
    if damage == "other content":
        np.savez(path, samples=np.zeros(5, np.int16), lengths=np.array([5]), sha256=np.array("0" * 64))
    again = load("synthetic")
    assert "is damaged; it is made anew" in caplog.text
    assert all(np.array_equal(a, b) for a, b in zip(whole.waves, again.waves, strict=True))
    caplog.clear()
    load("synthetic")
    assert not caplog.text and list(empty_cache.iterdir()) == [path]


def test_run_killed_while_writing_leaves_nothing_that_looks_whole(empty_cache, monkeypatch):
    def half(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(synthetic, "synthesise", lambda: [np.zeros(3, np.int16)])
    monkeypatch.setattr(np, "savez_compressed", half)
    with pytest.raises(KeyboardInterrupt):
        load("synthetic")
    assert not list(empty_cache.iterdir())


def test_another_recipe_is_another_file(monkeypatch):
    before = synthetic._recipe_hash()
    monkeypatch.setattr(synthetic, "SNR_DB", (1.0, 2.0))
    assert synthetic._recipe_hash() != before


def test_missing_package_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "espeakng_loader":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"install it with pip install 'millpond\[speech\]'"):
        load("synthetic")


def test_failing_synthesis_says_why(monkeypatch):
    monkeypatch.setattr(synthetic, "VOICES", {"zed": "no-such-voice"})
    with pytest.raises(InputError, match=r"failed \(eSpeak NG has no voice no-such-voice\)"):
        synthetic.synthesise()


def test_cache_folder_that_cannot_be_made(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path / "file" / "below"))
    with pytest.raises(InputError, match="set the environment variable MILLPOND_CACHE"):
        cache.folder()
