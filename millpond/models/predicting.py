"""Answers of a trained model to inputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from millpond.models.frontend import FrontEnd
from millpond.models.inputs import Given
from millpond.models.saving import Saved
from millpond.models.training import lead
from millpond.reservoir import ChannelScaler, checks

_TOGETHER = 64  # inputs in memory


def is_sound(saved: Saved) -> bool:
    """Return whether a model takes sound."""
    model = saved.model
    return isinstance(model, Pipeline) and isinstance(model.steps[0][1], FrontEnd)


def threshold_of(saved: Saved, reject: bool) -> float | None:
    """Return the threshold of the reject option if it is requested.

    Raises
    ------
    InputError
        The model has none.
    """
    if not reject:
        return None
    told = saved.about.get("reject")
    if not isinstance(told, dict):
        raise checks.InputError("this model has no reject option; leave out --reject")
    return checks.number("the threshold of the reject option", told.get("threshold"))


def predicted(saved: Saved, inputs: Iterable[Given], reject: bool = False) -> Iterator[dict[str, Any]]:
    """Yield the answer to each input.

    Parameters
    ----------
    saved : Saved
        A pipeline that predicts, from `millpond.models.saving.opened`.
    inputs : iterable of Given
        Processed in groups of 64, so that memory does not grow with their number.
    reject : bool
        Give the label None to answers whose largest score exceeds the next by less than the stored threshold.

    Yields
    ------
    dict
        ``input``; ``label`` and ``scores`` (one for each class) of a classifier of whole inputs, or ``outputs``
        (one for each time step or input) of other models.
    """
    model, threshold = saved.model, threshold_of(saved, reject)
    if not hasattr(model, "predict"):
        raise checks.InputError("the model has no readout that predicts; save a pipeline that ends with one")
    stream = iter(inputs)
    while some := list(islice(stream, _TOGETHER)):
        yield from _answers(model, some, threshold)


def _answers(model: Any, some: list[Given], threshold: float | None) -> Iterator[dict[str, Any]]:
    """Yield answers to a few inputs, those that are scaled already without the first steps."""
    for scaled, part in _runs(some):
        used = _after_scaler(model) if scaled else model
        contents = [each.content for each in part]
        if not hasattr(model, "classes_"):
            for each, outputs in zip(part, used.predict(contents), strict=True):
                yield {"input": each.name, "outputs": np.asarray(outputs).tolist()}
            continue
        decide = getattr(used, "decision_function", None) or used.predict_proba
        outputs = decide(contents)
        if isinstance(outputs, list):  # one answer per time step
            for each, steps in zip(part, used.predict(contents), strict=True):
                yield {"input": each.name, "outputs": steps.tolist()}
            continue
        for each, row in zip(part, outputs, strict=True):
            yield {"input": each.name, **_answer(model.classes_, np.asarray(row), threshold)}


def _runs(some: list[Given]) -> Iterator[tuple[bool, list[Given]]]:
    """Yield runs of neighbours that are scaled, or are not."""
    part: list[Given] = []
    for each in some:
        if part and part[0].scaled != each.scaled:
            yield part[0].scaled, part
            part = []
        part.append(each)
    yield part[0].scaled, part


def _answer(classes: np.ndarray, row: np.ndarray, threshold: float | None) -> dict[str, Any]:
    scores = row if row.ndim else np.array([-row / 2, row / 2])
    names = [c.item() for c in classes]
    label = names[int(scores.argmax())]
    if threshold is not None and lead(scores[None])[0] < threshold:
        label = None
    return {"label": label, "scores": {str(n): float(s) for n, s in zip(names, scores, strict=True)}}


def _after_scaler(model: Any) -> Any:
    """Return the steps of a pipeline that follow the front end and the scaler."""
    steps = [step for step in model.steps if not isinstance(step[1], FrontEnd | ChannelScaler)]
    return Pipeline(steps)


def line(answer: dict[str, Any]) -> str:
    """Return an answer as text."""
    where = f"{answer['input']}: "
    if "start" in answer:
        where = f"{answer['input']} {answer['start']:.2f} to {answer['end']:.2f} s: "
    if "outputs" in answer:
        return where + str(answer["outputs"])
    best = sorted(answer["scores"].items(), key=lambda item: -item[1])
    first = "none of the words" if answer["label"] is None else str(answer["label"])
    return where + first + f" ({', '.join(f'{name} {score:.2f}' for name, score in best[:3])})"
