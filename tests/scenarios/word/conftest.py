import base64
import json
import re
import zlib

import numpy as np
import pytest

from millpond.page import page
from millpond.recorded import record_task
from millpond.scenarios.speech import task
from millpond.viewer import section


@pytest.fixture(scope="session")
def folder(corpus, tmp_path_factory):
    """What a comparison of three small liquids leaves, but for its table."""
    out = tmp_path_factory.mktemp("compared")
    for model in ("esn", "lsm", "water"):
        record_task("digits", model, str(corpus), None, "speaker", out / f"{model}.h5", units=60)
    raw = task.load(str(corpus))
    task.keep_word(raw, task.folds(raw, "speaker")[0], out)
    return out


@pytest.fixture(scope="session")
def shown(folder):
    return section(folder, ["esn", "lsm", "water"])


@pytest.fixture(scope="session")
def unpacked():
    """The way back from what `packing.pack` returns."""

    def back(contents, packed):
        data = zlib.decompress(base64.b64decode(packed))
        found = {}
        for entry in contents:
            count = int(np.prod(entry["shape"]))
            array = np.frombuffer(data, np.dtype(entry["type"]).newbyteorder("<"), count, entry["at"])
            array = array.reshape(entry["shape"])
            found[entry["name"]] = np.cumsum(array, axis=0, dtype=np.uint8) if entry["differs"] else array
        return found

    return back


@pytest.fixture(scope="session")
def embedded(shown, unpacked):
    """The facts and the arrays in the page."""
    facts = json.loads(re.search(r'class="facts">(.*?)</script>', shown.body)[1])
    return facts, unpacked(facts["contents"], re.search(r'class="packed">(.*?)</script>', shown.body)[1])


@pytest.fixture(scope="session")
def seen(shown, tmp_path_factory):
    path = tmp_path_factory.mktemp("page") / "word.html"
    path.write_text(page("A word", [shown]))
    return path
