"""Trained models as files: saving, loading and prediction."""

from millpond.models.saving import load, save

__all__ = ["load", "save"]
