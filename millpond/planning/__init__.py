"""Estimates of the cost of recording, training and comparing, from small runs on this machine."""

from millpond.planning.plan import plan

__all__ = ["plan"]
