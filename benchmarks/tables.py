"""Tables of the documentation: run their commands, store the results, and write them into the pages.

    python -m benchmarks.tables                          write every stored result into its page
    python -m benchmarks.tables xor narma10              run these again first
    python -m benchmarks.tables digits-speaker --data FOLDER

A result is ``docs/results/NAME.json``: the numbers, the command, the commit and the date. A page shows it between two
marks, ``<!-- result: NAME -->`` and ``<!-- end of result -->``; tests/test_tables.py compares page and file. With
``<!-- result: NAME, brief -->`` a comparison shows its models, their cost and the verdict, without the control models.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks import robustness
from millpond import terminal
from millpond.reservoir.provenance import git_commit

DOCS = Path(__file__).parents[1] / "docs"
RESULTS = DOCS / "results"

_FSDD = "--corpus fsdd --data FOLDER"
COMMANDS = {
    "digits-mean": f"compare digits-mean --models esn,lsm,water,gru {_FSDD}",
    "make-compare": "compare digits-mean --models esn,lsm,water,gru",
    "digits-speaker": f"compare digits --models esn,lsm,water,gru {_FSDD}",
    "digits-official": f"compare digits --models esn,lsm,water,gru {_FSDD} --split official",
    "digits-networks": f"compare digits --models lstm,hmm {_FSDD} --seeds 1",
    "spoken-xor": f"compare spoken-xor --models esn,lsm,water,gru {_FSDD}",
    "spoken-xor-2000": f"compare spoken-xor --models esn --units 2000 {_FSDD}",
    "n-back": f"compare n-back --models esn,water {_FSDD}",
    "order": f"compare order --models esn,water {_FSDD}",
    "same-different": f"compare same-different --models esn {_FSDD}",
    "online": f"compare online --models esn {_FSDD}",
    "gait": "compare gait --models esn,lsm,water --seeds 5",
    **{
        task: f"compare {task} --models esn,lsm,water"
        for task in ("recall", "xor", "narma10", "channel", "mackey-glass")
    },
    "measures": "measure --model esn,lsm,water --units 700 --seeds 5",
    "papers": "run PAPER",
}
"""The command of each result; FOLDER stands for the recordings of the corpus."""

_MARKS = re.compile(r"(<!-- result: ([\w-]+)(, brief)? -->\n).*?(<!-- end of result -->)", re.DOTALL)
_KEPT = (  # of a row of summary.json
    "model", "kind", "of", "score", "gain_of_reservoir", "questions", "per_group", "n_features", "n_trained", "seconds",
    "operations",
)  # fmt: skip


def produce(name: str, data: str | None) -> dict[str, Any]:
    """Run the command of a result and return what its file holds."""
    command = COMMANDS[name]
    commit, changed = git_commit()
    found: Any
    if name == "papers":
        found = _papers()
    else:
        if "FOLDER" in command and data is None:
            sys.exit(f"result '{name}' needs recordings; name their folder with --data")
        words = shlex.split(command.replace("FOLDER", shlex.quote(data or "")))
        with tempfile.TemporaryDirectory() as folder:
            made = subprocess.run(
                [sys.executable, "-m", "millpond", *words, "--json", "--out", f"{folder}/out"],
                stdout=subprocess.PIPE, check=True, text=True,
            )  # fmt: skip
        found = json.loads(made.stdout)
        found = _reduced(found) if command.startswith("compare") else _cards(found)
    return {
        "command": f"millpond {command}",
        "commit": commit[:9] + (" (changed)" if changed else ""),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "result": found,
    }


def _reduced(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a summary that the table of a comparison shows, with seven digits."""
    rows = []
    for row in summary["rows"]:
        kept = {key: row[key] for key in _KEPT if key in row}
        kept["questions"] = {
            name: {key: value for key, value in asked.items() if key != "confusion"}
            for name, asked in row["questions"].items()
        }
        kept["config"] = {key: row["config"][key] for key in ("n_tried", "n_tried_on_test") if key in row["config"]}
        rows.append(kept)
    return _rounded(
        {key: summary[key] for key in ("task", "corpus", "split", "folds", "seeds", "pairs")} | {"rows": rows}
    )


