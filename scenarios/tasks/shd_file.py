"""Reader of the HDF5 files of the Heidelberg Spiking Datasets (SHD and SSC).

Cramer, Stradmann, Schemmel and Zenke (2022), doi:10.1109/TNNLS.2020.3044364. A file contains the ragged arrays
``spikes/times`` (s) and ``spikes/units``, the array ``labels``, and often ``extra/speaker`` and ``extra/keys`` (names
of the classes).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from millpond.reservoir import SpikeTrains, checks

N_UNITS = 700


@dataclass(frozen=True, eq=False)
class Utterances:
    """The contents of a file.

    Attributes
    ----------
    trains : list of SpikeTrains
        The duration of each is a whole number of rows.
    labels : ndarray (n,)
        Names of the classes, or their numbers if the file has no names.
    speakers : ndarray of str (n,) or None
    """

    trains: list[SpikeTrains]
    labels: np.ndarray
    speakers: np.ndarray | None


def read(path: Path, row_period: float, n_units: int = N_UNITS) -> Utterances:
    """Read a file; each train ends with the row of `row_period` s that contains its last spike.

    Raises
    ------
    InputError
        The file has another layout, or the spikes of an utterance are invalid.
    """
    try:
        with h5py.File(path, "r") as file:
            times, units, labels = file["spikes/times"][()], file["spikes/units"][()], file["labels"][()]
            speakers = file["extra/speaker"][()] if "extra/speaker" in file else None
            keys = file["extra/keys"][()] if "extra/keys" in file else None
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise checks.InputError(
            f"{path} cannot be read as spike data ({error}); give an HDF5 file with the arrays spikes/times, "
            "spikes/units and labels"
        ) from None
    sizes = {"spikes/units": len(units), "labels": len(labels)} | (
        {} if speakers is None else {"extra/speaker": len(speakers)}
    )
    for name, size in sizes.items():
        if size != len(times):
            raise checks.InputError(
                f"{path} has {len(times)} entries in spikes/times but {size} in {name}; give one for each utterance"
            )
    trains = []
    for i in range(len(times)):
        at = np.asarray(times[i], np.float64)
        last = at.max(initial=0.0)
        if not np.isfinite(last) or last > 1000:
            raise checks.InputError(
                f"utterance {i} of {path} has a spike at {last:g} s; give times in s (microseconds divided by 1e6)"
            )
        n_rows = int(last / row_period + 1e-6) + 1
        try:
            trains.append(SpikeTrains(at, units[i], n_units, n_rows * row_period))
        except checks.InputError as error:
            raise checks.InputError(f"utterance {i} of {path}: {error}") from None
    classes = np.asarray(labels)
    if keys is not None and len(classes) and 0 <= classes.min() and classes.max() < len(keys):
        classes = np.array([_text(key) for key in keys])[classes]
    return Utterances(trains, classes, None if speakers is None else np.array([_text(s) for s in speakers]))


def _text(value: object) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
