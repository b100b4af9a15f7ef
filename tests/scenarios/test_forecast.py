"""Forecasts of files: reading, origins, baselines, intervals and the command."""

import json
from datetime import datetime, timedelta

import numpy as np
import pytest

from millpond.evaluation import forecasting
from millpond.forecast import forecast
from millpond.reservoir import InputError
from millpond.scenarios import chaos, columns, dates
from millpond.scenarios import forecast_models as fitting

N = 60
X = np.round(np.sin(np.arange(N)) + np.arange(N) / 10, 3)
DAYS = [datetime(2024, 1, 30) + timedelta(days=k) for k in range(N)]
HOURS = [datetime(2024, 1, 1) + timedelta(hours=k) for k in range(N)]


def lines(*rows, head=""):
    return head + "".join(f"{row}\n" for row in rows)


TEXTS = {
    "plain": lines(*X),
    "mark": "\ufeff" + lines(*X, head="x\n"),
    "dates": lines(*(f"{d.date()},{x}" for d, x in zip(DAYS, X, strict=True)), head="date,x\n"),
    "month first": lines(*(f"{d:%m/%d/%Y},{x}" for d, x in zip(DAYS, X, strict=True)), head="date,x\n"),
    "decimal comma": lines(
        *(f"{d:%d.%m.%Y};{str(x).replace('.', ',')}" for d, x in zip(DAYS, X, strict=True)), head="Datum;Wert\n"
    ),
    "zone": lines(*(f"{d.isoformat()}Z\t{x}" for d, x in zip(HOURS, X, strict=True)), head="timestamp\tx\n"),
    "time": lines(*(f"{k / 3:.3f},{x}" for k, x in enumerate(X)), head="time,x\n"),
    "year": lines(*(f"{1700 + k},{x}" for k, x in enumerate(X)), head="year,x\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_one_column_is_found(tmp_path, name):
    path = tmp_path / "x.csv"
    path.write_text(TEXTS[name], encoding="utf-8")
    table, n = columns.read(path)
    assert n == 1
    np.testing.assert_array_equal(table.values[:, 0], X)
    assert (table.times is None) == (name in ("plain", "mark"))


@pytest.mark.parametrize("ending", ["npy", "npz"])
def test_arrays_are_read(tmp_path, ending):
    both = np.column_stack([X, -X])
    path = tmp_path / f"x.{ending}"
    if ending == "npy":
        np.save(path, both)
    else:
        np.savez(path, a=X, b=-X)
    table, n = columns.read(path, inputs=["column 1" if ending == "npy" else "a"])
    assert n == 1
    np.testing.assert_array_equal(table.values, both[:, ::-1])


def dated(changes, n=N):
    """Return a table of days in which some lines are replaced."""
    rows = [f"{d.date()},{x}" for d, x in zip(DAYS, X, strict=True)]
    for line, text in changes.items():
        rows[line - 2] = text
    return lines(*(row for row in rows if row is not None), head="date,x\n")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (dated({30: "2024-02-27,"}), r"no value in line 30, column 'x' \(1 missing in all\)"),
        (dated({30: "2024-02-27,three"}), r"'three' in line 30, column 'x'"),
        (dated({30: "2024-02-27,1,2"}), r"line 30 has 3 entries, but 2 are needed"),
        (dated({30: ""}), "has no date in line 30"),
        (dated({30: None}), r"irregular times: line 30 is not one step \(1 day, 0:00:00\) after"),
        (dated({30: "2024-01-30,1"}), "line 30 is earlier than the row before"),
        (dated({30: "2024-02-26,1"}), "line 30 repeats the time of the row before"),
        (lines(*X[:30], "", *X[30:]), "no value in line 31"),
        (lines(*X[:49]), "has 49 rows, but at least 50 are needed"),
        (lines(*["a"] * 60), "no column of numbers"),
        ("", "is empty"),
    ],
)
def test_errors_name_the_line(tmp_path, text, says):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(InputError, match=says):
        columns.read(tmp_path / "x.csv")


