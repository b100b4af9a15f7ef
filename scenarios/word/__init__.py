"""One word, several liquids: the viewer that shows what each makes of it, and `play`, which sends your own through."""

from scenarios.word.play import heard, newest, opened, play, ready_made
from scenarios.word.sections import listeners, section

__all__ = ["heard", "listeners", "newest", "opened", "play", "ready_made", "section"]
