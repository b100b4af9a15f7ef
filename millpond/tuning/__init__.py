"""Settings chosen on validation groups, by Optuna, with a budget that is the same for every model."""

from millpond.tuning.tune import tune

__all__ = ["tune"]
