"""Tables for the terminal: comparisons, recordings, measures and papers."""

from __future__ import annotations

from textwrap import wrap
from typing import Any

import numpy as np
from rich import box
from rich.table import Table
from rich.text import Text

from millpond.evaluation.statistics import interval
from millpond.recording import Recording
from millpond.results import costs, differences, shown, spread, verdict

_OPTIONAL = ("CPU s", "worst", "features")
"""Columns of a comparison that are left out, in this order, where the terminal is too narrow."""


def comparison(found: dict[str, Any], width: int | None = None) -> list[Any]:
    """Return the table of a comparison with its notes and conclusions, for rich to print.

    The table leaves out columns until it fits into `width` characters, and a note names them.
    """
    columns = _columns(found)
    kinds = [row["kind"] for row in found["rows"]]
    hidden = []
    while width is not None and _width(columns) > width and (spare := [n for n in _OPTIONAL if n in columns]):
        hidden.append(spare[0])
        del columns[spare[0]]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    questions = set(found["rows"][0]["questions"])
    for name, cells in columns.items():
        is_question = name in questions  # only the headings of questions may wrap
        least = max(map(len, cells if is_question else (name, *cells)))
        justify: Any = "left" if name == "model" else "right"
        table.add_column(name, justify=justify, no_wrap=not is_question, min_width=least)
    for kind, line in zip(kinds, zip(*columns.values(), strict=True), strict=True):
        table.add_row(*line, style="bold" if kind != "control" else "")
    note = [f"Not shown, because the terminal is narrow: {', '.join(hidden)} (summary.json has all)."] if hidden else []
    lines = [*notes(found), *note, *_models(found), *verdict(found)]
    return [Text(title(found), style="bold"), table, *_wrapped(lines, width)]


def models(found: dict[str, Any]) -> list[Any]:
    """Return the table of the reservoirs and baselines alone, with the verdict."""
    return [Text(title(found), style="bold"), *_wrapped([*_models(found), *verdict(found)], None)]


def _wrapped(lines: list[Any], width: int | None) -> list[Any]:
    """Return the lines, with sentences longer than `width` characters (120 by default) in several lines."""
    return [part for line in lines for part in (wrap(line, width or 120) if isinstance(line, str) else [line])]


def _models(found: dict[str, Any]) -> list[Any]:
    """Return the cost of each reservoir and baseline, and the difference of every pair, if there are several."""
    if not found.get("pairs"):
        return []
    cost = table_of("model", "score", "CPU s", "trained", "operations")
    for cells in costs(found):
        cost.add_row(*cells)
    pairs = table_of("pair", "difference", "95 %, all pairs together")
    for cells in differences(found):
        pairs.add_row(*cells)
    return [
        cost, "CPU s: one fold. Trained: parameters of the readout or network. Operations: per time step.",
        pairs,
        "Difference: paired, positive if the first model is better; intervals corrected for the number of pairs.",
    ]  # fmt: skip