def test_unknown_columns_and_files_are_errors(tmp_path):
    (tmp_path / "x.csv").write_text(TEXTS["dates"])
    with pytest.raises(InputError, match="no column 'y'; its columns of numbers are x"):
        columns.read(tmp_path / "x.csv", ["y"])
    with pytest.raises(InputError, match="all columns of .* are inputs"):
        columns.read(tmp_path / "x.csv", inputs=["x"])
    with pytest.raises(InputError, match="there is no file"):
        columns.read(tmp_path / "y.csv")
    (tmp_path / "x.npz").write_bytes(b"PK\3\4 damaged")
    with pytest.raises(InputError, match="not an array"):
        columns.read(tmp_path / "x.npz")
    np.save(tmp_path / "o.npy", np.array([{}, 1], object), allow_pickle=True)
    with pytest.raises(InputError, match="not an array"):
        columns.read(tmp_path / "o.npy")


def test_gaps_are_interpolated_on_request(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(dated({30: "2024-02-27,", 2: "2024-01-30,NA"}))
    table, _ = columns.read(path, interpolate=True)
    assert len(table.values) == N - 1
    assert table.values[27, 0] == pytest.approx((X[27] + X[29]) / 2)
    path.write_text(dated({30: None, 31: None}))
    table, _ = columns.read(path, resample=True)
    np.testing.assert_allclose(table.values[28:30, 0], X[27] + (X[30] - X[27]) * np.array([1, 2]) / 3)
    assert len(table.values) == N
    text = dated({}).splitlines()
    path.write_text("\n".join([text[0], *text[:0:-1]]))
    np.testing.assert_array_equal(columns.read(path, resample=True)[0].values[:, 0], X)


def test_dates_continue():
    ends = dates.dates_of(["2023-10-31", "2023-11-30", "2023-12-31", "2024-01-31"])
    assert dates.step_of(ends) == (31 * 86400, 1)
    assert dates.after(ends[-1], dates.step_of(ends), 2) == ["2024-02-29", "2024-03-31"]
    years = dates.dates_of([f"{y}-05-01" for y in range(2000, 2006)])
    assert dates.after(years[-1], dates.step_of(years), 1) == ["2006-05-01"]
    hours = dates.dates_of([f"2024-01-01 {h:02}:30" for h in range(5)])
    assert dates.after(hours[-1], dates.step_of(hours), 1) == ["2024-01-01 05:30:00"]
    numbers = np.arange(5) * 0.1
    assert dates.after(float(numbers[-1]), dates.step_of(numbers), 2) == ["0.5", "0.6"]


@pytest.mark.parametrize(("n", "horizon"), [(50, 1), (50, 8), (300, 20), (300, 50), (20_000, 20)])
def test_validation_is_before_the_test(n, horizon):
    validation, test = forecasting.origins(n, horizon)
    assert max(b.origins.max() for b in validation) + horizon <= test[0].start
    assert test[-1].origins.max() + horizon <= n
    assert validation[0].start >= 0.4 * n
    with pytest.raises(InputError, match="at most"):
        forecasting.origins(n, n // 6 + 1)


def test_naive_forecasts_repeat_the_past():
    y = np.arange(20.0)[:, None]
    assert forecasting.naive(y, 3)[10, :, 0].tolist() == [10, 10, 10]
    assert forecasting.naive(y, 5, 3)[10, :, 0].tolist() == [8, 9, 10, 8, 9]


def test_models_know_only_the_rows_before_the_block():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 1))
    changed = x.copy()
    series = [fitting.series_of(v, 1, 5, 1) for v in (x, changed)]
    block = series[0].validation[1]
    changed[block.start :] += 100
    features = [forecasting.lags(v, 3) for v in (x, changed)]
    one, other = (forecasting.direct(f, v, None, block, 5, 10)[3] for f, v in zip(features, (x, changed), strict=True))
    np.testing.assert_array_equal(one.weights, other.weights)
    np.testing.assert_array_equal(one.intercept, other.intercept)


