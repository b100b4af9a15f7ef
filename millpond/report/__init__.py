"""Report page of a comparison: one HTML file that needs no network."""

from millpond.report.build import report

__all__ = ["report"]
