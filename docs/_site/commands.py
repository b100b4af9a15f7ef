"""The page of the command line, from what the commands say of themselves."""

from pathlib import Path

import typer


def page() -> str:
    """Return the page: usage, arguments and options of each command."""
    from scenarios.command import app

    lines = ["# The command line", "", "`millpond COMMAND --help` says the same.", ""]
    for name, command in typer.main.get_command(app).commands.items():
        context = typer.Context(command, info_name=name)
        usage = " ".join(command.collect_usage_pieces(context))
        lines += [f"## `{name}`", "", f"    millpond {name} {usage}", "", command.help or "", "", "| | |", "|---|---|"]
        for parameter in command.get_params(context):
            what, about = parameter.get_help_record(context) or (parameter.make_metavar(context), parameter.help or "")
            lines.append(f"| `{_cell(what)}` | {_cell(about)} |")
        lines.append("")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _write(app) -> None:
    path = Path(app.srcdir, "api", "command.md")
    path.parent.mkdir(exist_ok=True)
    path.write_text(page())


def setup(app):
    """Write it before pages are read."""
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True}
