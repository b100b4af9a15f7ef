"""Summaries changed at random, and reports of them: python -m tests.hostile_summaries FOLDER FIRST LAST."""

import contextlib
import copy
import io
import json
import random
import signal
import sys
import traceback
import warnings
from pathlib import Path

from millpond.comparison import compare
from millpond.report import report
from millpond.reservoir import InputError
from millpond.summary import recorded
from tests.sounds import write_corpus

SECONDS = 30
VALUES = (
    None, True, 0, -1, 1, 2.5, -0.0, 1e-300, 1e300, -1e308, 2**31 - 1, 2**62, -(2**63), 10**18, 10**400,
    float("nan"), float("inf"),
    "", "x", "NaN", "..", "../../etc/passwd", "/etc/passwd", "a\x00b", "\x1b[31mred", "x" * 10**5, "\ud800",
    "antigravity:x",
    "NeuronModel(equations='dv/dt = 1*volt/second : volt')", [], {}, [[]], [None], [1, 2], ["a"], {"a": {}}, {"": 0},
    {"class": "os:system", "params": {}},
)  # fmt: skip


def places(value, road=()):
    """Yield the road to each value inside `value`."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*road, key)
        yield from places(inner, (*road, key))


def changed(found, rng):
    """Return a summary with one to three changes."""
    found = copy.deepcopy(found)
    for _ in range(rng.choice([1, 1, 2, 3])):
        roads = [*places(found)]
        if not roads:
            return found
        *road, last = rng.choice(roads)
        parent = found
        for step in road:
            parent = parent[step]
        kind = rng.randrange(6)
        if kind == 0:
            del parent[last]
        elif kind == 1 and isinstance(parent[last], int | float):
            parent[last] *= rng.choice([-1, 0, 1e6, 1e-6, 1e300])
        elif kind == 2 and isinstance(parent[last], list | dict):
            parent[last] = copy.deepcopy(parent[last])
            parent[last].clear() if rng.random() < 0.5 else None
        elif kind == 3:
            *other, end = rng.choice(roads)
            source = found
            with contextlib.suppress(KeyError, IndexError, TypeError):
                for step in other:
                    source = source[step]
                parent[last] = copy.deepcopy(source[end])
        else:
            parent[last] = copy.deepcopy(rng.choice(VALUES))
    return found


def written(found, rng):
    """Return the bytes of a changed summary, now and then damaged as a text."""
    text = bytearray(json.dumps(changed(found, rng)).encode(errors="surrogatepass"))
    if rng.random() < 0.15:
        at = rng.randrange(len(text))
        change = rng.randrange(3)
        if change == 0:
            del text[at:]
        elif change == 1:
            text[at] ^= 1 << rng.randrange(8)
        else:
            text[at:at] = rng.choice([b"\xff", b"[" * 10**5, b"9" * 5000, b"\x00", b"NaN"])
    return bytes(text)


def case(number, folder, found):
    """Report on a changed summary; return "" where there is a page, else the sentence."""
    rng = random.Random(number)
    (folder / "summary.json").write_bytes(written(found, rng))
    recorded(folder)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            report(folder, measure=False)
    except InputError as error:
        said = str(error)
        assert "\n" not in said and 20 < len(said) < 700, said
        return said
    return ""


def main(folder, first, last):
    """Run the cases from `first` to before `last`; the last line of output counts those that were refused."""
    warnings.simplefilter("ignore")
    corpus = write_corpus(folder / "corpus")
    compare("digits", ["esn", "lsm"], str(corpus), None, "speaker", folder / "run", units=40, n_seeds=2, n_workers=1,
            n_folds=2, progress=False)  # fmt: skip
    found = json.loads((folder / "run" / "summary.json").read_text())
    refused = 0
    for number in range(first, last):
        signal.alarm(SECONDS)
        print(f"case {number}", flush=True)
        try:
            refused += bool(case(number, folder / "run", found))
        except BaseException:
            traceback.print_exc()
            sys.exit(1)
    print(f"{refused} refused")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
