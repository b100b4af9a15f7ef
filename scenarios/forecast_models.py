"""Fit the baselines and the reservoir of a forecast, with settings chosen on validation origins."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from millpond.evaluation import forecasting
from millpond.evaluation.forecasting import PENALTIES, Block
from millpond.evaluation.models import adjusted, built
from millpond.reservoir import ChannelScaler, Reservoir, checks

WASHOUT = 50
_ORDERS = (1, 2, 3, 5, 8, 13, 20, 30)
_NVAR_ORDERS = (2, 3, 5)
_MOST_PRODUCTS = 24  # lagged values whose products NVAR uses
_FEW_PENALTIES = (1e-9, 1e-5, 1e-2)
_WEIGHTS = (0.5, 1.0)
_NETWORKS = tuple({"leak_rate": a, "input_scaling": s} for a in (1.0, 0.3) for s in (0.3, 1.0))


class Series(NamedTuple):
    """A series and its split into origins.

    Attributes
    ----------
    x : ndarray (n_steps, n_columns)
        Standardised with the rows before the first origin.
    n_outputs : int
        Number of columns to forecast, the first ones.
    horizon, season : int
    validation, test : list of Block
    scaler : ChannelScaler
    """

    x: np.ndarray
    n_outputs: int
    horizon: int
    season: int
    validation: list[Block]
    test: list[Block]
    scaler: ChannelScaler

    @property
    def y(self) -> np.ndarray:
        """Columns to forecast (n_steps, n_outputs)."""
        return self.x[:, : self.n_outputs]

    @property
    def end(self) -> Block:
        """The origin after the last row."""
        return Block(np.array([len(self.x)]))


class Fitted(NamedTuple):
    """A model with chosen settings.

    Attributes
    ----------
    validation, test : ndarray (n_origins, horizon, n_outputs)
        Errors at the origins, in standard deviations.
    ahead : ndarray (horizon, n_outputs)
        Standardised forecast beyond the end.
    n_tried : int
        Number of settings that were compared.
    settings : dict
        The chosen ones.
    """

    validation: np.ndarray
    test: np.ndarray
    ahead: np.ndarray
    n_tried: int
    settings: dict[str, object]

    @property
    def loss(self) -> float:
        """Mean error at the validation origins."""
        return float(forecasting.per_origin(self.validation).mean())


def series_of(values: np.ndarray, n_outputs: int, horizon: int, season: int | None) -> Series:
    """Split and standardise a series; a season of None is estimated."""
    validation, test = forecasting.origins(len(values), horizon)
    known = validation[0].start
    scaler = ChannelScaler().fit(values[:known])
    x = scaler.transform(values)
    if season is None:
        season = estimated_season(x[:known, 0])
    elif not 1 <= checks.integer("season", season, 1) <= known // 2:
        raise checks.InputError(
            f"season is {season}, but at most {known // 2} steps (half of the rows before the first forecast) are "
            "allowed; choose a smaller one"
        )
    return Series(x, n_outputs, horizon, season, validation, test, scaler)


def estimated_season(x: np.ndarray) -> int:
    """Return the lag (at least 2) of the first high peak of the autocorrelation of x, without its line; else 1.

    A peak is high if it is at least 0.3 and 0.7 times as high as the highest one. The longest lag is 400.
    """
    n = len(x)
    steps = np.arange(n)
    centred = x - np.polyval(np.polyfit(steps, x, 1), steps)
    power = np.abs(np.fft.rfft(centred, 2 * n)) ** 2
    r = np.fft.irfft(power)[: min(n // 3, 400)]
    if len(r) < 4 or r[0] <= 1e-12 * n:
        return 1
    r = r / r[0] * n / (n - np.arange(len(r)))
    negative = np.flatnonzero(r < 0)  # peaks before the first zero belong to slow changes
    start = max(2, int(negative[0]) if len(negative) else len(r))
    peaks = [k for k in range(start, len(r) - 1) if r[k - 1] <= r[k] >= r[k + 1] and r[k] >= 0.3]
    return next((k for k in peaks if r[k] >= 0.7 * max(r[j] for j in peaks)), 1)


def baselines(series: Series) -> Iterator[tuple[str, Fitted]]:
    """Fit the naive forecast, the seasonal naive forecast, the linear autoregression and NVAR."""
    yield "naive", _constant(series, 1)
    if series.season > 1:
        yield "seasonal naive", _constant(series, series.season)
    yield "linear", _linear(series)
    yield "nvar", _nvar(series)


def _constant(series: Series, season: int) -> Fitted:
    base = forecasting.naive(series.y, series.horizon, season)
    validation, test = (_of_base(series, [base] * len(b), b) for b in (series.validation, series.test))
    return Fitted(validation, test, base[-1], 1, {"season": season} if season > 1 else {})


def _of_base(series: Series, bases: list[np.ndarray], blocks: list[Block]) -> np.ndarray:
    """Return the errors of forecasts (n_steps, horizon, n_outputs), one array for each block."""
    one = np.ones(series.n_outputs)
    return np.concatenate([
        forecasting.errors(base[b.origins - 1], series.y, b.origins, one) for base, b in zip(bases, blocks, strict=True)
    ])  # fmt: skip


def _outputs(series: Series, features: np.ndarray, block: Block, penalties: tuple[float, ...],
             base: np.ndarray | None = None, washout: int = WASHOUT) -> list[np.ndarray]:  # fmt: skip
    """Return the outputs at the origins of a block for each penalty."""
    models = forecasting.direct(features, series.y, base, block, series.horizon, washout, penalties)
    shape = (len(block.origins), series.horizon, series.n_outputs)
    return [model(features[block.origins - 1]).reshape(shape) for model in models]


def _errors(series: Series, features: np.ndarray, blocks: list[Block], penalties: tuple[float, ...],
            washout: int) -> np.ndarray:  # fmt: skip
    """Return the errors (n_penalties, n_origins, horizon, n_outputs) of linear outputs of features."""
    found = []
    for block in blocks:
        truth = forecasting.future(series.y, block.origins - 1, series.horizon)
        found.append(np.array(_outputs(series, features, block, penalties, None, washout)) - truth)
    return np.concatenate(found, axis=1)


def _chosen(series: Series, candidates: dict[int, np.ndarray], penalties: tuple[float, ...]) -> Fitted:
    """Choose the order and the penalty of linear outputs on the validation origins."""
    found: dict[tuple[int, float], np.ndarray] = {}
    for order, features in candidates.items():
        validation = _errors(series, features, series.validation, penalties, order)
        found |= {(order, p): e for p, e in zip(penalties, validation, strict=True)}
    order, penalty = min(found, key=lambda key: float(forecasting.per_origin(found[key]).mean()))
    features = candidates[order]
    test = _errors(series, features, series.test, (penalty,), order)[0]
    ahead = _outputs(series, features, series.end, (penalty,), None, order)[0][0]
    settings: dict[str, object] = {"order": order, "penalty": penalty}
    return Fitted(found[order, penalty], test, ahead, len(found), settings)


def _linear(series: Series) -> Fitted:
    most = max(1, series.validation[0].start // 4 // series.x.shape[1])
    orders = {order for order in (*_ORDERS, series.season, series.season + 1) if order <= min(most, 200)} | {1}
    candidates = {order: forecasting.lags(series.x, order) for order in sorted(orders)}
    return _chosen(series, candidates, _FEW_PENALTIES)


def _nvar(series: Series) -> Fitted:
    most = max(1, _MOST_PRODUCTS // series.x.shape[1])
    orders = {min(order, most) for order in _NVAR_ORDERS}
    candidates = {order: forecasting.products(forecasting.lags(series.x, order)) for order in sorted(orders)}
    return _chosen(series, candidates, PENALTIES)


def networks(name: str, series: Series, seed: int) -> list[tuple[Reservoir, dict[str, object]]]:
    """Return the unfitted reservoirs that are compared, and their settings."""
    if name == "esn":
        n_units = int(np.clip(series.validation[0].start // 5, 20, 300))
        return [
            (built("esn", n_units=n_units, random_state=seed, **settings), {"n_units": n_units, **settings})
            for settings in _NETWORKS
        ]
    from millpond.scenarios.tasks import series_recipes

    model = adjusted(series_recipes.recipe(name, "raw", {}).model, seed=seed)
    if not isinstance(model, Reservoir):
        raise checks.InputError(f"model is '{name}', which is not a reservoir; choose one, for example esn")
    return [(model, {})]


def reservoir(series: Series, name: str, seed: int, simple: dict[str, Fitted]) -> tuple[Fitted, Reservoir]:
    """Fit a reservoir that corrects a simple baseline; return also the fitted reservoir.

    The forecast is that of the baseline plus a weight (0, 1/2 or 1) times the output of the readout, which is trained
    on the errors of the baseline. The baseline is the linear or the better naive forecast. Baseline, weight, penalty
    and reservoir are chosen on the validation origins.
    """
    better = min((k for k in ("naive", "seasonal naive") if k in simple), key=lambda k: simple[k].loss)
    kinds = sorted(("linear", better), key=lambda k: simple[k].loss)
    found = {(kind, 0, 0.0, PENALTIES[0]): simple[kind].validation for kind in kinds}
    fitted, states = [], []
    models = networks(name, series, seed)
    for k, (model, _) in enumerate(models):
        fitted.append(model.fit(series.x[: series.validation[0].start]))
        states.append(np.asarray(fitted[-1].transform(series.x), float))
        for kind in kinds:
            base = simple[kind]
            outputs = [
                _outputs(series, states[k], b, PENALTIES, _base(series, kind, base, b)) for b in series.validation
            ]
            for penalty, correction in zip(PENALTIES, zip(*outputs, strict=True), strict=True):
                for weight in _WEIGHTS:
                    found[kind, k, weight, penalty] = base.validation + weight * np.concatenate(correction)
    kind, k, weight, penalty = min(found, key=lambda key: float(forecasting.per_origin(found[key]).mean()))
    base = simple[kind]

    def correction_at(block: Block) -> np.ndarray:
        return _outputs(series, states[k], block, (penalty,), _base(series, kind, base, block))[0]

    settings = {"corrects": kind, "weight": weight} | ({"penalty": penalty, **models[k][1]} if weight else {})
    test = base.test + weight * np.concatenate([correction_at(b) for b in series.test])
    ahead = base.ahead + weight * correction_at(series.end)[0]
    return Fitted(found[kind, k, weight, penalty], test, ahead, len(found), settings), fitted[k]


def _base(series: Series, kind: str, base: Fitted, block: Block) -> np.ndarray:
    """Return the forecasts (n_steps, horizon, n_outputs) of a baseline fitted to the rows before a block."""
    if kind != "linear":
        return forecasting.naive(series.y, series.horizon, series.season if kind == "seasonal naive" else 1)
    order = checks.integer("order", base.settings["order"], 1)
    features = forecasting.lags(series.x, order)
    penalty = float(str(base.settings["penalty"]))
    [model] = forecasting.direct(features, series.y, None, block, series.horizon, order, (penalty,))
    return model(features).reshape(len(features), series.horizon, series.n_outputs)
