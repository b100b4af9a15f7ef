"""Where a word begins and ends, in silence and in noise."""

import numpy as np
import pytest

from millpond.scenarios.speech import audio, endpoints, load


def noise(n, rng, colour="white"):
    x = rng.standard_normal(n)
    if colour == "pink":
        spectrum = np.fft.rfft(x)
        x = np.fft.irfft(spectrum / np.sqrt(np.arange(1, len(spectrum) + 1)), n)
    return x / np.sqrt(np.mean(x**2))


def word(tone):
    """Half a second of a tone that swells and falls: its outermost 50 ms are more than 10 dB below its middle."""
    return tone(500, seconds=0.5) * np.hanning(4000) ** 0.5


@pytest.mark.parametrize("snr", [8, 10, 14])
@pytest.mark.parametrize(
    ("colour", "sides"),
    [("white", (2400, 2400)), ("white", (800, 4000)), ("white", (8000, 8000)),
     ("pink", (2400, 2400)), ("pink", (4000, 400))],
)  # fmt: skip
def test_steady_noise_around_a_word_is_cut_away(tone, rng, colour, snr, sides):
    plain = word(tone)
    wave = np.pad(plain, sides) + noise(4000 + sum(sides), rng, colour) * np.sqrt(np.mean(plain**2)) * 10 ** (-snr / 20)
    first, last = endpoints.find(wave / np.abs(wave).max(), 8000)
    assert abs(first - sides[0]) < 900 and abs(last - sides[0] - 4000) < 900  # samples; all was kept before


def test_a_word_in_silence_or_cut_close_is_cut_as_without_noise(tone):
    """The threshold stays at -20 dB where the quietest frames are silence, or speech."""
    for wave in (np.pad(word(tone), 3000), word(tone), tone(500)):
        power = np.square(wave[: len(wave) // 80 * 80]).reshape(-1, 80).sum(axis=1)
        loud = np.flatnonzero(power >= power.max() / 100)
        first, last = endpoints.find(wave, 8000)
        assert (first, last) == (max(0, loud[0] - 1) * 80, (loud[-1] + 2) * 80)


def test_noise_alone_and_single_frames_end_in_no_error(rng):
    for wave in (noise(8000, rng), noise(80, rng), np.ones(1), noise(8000, rng, "pink")):
        first, last = endpoints.find(wave / np.abs(wave).max(), 8000)
        assert 0 <= first < last
    click = 0.1 * noise(8000, rng)
    click[4000] = 1000
    assert len(audio.prepare(click, 8000, 8000)) <= 9 * 80


def test_words_in_noise_keep_their_length(fsdd):
    """Of 120 words with 10 dB of noise and 0.3 s of it on both sides the median is off by 50 ms; by 600 ms before."""
    corpus, rng = load("fsdd", fsdd), np.random.default_rng(0)
    off = []
    for wave in corpus.waves[::25]:
        plain = np.pad(wave.astype(float), 2400)
        noisy = plain + noise(len(plain), rng) * np.sqrt(np.mean(np.square(wave, dtype=float))) * 10**-0.5
        off.append(abs(len(audio.prepare(noisy, 8000, 8000)) - len(audio.prepare(plain, 8000, 8000))))
    assert np.median(off) < 0.09 * 8000
