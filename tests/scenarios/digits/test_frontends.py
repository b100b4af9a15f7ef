import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import Corpus, load
from millpond.scenarios.speech.frontends import FRONTENDS, cochleagram, compute_all, ear, spectral

CHANNELS = {"mfcc": 48, "rcc": 48, "logmel": 32, "bands16": 16, "gammatone": 32, "lyon": 64}


@pytest.fixture
def corpus(tone):
    waves = [np.zeros(800), tone(500), tone(900, seconds=0.01), tone(2000, seconds=0.5)]
    waves[0][400] = 1
    return Corpus(
        "tones",
        waves,
        8000,
        labels=np.array([0, 1, 1, 2]),
        speakers=np.array(["a", "a", "b", "b"]),
        takes=np.array([0, 0, 0, 0]),
        names=np.array(["click", "low", "short", "high"]),
    )


@pytest.mark.parametrize("name", FRONTENDS)
@pytest.mark.parametrize("rate", [8000, 12500, 16000])
def test_shape_and_raster(name, rate, tone):
    compute = FRONTENDS[name].compute
    features = compute(tone(500, rate, 0.5), rate)
    assert features.dtype == np.float64 and np.isfinite(features).all()
    assert 48 <= len(features) <= 50  # one row every 10 ms
    if name != "lyon":
        assert features.shape[1] == CHANNELS[name]
    assert compute(np.ones(3), rate).shape == (1, features.shape[1])
    weights = FRONTENDS[name].weights
    assert weights is None or weights.shape == (features.shape[1],)


