"""Forecasts of a user's time series, compared with simple baselines."""

from millpond.forecast.running import forecast

__all__ = ["forecast"]
