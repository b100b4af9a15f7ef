"""A page in one file that needs no network: its frame, its style, and the sections others fill."""

from scenarios.page.frame import Section, page

__all__ = ["Section", "page"]
