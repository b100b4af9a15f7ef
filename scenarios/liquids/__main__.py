"""Look at a liquid: ``python -m scenarios.liquids delays | recall | both | activity [PNG] | synapses [PNG]``."""

from __future__ import annotations

import argparse
from typing import Any

from rich.console import Console
from rich.table import Table


def table(rows: list[dict[str, Any]]) -> Table:
    """Return rows of the same keys as a table, arrays left out."""
    shown = [{k: v for k, v in row.items() if not hasattr(v, "shape")} for row in rows]
    found = Table(*shown[0])
    for row in shown:
        found.add_row(*(f"{v:.3g}" if isinstance(v, float) else "" if v is None else str(v) for v in row.values()))
    return found


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.liquids", description="What a liquid does.")
    parser.add_argument("scenario", choices=["delays", "recall", "both", "activity", "synapses"])
    parser.add_argument("file", nargs="?", help="the picture to write (activity, synapses)")
    parser.add_argument("--seeds", type=int, default=3, help="of delays, recall and both")
    given = parser.parse_args()
    figure = None
    if given.scenario == "delays":
        from scenarios.liquids import delays

        rows = delays.run(given.seeds)
    elif given.scenario in ("recall", "both"):
        from scenarios.liquids import templates

        rows = (templates.recall if given.scenario == "recall" else templates.both)(given.seeds)
    elif given.scenario == "activity":
        from scenarios.liquids import activity

        found = activity.run()
        rows, figure = activity.rows(found), activity.picture
    else:
        from scenarios.liquids import synapses

        found = rows = synapses.run()
        figure = synapses.picture
    Console().print(table(rows))
    if given.file and figure:
        figure(found).savefig(given.file, dpi=150)


if __name__ == "__main__":
    main()
