"""One word, several liquids: the viewer that shows what each makes of it."""

from millpond.viewer.sections import listeners, section

__all__ = ["listeners", "section"]
