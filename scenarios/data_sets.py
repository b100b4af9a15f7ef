"""Folders of data sets that consist of a training file and a test file."""

from __future__ import annotations

from pathlib import Path

from millpond.reservoir import checks


def data_set(corpus: str, data: str | None, train: str, test: str) -> tuple[Path, str]:
    """Return the folder `data` and the name of the data set `corpus` in it; "given" means the only data set there.

    `train` and `test` are the endings of the two files after the name, such as "_TRAIN.ts".

    Raises
    ------
    InputError
        The folder does not exist, or does not contain the data set.
    """
    if data is None or not Path(data).is_dir():
        raise checks.InputError(f"data is {data!r}, but a folder with NAME{train} and NAME{test} is needed; name it")
    folder = Path(data)
    names = sorted(path.name.removesuffix(train) for path in folder.glob(f"*{train}"))
    if not names:
        raise checks.InputError(f"the folder {folder} holds no file NAME{train}; give the folder of a data set")
    if corpus == "given" and len(names) > 1:
        raise checks.InputError(
            f"the folder {folder} has these data sets: {', '.join(names)}; choose one with --corpus NAME"
        )
    return folder, names[0] if corpus == "given" else checks.option("corpus", corpus, names)
