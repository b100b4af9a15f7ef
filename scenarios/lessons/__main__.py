"""Run a lesson: ``python -m scenarios.lessons reber | recall | adding | noise | gradients FILE | text FILE``."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console

from scenarios import show


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(
        prog="python -m scenarios.lessons", description="Classic tasks of the lectures on recurrent networks."
    )
    parser.add_argument("lesson", choices=["reber", "recall", "adding", "noise", "gradients", "text"])
    parser.add_argument("file", nargs="?", help="the picture to write (gradients), or the text to learn (text)")
    given = parser.parse_args()
    console = Console()
    if given.lesson in ("gradients", "text") and given.file is None:
        parser.error(f"{given.lesson} needs a file")
    if given.lesson == "reber":
        from scenarios.lessons import reber

        console.print(show.rows(reber.run()))
    elif given.lesson == "noise":
        from scenarios.lessons import noise

        console.print(show.rows(noise.run()))
    elif given.lesson == "gradients":
        from scenarios.lessons import gradients

        costs, flows = gradients.cost(), gradients.vanishing()
        console.print(show.rows(costs), show.rows([{k: v for k, v in r.items() if k != "lengths"} for r in flows]))
        gradients.picture(costs, flows).savefig(given.file, dpi=150)
    elif given.lesson == "text":
        from scenarios.lessons import characters

        text = Path(given.file).read_text()
        console.print(characters.written(*characters.learned(text), text[:20], 300), markup=False, highlight=False)
    else:
        from scenarios.lessons import memory

        console.print(show.rows(memory.run_recall() if given.lesson == "recall" else memory.run_adding()))


if __name__ == "__main__":
    main()
