"""Your own recordings: a folder with a table of contents."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import numpy as np

from reservoir.checks import InputError
from reservoir.sequences import SPLITS
from scenarios.digits import audio
from scenarios.digits.corpus import Corpus, count_takes

NEEDED = ("path", "label", "speaker")


def load(folder: Path) -> Corpus:
    """Load the recordings that the file manifest.csv in `folder` lists.

    The file starts with a header that names the columns path (relative to the folder), label, speaker and, if
    wanted, split (train, validation or test); further columns are ignored. Recordings of another sampling
    rate are resampled to the most common one (the lowest of those if several are equally common). Labels
    become whole numbers if all of them are.

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
        No manifest, a missing column, an incomplete line or a recording that cannot be read.
    """
    rows = _rows(folder / "manifest.csv")
    sounds = [audio.read(folder / row["path"]) for row in rows]
    common = Counter(rate for _, rate in sounds)
    rate = min(common, key=lambda r: (-common[r], r))
    labels = np.array([row["label"] for row in rows])
    if all(label.isdecimal() for label in labels):
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
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            columns = [column.strip() for column in reader.fieldnames or ()]
            reader.fieldnames = columns
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"'{path}' is not a table of text; save it as CSV in UTF-8") from None
    for column in NEEDED:
        if column not in columns:
            raise InputError(f"'{path}' has no column '{column}'; name it in the header, the first line of the file")
    if not rows:
        raise InputError(f"'{path}' lists no recording; add a line for each")
    checked = []
    for line, row in rows:
        entries = {column: (row[column] or "").strip() for column in (*NEEDED, "split") if column in columns}
        for column, entry in entries.items():
            if not entry:
                raise InputError(f"Line {line} of '{path}' has no {column}; fill it in, or delete the line")
        if entries.get("split", "train") not in SPLITS:
            raise InputError(
                f"Line {line} of '{path}' has the split '{entries['split']}'; write one of {', '.join(SPLITS)}"
            )
        if not (path.parent / entries["path"]).is_file():
            raise InputError(
                f"Line {line} of '{path}' names the recording '{entries['path']}', which does not exist; "
                "paths are relative to the folder of the manifest"
            )
        checked.append(entries)
    return checked
