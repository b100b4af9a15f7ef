"""What damage of test recordings costs models that were trained on clean words: docs/robustness.md.

To repeat::

    python -m benchmarks.robustness --data FOLDER [--seeds 3] [--models esn,lsm,water,gru,input]
    python -m benchmarks.robustness --data FOLDER --models esn,esn-noisy --out docs/results/robustness-noisy.json

`-noisy` adds a copy in noise of every training word, as the models of `millpond compare digits --save` are trained.

Free Spoken Digit Dataset, one speaker left out in turn. Training words are the even takes of the other speakers, clean;
test words are every fifth take of the speaker left out, damaged. Everything that is fitted sees training words alone.
The table is printed, and written with command, commit and date to docs/results/robustness.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from millpond.baseline import RawInput
from millpond.evaluation.evaluate import evaluate, evaluate_baseline
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.statistics import interval
from millpond.evaluation.task_data import labelled
from millpond.models.training import noisy
from millpond.reservoir import Reservoir, Sequences
from millpond.reservoir.provenance import git_commit
from millpond.scenarios.speech import audio, task
from millpond.scenarios.speech.frontends import FRONTENDS

RESULT = Path(__file__).parents[1] / "docs" / "results" / "robustness.json"
MODELS = ("esn", "lsm", "water", "gru", "input")
Sound = tuple[np.ndarray, int]
"""A wave (n_samples,) and its rate (Hz)."""


def silence(wave: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """Add half a second of digital silence on both sides."""
    return np.pad(wave, rate // 2), rate


def offset(wave: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """Add 0.1 (of full scale) to a word with 0.3 s of silence on both sides."""
    return np.pad(wave, 3 * rate // 10) + 0.1, rate


def gain(wave: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """Turn the level down by 34 dB, in 16 bits."""
    return np.round(0.02 * wave * 32767) / 32767, rate


def noise(snr: float) -> Callable[[np.ndarray, int, np.random.Generator], Sound]:
    """Return a damage: white noise `snr` dB below the power of the word, in it and for 0.3 s on both sides."""

    def add(wave: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
        level = np.sqrt(np.mean(wave**2)) * 10 ** (-snr / 20)
        padded = np.pad(wave, 3 * rate // 10)
        return padded + level * rng.standard_normal(len(padded)), rate

    return add


def clipping(wave: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """Cut off what is beyond a quarter of the peak."""
    limit = np.abs(wave).max() / 4
    return np.clip(wave, -limit, limit), rate


def fine(wave: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """Resample to 44.1 kHz."""
    return audio.resample(wave, rate, 44100), 44100


def stereo(wave: np.ndarray, rate: int, rng: np.random.Generator) -> Sound:
    """Mix with a second channel at half the level, two samples later."""
    return (wave + 0.5 * np.pad(wave, (2, 0))[: len(wave)]) / 2, rate


DAMAGES: dict[str, Callable[[np.ndarray, int, np.random.Generator], Sound]] = {
    "clean": lambda wave, rate, rng: (wave, rate),
    "silence added": silence,
    "DC offset 0.1": offset,
    "gain -34 dB": gain,
    "noise 20 dB": noise(20),
    "noise 10 dB": noise(10),
    "noise 5 dB": noise(5),
    "clipped at 1/4": clipping,
    "44.1 kHz": fine,
    "stereo": stereo,
}


def recipe_of(name: str) -> Recipe:
    """Return the set-up of a model for digits; `input` is the readout of the esn on the front end itself."""
    name = name.removesuffix("-noisy")
    return replace(task.recipe("esn"), model=RawInput()) if name == "input" else task.recipe(name)


def accuracies(name: str, spoken: Any, seeds: list[int]) -> np.ndarray:
    """Return the share of right answers (n_damages, n_seeds, n_speakers) of one model."""
    recipe = recipe_of(name)
    frontend, rate = FRONTENDS[recipe.front_end], task.of_sound(spoken)["rate"]

    def features(sound: Sound) -> np.ndarray:
        return frontend.compute(audio.prepare(*sound, rate), rate)

    waves = [np.asarray(wave, float) for wave in spoken.waves]
    clean, tested = np.flatnonzero(spoken.takes % 2 == 0), np.flatnonzero(spoken.takes % 5 == 0)
    signals = [features((waves[i], spoken.rate)) for i in clean]
    if name.endswith("-noisy"):
        signals += [
            features((noisy(waves[i], spoken.rate, np.random.default_rng([22, i])), spoken.rate)) for i in clean
        ]
        clean = np.tile(clean, 2)
    for damage in DAMAGES.values():
        signals += [features(damage(waves[i], spoken.rate, np.random.default_rng(i))) for i in tested]
    of = np.concatenate([clean, *[tested] * len(DAMAGES)])
    material = labelled(Sequences(signals, frontend.period, labels=spoken.labels[of]), "digit", frontend.weights)
    speakers = np.unique(spoken.speakers)
    found = np.empty((len(DAMAGES), len(seeds), len(speakers)))
    for k, speaker in enumerate(speakers):
        is_clean = np.arange(len(of)) < len(clean)
        train = np.flatnonzero(is_clean & (spoken.speakers[of] != speaker))
        test = np.flatnonzero(~is_clean & (spoken.speakers[of] == speaker))
        fold = Fold(speaker, train, test, spoken.speakers[of][train])
        for s, seed in enumerate(seeds):
            model = adjusted(recipe.model, seed=seed)
            if isinstance(model, Reservoir):
                predicted = evaluate(model, recipe.pool, material, fold).predicted["digit"]
            else:
                predicted = evaluate_baseline(model, material, fold).predicted["digit"]
            right = predicted == spoken.labels[of][test]
            found[:, s, k] = right.reshape(len(DAMAGES), -1).mean(axis=1)
            print(f"{name}, {speaker}, seed {seed}: {100 * found[:, s, k].mean():.1f} on average", file=sys.stderr)
    return found


def rows_of(name: str, found: np.ndarray, speakers: list[str]) -> list[dict[str, Any]]:
    """Return for each damage the mean accuracy in %, and its 95 % interval over speakers (Student's t)."""
    rows = []
    for damage, values in zip(DAMAGES, 100 * found, strict=True):
        each = values.mean(axis=0)  # of a speaker, over seeds
        low, high = interval(each) or (each.mean(), each.mean())
        rows.append({
            "model": name, "damage": damage, "mean": round(each.mean(), 2), "low": round(max(0, low), 2),
            "high": round(min(100, high), 2), "per_seed": values.mean(axis=1).round(2).tolist(),
            "per_speaker": dict(zip(speakers, each.round(2).tolist(), strict=True)),
        })  # fmt: skip
    return rows


def table(result: dict[str, Any]) -> str:
    """Return the result as a table in Markdown."""
    models = list(dict.fromkeys(row["model"] for row in result["rows"]))
    shown = "{mean:.1f} [{low:.1f}, {high:.1f}]"
    cells = {(row["damage"], row["model"]): shown.format(**row) for row in result["rows"]}
    damages = dict.fromkeys(row["damage"] for row in result["rows"])
    lines = [["damage", *models], ["---"] * (1 + len(models))]
    lines += [[damage, *(cells[damage, model] for model in models)] for damage in damages]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main() -> None:
    """Run the benchmark, write its result and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.robustness", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", help="folder of FSDD; downloaded if not given")
    parser.add_argument("--models", default=",".join(MODELS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=RESULT)
    given = parser.parse_args()
    spoken, rows, seeds = task.load("fsdd", given.data), [], list(range(given.seeds))
    result: dict[str, Any] = {
        "command": f"python -m benchmarks.robustness --models {given.models} --seeds {given.seeds}",
        "commit": git_commit()[0][:9], "date": datetime.now(UTC).date().isoformat(), "rows": rows,
    }  # fmt: skip
    for name in given.models.split(","):
        with threadpool_limits(1):
            rows += rows_of(name, accuracies(name, spoken, seeds), np.unique(spoken.speakers).tolist())
        given.out.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


if __name__ == "__main__":
    main()
