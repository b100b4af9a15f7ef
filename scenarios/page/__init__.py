"""A page in one file that needs no network: its frame, its style, and the sections others fill."""

from scenarios.page.frame import Section, page
from scenarios.page.markup import brief, folded, note, table, text

__all__ = ["Section", "brief", "folded", "note", "page", "table", "text"]
