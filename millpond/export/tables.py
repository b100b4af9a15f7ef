"""The table of a comparison as CSV, LaTeX or a pandas DataFrame."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

from millpond.report.reading import summary
from millpond.reservoir import checks
from millpond.reservoir.printable import printable
from millpond.results import operations, shown, spread
from millpond.summary import write

ENDINGS = (".csv", ".tex")


def rows(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return one flat row for each model and question of a comparison (the contents of ``summary.json``)."""
    flat = []
    for row in found["rows"]:
        for question, asked in row["questions"].items():
            gain = asked.get("gain_of_reservoir") or {}
            flat.append({
                "model": row["model"], "kind": row["kind"], "of": row["of"], "question": question,
                "score": asked["name"], "mean": asked["mean"], "low": asked["low"], "high": asked["high"],
                "difference": gain.get("mean"), "difference_low": gain.get("low"), "difference_high": gain.get("high"),
                "n_units": row["n_units"], "n_features": row["n_features"], "n_trained": row["n_trained"],
                "cpu_seconds": sum(row["seconds"].values()), "operations": operations(row),
            })  # fmt: skip
    return flat


def frame(folder: str | Path) -> Any:
    """Return the results in the folder of a comparison as a pandas DataFrame, one row for each model and question.

    Raises
    ------
    InputError
        The folder contains no summary of a comparison, or pandas is not installed.
    """
    try:
        import pandas
    except ImportError:
        raise checks.InputError("a DataFrame needs pandas; install it with pip install pandas") from None
    return pandas.DataFrame(rows(summary(Path(folder))))


def table(folder: Path, path: Path) -> Path:
    """Write the results in the folder of a comparison to a ``.csv`` or ``.tex`` file, and return its path.

    Raises
    ------
    InputError
        The ending is another one, or the folder contains no summary of a comparison.
    """
    checks.option("the ending of the table", path.suffix.lower(), ENDINGS)
    checks.has_folder(path)
    found = summary(folder)
    return write(path, _csv(found) if path.suffix.lower() == ".csv" else _latex(found))


def _csv(found: dict[str, Any]) -> str:
    flat, text = rows(found), io.StringIO()
    writer = csv.DictWriter(text, list(flat[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def _latex(found: dict[str, Any]) -> str:
    """Return a table for the package booktabs: score and interval of each question, and the difference."""
    questions = list(found["rows"][0]["questions"])
    head = ["model", *(f"{q} & 95\\,\\% & difference" for q in map(_escaped, questions)), "features"]
    lines = [f"\\begin{{tabular}}{{l{'rrr' * len(questions)}r}}", "\\toprule", " & ".join(head) + " \\\\", "\\midrule"]
    for k, row in enumerate(found["rows"]):
        if k and row["kind"] != "control":
            lines.append("\\addlinespace")
        cells = [("\\quad " if row["kind"] == "control" else "") + _escaped(row["model"])]
        for asked in row["questions"].values():
            gain, kind = asked.get("gain_of_reservoir"), asked["name"]
            cells += [shown(asked["mean"], kind), f"{shown(asked['low'], kind)}--{shown(asked['high'], kind)}"]
            cells.append(" ".join(spread(gain, kind)).strip())
        lines.append(" & ".join([*cells, str(row["n_features"])]) + " \\\\")
    return "\n".join([*lines, "\\bottomrule", "\\end{tabular}"]) + "\n"


def _escaped(text: str) -> str:
    return "".join(f"\\{c}" if c in "&%$#_{}" else {"~": "\\textasciitilde{}", "^": "\\textasciicircum{}",
                   "\\": "\\textbackslash{}"}.get(c, c) for c in printable(text))  # fmt: skip
