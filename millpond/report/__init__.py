"""What a comparison left in its folder, as one page that needs no network."""

from millpond.report.build import report

__all__ = ["report"]
