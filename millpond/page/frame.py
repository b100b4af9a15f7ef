"""The frame of a page: style, heading, a line of links, sections."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from millpond.page.markup import text

HERE = Path(__file__).parent
SCRIPT = """for (const table of document.querySelectorAll(".scroll")) {  // a stop of the keyboard where it scrolls
  new ResizeObserver(() => {
    if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
    else table.removeAttribute("tabindex");
  }).observe(table);
}"""


class Section(NamedTuple):
    """A part of a page.

    Attributes
    ----------
    name : str
        Its anchor.
    title : str
        Plain text.
    body : str
        HTML; may hold its own ``<style>`` and ``<script>``, which come after its elements.
    """

    name: str
    title: str
    body: str


def page(title: str, sections: list[Section], lead: str = "") -> str:
    """Return the whole page as HTML; `lead` is HTML that stands below the title.

    Examples
    --------
    >>> page("Words", [Section("table", "Table", "<p>none</p>")]).count("<section")
    1
    """
    links = "".join(f'<a href="#{s.name}">{text(s.title)}</a>' for s in sections) if len(sections) > 1 else ""
    body = "".join(f'<section id="{s.name}"><h2>{text(s.title)}</h2>{s.body}</section>\n' for s in sections)
    script = f"<script>{SCRIPT}</script>" if 'class="scroll"' in body else ""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'  # or a browser asks for one
        f"<title>{text(title)}</title><style>{(HERE / 'page.css').read_text(encoding='utf-8')}</style></head>\n"
        f"<body><header><h1>{text(title)}</h1>{lead}<nav>{links}</nav></header>\n<main>{body}</main>{script}</body></html>\n"
    )
