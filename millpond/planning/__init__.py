"""What recording, training and comparing would cost, from what a few small runs on this machine cost."""

from millpond.planning.plan import plan

__all__ = ["plan"]