def table_of(*head: str) -> Table:
    """Return an empty table with these headings; all columns but the first are aligned to the right."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for k, name in enumerate(head):
        table.add_column(name, justify="right" if k else "left", no_wrap=True)
    return table


def _columns(found: dict[str, Any]) -> dict[str, list[str]]:
    """Return the cells of each column of a comparison."""
    rows = found["rows"]
    first, *others = rows[0]["questions"]
    score = rows[0]["score"]["name"]
    gains = [row.get("gain_of_reservoir") for row in rows]
    columns = {
        "model": [row["model"] if row["kind"] != "control" else f" {row['model']}" for row in rows],
        first if others else "score": [shown(row["score"]["mean"], score) for row in rows],
        "95 %": [f"{shown(row['score']['low'], score)}-{shown(row['score']['high'], score)}" for row in rows],
        "difference": [" ".join(spread(gain, score)).strip() for gain in gains],
    }
    columns |= {name: [shown(row["questions"][name]["mean"], score) for row in rows] for name in others}
    if not others:
        columns["worst"] = [worst(row) for row in rows]
    columns["features"] = [str(row["n_features"]) for row in rows]
    if not others:
        columns["CPU s"] = [f"{sum(row['seconds'].values()):.2f}" for row in rows]
    return columns


def _width(columns: dict[str, list[str]]) -> int:
    """Return the width of a table whose headings may wrap."""
    return sum(max(map(len, (name, *cells))) + 2 for name, cells in columns.items()) - 1


def title(found: dict[str, Any]) -> str:
    """Return task, corpus, split, seeds and folds in one line."""
    used, of = found["folds"]["used"], found["folds"]["of"]
    n_seeds = len(found["seeds"])
    line = f"{found['task']}, corpus {found['corpus']}, split {found['split']}, {n_seeds} seed{'s' * (n_seeds > 1)}"
    return line + (f", {used} of {of} folds" if used < of else "")


def notes(found: dict[str, Any]) -> list[str]:
    """Return the notes that explain the table of a comparison."""
    models = [row for row in found["rows"] if row["kind"] != "control"]
    tried, exposed = (
        ", ".join(f"{row['model']} {row['config'][key]}" for row in models if row["config"].get(key))
        for key in ("n_tried", "n_tried_on_test")
    )
    spread = "over seeds and test sequences, same folds."
    if len(found["seeds"]) == 1:
        spread = "over test sequences only. Use --seeds to include the variance over seeds."
    timed = len(found["rows"][0]["questions"]) == 1
    return [
        f"Score: {UNITS[found['rows'][0]['score']['name']]}; intervals {spread}",
        "Difference: advantage of the reservoir over the control, paired, 95 % interval.",
        "Features: inputs of the readout." + (" CPU s: one fold, from scaling to prediction." if timed else ""),
        f"Settings tried on validation groups beforehand: {tried or 'none'}.",
        *([f"Settings tried with test scores visible: {exposed}; these scores are optimistic."] if exposed else []),
    ]


UNITS = {"accuracy": "accuracy in %",
         "nrmse": "root mean squared error in standard deviations (lower is better)",
         "symbol error rate": "share of wrong symbols (lower is better)"}  # fmt: skip


def worst(row: dict[str, Any]) -> str:
    """Return the group with the worst score, and its score."""
    score, groups = row["score"]["name"], row["per_group"]
    name = (min if score == "accuracy" else max)(groups, key=groups.__getitem__)
    return f"{name} {shown(groups[name], score)}"


def named(found: list[dict[str, Any]]) -> tuple[list[str], list[list[str]]]:
    """Return the headings and rows of a table: how each model classifies a word, with its confidence."""
    lines = []
    for row in found:
        (_, vote), (second, _) = sorted(row["votes"].items(), key=lambda item: -item[1])[:2]
        shares = [f"{100 * row[name]:.0f} %" for name in ("below", "accuracy")]
        lines.append([row["model"], str(row["word"]), f"{vote:.2f}", second, f"{row['lead']:.2f}", *shares])
    return ["model", "word", "output", "second", "margin", "smaller margin", "test accuracy"], lines


def about_words(found: list[dict[str, Any]]) -> list[str]:
    """Return the notes that explain the table of `named`."""
    return [
        "Output: of the readout, which was trained to give 1 for the word and 0 for the others.",
        "Margin: difference between the two largest outputs.",
        "Smaller margin: share of test words with at most this margin; a low share means low confidence.",
        "Test accuracy: on the first fold of the run, with its first seed.",
        f"The readouts were trained only on voices of the corpus {found[0]['corpus']}; other voices are harder. "
        "Any sound, even noise, is classified as one of their words.",
    ]


def words(found: list[dict[str, Any]]) -> list[Any]:
    """Return the table of how each model classifies a word, for rich to print."""
    head, lines = named(found)
    table = table_of(*head)
    for line in lines:
        table.add_row(*line)
    return [table, *about_words(found)]


def tuned(found: dict[str, Any]) -> list[Any]:
    """Return the result of a hyperparameter search for each model, for rich to print."""
    first = found["rows"][0]["tuned"]["name"]
    table = table_of("model", "score", "95 %", "difference")
    for row in found["rows"]:
        gain = " ".join(spread(row["gain"], first))
        for name, key, difference in (
            (f"{row['model']}, tuned", "tuned", ""),
            (f" {row['model']}, default", "set", gain),
        ):
            score = row[key]
            span = f"{shown(score['low'], first)}-{shown(score['high'], first)}"
            table.add_row(name, shown(score["mean"], first), span, difference, style="" if difference else "bold")
    n_folds = len(found["folds"])
    title = f"{found['task']}, corpus {found['corpus']}, split {found['split']}, {n_folds} fold{'s' * (n_folds > 1)}"
    lines: list[Any] = [
        Text(f"{title}, {found['trials']} candidates per fold", style="bold"), table,
        f"Score: {UNITS[first]}, on test parts that no search used, with {len(found['seeds'])} other seeds.",
    ]  # fmt: skip
    for row in found["rows"]:
        choices = table_of(f"{row['model']}, chosen for fold", "importance", *row["per_fold"])
        names = list(dict.fromkeys(name for f in row["per_fold"].values() for name in f["chosen"]))
        for name in names:
            share = row["importance"].get(name)
            each = (f["chosen"].get(name, "default") for f in row["per_fold"].values())
            choices.add_row(name, "" if share is None else f"{100 * share:.0f} %",
                            *(f"{v:.3g}" if isinstance(v, float) else str(v) for v in each))  # fmt: skip
        lines.append(choices if names else f"{row['model']}: no candidate was better than the default settings.")
        failed = [about for about in row["per_fold"].values() if about["n_failed"]]
        if failed:
            n_failed, n_all = sum(about["n_failed"] for about in failed), found["trials"] * n_folds
            lines.append(f"{row['model']}: {n_failed} of {n_all} candidates failed: {failed[0]['error']}.")
    return [*lines, "Importance: of the parameter for the loss, by PED-ANOVA."]


def trained(found: dict[str, Any]) -> list[str]:
    """Return one line for each question of a recording, and the number of sequences."""
    lines = []
    for name, about in found["questions"].items():
        score = about["score"]
        value, control = (
            f"{100 * one['value']:.1f} %" if one["name"] == "accuracy" else f"{one['value']:.4f}"
            for one in (score, about["controls"]["input"])
        )
        lines.append(
            f"{name}: {score['name']} {value} on the {score['part']} part (penalty {about['penalty']:.3g}); "
            f"control, the same readout on the input: {control}"
        )
    return [*lines, f"{found['n_train']} training sequences, {found['n_test']} test sequences."]


def recording(rec: Recording) -> Table:
    """Return the contents of a recording, for rich to print."""
    table = Table(show_header=False, box=None)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    attrs, origin = rec.attrs, rec.provenance
    parts = "" if rec.split is None else ", ".join(f"{(rec.split == p).sum()} {p}" for p in dict.fromkeys(rec.split))
    lengths = f"{rec.lengths.min()} to {rec.lengths.max()} steps of {1000 * rec.period:g} ms"
    state = "complete" if rec.complete else f"incomplete, {rec.recorded.sum()} sequences; repeat its command to resume"
    lines = {
        "file": f"{rec.path} ({rec.n_bytes / 2**20:.1f} MiB), {state}",
        "sequences": f"{len(rec)}, {lengths}" + (f"; {parts}" if parts else ""),
        "units": f"{rec.n_units} of {origin['config']['class']}",
        "channels": str(rec.n_channels),
        "classes": "none" if rec.labels is None else ", ".join(map(str, sorted(set(rec.labels.tolist())))),
        "groups": "none" if rec.groups is None else ", ".join(sorted(set(rec.groups.tolist()))),
        "questions": ", ".join(q.name for q in rec.questions) or "none",
        "also stored": ", ".join(n for n in ("targets", "spikes", "frames") if getattr(rec, n) is not None)
        or "nothing",
        "config": ", ".join(f"{k}={v}" for k, v in origin["config"]["params"].items() if v is not None),
        "made": f"{attrs.get('history', 'unknown')}",
        "versions": ", ".join(f"{k} {v}" for k, v in origin["environment"].items()),
        "commit": f"{origin.get('git_commit') or 'unknown'}{' (changed)' if origin.get('git_dirty') else ''}",
    }
    for name, text in lines.items():
        table.add_row(name, text)
    return table


def card(found: Any) -> list[Any]:
    """Return the measures of a substrate, for rich to print."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("measure", no_wrap=True)
    table.add_column("value", justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for name, result in found.results.items():
        table.add_row(name, f"{result.value:.3g}", result.said)
    return [Text(f"{found.name}, {found.n_units} features", style="bold"), table]


def cards(found: dict[str, list[Any]]) -> list[Any]:
    """Return the measures of several substrates side by side, with 95 % intervals over seeds, for rich to print."""
    table = table_of("measure", *found)
    table.add_row("features", *(str(own[0]["card"]["n_units"]) for own in found.values()))
    for name in next(iter(found.values()))[0]["values"]:
        table.add_row(name, *(mean_of([card["values"][name] for card in own]) for own in found.values()))
    n_seeds = len(next(iter(found.values())))
    return [
        table,
        f"Mean over {n_seeds} seeds ± half of the 95 % interval (Student's t). docs/measures.md explains the measures.",
    ]


def mean_of(values: list[float | None]) -> str:
    """Return the mean over seeds and half of its 95 % interval, or "none" if a seed has no finite value."""
    numbers = [value for value in values if value is not None and np.isfinite(value)]
    if len(numbers) < len(values):
        return "none" if not numbers else f"none in {len(values) - len(numbers)} of {len(values)} seeds"
    span = interval(numbers)
    return f"{np.mean(numbers):.3g}" + ("" if span is None else f" ±{(span[1] - span[0]) / 2:.2g}")


def rows(found: list[dict[str, Any]]) -> Table:
    """Return rows with equal keys as a table without their arrays, for rich to print."""
    shown = [{k: v for k, v in row.items() if not hasattr(v, "shape")} for row in found]
    table = Table(*shown[0])
    for row in shown:
        table.add_row(*(f"{v:.3g}" if isinstance(v, float) else "" if v is None else str(v) for v in row.values()))
    return table


def paper(about: Any, found: list[Any]) -> list[Any]:
    """Return the expected and obtained figures of a paper, for rich to print."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for name in ("figure", "expected", "obtained", "95 %", ""):
        table.add_column(name, justify="left" if name in ("figure", "") else "right", no_wrap=name != "figure")
    for check in found:
        span = "" if check.interval is None else "{:.3g}-{:.3g}".format(*check.interval)
        word = "" if check.passed and not check.judged else "ok" if check.passed else "differs"
        table.add_row(check.name, check.wanted, f"{check.mean:.3g}", span, word, style="" if check.judged else "dim")
    sources = [f"{check.name}: {check.source}." for check in found]
    n_seeds = max(len(check.obtained) for check in found)
    title = f"{about.title}, doi:{about.doi}"
    return [Text(title, style="bold"), f"{about.about}; {n_seeds} seeds.", table, *sources]
