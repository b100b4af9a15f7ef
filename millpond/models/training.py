"""Training of the models that are saved."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from millpond.evaluation.evaluate import driven
from millpond.evaluation.fitting import disturbed, fitted, prepared, tables
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import adjusted, named, with_settings
from millpond.evaluation.scoring import better
from millpond.evaluation.task import SpokenTask
from millpond.evaluation.task_data import Material
from millpond.models.frontend import FrontEnd
from millpond.models.saving import save
from millpond.readout import Logistic, Pool, RidgeClassifier
from millpond.recording import Recording
from millpond.reservoir import ChannelScaler, Question, Reservoir, checks
from millpond.scenarios.speech.corpus import Corpus
from millpond.scenarios.tasks import task_of

LOST = 0.05
"""Share of the right answers that the reject option loses on held-out groups."""
QUIETEST, LOUDEST = 3.0, 25.0  # signal-to-noise ratio of noisy copies, dB
_SILENCE = 0.1, 0.3  # s of noise before and after a noisy copy
_MOST_GROUPS = 6  # of the calibration


def best_of(found: dict[str, Any]) -> str:
    """Return the name of the reservoir with the best mean score in a summary of a comparison."""
    rows = [row for row in found["rows"] if row["kind"] == "reservoir"]
    if not rows:
        raise checks.InputError("the comparison has no reservoir to save; add one to --models, such as esn")
    sign = better(rows[0]["score"]["name"])
    return str(max(rows, key=lambda row: sign * row["score"]["mean"])["model"])


def save_trained(
    path: Path, task: str, name: str, corpus: str, data: str | None, split: str, *, units: int | None = None,
    front_end: str | None = None, seed: int = 0,
) -> dict[str, Any]:  # fmt: skip
    """Train one reservoir on all sequences of a task, save it and return the facts that are stored with it.

    Words are trained with one noisy copy of each. The penalty is cross-validated over speakers, or over the
    groups of the task.
    """
    module = task_of(task)
    base, settings = named(name)
    recipe = module.recipe(base, front_end)
    raw = module.load(corpus, data)
    is_sound = isinstance(module, SpokenTask) and isinstance(raw, Corpus)
    folds = module.folds(raw, split)
    if is_sound:
        raw = with_noisy_copies(raw, seed)
    material = module.represent(raw, recipe.front_end)
    if material.loop or (isinstance(module, SpokenTask) and not is_sound):
        raise checks.InputError(f"models of the task '{task}' cannot be saved; compare another task, such as digits")
    groups = _groups(material, folds)
    model = with_settings(adjusted(recipe.model, units, seed), settings)
    steps, about = _trained(model, recipe.pool, material, groups, seed)
    if isinstance(module, SpokenTask):
        steps.insert(0, ("front end", FrontEnd(name=recipe.front_end, rate=module.of_sound(raw)["rate"])))
    about |= {"task": task, "corpus": raw.name, "model": name, "seed": seed, "input": "sound" if is_sound else "signal"}
    save(Pipeline(steps), path, about=about, known=[type(model)])
    return about


def with_noisy_copies(corpus: Corpus, seed: int = 0) -> Corpus:
    """Return a corpus with one copy of each word in white noise of 3 to 25 dB signal-to-noise ratio.

    The noise continues for 0.1 to 0.3 s before and after the word, as in a recording at home.
    """
    waves = [noisy(wave, corpus.rate, np.random.default_rng([22, seed, i])) for i, wave in enumerate(corpus.waves)]
    names = np.concatenate([corpus.names, [f"{name} in noise" for name in corpus.names]])
    labels, speakers, takes = (np.tile(each, 2) for each in (corpus.labels, corpus.speakers, corpus.takes))
    return replace(
        corpus, waves=[*corpus.waves, *waves], labels=labels, speakers=speakers, takes=takes, names=names, split=None
    )


def noisy(wave: np.ndarray, rate: int, rng: np.random.Generator) -> np.ndarray:
    """Return a wave at `rate` (Hz) in white noise, which continues before and after it."""
    wave = np.asarray(wave, np.float64) - np.mean(wave)
    size = np.sqrt(np.mean(wave**2)) * 10 ** (-rng.uniform(QUIETEST, LOUDEST) / 20)
    wave = np.pad(wave, int(rate * rng.uniform(*_SILENCE)))
    return np.asarray(wave + size * rng.standard_normal(len(wave)))


def _groups(material: Material, folds: list[Fold]) -> np.ndarray:
    """Return the validation group of every sequence: its own group, or the fold that tests it."""
    groups, n = material.sequences.groups, len(material.sequences)
    if groups is not None and len(set(groups)) > 1:
        return np.asarray(groups)
    found = np.arange(n) % 5
    for k, fold in enumerate(folds if len(folds) > 1 else []):
        found[fold.test] = k
    return found


def _trained(model: Reservoir, pool: Any, material: Material, groups: Any, seed: int) -> tuple[list[Any], Any]:
    """Return the fitted steps of the first question, and facts about them."""
    sequences, question = material.sequences, material.questions[0]
    if getattr(model, "standardize_input", True):
        scaler = ChannelScaler(weights=material.weights).fit(sequences)
    else:
        n = sequences.n_channels
        scaler = ChannelScaler.restored(mean=np.zeros(n), scale=np.ones(n))
    scaled = scaler.transform(sequences)
    model.fit(scaled)
    [x] = tables(driven(model, scaled), pool, [question])
    noise = 0.0 if model.get_params(deep=False).get("noise") else material.noise
    [x], _ = disturbed([x], [x], noise, seed)
    readout = fitted(question, x, groups)
    return _steps(scaler, model, pool, question, readout), facts(question, readout, x, groups)


def _steps(scaler: ChannelScaler, model: Reservoir, pool: Any, question: Question, readout: Any) -> list[Any]:
    steps: list[Any] = [("scaler", scaler), ("reservoir", model)]
    if question.rows is None:
        pool = pool if question.pooling is None else Pool(question.pooling)
        steps.append(("pool", clone(pool).fit([np.zeros((2, model.n_units_))])))
    return [*steps, ("readout", readout)]


def facts(question: Question, readout: Any, x: np.ndarray, groups: Any) -> dict[str, Any]:
    """Return the facts about a readout that a model file stores, with its reject option if it gives labels."""
    found: dict[str, Any] = {"question": question.name, "score": question.score, "penalty": float(readout.penalty_)}
    if isinstance(readout, RidgeClassifier | Logistic) and question.rows is None:
        found["reject"] = calibrated(readout, x, np.concatenate(question.answers), groups)
    return found


def calibrated(readout: Any, x: np.ndarray, y: np.ndarray, groups: Any) -> dict[str, float] | None:
    """Return the threshold of the reject option, found on held-out groups.

    An answer is rejected if the largest output exceeds the next one by less than the threshold. The threshold is the
    5 % quantile of this lead among the right answers to groups on which the readout was not trained.

    Returns
    -------
    dict or None
        ``threshold``; ``lost``, the share of right answers below it; ``wrong_rejected``, the share of wrong answers
        below it. None if no answer was right.
    """
    owner = np.arange(len(y)) % _MOST_GROUPS if groups is None else np.unique(groups, return_inverse=True)[1]
    owner = owner % _MOST_GROUPS
    leads, right = np.zeros(len(y)), np.zeros(len(y), bool)
    for k in np.unique(owner):
        used = owner != k
        if len(np.unique(y[used])) < len(readout.classes_):
            used = np.ones(len(y), bool)  # a class that only this group has
        model = clone(readout).set_params(penalty=readout.penalty_).fit(x[used], y[used])
        leads[owner == k] = lead(model.decision_function(x[owner == k]))
        right[owner == k] = model.predict(x[owner == k]) == y[owner == k]
    if not right.any():
        return None
    threshold = float(np.quantile(leads[right], LOST))
    wrong = leads[~right] < threshold
    return {
        "threshold": threshold, "lost": float((leads[right] < threshold).mean()),
        "wrong_rejected": float(wrong.mean()) if len(wrong) else 1.0,
    }  # fmt: skip


def lead(outputs: np.ndarray) -> np.ndarray:
    """Return by how much the largest output exceeds the next, (n,), from the result of ``decision_function``."""
    if outputs.ndim == 1:
        return np.abs(outputs)
    first_two = np.sort(outputs, axis=1)[:, -2:]
    return np.asarray(first_two[:, 1] - first_two[:, 0])


def save_from_recording(path: str | Path, out: Path, readout: str = "ridge", trusted: bool = False) -> dict[str, Any]:
    """Train a readout on the training part of a recording and save it with front end, scaler and reservoir.

    Raises
    ------
    InputError
        The recording does not describe how its inputs were made, or its model cannot be rebuilt.
    """
    from millpond.rebuild import rebuilt

    with Recording.open(path) as recording:
        told = recording.provenance["preparation"]
        if not isinstance(told.get("scaler"), dict):
            raise checks.InputError(
                f"{path} does not contain the scaler of its inputs; make it again with 'millpond record'"
            )
        part = recording.part("train") if recording.split is not None else recording
        questions, labels = part.questions, part.labels
        if questions:
            question = questions[0]
        elif labels is not None:
            question = Question("label", list(labels[:, None]))
        else:
            raise checks.InputError(f"{path} holds neither questions nor labels; record a task that has them")
        pool, groups, noise = prepared(part)
        about = recording.provenance["config"]
        model = rebuilt(about, (), trusted, recording.n_units).fit(list(part.inputs))
        [x] = tables(Recording.batches(part), pool, [question])
        seed = about["params"].get("random_state")
        noise = 0.0 if about["params"].get("noise") else noise
        [x], _ = disturbed([x], [x], noise, seed if isinstance(seed, int) else 0)
        trained = fitted(question, x, groups, readout)
        scaler = ChannelScaler.restored(**told["scaler"])
        steps = _steps(scaler, model, pool, question, trained)
        if is_sound := "rate" in told:
            steps.insert(0, ("front end", FrontEnd(name=told["front_end"], rate=told["rate"]).fit(None)))
        found = facts(question, trained, x, groups) | {
            "task": str(told.get("task")), "corpus": str(told.get("corpus")), "input": "sound" if is_sound else "signal"
        }  # fmt: skip
    save(Pipeline(steps), out, about=found)
    return found
