"""Conversion of spike trains from and to formats of other libraries: tonic, neo, NWB and CSV."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from millpond.reservoir import checks
from millpond.reservoir.spike_trains import SpikeTrains

_TONIC = np.dtype([("x", np.int64), ("t", np.int64), ("p", np.int64)])


def from_tonic(
    events: np.ndarray, sensor_size: Sequence[int], duration: float | None = None, time_unit: float = 1e-6
) -> SpikeTrains:
    """Return the trains of a structured event array with the fields x, t and p, and y for a camera.

    Parameters
    ----------
    events : structured ndarray (n_events,)
    sensor_size : three ints
        Number of values of x, y and p. The unit of an event is ``(p * n_y + y) * n_x + x``, without the fields that
        have one value.
    duration : float, optional
        In s; the default ends just after the last event.
    time_unit : float
        Seconds in a unit of t.
    """
    names = events.dtype.names or ()
    sizes = dict(zip("xyp", sensor_size, strict=True))
    needed = {"t", "x", *(name for name, n in sizes.items() if n > 1)}
    if missing := sorted(needed - set(names)):
        raise checks.InputError(
            f"the events have no field {missing[0]} (they have {', '.join(names) or 'no fields'}); "
            "give a structured array with the fields x, t and p"
        )
    units = np.zeros(len(events), np.int64)
    for name in "pyx":
        value = np.asarray(events[name], np.int64) if sizes[name] > 1 else np.zeros(len(events), np.int64)
        bad = np.flatnonzero((value < 0) | (value >= sizes[name]))
        if len(bad):
            raise checks.InputError(
                f"{name} of event {bad[0]} is {value[bad[0]]}, but it must be from 0 to {sizes[name] - 1}; "
                "correct sensor_size or the event"
            )
        units = units * sizes[name] + value
    times = np.asarray(events["t"], float) * time_unit
    return SpikeTrains(times, units, int(np.prod(list(sizes.values()))), _end(times, duration))


def to_tonic(trains: SpikeTrains, time_unit: float = 1e-6) -> np.ndarray:
    """Return a structured event array (x, t, p) with the unit as x and p = 1; times are rounded to `time_unit` s."""
    events = np.ones(len(trains), _TONIC)
    events["x"], events["t"] = trains.units, np.rint(trains.times / time_unit)
    return events


def from_neo(trains: Sequence[Any]) -> SpikeTrains:
    """Return the trains of a list of `neo.SpikeTrain` with the same start and end, one for each unit.

    Times count from the start.
    """
    if not len(trains):
        raise checks.InputError("the list of neo spike trains is empty; give a SpikeTrain for each unit")
    spans = {(float(s.t_start.rescale("s").magnitude), float(s.t_stop.rescale("s").magnitude)) for s in trains}
    if len(spans) > 1:
        raise checks.InputError("the neo spike trains have different t_start or t_stop; cut them to one interval")
    [(start, stop)] = spans
    each = [np.asarray(s.rescale("s").magnitude, float) - start for s in trains]
    units = np.repeat(np.arange(len(each)), [len(times) for times in each])
    return SpikeTrains(np.concatenate(each), units, len(each), stop - start)


def to_neo(trains: SpikeTrains) -> list[Any]:
    """Return a `neo.SpikeTrain` for each unit, from 0 s to the duration."""
    try:
        import neo
    except ImportError:
        raise checks.InputError("to_neo needs the package neo, which is not installed; install neo") from None
    return [
        neo.SpikeTrain(trains.times[trains.units == unit], units="s", t_start=0.0, t_stop=trains.duration)
        for unit in range(trains.n_units)
    ]


def from_nwb(
    spike_times: Any, spike_times_index: Any, start: float = 0.0, duration: float | None = None
) -> SpikeTrains:
    """Return the trains of the table ``units`` of an NWB file, from `start` on for `duration` s.

    Parameters
    ----------
    spike_times : array (n_spikes,)
        In s, unit after unit.
    spike_times_index : array of int (n_units,)
        End of each unit in `spike_times`.
    start : float
    duration : float, optional
        The default ends just after the last spike. Spikes outside the interval are omitted.
    """
    times, ends = checks.matrix("spike_times", spike_times, (None,)), np.asarray(spike_times_index, np.int64)
    if ends.ndim != 1 or not len(ends) or (np.diff(ends, prepend=0) < 0).any() or ends[-1] != len(times):
        raise checks.InputError(
            f"spike_times_index does not divide the {len(times)} spike_times; give the end of each unit, in order"
        )
    units = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=0))
    times = times - start
    end = _end(times, duration)
    inside = (times >= 0) & (times < end)
    return SpikeTrains(times[inside], units[inside], len(ends), end)


def to_nwb(trains: SpikeTrains) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns ``spike_times`` and ``spike_times_index`` of the table ``units`` of an NWB file."""
    order = np.argsort(trains.units, kind="stable")
    return trains.times[order], np.cumsum(np.bincount(trains.units, minlength=trains.n_units))


def read_csv(
    path: str | Path, n_units: int | None = None, duration: float | None = None, time_unit: float = 1.0
) -> SpikeTrains:
    """Read a text file with a time and a unit in each line; a header is allowed.

    Parameters
    ----------
    path : str or Path
    n_units : int, optional
        The default is the largest unit plus 1.
    duration : float, optional
        In s; the default ends just after the last spike.
    time_unit : float
        Seconds in a unit of the times.
    """
    path, found = Path(path), []
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            for number, line in enumerate(csv.reader(file), start=1):
                try:
                    time, unit = line
                    found.append((float(time), float(unit)))
                except ValueError:
                    if line and number > 1:
                        raise checks.InputError(
                            f"line {number} of {path} is {','.join(line)!r:.60}, but a time and a unit are needed; "
                            "write two numbers separated by a comma"
                        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise checks.InputError(f"{path} cannot be read as text ({error}); give a CSV file (time, unit)") from None
    if not found:
        raise checks.InputError(f"{path} contains no spikes; give a CSV file with a time and a unit in each line")
    times, units = np.array(found).T
    return SpikeTrains(
        times * time_unit,
        units,
        int(units.max()) + 1 if n_units is None else n_units,
        _end(times * time_unit, duration),
    )


def write_csv(trains: SpikeTrains, path: str | Path) -> None:
    """Write a CSV file with the columns time (s) and unit."""
    with Path(path).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("time", "unit"))
        writer.writerows(zip(map(float, trains.times), map(int, trains.units), strict=True))


def _end(times: np.ndarray, duration: float | None) -> float:
    """Return `duration`, or the smallest one that contains all `times`."""
    if duration is not None:
        return duration
    if not len(times):
        raise checks.InputError("there are no spikes that determine the duration; give duration in s")
    return float(np.nextafter(times.max(), np.inf))
