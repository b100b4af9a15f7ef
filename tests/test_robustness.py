"""The page about damaged recordings shows the stored result, and the damages do what the page says."""

import json

import numpy as np
import pytest

from benchmarks.robustness import DAMAGES, MODELS, RESULT, table
from millpond.scenarios.speech import audio

PAGE = RESULT.parents[1] / "robustness.md"


def test_the_page_shows_the_stored_result():
    result = json.loads(RESULT.read_text())
    assert result["command"] and result["commit"] and result["date"]
    assert {(row["model"], row["damage"]) for row in result["rows"]} == {(m, d) for m in MODELS for d in DAMAGES}
    assert all(len(row["per_seed"]) >= 3 for row in result["rows"] if row["model"] != "input")
    assert table(result) in PAGE.read_text()


@pytest.mark.parametrize("name", DAMAGES)
def test_damages_change_the_sound_and_not_the_word(name, rng):
    t = np.arange(3200) / 8000
    word = 0.3 * np.sin(2 * np.pi * 500 * t) * np.hanning(3200) ** 0.5
    wave, rate = DAMAGES[name](word.copy(), 8000, rng)
    again, _ = DAMAGES[name](word.copy(), 8000, np.random.default_rng(20261121))
    assert np.array_equal(wave, again) and np.isfinite(wave).all()
    assert name == "clean" or len(wave) != len(word) or not np.array_equal(wave, word)
    plain, prepared = audio.prepare(word, 8000, 8000), audio.prepare(wave, rate, 8000)
    assert abs(len(prepared) - len(plain)) <= 800  # samples; all of the noise was kept before
