"""The command that checks a substrate or a task of the user."""

from __future__ import annotations

from typing import Annotated

import typer

from millpond.cli.shared import Corpus, Data, say


def check(
    name: Annotated[str, typer.Argument(metavar="MODULE:NAME", help="A reservoir or a task, such as mine:Pendulums.")],
    corpus: Corpus = None,
    data: Data = None,
) -> None:
    """Check that a reservoir or a task follows the interface.

    The module is imported. The exit code is 1 if a check fails.
    """
    from millpond.evaluation.models import built
    from millpond.evaluation.task import as_task, loaded
    from millpond.evaluation.testing import check_task
    from millpond.reservoir import Reservoir, checks
    from millpond.reservoir.printable import tell
    from millpond.reservoir.testing import check_reservoir

    if ":" not in name:
        raise checks.InputError(f"the name is '{name}', but module:Name is needed; for example, mine:Pendulums")
    found = loaded("object", name, name)
    if isinstance(found, type) and issubclass(found, Reservoir):
        found = built(name)
    is_reservoir = isinstance(found, Reservoir)
    if is_reservoir and (corpus or data):
        raise checks.InputError("a reservoir is checked on random signals; leave out --corpus and --data")
    try:
        passed = check_reservoir(found) if is_reservoir else check_task(as_task(name, found), corpus, data)
    except AssertionError as error:
        tell(str(error))
        raise typer.Exit(1) from None
    say(*(f"passed: {one}" for one in passed))
