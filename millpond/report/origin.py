"""Provenance of the results: configuration, seeds, penalties, versions, commit and recordings."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any
from urllib.parse import quote

from millpond.page import Section, folded, note, table, text
from millpond.report.families import families
from millpond.reservoir.provenance import typed
from millpond.summary import is_recorded, recording_path


def section(found: dict[str, Any]) -> Section:
    """Return the provenance of the comparison and, collapsed, of each row."""
    git = found.get("git")
    git = git if isinstance(git, dict) else {}
    facts = {
        "command": _command(found.get("command")),
        "made": found.get("made", "unknown"),
        "commit": f"{git.get('commit') or 'unknown'}{' (changed)' if git.get('changed') else ''}",
        "versions": ", ".join(f"{name} {version}" for name, version in found["environment"].items()),
        "task": f"{found['task']}, corpus {found['corpus']}",
        "split": f"{found['split']}, {found['folds']['used']} of {found['folds']['of']} folds",
        "folds": ", ".join(found["rows"][0].get("per_fold", {})),
        "seeds": ", ".join(map(str, found["seeds"])),
    }
    body = "<dl>" + "".join(f"<dt>{text(k)}</dt><dd>{text(v)}</dd>" for k, v in facts.items() if v) + "</dl>"
    for row, controls in families(found["rows"]):
        of_controls = "".join(folded(f"Control {control['model']}", _row(control)) for control in controls)
        body += folded(f"Configuration of {row['model']}", _row(row) + of_controls)
    return Section("origin", "Configuration and origin", body)


def _command(words: Any) -> str:
    """Return the command without full paths, which older versions stored."""
    try:
        return typed(shlex.split(str(words or ""))) or "unknown"
    except ValueError:  # an unclosed quote
        return "unknown"


def _row(row: dict[str, Any]) -> str:
    config = row["config"]
    params = config.get("params")
    lines = {"class": config.get("class"), **(params if isinstance(params, dict) else {})}
    lines |= {k: v for k, v in config.items() if k not in ("class", "params")}
    lines |= {"features of the readout": row["n_features"], "trained parameters": row["n_trained"]}
    lines |= {"peak memory, MB": f"{row['peak_memory_mb']:.0f}"} if "peak_memory_mb" in row else {}
    lines |= {f"CPU seconds, {name}": f"{value:.3f}" for name, value in row["seconds"].items()}
    body = table("configuration", ["parameter", "value"], [[text(k), text(_plain(v))] for k, v in lines.items()])
    penalties = [
        [text(about.get("random_state", "")), text(fold), *(f"{value:.3g}" for value in chosen.values())]
        for about in row["seed_config"] for fold, chosen in _chosen(about).items()
    ]  # fmt: skip
    if penalties:
        names = next(iter(_chosen(row["seed_config"][0]).values()), {})
        head = ["seed", "fold", *(text(f"penalty, {q}") for q in names)]
        body += table("penalties", head, penalties)
    return body


def _chosen(about: dict[str, Any]) -> dict[str, dict[str, float]]:
    """Return the penalties of one seed for each fold and question, if they are stored as numbers."""
    found = about.get("penalty")
    if not isinstance(found, dict):
        return {}
    return {
        fold: chosen for fold, chosen in found.items()
        if isinstance(chosen, dict) and chosen and all(isinstance(v, int | float) for v in chosen.values())
    }  # fmt: skip


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k}={_plain(v)}" for k, v in value.items())
    if isinstance(value, list):
        return f"({', '.join(map(_plain, value))})"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def recordings(folder: Path, rows: list[dict[str, Any]]) -> Section | None:
    """Return links to the recordings in the folder, or None if there are none."""
    names = [row["model"] for row in rows if row["kind"] == "reservoir" and is_recorded(folder, row["model"])]
    paths = [(name, recording_path(folder, name)) for name in names]
    lines = [
        [text(name), f'<a href="{text(quote(p.name))}">{text(p.name)}</a>', f"{p.stat().st_size / 2**20:.1f} MiB"]
        for name, p in paths
    ]  # fmt: skip
    if not lines:
        return None
    said = (
        "These HDF5 files are in the folder of this page. They contain inputs, states and provenance of the first fold "
        "and seed. 'millpond info FILE' shows the contents, and 'millpond train FILE' trains a readout. "
        "docs/recording.md of Millpond describes other ways to open them."
    )
    return Section("recordings", "Recordings", table("recordings", ["model", "file", "size"], lines) + note(said))
