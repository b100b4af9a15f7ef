"""The Free Spoken Digit Dataset: six men, fifty recordings of each digit, 8 kHz, telephone quality.

Source: Z. Jackson et al., Free Spoken Digit Dataset 1.0.10,
https://github.com/Jakobovski/free-spoken-digit-dataset, Creative Commons Attribution-ShareAlike 4.0. The
recordings are downloaded, never shipped.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tarfile
import tempfile
from pathlib import Path

import numpy as np

from millpond.reservoir import cache
from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio
from millpond.scenarios.speech.corpus import Corpus, existing_folder

ARCHIVES = (
    "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/tags/v1.0.10.tar.gz",
    "https://github.com/Jakobovski/free-spoken-digit-dataset/archive/refs/heads/master.tar.gz",
)
SPEAKERS = ("george", "jackson", "lucas", "nicolas", "theo", "yweweler")
NAME = re.compile(r"(\d)_([a-z]+)_(\d+)\.wav")
# One digest stands for all recordings: of the list that `sha256sum *.wav` writes. The archives themselves
# have no lasting digest, the host packs them anew as it likes.
RECORDINGS_SHA256 = "1801eae019c063377d98f831d3f93574f259475df7332bb0e3d1b080fb5e6959"
REMEDY = "download it by hand and give the folder of its recordings with --data"


def load(data: str | Path | None = None) -> Corpus:
    """Load the recordings from a folder, or download them once.

    Parameters
    ----------
    data : folder, optional
        Holds files named {digit}_{speaker}_{index}.wav, itself or in a subfolder "recordings". Where it
        holds a file SHA256SUMS too, every recording is checked against that.

    Returns
    -------
    Corpus
        Ordered by digit, speaker and index; `takes` is the index.

    Raises
    ------
    InputError
        No recordings there, one of them damaged or missing, or no network.
    """
    folder = existing_folder(data) if data is not None else download()
    inside = folder / "recordings" if (folder / "recordings").is_dir() else folder
    found = {path: NAME.fullmatch(path.name) for path in inside.iterdir()}
    parts = sorted((int(m[1]), m[2], int(m[3]), path) for path, m in found.items() if m)
    if not parts:
        raise InputError(
            f"The folder '{folder}' holds no recording named like 7_theo_32.wav; "
            "give the folder of the dataset, "
            "or leave data out to download it"
        )
    for sums in {folder / "SHA256SUMS", inside / "SHA256SUMS"}:
        if sums.is_file():
            verify(inside, sums)
    waves, rates = zip(*(audio.read(path) for *_, path in parts), strict=True)
    odd = [path.name for (*_, path), rate in zip(parts, rates, strict=True) if rate != rates[0]]
    if odd:
        raise InputError(f"'{odd[0]}' has another sampling rate than the rest of '{inside}'; restore the dataset")
    return Corpus(
        "fsdd",
        list(waves),
        rates[0],
        labels=np.array([digit for digit, *_ in parts]),
        speakers=np.array([speaker for _, speaker, *_ in parts]),
        takes=np.array([index for _, _, index, _ in parts]),
        names=np.array([path.stem for *_, path in parts]),
        skipped=tuple(sorted(p.name for p, m in found.items() if not m and p.is_file() and p.name != "SHA256SUMS")),
    )


def verify(folder: Path, sums: Path) -> None:
    """Compare the recordings in `folder` with a list of `sha256sum`; name the first that differs."""
    for number, line in enumerate(sums.read_text("utf-8", "replace").splitlines(), start=1):
        digest, _, name = line.partition(" ")
        name = name.strip().removeprefix("*").removeprefix("recordings/")
        if not re.fullmatch("[0-9a-f]{64}", digest) or not name:
            raise InputError(f"Line {number} of '{sums}' is not a checksum; restore that file, or delete it")
        path = folder / name
        if not path.is_file():
            raise InputError(f"'{name}' is listed in '{sums}' but missing from '{folder}'; restore it")
        if _sha256(path.read_bytes()) != digest:
            raise InputError(f"'{path}' differs from its checksum in '{sums}'; download that recording again")


def download() -> Path:
    """Return the folder of the downloaded recordings, fetching and checking them the first time.

    Raises
    ------
    InputError
        The dataset cannot be fetched, or is not the one this library knows.
    """
    home = cache.folder() / "fsdd-1.0.10"
    if home.is_dir():
        return home
    archive = _fetch()
    # Unpack beside the final place and move it there whole: a run that is killed leaves no half of a corpus.
    scratch = Path(tempfile.mkdtemp(prefix="fsdd-", dir=home.parent))
    try:
        sums = _unpack(archive, scratch)
        if _sha256(sums.encode()) != RECORDINGS_SHA256:
            raise InputError(
                f"The downloaded FSDD archive does not hold the 3000 recordings of version 1.0.10; {REMEDY}"
            )
        (scratch / "SHA256SUMS").write_text(sums, "utf-8")
        scratch.replace(home)
    except OSError:
        if not home.is_dir():  # else another process was faster: its copy is as good
            raise
    finally:
        archive.unlink(missing_ok=True)
        shutil.rmtree(scratch, ignore_errors=True)
    return home


def _fetch() -> Path:
    import pooch

    reason: Exception | None = None
    for url in ARCHIVES:
        try:
            name = f"fsdd-{os.getpid()}.tar.gz"
            return Path(pooch.retrieve(url, known_hash=None, fname=name, path=cache.folder()))
        except (OSError, ValueError) as error:  # what requests raises without a network is an OSError
            reason = reason or error
    raise InputError(
        f"The Free Spoken Digit Dataset cannot be downloaded from {ARCHIVES[0]} ({type(reason).__name__}); {REMEDY}"
    )


def _unpack(archive: Path, folder: Path) -> str:
    """Write the known recordings in `archive` to `folder`; return their list of checksums."""
    known = {f"{d}_{s}_{i}.wav" for d in range(10) for s in SPEAKERS for i in range(50)}
    sums = []
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                name = Path(member.name).name
                if member.isfile() and name in known:
                    content = tar.extractfile(member).read()  # type: ignore[union-attr]
                    (folder / name).write_bytes(content)
                    sums.append((name, _sha256(content)))
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(f"The downloaded FSDD archive is damaged ({error}); try again, or {REMEDY}") from None
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums))


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
