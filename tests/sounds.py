"""A small corpus of sounds that anybody can make anew."""

import csv

import numpy as np
import soundfile


def write_corpus(folder):
    """Write 72 short sounds, three "words" (chirps up, down, flat) by four "speakers" (pitches); return `folder`."""
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    t = np.arange(1600) / 8000
    with (folder / "manifest.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label", "speaker"])
        for speaker, pitch in {"ann": 500, "bob": 650, "cem": 800, "dee": 950}.items():
            for label, slope in {"up": 2000, "down": -1000, "flat": 0}.items():
                for take in range(6):
                    start = pitch * rng.uniform(0.9, 1.1) + (800 if label == "down" else 0)
                    wave = np.sin(2 * np.pi * (start * t + slope * t**2)) + 0.3 * rng.normal(size=len(t))
                    name = f"{label}_{speaker}_{take}.wav"
                    soundfile.write(folder / name, 0.3 * wave, 8000, subtype="PCM_16")
                    rows.writerow([name, label, speaker])
    return folder
