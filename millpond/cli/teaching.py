"""The commands ``millpond lesson`` (classic tasks) and ``millpond liquid`` (analysis of spiking reservoirs)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from millpond.cli.shared import say, whole

LESSONS = ("reber", "recall", "adding", "noise", "gradients", "text")
LIQUIDS = ("delays", "recall", "both", "activity", "synapses")


def lesson(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(LESSONS)}.")],
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Figure to write (gradients) or text file to learn (text)."),
    ] = None,
) -> None:
    """Run a classic task for recurrent networks."""
    from millpond import terminal
    from millpond.reservoir import checks

    checks.option("lesson", name, LESSONS)
    if name in ("gradients", "text") and file is None:
        raise checks.InputError(
            f"lesson {name} needs a file; name the figure to write (gradients) or a text file (text)"
        )
    if name == "reber":
        from millpond.scenarios.lessons import reber

        say(terminal.rows(reber.run()))
    elif name == "noise":
        from millpond.scenarios.lessons import noise

        say(terminal.rows(noise.run()))
    elif name == "gradients":
        from millpond.scenarios.lessons import gradients

        costs, flows = gradients.cost(), gradients.vanishing()
        say(terminal.rows(costs), terminal.rows([{k: v for k, v in r.items() if k != "lengths"} for r in flows]))
        gradients.picture(costs, flows).savefig(file, dpi=150)
    elif name == "text":
        from millpond.scenarios.lessons import characters

        assert file is not None
        if not file.is_file():
            raise checks.InputError(f"file is '{file}', which does not exist; name a text file")
        text = file.read_text(encoding="utf-8")
        say(characters.written(*characters.learned(text), text[:20], 300))
    else:
        from millpond.scenarios.lessons import memory

        say(terminal.rows(memory.run_recall() if name == "recall" else memory.run_adding()))


def liquid(
    name: Annotated[str, typer.Argument(metavar="NAME", help=f"One of {', '.join(LIQUIDS)}.")],
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Figure to write (activity, synapses).")] = None,
    seeds: Annotated[
        int, typer.Option(parser=whole, metavar="N", help="Number of random seeds (delays, recall, both).")
    ] = 3,
) -> None:
    """Analyse delays, recall, activity and synapses of a liquid."""
    from threadpoolctl import threadpool_limits

    from millpond import terminal
    from millpond.reservoir import checks

    checks.option("liquid", name, LIQUIDS)
    n_seeds = checks.integer("seeds", seeds, 1)
    with threadpool_limits(1):  # small products are faster on one thread
        rows, figure = _examined(name, n_seeds)
    say(terminal.rows(rows))
    if file is not None and figure is not None:
        figure.savefig(file, dpi=150)


def _examined(name: str, n_seeds: int) -> tuple[list[dict[str, Any]], Any]:
    """Return the result table of a scenario and its figure, or None."""
    if name == "delays":
        from millpond.scenarios.liquids import delays

        return delays.run(n_seeds), None
    if name in ("recall", "both"):
        from millpond.scenarios.liquids import templates

        return (templates.recall if name == "recall" else templates.both)(n_seeds), None
    if name == "activity":
        from millpond.scenarios.liquids import activity

        return activity.compared(), activity.picture(activity.run())
    from millpond.scenarios.liquids import synapses

    rows = synapses.run()
    return rows, synapses.picture(rows)
