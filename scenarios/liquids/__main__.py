"""Look at a liquid: ``python -m scenarios.liquids delays | recall | both | activity [PNG] | synapses [PNG]``."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console
from threadpoolctl import threadpool_limits

from scenarios import show


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.liquids", description="What a liquid does.")
    parser.add_argument("scenario", choices=["delays", "recall", "both", "activity", "synapses"])
    parser.add_argument("file", nargs="?", help="the picture to write (activity, synapses)")
    parser.add_argument("--seeds", type=int, default=3, help="of delays, recall and both")
    given = parser.parse_args()
    with threadpool_limits(1):  # small products are faster on one thread
        rows, figure = looked(given.scenario, given.seeds)
    Console().print(show.rows(rows))
    if given.file and figure is not None:
        figure.savefig(given.file, dpi=150)


def looked(scenario: str, n_seeds: int) -> tuple[list[dict[str, Any]], Any]:
    """Return the rows of a scenario, and its picture if it has one."""
    if scenario == "delays":
        from scenarios.liquids import delays

        return delays.run(n_seeds), None
    if scenario in ("recall", "both"):
        from scenarios.liquids import templates

        return (templates.recall if scenario == "recall" else templates.both)(n_seeds), None
    if scenario == "activity":
        from scenarios.liquids import activity

        return activity.compared(), activity.picture(activity.run())
    from scenarios.liquids import synapses

    rows = synapses.run()
    return rows, synapses.picture(rows)


if __name__ == "__main__":
    main()