@pytest.mark.parametrize("name", FRONTENDS)
def test_pure_and_repeatable(name, tone):
    wave = tone(500) * np.hanning(2400)
    before = wave.copy()
    first, second = (FRONTENDS[name].compute(wave, 8000) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(wave, before)


def test_compute_all_carries_everything(corpus):
    corpus = replace(corpus, split=np.array(["train", "train", "test", "test"]))
    for name, n_channels in CHANNELS.items():
        sequences = compute_all(corpus, name)
        assert sequences.n_channels == n_channels and sequences.period == 0.01
        assert sequences.labels.tolist() == [0, 1, 1, 2]
        assert sequences.groups.tolist() == ["a", "a", "b", "b"]
        assert sequences.names.tolist() == corpus.names.tolist()
        assert sequences.split.tolist() == corpus.split.tolist()
        assert sequences.lengths[2] == 1 and sequences.lengths[3] >= 48


@pytest.mark.parametrize("rate", [6000, 11025, 22050, 44100])
def test_compute_all_brings_odd_rates_to_the_raster(corpus, tone, rate):
    corpus = replace(corpus, rate=rate, waves=[tone(500, rate, 0.5)] * 4)
    assert compute_all(corpus, "logmel").lengths.tolist() == [48] * 4


def test_compute_all_errors(corpus):
    with pytest.raises(InputError, match="did you mean 'mfcc'"):
        compute_all(corpus, "mfccs")
    with pytest.raises(InputError, match="The wave 'low' is silent"):
        compute_all(replace(corpus, waves=[corpus.waves[0], np.zeros(800), *corpus.waves[2:]]), "mfcc")


def test_imports_nothing_heavy():
    code = (
        "import sys, millpond.scenarios.speech, millpond.scenarios.speech.frontends;"
        "print([m for m in ('librosa', 'numba', 'soundfile', 'pooch') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


# ---- mel and cepstra


def test_mel_bands_are_triangles_at_the_published_places():
    _, bands = spectral._analysis(8000, 24)
    edges = 700 * (10 ** (np.linspace(*(2595 * np.log10(1 + np.array([64, 4000]) / 700)), 26) / 2595) - 1)
    frequency = np.arange(129) * 8000 / 256
    for band, (low, centre, high) in enumerate(zip(edges, edges[1:], edges[2:], strict=False)):
        triangle = np.interp(frequency, [low, centre, high], [0, 1, 0])
        np.testing.assert_allclose(bands[:, band], triangle, atol=1e-12)


def test_mel_bands_are_those_of_librosa():
    """Frozen weights of librosa 0.11: `filters.mel(sr=8000, n_fft=256, n_mels=24, fmin=64, htk=True, norm=None)`."""
    bands = spectral.mel_filters(8000, 256, 24)
    frozen = {
        0: (3, [0.5166099949198745, 0.944886649492934, 0.44026523582299654]),
        11: (32, [0.0059149228093144475, 0.24990034363998737, 0.4938857644706603, 0.7378711853013332,
                  0.9818566061320062, 0.7899877716670127, 0.5631038625977819, 0.336219953528551, 0.10933604445932016]),
    }  # fmt: skip
    for band, (first, weights) in frozen.items():
        expected = np.zeros(129)
        expected[first : first + len(weights)] = weights
        np.testing.assert_allclose(bands[band], expected, rtol=0, atol=1e-12)
    np.testing.assert_allclose(bands[23, [108, 117, 118, 127]], [
        0.035180448128583, 0.9532682684243711, 0.9485965405837282, 0.09485965405837157
    ], rtol=0, atol=1e-12)  # fmt: skip
    assert bands.sum() == pytest.approx(119.73389096813038, abs=1e-10)


@pytest.mark.parametrize("frequency", [300, 1000, 2500])
def test_tone_lights_its_mel_band(frequency, tone):
    edges = 700 * (10 ** (np.linspace(*(2595 * np.log10(1 + np.array([64, 4000]) / 700)), 34) / 2595) - 1)
    loudest = spectral.logmel(tone(frequency), 8000).mean(axis=0).argmax()
    assert edges[loudest] < frequency < edges[loudest + 2]


def test_log_energy_of_a_tone_from_first_principles(tone):
    # A cosine well inside the band: the power spectrum of its frame is that of the window, moved there.
    frame = tone(1000, seconds=0.025)
    emphasised = np.append(frame[0], frame[1:] - 0.97 * frame[:-1]) * np.hamming(200)
    padded = np.append(emphasised, np.zeros(56))
    power = np.abs(np.exp(-2j * np.pi * np.outer(np.arange(129), np.arange(256)) / 256) @ padded) ** 2
    expected = np.log(power @ spectral._analysis(8000, 32)[1] + 0.01)
    np.testing.assert_allclose(spectral.logmel(frame, 8000)[0], expected, rtol=1e-9)


def test_silence_sits_on_the_floor():
    np.testing.assert_allclose(spectral.logmel(np.zeros(800), 8000), np.log(0.01))


def test_bands16_is_logmel_with_16_bands(tone):
    np.testing.assert_array_equal(spectral.bands16(tone(500), 8000), spectral.logmel(tone(500), 8000, 16))


def test_delta_of_a_ramp_is_its_slope_and_of_a_constant_zero():
    ramp = np.outer(np.arange(20.0), [1, -3])
    np.testing.assert_allclose(spectral.delta(ramp)[2:-2], np.tile([1, -3], (16, 1)))
    # repeated edges: (1 * 1 + 2 * 2) / 10 at the first frame, (1 * 2 + 2 * 3) / 10 at the second
    np.testing.assert_allclose(spectral.delta(ramp)[:2, 0], [0.5, 0.8])
    assert not spectral.delta(np.ones((5, 2))).any()


def test_mfcc_is_an_isometry_of_the_bands_and_its_deltas(tone):
    from scipy.fft import idct

    wave = tone(700) * np.linspace(0, 1, 2400)
    features = spectral.mfcc(wave, 8000)
    bands = spectral.logmel(wave, 8000, 24)
    np.testing.assert_allclose(features[:, 0], bands.sum(axis=1) / np.sqrt(24))
    smooth = idct(np.pad(features[:, :16], ((0, 0), (0, 8))), type=2, axis=1, norm="ortho")
    assert np.sum((bands - smooth) ** 2) < np.sum((bands - bands.mean(axis=1, keepdims=True)) ** 2)
    np.testing.assert_allclose(features[:, 16:32], spectral.delta(features[:, :16]))
    np.testing.assert_allclose(features[:, 32:], spectral.delta(features[:, 16:32]))


def test_cepstral_weights():
    weights = spectral.cepstral_weights()
    assert weights[0] == weights[16] == weights[32] == 1.3 and weights[6] == 0.65


# ---- gammatone


def test_gammatone_tone_lights_its_channel(tone):
    centres = cochleagram.centre_frequencies()
    assert centres[0] == pytest.approx(100) and centres[-1] == pytest.approx(3600)
    for rate in (8000, 16000):
        for channel in (0, 10, 20, 31):
            features = cochleagram.gammatone(tone(centres[channel], rate), rate)
            assert features.mean(axis=0).argmax() == channel


def test_gammatone_level_of_a_tone(tone):
    # Gain 1 at the centre; the mean of a half-wave rectified sine is 1/pi; then the cube root.
    centres = cochleagram.centre_frequencies()
    for rate in (8000, 16000):
        for channel in (5, 15, 25):
            features = cochleagram.gammatone(tone(centres[channel], rate, 0.5), rate)
            assert features[20:, channel].mean() == pytest.approx(np.cbrt(1 / np.pi), rel=0.03)


# ---- Lyon's ear


@pytest.mark.parametrize(("rate", "n_channels"), [(8000, 64), (12500, 78), (16000, 86)])
def test_lyon_channel_counts(rate, n_channels):
    assert ear.lyon(np.ones(400), rate).shape[1] == n_channels
    assert ear.centre_frequencies(rate).shape == (n_channels,)


@pytest.mark.parametrize("rate", [8000, 12500])
def test_lyon_kernel_equals_its_slow_twin(rate):
    wave = np.random.default_rng(1).uniform(-1, 1, rate // 5) * np.hanning(rate // 5)
    fast, slow = ear.lyon(wave, rate), ear.lyon_slow(wave, rate)
    np.testing.assert_allclose(fast, slow, rtol=1e-9, atol=1e-15)


def test_lyon_steps_are_a_quarter_of_the_bandwidth():
    f = ear.centre_frequencies(16000)
    middle = np.sqrt(f[:-1] * f[1:])
    np.testing.assert_allclose((f[:-1] - f[1:]) / (np.hypot(middle, 1000) / 8), 0.25, rtol=2e-3)


def test_lyon_cascade_gains_at_zero_frequency_and_stability():
    filters = ear.design(16000)[ear.FRONT :]
    f = ear.centre_frequencies(16000)
    gains = filters[:, :3].sum(axis=1) / (1 + filters[:, 3:].sum(axis=1))
    np.testing.assert_allclose(gains[1:], f[:-1] / f[1:])
    assert all(np.abs(np.roots([1, a1, a2])).max() < 1 for a1, a2 in ear.design(16000)[:, 3:])


@pytest.mark.parametrize("frequency", [300, 1000, 2500])
def test_lyon_tone_lights_its_channel(frequency, tone):
    f = ear.centre_frequencies(8000)
    loudest = f[ear.lyon(tone(frequency), 8000)[10:].mean(axis=0).argmax()]
    assert 0.85 < loudest / frequency < 1.2


def test_lyon_gain_control_compresses(tone):
    loud, quiet = (ear.lyon(level * tone(1000, seconds=1), 8000)[50:].max() for level in (1, 0.01))
    assert 1 < loud / quiet < 10


def test_speed_of_the_rate_recipe(fsdd):
    import time

    start = time.process_time()
    assert len(compute_all(load("fsdd", fsdd), "mfcc")) == 3000
    assert time.process_time() - start < 20  # 3 s where it was written
