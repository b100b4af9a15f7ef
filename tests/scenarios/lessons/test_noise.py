import numpy as np
import pytest

from millpond.baseline import ShiftRegister
from millpond.readout import RLS
from millpond.scenarios.lessons import noise


def test_signals_have_the_rhythms_they_are_named_after(rng):
    beats = noise.heartbeat(5000, 500.0, rng)
    peaks = np.flatnonzero((beats[1:-1] > beats[:-2]) & (beats[1:-1] > beats[2:]) & (beats[1:-1] > 0.6))
    assert 60 * len(peaks) / 10 == pytest.approx(70, abs=9)
    for k, wave in enumerate(noise.hum(5000, 500.0, rng)):
        spectrum = np.abs(np.fft.rfft(wave))
        assert np.fft.rfftfreq(5000, 1 / 500)[spectrum.argmax()] == pytest.approx(50, abs=0.3)
        assert (spectrum[1450:1550].max() > 0.1 * spectrum.max()) == bool(k)  # the third harmonic, in the leads alone
    speech = noise.babble(8000, 4000.0, rng)
    assert np.abs(speech).max() == pytest.approx(1)
    assert (np.abs(speech) < 1e-6).mean() > 0.05  # pauses


def test_ratios_are_those_of_the_powers(rng):
    x = rng.normal(size=1000)
    assert noise.snr(x, x + 0.1 * x) == pytest.approx(20)


def test_a_linear_way_is_learnt_and_subtracted_whole(rng):
    """Noise through a filter of as many taps as are learnt leaves the signal alone."""
    signal, reference = np.sin(np.arange(4000) / 9), rng.normal(size=4000)
    taps = ShiftRegister(n_taps=4).fit_transform(reference[:, None])
    clean = noise.cleaned(signal + taps @ [1.0, -2.0, 0.5, 3.0], taps, RLS())
    assert noise.snr(signal[2000:], clean[2000:]) > 25


def test_a_reservoir_hears_through_what_bends_the_waves():
    rows = noise.run(seconds=3.0, n_seeds=1)
    for name in ("heartbeat, hum", "speech, rotor"):
        before, (_, by_taps, by_reservoir) = (
            [r[key] for r in rows if r["signal"] == name] for key in ("dB before", "dB after")
        )
        assert by_reservoir > by_taps + 3 > before[0] + 6
