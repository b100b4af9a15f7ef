"""The command ``millpond``. Nothing heavy is imported before a command runs."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from millpond.cli import comparing, measuring, recordings, teaching

app = typer.Typer(
    help="Reservoir computing with spiking neurons, rate units and water waves.", invoke_without_command=True,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
_COMMANDS: dict[str, Callable[..., None]] = {
    "compare": comparing.compare, "report": comparing.report, "tune": comparing.tune, "plan": comparing.plan,
    "record": recordings.record, "merge": recordings.merge, "train": recordings.train, "play": comparing.play,
    "info": recordings.info, "verify": recordings.verify, "export": recordings.export_file,
    "measure": measuring.measure, "run": measuring.run_paper, "selfcheck": measuring.selfcheck,
    "list": measuring.list_names, "lesson": teaching.lesson, "liquid": teaching.liquid,
}  # fmt: skip
for name, function in _COMMANDS.items():
    app.command(name)(function)


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if version:
        from millpond import __version__

        print(f"millpond {__version__}")  # noqa: T201
        raise typer.Exit


def main() -> None:
    """Run the command; a mistake in what was given ends in one sentence and exit code 2."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except Exception as error:
        code = _told(error)
    if code == 130:  # which typer makes of Ctrl-C in some versions, and raises in others
        print("millpond: stopped", file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _stop(*_: Any) -> None:
    """End on SIGTERM as on Ctrl-C: files are closed and workers ended on the way."""
    raise KeyboardInterrupt


def _told(error: Exception) -> int:
    """Say what went wrong on standard error; return the exit code."""
    from millpond.reservoir.printable import tell

    if hasattr(error, "format_message"):  # of the command line's own parser
        message, code = error.format_message(), 2
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        message, code = f"there is no room on the disk ({error}); make room and repeat the call", 2
    elif "InputError" in [kind.__name__ for kind in type(error).__mro__] or isinstance(error, OSError):
        message, code = str(error), 2
    elif isinstance(error, MemoryError):
        message, code = f"there is not enough memory ({error}); choose something smaller, or a larger machine", 2
    elif os.environ.get("MILLPOND_TRACEBACK"):
        raise error
    else:
        message, code = f"internal error: {error!r}; set MILLPOND_TRACEBACK=1 to see where, and please report it", 1
    tell(message)
    return code
