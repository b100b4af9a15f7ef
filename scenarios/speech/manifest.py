"""Your own recordings: a folder with a table of contents."""

from __future__ import annotations

import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np

from millpond.reservoir.checks import InputError
from millpond.reservoir.sequences import SPLITS
from millpond.scenarios.labels import one_spelling
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus, count_takes
from millpond.scenarios.tables import rows_of

NEEDED = ("path", "label", "speaker")
_DIGITS = 18  # of a label that is a whole number; a longer one is a name


def load(folder: Path) -> Corpus:
    """Load the recordings that the file manifest.csv in `folder` lists.

    The file starts with a header that names the columns path (relative to the folder), label, speaker and, if
    wanted, split (train, validation or test), in upper or lower case; further columns are ignored. Delimiter, quotes
    and encoding are those of `millpond.scenarios.tables.rows_of`. Names are in the composed form of Unicode (NFC), so
    that two spellings of an accent are one speaker. Recordings of another sampling rate are resampled to the most
    common one (the lowest of those if several are equally common). Labels become whole numbers if all of them are.

    Parameters
    ----------
    folder : Path
        Where manifest.csv lies.

    Returns
    -------
    Corpus
        In the order of the file; `takes` counts the utterances of each word by each speaker in that order.

    Raises
    ------
    InputError
        No manifest, a column that is missing or there twice, an incomplete line or a recording that cannot be read.
    """
    rows = _rows(folder / "manifest.csv")
    sounds = [audio.read(folder / row["file"]) for row in rows]
    common = Counter(rate for _, rate in sounds)
    rate = min(common, key=lambda r: (-common[r], r))
    labels = np.array(one_spelling([row["label"] for row in rows]))
    if all(label.isdecimal() for label in labels) and max(map(len, labels)) < _DIGITS:
        labels = labels.astype(np.int64)
    speakers = np.array([row["speaker"] for row in rows])
    return Corpus(
        folder.resolve().name,
        [audio.resample(wave, old_rate, rate) for wave, old_rate in sounds],
        rate,
        labels,
        speakers,
        takes=count_takes(labels, speakers),
        names=np.array([row["path"] for row in rows]),
        split=np.array([row["split"] for row in rows]) if "split" in rows[0] else None,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    """Read and check the table: every entry a stripped string."""
    if not path.is_file():
        raise InputError(
            f"The folder '{path.parent}' holds no manifest.csv; write one with the columns {', '.join(NEEDED)}"
        )
    rows, delimiter = rows_of(path)
    columns = [column.lower() for column in rows[0][1]] if rows else []
    for column in NEEDED:
        if column not in columns:
            raise InputError(f"'{path}' has no column '{column}'; name it in the header, the first line of the file")
    for column in (*NEEDED, "split"):
        if columns.count(column) > 1:
            raise InputError(f"'{path}' has two columns '{column}'; delete one of them")
    if len(rows) < 2:
        raise InputError(f"'{path}' lists no recording; add a line for each")
    checked: list[dict[str, str]] = []
    listed: dict[Path, int] = {}
    for line, row in rows[1:]:
        if any(row[len(columns) :]):
            raise InputError(
                f"Line {line} of '{path}' has {len(row)} entries, but the header has {len(columns)}; "
                f"put entries that contain {delimiter!r} in double quotes"
            )
        told = dict(zip(columns, row, strict=False))
        entries = {column: told.get(column, "") for column in (*NEEDED, "split") if column in columns}
        for column, entry in entries.items():
            if not entry:
                raise InputError(f"Line {line} of '{path}' has no {column}; fill it in, or delete the line")
            if not entry.isprintable():
                raise InputError(
                    f"Line {line} of '{path}' has the {column} {entry!a}, which holds an invisible character; remove it"
                )
        before = listed.setdefault((path.parent / entries["path"]).resolve(), line)
        if before != line:
            raise InputError(
                f"Line {line} of '{path}' lists the file of line {before} again; delete one of these lines"
            )
        if "split" in entries:
            entries["split"] = entries["split"].lower()
        if entries.get("split", "train") not in SPLITS:
            raise InputError(
                f"Line {line} of '{path}' has the split '{entries['split']}'; write one of {', '.join(SPLITS)}"
            )
        entries["file"] = _existing(path.parent, entries["path"])
        if not entries["file"]:
            raise InputError(
                f"Line {line} of '{path}' names the recording '{entries['path']}', which does not exist; "
                "paths are relative to the folder of the manifest"
            )
        checked.append(entries)
    return checked


def _existing(folder: Path, path: str) -> str:
    """Return `path` as the file system spells it, "" if it is no file: accents may be composed there or not."""
    spellings = (path, *(unicodedata.normalize(form, path) for form in ("NFC", "NFD")), path.replace("\\", "/"))
    for spelling in spellings:
        try:
            if (folder / spelling).is_file():
                return spelling
        except (OSError, ValueError):  # too long a name, or a character that no name has
            continue
    return ""
