import pytest

from scenarios.compare import record_task
from scenarios.digits import task
from scenarios.page import page
from scenarios.word import section


@pytest.fixture(scope="session")
def folder(corpus, tmp_path_factory):
    """What a comparison of three small liquids leaves, but for its table."""
    out = tmp_path_factory.mktemp("compared")
    for model in ("esn", "lsm", "water"):
        record_task("digits", model, str(corpus), None, "speaker", out / f"{model}.h5", units=60)
    raw = task.load(str(corpus))
    task.keep(raw, task.folds(raw, "speaker")[0], out)
    return out


@pytest.fixture(scope="session")
def shown(folder):
    return section(folder)


@pytest.fixture(scope="session")
def seen(shown, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "word.html"
    path.write_text(page("A word", [shown]))
    return path
