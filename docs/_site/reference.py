"""The reference: a page for each package from its docstrings, and one for the command line from its help."""

import importlib
import re
from pathlib import Path

import typer

PACKAGES = (
    "millpond", "millpond.reservoir", "millpond.reservoir.plots", "millpond.recording", "millpond.esn", "millpond.lsm",
    "millpond.lsm.coding", "millpond.physical", "millpond.readout", "millpond.baseline", "millpond.measures",
    "millpond.export",
)  # fmt: skip


def package(name: str) -> str:
    """Return the page of a package: what it hands on (`__all__`) but for what a package inside it hands on as well."""
    inside = [importlib.import_module(other) for other in PACKAGES if other.startswith(f"{name}.")]
    left_out = sorted({member for module in inside for member in getattr(module, "__all__", ())})
    lines = [name, "=" * len(name), "", f".. automodule:: {name}", "   :imported-members:"]
    return "\n".join([*lines, f"   :exclude-members: {', '.join(left_out)}" if left_out else "", ""])


def command_line() -> str:
    """Return the page of the commands: usage, arguments and options of each."""
    from millpond.cli import app

    lines = ["# The command line", "", "`millpond COMMAND --help` says the same.", ""]
    for name, command in typer.main.get_command(app).commands.items():
        context = typer.Context(command, info_name=name)
        usage = " ".join(command.collect_usage_pieces(context))
        lines += [f"## `{name}`", "", f"    millpond {name} {usage}", "", command.help or "", "", "| | |", "|---|---|"]
        for parameter in command.get_params(context):
            what, about = parameter.get_help_record(context) or (parameter.make_metavar(context), parameter.help or "")
            lines.append(f"| `{_cell(what)}` | {_cell(about).replace('<', '&lt;')} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _write(app) -> None:
    folder = Path(app.srcdir, "api")
    folder.mkdir(exist_ok=True)
    pages = {f"{name}.rst": package(name) for name in PACKAGES} | {"command.md": command_line()}
    for name, text in pages.items():
        if not (folder / name).exists() or (folder / name).read_text() != text:
            (folder / name).write_text(text)


def _skip(app, what, name, obj, skip, options):
    """Leave out what scikit-learn adds to every estimator for the routing of metadata."""
    return True if name.startswith("set_") and name.endswith("_request") else None


def _units(app, what, name, obj, options, lines):
    """Keep a line that is a unit and nothing else ("m.") from being taken for the first of a numbered list."""
    lines[:] = [re.sub(r"^(\s*)([a-zA-Z])\.$", r"\1\2\\.", line) for line in lines]


def setup(app):
    """Write it before pages are read."""
    app.connect("builder-inited", _write)
    app.connect("autodoc-skip-member", _skip)
    app.connect("autodoc-process-docstring", _units, priority=400)  # before the sections are read
    return {"parallel_read_safe": True}
