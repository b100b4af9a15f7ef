"""A page in one file that needs no network: its frame, its style, and the sections others fill."""

from millpond.page.frame import Section, page
from millpond.page.markup import brief, explained, folded, note, table, text

__all__ = ["Section", "brief", "explained", "folded", "note", "page", "table", "text"]
