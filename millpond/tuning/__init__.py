"""Hyperparameter search with Optuna on validation groups, with the same budget for every model."""

from millpond.tuning.tune import tune

__all__ = ["tune"]