def test_ridge_path_is_least_squares_without_penalty():
    rng = np.random.default_rng(1)
    x = np.column_stack([rng.normal(size=(50, 2)), np.ones(50)])
    y = x[:, :2] @ [[2.0], [-1.0]] + 3
    found = forecasting.ridge_path(x, y, (1e9, 1e-12))
    np.testing.assert_allclose(found[1](x), y, atol=1e-8)
    np.testing.assert_allclose(found[0](x), y.mean(), atol=1e-6)


def test_intervals_contain_their_share():
    rng = np.random.default_rng(2)
    for n in (9, 100):
        shares = [
            forecasting.coverage(rng.normal(size=(n, 20, 1)), rng.normal(size=(500, 20, 1)), 0.8) for _ in range(20)
        ]
        assert np.mean(shares) == pytest.approx(0.8, abs=0.04)


def test_interval_of_the_mean_accounts_for_overlap():
    rng = np.random.default_rng(3)
    hits = 0
    for _ in range(200):
        x = np.convolve(rng.normal(size=104), np.ones(5) / 5, "valid")
        _, low, high = forecasting.mean_interval(x, 4)
        hits += low <= 0 <= high
    assert hits >= 182  # 95 % of 200, less 2.6 standard deviations


def test_season_is_estimated():
    rng = np.random.default_rng(4)
    t = np.arange(240)
    assert fitting.estimated_season(np.sin(2 * np.pi * t / 12) + 0.05 * t + rng.normal(0, 0.3, 240)) == 12
    assert fitting.estimated_season(rng.normal(size=240)) == 1
    assert fitting.estimated_season(0.5 * t) == 1


def test_forecast_of_a_chaotic_map(tmp_path):
    path = tmp_path / "henon.npy"
    np.save(path, chaos.henon(604, np.random.default_rng(0))[:600])
    found = forecast(path, horizon=3, out=tmp_path / "out")
    score = {row["model"]: row["score"]["mean"] for row in found["rows"]}
    assert score["esn"] < 0.5 * score["linear"] < 0.5 * score["naive"]
    truth = chaos.henon(604, np.random.default_rng(0))[600:603]
    rows = (tmp_path / "out" / "forecast.csv").read_text().splitlines()
    assert rows[0] == "step,column 1,column 1 low 80,column 1 high 80,column 1 low 95,column 1 high 95"
    assert float(rows[1].split(",")[1]) == pytest.approx(truth[0], abs=0.05)
    assert rows[1].startswith("600,")
    kept = json.loads((tmp_path / "out" / "scores.json").read_text())
    assert kept["rows"] == json.loads(json.dumps(found["rows"]))
    assert (tmp_path / "out" / "forecast.png").stat().st_size > 1000
    again = forecast(path, horizon=3, out=tmp_path / "again")
    assert again["rows"] == found["rows"]
    other = tmp_path / "other.npy"
    np.save(other, X)
    with pytest.raises(InputError, match="contains the forecast of"):
        forecast(other, out=tmp_path / "out")


def test_verdict_reports_a_better_baseline(tmp_path):
    rng = np.random.default_rng(5)
    np.savetxt(tmp_path / "walk.csv", np.cumsum(rng.normal(size=80)))
    found = forecast(tmp_path / "walk.csv", season=1, out=tmp_path / "out")
    score = {row["model"]: row["score"]["mean"] for row in found["rows"]}
    best = min((v, k) for k, v in score.items() if k != "esn")
    text = " ".join(found["verdict"])
    if score["esn"] > 1.05 * best[0]:
        assert f"{best[1]} is the better choice" in text
    assert best[1] in text
