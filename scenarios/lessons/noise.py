"""Noise that is also heard alone is subtracted: hum from a heartbeat, a rotor from speech.

A second sensor hears the noise and not the signal. An online readout learns to foretell what the first sensor hears
from what the second one does; it can foretell the noise alone, so that what is left of the first is the signal (Widrow
et al. 1975, doi:10.1109/PROC.1975.10036). Where the way from one to the other bends the waves, linear taps of the
second sensor do not suffice; states of a reservoir that hears it do, and so do taps with their cubes, less well.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.signal import lfilter

from millpond.baseline import ShiftRegister
from millpond.esn import EchoStateNetwork
from millpond.readout import LMS, RLS


def heartbeat(n_steps: int, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Return a signal like an electrocardiogram of mean 0: five bumps a beat, about 70 uneven beats a minute.

    Places and widths (as phases of a beat) of the waves P, Q, R, S, T are after McSharry et al. (2003),
    doi:10.1109/TBME.2003.808805; heights are ours.
    """
    pace = 70 / 60 * (1 + 0.05 * np.cumsum(rng.standard_normal(n_steps)) / np.sqrt(rate * 60))
    phase = (2 * np.pi * np.cumsum(pace) / rate) % (2 * np.pi) - np.pi
    waves = ((-np.pi / 3, 0.25, 0.12), (-np.pi / 12, 0.1, -0.15), (0.0, 0.1, 1.0), (np.pi / 12, 0.1, -0.25),
             (np.pi / 2, 0.4, 0.3))  # fmt: skip
    beats = np.asarray(sum(height * np.exp(-(((phase - at) / width) ** 2) / 2) for at, width, height in waves))
    return beats - beats.mean()


def hum(n_steps: int, rate: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return 50 Hz as a mains socket has it, and as it arrives in the leads: late, and with a third harmonic."""
    drift = 0.02 * np.cumsum(rng.standard_normal(n_steps)) / np.sqrt(rate)
    phase = 2 * np.pi * np.cumsum(50 + drift) / rate
    return np.sin(phase), 0.6 * np.sin(phase - 1.1) + 0.2 * np.sin(3 * phase + 0.4)


def babble(n_steps: int, rate: float, rng: np.random.Generator) -> np.ndarray:
    """Return a signal like speech: voiced syllables of gliding pitch, each with two resonances, and pauses."""
    signal, t = np.zeros(n_steps), 0
    while t < n_steps:
        n = int(rate * rng.uniform(0.12, 0.3))
        pitch = np.linspace(rng.uniform(90, 180), rng.uniform(90, 180), n)
        pulses = np.diff(np.floor(np.cumsum(pitch) / rate), prepend=0)
        voice = pulses
        for centre in (rng.uniform(300, 800), rng.uniform(900, 2300)):
            radius, angle = np.exp(-np.pi * 90 / rate), 2 * np.pi * centre / rate
            voice = lfilter([1.0], [1.0, -2 * radius * np.cos(angle), radius**2], voice)
        part = voice * np.hanning(n)
        end = min(t + n, n_steps)
        signal[t:end] = part[: end - t] / np.abs(part).max()
        t += n + int(rate * rng.uniform(0.02, 0.15))
    return signal


def rotor(n_steps: int, rate: float, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return a rotor's noise beside its mast, and in the cabin: through a wall that saturates, then a room."""
    speed = 22 * (1 + 0.02 * np.cumsum(rng.standard_normal(n_steps)) / np.sqrt(rate))
    phase = 2 * np.pi * np.cumsum(speed) / rate
    mast = sum(np.sin(k * phase + rng.uniform(0, 6)) / k for k in range(1, 6)) + 0.3 * rng.standard_normal(n_steps)
    return mast, lfilter([0.5, 0.7, -0.4, 0.25], [1.0, -0.3], np.tanh(1.5 * mast))


def cleaned(heard: np.ndarray, features: np.ndarray, learner: Any) -> np.ndarray:
    """Return what the learner, row after row, cannot foretell of `heard` from `features` (n_steps, n_columns)."""
    return np.asarray(heard - learner.track(features, heard))


def snr(signal: np.ndarray, heard: np.ndarray) -> float:
    """Return the ratio of the signal's power to that of what else is heard, in dB."""
    return float(10 * np.log10(np.mean(signal**2) / np.mean((heard - signal) ** 2)))


def run(seconds: float = 10.0, n_seeds: int = 3) -> list[dict[str, Any]]:
    """Clean both signals with taps and with a reservoir.

    Returns signal-to-noise ratios over the second half, means over the seeds.
    """
    rows = []
    for name, rate, make, spoil in (
        ("heartbeat, hum", 500.0, heartbeat, hum),
        ("speech, rotor", 4000.0, babble, rotor),
    ):
        found = [_ratios(int(seconds * rate), rate, make, spoil, seed) for seed in range(n_seeds)]
        for way in found[0]:
            before, after = np.mean([ratios[way] for ratios in found], axis=0)
            rows.append({"signal": name, "way": way, "dB before": float(before), "dB after": float(after)})
    return rows


def _ratios(n_steps: int, rate: float, make: Any, spoil: Any, seed: int) -> dict[str, tuple[float, float]]:
    rng = np.random.default_rng(seed)
    signal = make(n_steps, rate, rng)
    reference, noise = spoil(n_steps, rate, rng)
    heard = signal + noise
    reservoir = EchoStateNetwork(n_units=100, leak_rate=(0.2, 1.0), bias_scaling=0.5, random_state=seed)
    taps = ShiftRegister(n_taps=12).fit_transform(reference[:, None])
    both = np.hstack([taps, reservoir.fit_transform(reference[:, None])])
    ways: dict[str, tuple[np.ndarray, Any]] = {
        "12 taps, LMS": (taps, LMS(learning_rate=0.01)),
        "12 taps, RLS": (taps, RLS(forgetting=0.9998, penalty=1e-2)),
        "reservoir, RLS": (both, RLS(forgetting=0.9998, penalty=1e-2)),
    }
    late = slice(n_steps // 2, None)
    clean = {way: cleaned(heard, features, learner) for way, (features, learner) in ways.items()}
    return {way: (snr(signal[late], heard[late]), snr(signal[late], c[late])) for way, c in clean.items()}
