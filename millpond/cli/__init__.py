"""The command ``millpond``. Heavy packages are imported only when a command runs."""

from __future__ import annotations

import errno
import os
import signal
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from millpond.cli import checking, comparing, forecasting, measuring, predicting, recordings, teaching

app = typer.Typer(
    help="Reservoir computing with spiking neurons, rate units and water waves.", invoke_without_command=True,
    pretty_exceptions_enable=False, rich_markup_mode=None,
)  # fmt: skip
_COMMANDS: dict[str, tuple[Callable[..., None], str]] = {
    "compare": (
        comparing.compare,
        "millpond compare digits\nmillpond compare digits --save digits.mill\n"
        "millpond compare xor --models esn,lsm,water --quick",
    ),
    "report": (
        comparing.report,
        "millpond report runs/digits-mean-synthetic-speaker\n"
        "millpond report runs/digits-mean-synthetic-speaker --table results.tex",
    ),
    "tune": (comparing.tune, "millpond tune narma10 --model esn --trials 80 --over leak_rate=0.1:1:log"),
    "plan": (comparing.plan, "millpond plan digits --model esn --units 1e6 --sequences 1e5 --workers 16"),
    "record": (recordings.record, "millpond record digits --model lsm --out lsm.h5"),
    "merge": (recordings.merge, "millpond merge pieces merged.h5"),
    "train": (recordings.train, "millpond train lsm.h5\nmillpond train lsm.h5 --save lsm.mill"),
    "predict": (
        predicting.predict,
        "millpond predict digits.mill seven.wav\nmillpond predict digits.mill recordings --reject --json\n"
        "millpond predict digits.mill meeting.wav --words",
    ),
    "forecast": (
        forecasting.forecast,
        "millpond forecast sales.csv\n"
        "millpond forecast sales.csv --column units --inputs price --horizon 12 --season 12\n"
        "millpond forecast sensor.csv --interpolate --resample",
    ),
    "play": (comparing.play, "millpond play\nmillpond play seven.wav --run runs/digits-mean-synthetic-speaker"),
    "info": (recordings.info, "millpond info lsm.h5"),
    "verify": (recordings.verify, "millpond verify lsm.h5"),
    "export": (
        recordings.export_file,
        "millpond export lsm.h5 --to nwb --out lsm.nwb\nmillpond export digits.mill --to c --out digits.c",
    ),
    "check": (checking.check, "millpond check mine:Pendulums"),
    "measure": (
        measuring.measure,
        "millpond measure --model esn,lsm,water --seeds 5\n"
        "millpond measure --model esn --over leak_rate=0.1:1:5 --over input_scaling=0.1,1",
    ),
    "run": (measuring.run_paper, "millpond run jaeger_2001 --quick"),
    "selfcheck": (measuring.selfcheck, "millpond selfcheck"),
    "list": (measuring.list_names, "millpond list"),
    "lesson": (teaching.lesson, "millpond lesson reber\nmillpond lesson gradients gradients.png"),
    "liquid": (teaching.liquid, "millpond liquid delays --seeds 5\nmillpond liquid activity activity.png"),
}
"""The function of each command, and examples of its use."""

for _name, (_function, _examples) in _COMMANDS.items():
    app.command(_name, epilog=f"\b\nExamples:\n  {_examples.replace(chr(10), chr(10) + '  ')}")(_function)


@app.callback()
def _options(version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if version:
        from millpond import __version__

        print(f"millpond {__version__}")  # noqa: T201
        raise typer.Exit


def main() -> None:
    """Run the command. Invalid input prints one sentence and exits with code 2."""
    signal.signal(signal.SIGTERM, _stop)
    try:
        code = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except Exception as error:
        code = _reported(error)
    if code == 130:  # some versions of typer return 130 on Ctrl-C, others raise
        print("millpond: stopped", file=sys.stderr)  # noqa: T201
    sys.exit(code)


def _stop(*_: Any) -> None:
    """Treat SIGTERM like Ctrl-C, so that files are closed and workers are stopped."""
    raise KeyboardInterrupt


def _reported(error: Exception) -> int:
    """Print the error to standard error and return the exit code."""
    from millpond.reservoir.printable import tell

    if hasattr(error, "format_message"):  # an error of the command line parser
        message, code = error.format_message(), 2
    elif isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
        message, code = f"the disk is full ({error}); free some space and repeat the command", 2
    elif "InputError" in [kind.__name__ for kind in type(error).__mro__] or isinstance(error, OSError):
        message, code = str(error), 2
    elif isinstance(error, MemoryError):
        message, code = f"there is not enough memory ({error}); choose a smaller model or a larger machine", 2
    elif os.environ.get("MILLPOND_TRACEBACK"):
        raise error
    else:
        message, code = (
            f"internal error: {error!r}; set MILLPOND_TRACEBACK=1 to see the traceback, and please report it",
            1,
        )
    tell(message)
    return code
