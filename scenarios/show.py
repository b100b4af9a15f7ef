"""What a person sees: the table of a comparison, and what is in a file."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from reservoir import Recording


def comparison(found: dict[str, Any]) -> list[Any]:
    """Return the table of a comparison and what to read from it, for rich to print."""
    title = f"{found['task']} on '{found['corpus']}', split '{found['split']}', {len(found['seeds'])} seeds"
    table = Table(title=title, title_justify="left", caption_justify="left", caption=(
        "accuracy in %, 95 % interval over seeds and utterances; CPU seconds of one fold"))  # fmt: skip
    for name in ("model", "kind"):
        table.add_column(name)
    for name in ("accuracy", "interval", "worst", "reservoir gains", "features", "states s", "train s", "MB"):
        table.add_column(name, justify="right")
    for row in found["rows"]:
        score, gain = row["score"], row.get("gain_of_reservoir")
        worst = min(row["per_group"], key=row["per_group"].__getitem__)
        table.add_row(
            row["model"],
            row["kind"] if row["kind"] != "control" else f"control of {row['of']}",
            f"{100 * score['mean']:.1f}",
            f"{100 * score['low']:.1f} to {100 * score['high']:.1f}",
            f"{worst} {100 * row['per_group'][worst]:.1f}",
            "" if gain is None else f"{100 * gain['mean']:+.1f} ({100 * gain['low']:+.1f} to {100 * gain['high']:+.1f})",
            str(row["n_features"]),
            f"{row['seconds']['states']:.2f}",
            f"{row['seconds']['train']:.2f}",
            f"{row['peak_memory_mb']:.0f}",
            style="bold" if row["kind"] == "reservoir" else "",
        )
    return [table, *(Text(line) for line in verdict(found))]


def verdict(found: dict[str, Any]) -> list[str]:
    """Return one plain sentence for each reservoir: which controls it beats, and which it does not."""
    lines = []
    for row in found["rows"]:
        if row["kind"] != "reservoir":
            continue
        controls = [r for r in found["rows"] if r["kind"] == "control" and r["of"] == row["model"]]
        beaten = [c["model"] for c in controls if c["gain_of_reservoir"]["low"] > 0]
        ahead = [c["model"] for c in controls if c["gain_of_reservoir"]["high"] < 0]
        level = [c["model"] for c in controls if c["model"] not in beaten + ahead]
        parts = [(beaten, "beats"), (level, "cannot be told from"), (ahead, "loses to")]
        said = "; ".join(f"{verb} {', '.join(names)}" for names, verb in parts if names)
        lines.append(f"{row['model']} {said}.")
    return lines


def recording(rec: Recording) -> Table:
    """Return what is in a recording, for rich to print."""
    table = Table(show_header=False, box=None)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    attrs, origin = rec.attrs, rec.provenance
    parts = "" if rec.split is None else ", ".join(f"{(rec.split == p).sum()} {p}" for p in dict.fromkeys(rec.split))
    lengths = f"{rec.lengths.min()} to {rec.lengths.max()} steps of {1000 * rec.period:g} ms"
    state = "complete" if rec.complete else f"stopped after {rec.recorded.sum()} sequences; repeat its command to go on"
    lines = {
        "file": f"{rec.path} ({rec.path.stat().st_size / 2**20:.1f} MiB), {state}",
        "sequences": f"{len(rec)}, {lengths}" + (f"; {parts}" if parts else ""),
        "units": f"{rec.n_units} of {origin['config']['class']}",
        "channels": str(rec.n_channels),
        "classes": "none" if rec.labels is None else ", ".join(map(str, sorted(set(rec.labels.tolist())))),
        "groups": "none" if rec.groups is None else ", ".join(sorted(set(rec.groups.tolist()))),
        "besides": ", ".join(n for n in ("targets", "spikes", "frames") if getattr(rec, n) is not None) or "nothing",
        "config": ", ".join(f"{k}={v}" for k, v in origin["config"]["params"].items() if v is not None),
        "made": f"{attrs['history']}",
        "versions": ", ".join(f"{k} {v}" for k, v in origin["environment"].items()),
        "commit": f"{origin['git_commit'] or 'unknown'}{' (changed)' if origin['git_dirty'] else ''}",
    }
    for name, text in lines.items():
        table.add_row(name, text)
    return table