def _cards(side: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """Return the values of each measure for each model and seed; None stands for a value that is not finite."""
    return _rounded({
        model: {
            "n_units": cards[0]["n_units"],
            "measures": {m: [card["results"][m]["value"] for card in cards] for m in cards[0]["results"]},
        }
        for model, cards in side.items()
    })  # fmt: skip


def _papers() -> list[dict[str, Any]]:
    """Return the figures of all papers that need no corpus, with three seeds each, as `millpond selfcheck` does."""
    from millpond.scenarios.papers import names, reproduce

    found = []
    for name in names():
        about, checks = reproduce(name, quick=True)
        found.append({"name": name, "title": about.title, "doi": about.doi, "figures": [
            {"name": c.name, "expected": c.wanted, "obtained": float(c.mean), "interval": c.interval,
             "seeds": len(c.obtained), "passed": bool(c.passed), "judged": bool(c.judged)} for c in checks
        ]})  # fmt: skip
    return _rounded(found)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(v) for v in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def rendered(stored: dict[str, Any], brief: bool = False) -> str:
    """Return the text that shows a stored result in a page; `brief` leaves out the control models of a comparison."""
    if "benchmarks.robustness" in stored["command"]:
        return f"{robustness.table(stored)}\n\n`{stored['command']}`, commit {stored['commit']}, {stored['date']}.\n"
    found = stored["result"]
    if stored["command"].startswith("millpond compare"):
        body = _plain(terminal.models(found) if brief else terminal.comparison(found))
    elif stored["command"].startswith("millpond measure"):
        body = _measures(found)
    else:
        body = "\n".join(_figures(found))
    return f"{body}\n\n`{stored['command']}`, commit {stored['commit']}, {stored['date']}.\n"


def _plain(lines: list[Any]) -> str:
    """Return the output of a terminal as an indented block."""
    text = StringIO()
    console = Console(file=text, width=200, color_system=None)
    for line in lines:
        style: Any = {"markup": False, "highlight": False, "soft_wrap": True} if isinstance(line, str) else {}
        console.print(line, **style)
    shown = [line.rstrip() for line in text.getvalue().splitlines()]
    return "\n".join(f"    {line}" for line in shown if line)


def _measures(found: dict[str, Any]) -> str:
    models = list(found)
    lines = ["| | " + " | ".join(models) + " |", "|---" * (len(models) + 1) + "|"]
    for name in found[models[0]]["measures"]:
        cells = [terminal.mean_of([v for v in found[m]["measures"][name]]) for m in models]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _figures(found: list[dict[str, Any]]) -> list[str]:
    lines = ["| paper | figure | expected | here | 95 % |", "|---|---|---|---|---|"]
    for about in found:
        for k, figure in enumerate(about["figures"]):
            span = "" if figure["interval"] is None else "{:.3g} to {:.3g}".format(*figure["interval"])
            name = f"[`{about['name']}`](https://doi.org/{about['doi']})" if not k else ""
            cells = (name, figure["name"], figure["expected"] or "not judged", f"{figure['obtained']:.3g}", span)
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def written(page: str) -> str:
    """Return the text of a page with every stored result in its place."""

    def block(match: re.Match[str]) -> str:
        stored = json.loads((RESULTS / f"{match[2]}.json").read_text(encoding="utf-8"))
        return f"{match[1]}{rendered(stored, bool(match[3]))}{match[4]}"

    return _MARKS.sub(block, page)


def pages() -> list[Path]:
    """Return all pages that may show results."""
    return [DOCS.parent / "README.md", *sorted(DOCS.glob("*.md"))]


def main() -> None:
    """Run what is named on the command line, then write all pages."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.tables", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", help=f"results to run again: {', '.join(COMMANDS)}")
    parser.add_argument("--data", help="folder of the recordings of the Free Spoken Digit Dataset")
    given = parser.parse_args()
    for name in given.names:
        if name not in COMMANDS:
            parser.error(f"'{name}' is no result; name one of {', '.join(COMMANDS)}")
    for name in given.names:
        stored = json.dumps(produce(name, given.data), indent=1, allow_nan=False) + "\n"
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(stored, encoding="utf-8")
        print(f"{name}: stored", flush=True)
    for path in pages():
        text = path.read_text(encoding="utf-8")
        if (new := written(text)) != text:
            path.write_text(new, encoding="utf-8")
            print(f"{path.name}: written")


if __name__ == "__main__":
    main()
