"""Recordings made to hurt, and what is done with them: python -m tests.hostile FOLDER FIRST LAST [USE].

USE is read (information, verification, training), measure, merge, play or report. A recording with checksums is refused
in one sentence, or gives the result of the file that was not changed.
"""

import hashlib
import io
import json
import random
import re
import resource
import shutil
import signal
import sys
import traceback
import warnings
from contextlib import redirect_stderr, suppress
from html import unescape
from pathlib import Path

import h5py
import numpy as np

from millpond import measuring, terminal
from millpond.comparison import compare
from millpond.esn import EchoStateNetwork
from millpond.measures import probe
from millpond.play import Sound, play
from millpond.recording import Recording, checksums, merge, record, record_shard, shards, verify
from millpond.report import report
from millpond.reservoir import InputError, Question, Sequences
from millpond.scenarios.speech import shown
from millpond.train import train
from tests.sounds import write_corpus
from tests.toys import Counter

FROZEN = Path(__file__).parent / "reservoir" / "frozen" / "version-1.0.h5"
SECONDS, BYTES = 20, 2**29  # what a case may take, the second beyond what the process held before the first
HUGE = (0, -1, 1, 2**31 - 1, 2**62, -(2**63), 10**18)
KINDS = (
    "i1", "i8", "u8", "f2", "f8", ">f4", "c16", "?", "S3", "M8[s]", [("a", "i4")], h5py.string_dtype(),
    h5py.vlen_dtype("i4"), h5py.ref_dtype, "V5", np.longdouble,
)  # fmt: skip
TEXTS = (
    "", "[", "{}", "[" * 100_000, "NaN", "9" * 5000, b"\xff\xfe", '{"noise": 1e300}', '{"class": 1, "params": []}',
    '{"class": "a:b", "params": {"random_state": -3}}', '{"pool": [1], "noise": {}, "validation": {}}',
    '{"pool": {"n_segments": 1000000000}, "noise": -1, "validation": 3}',
    '{"pool": {"mode": "segments", "n_segments": 1.5}}',
)  # fmt: skip
VALUES = (
    0, -1, 2.5, True, 2**63, np.nan, np.inf, "", "x", "[1, 2]", "[1, 1, 2]", "[[1], 2]", "[null]", "[" * 60_000,
    '{"a": 1}', b"\xff", np.bytes_(b"ab"), np.zeros((3, 3)), np.arange(3), h5py.Empty("f8"),
)  # fmt: skip


def asked(folder):
    """Write and return a recording that holds everything a recording can hold."""
    rng = np.random.default_rng(1)
    lengths = rng.integers(3, 9, 12)
    x = [rng.normal(size=(n, 3)) for n in lengths]
    rows = [np.arange(1, n) for n in lengths]
    questions = (
        Question("word", [np.array([i % 3]) for i in range(12)]),
        Question("later", [np.array(["a", "b"])[r % 2] for r in rows], rows),
        Question("value", [rng.normal(size=len(r)) for r in rows], rows, "nrmse"),
    )
    given = Sequences(
        x, labels=np.arange(12) % 3, targets=[a[:, :1] for a in x], groups=[f"g{i % 4}" for i in range(12)],
        split=["train"] * 8 + ["test"] * 4, names=[f"n{i}" for i in range(12)], questions=questions,
    )  # fmt: skip
    told = {"pool": {"mode": "segments", "n_segments": 2}, "validation": [f"g{i % 4}" for i in range(8)], "noise": 0.1}
    record(Counter(), given, folder / "asked.h5", preparation=told, progress=False).close()
    return folder / "asked.h5"


def bytes_changed(path, rng):
    """Turn bits, write over or cut off."""
    data = bytearray(path.read_bytes())
    kind, at = rng.randrange(5), rng.randrange(len(data))
    if kind == 0:
        for _ in range(rng.choice([1, 2, 8, 64])):
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    elif kind == 1:
        del data[at:]
    elif kind == 2:
        block = rng.randbytes(rng.choice([4, 16, 256, 4096]))
        data[at : at + len(block)] = block
    elif kind == 3:
        n = rng.choice([1, 8, 64, 1024])
        data[at : at + n] = rng.choice([b"\0", b"\xff"]) * n
    else:  # a piece of the file in the place of another
        n, source = rng.choice([8, 64, 512]), rng.randrange(len(data))
        data[at : at + n] = data[source : source + n]
    path.write_bytes(data)


def structure_changed(path, rng):
    """Put something else in the place of a data set, a group or an attribute."""
    with h5py.File(path, "r+") as file:
        names = []
        file.visit(names.append)
        name = rng.choice(names)
        parent, own = file[name].parent, name.rpartition("/")[2]
        change = rng.choice(
            [_gone, _other, _numbers, _text, _link, _elsewhere, _claimed, _attribute, _attribute, _loop]
        )
        change(file, parent, own, rng)
        if rng.random() < 0.1:
            file.attrs["complete"] = 1 - file.attrs["complete"]
    if rng.random() < 0.05:
        with path.open("r+b") as raw:  # a hole costs nothing
            raw.truncate(2**40)


def _gone(file, parent, own, rng):
    del parent[own]


def _other(file, parent, own, rng):
    del parent[own]
    shape = rng.choice([(), (0,), (3,), (12,), (2, 2), (12, 1), (1, 1, 1), None])
    kind = rng.choice(KINDS)
    if kind == "M8[s]":
        kind = h5py.opaque_dtype(np.dtype(kind))
    if shape is None:
        parent.create_group(own) if rng.random() < 0.5 else parent.create_dataset(own, data=h5py.Empty("f8"))
    else:
        parent.create_dataset(own, shape, kind)


def _numbers(file, parent, own, rng):
    item = parent[own]
    if not isinstance(item, h5py.Dataset) or item.dtype.kind not in "iuf" or not item.size:
        return _gone(file, parent, own, rng)
    values = np.array(item)
    value = rng.choice(HUGE if values.dtype.kind in "iu" else (*HUGE, np.nan, np.inf, 1e308, -1e38))
    with np.errstate(all="ignore"):
        values.flat[rng.randrange(values.size)] = np.array(value, "O").astype("f8").astype(values.dtype)
        if rng.random() < 0.3:
            values[...] = values.flat[0]
    item[...] = values


def _text(file, parent, own, rng):
    name = rng.choice(
        ["provenance/config", "provenance/environment", "provenance/preparation", "sequence_name", "group"]
    )
    if name in file:
        file[name][...] = rng.choice(TEXTS)


def _link(file, parent, own, rng):
    del parent[own]
    parent[own] = rng.choice([h5py.ExternalLink("elsewhere.bin", "/"), h5py.ExternalLink("other.h5", "/states"),
                              h5py.ExternalLink(file.filename, "/states"), h5py.SoftLink(f"{parent.name}/{own}"),
                              h5py.SoftLink("/states"), h5py.SoftLink("/nowhere")])  # fmt: skip


def _elsewhere(file, parent, own, rng):
    item = parent[own]
    shape = item.shape if isinstance(item, h5py.Dataset) and item.shape else (12,)
    kind = item.dtype if isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf" else "f8"
    del parent[own]
    if rng.random() < 0.5:
        layout = h5py.VirtualLayout(shape, kind)
        layout[...] = h5py.VirtualSource("elsewhere.bin", "states", shape)
        parent.create_virtual_dataset(own, layout)
    else:
        parent.create_dataset(own, shape, kind, external=[("elsewhere.bin", 0, h5py.h5f.UNLIMITED)])


def _claimed(file, parent, own, rng):
    """Claim terabytes: behind a filter, in chunks, or in one piece that was never written."""
    rank = len(parent[own].shape or ()) if isinstance(parent[own], h5py.Dataset) else 1
    shape = (rng.choice([2**31, 10**12, 10**17]), *[2] * (max(rank, 1) - 1))
    del parent[own]
    behind = {"chunks": (2**16, *shape[1:]), "compression": "gzip"} if rng.random() < 0.5 else {}
    var = parent.create_dataset(own, shape, rng.choice(["i1", "u1", "f4", "i8", h5py.string_dtype()]), **behind)
    if behind and var.dtype.kind in "iuf":
        var[: 2**16] = 0


def _attribute(file, parent, own, rng):
    places = [n for n in ("label", "questions/1", "questions/1/given", "questions/2", "checksum") if n in file]
    item = file[rng.choice(["/", "provenance", *places])]
    name = rng.choice(sorted(item.attrs) or ["none"])
    item.attrs.pop(name, None)
    if rng.random() < 0.7:
        item.attrs[name] = rng.choice(VALUES)


def _loop(file, parent, own, rng):
    name = rng.choice(["/", "states", "row_size", "provenance", "spikes"])
    other = file[name if name in file else "inputs"]
    del parent[own]
    parent[own] = other


def forged(path, rng):
    """Make the checksum of the description fit again, as somebody would who wants the file to be read; or not."""
    if rng.random() < 0.6:
        return False
    with suppress(Exception), h5py.File(path, "r+") as file:
        sizes: list[int] = []
        file.visititems(lambda _, item: sizes.append(getattr(item, "nbytes", 0)) or None)
        if sum(sizes) > 2**26:  # a claim of terabytes
            return True
        file["checksum"].attrs.modify("description", np.uint32(checksums.description(file)))
    return True


def read(path):
    """Do what people do with a recording: read all of it, show it, verify it, train from it."""
    with Recording.open(path) as rec:
        for name in ("states", "inputs", "targets", "spikes", "frames"):
            column = getattr(rec, name)
            for i in range(0 if column is None else len(column)):
                column[i]
        json.dumps([repr(rec.attrs), repr(rec.provenance)])
        terminal.recording(rec)
    str(verify(path))
    return train(path)


def measured(path):
    """Return the measures of a recording of the probe, to the digits that hold on any machine."""
    return {name: f"{float(result):.6g}" for name, result in measuring.recorded(path).results.items()}


def merged(path):
    """Return a hash of what is made of the shard `path` and those beside it."""
    whole = path.parent.parent / "merged.h5"
    for left in path.parent.parent.glob("merged.h5*"):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    with merge(path.parent, whole) as rec:
        arrays = [*rec.states, *rec.inputs, *rec.frames, *(a for pair in rec.spikes for a in pair)]
        return hashlib.sha256(b"".join(np.ascontiguousarray(a).tobytes() for a in (*arrays, rec.labels))).hexdigest()


def played(path):
    """Return the votes of the model in a folder for a word."""
    rows, _, _ = play(Sound("word", *shown.kept(path.parent)), path.parent, ["esn"], path.parent / "page.html")
    return {word: f"{vote:.6g}" for word, vote in rows[0]["votes"].items()}


def reported(path):
    """Return whether a report shows the word of the model in a folder; raise as it says why not."""
    html = unescape(report(path.parent, measure=False, progress=False).read_text())
    if why := re.search("Not shown: ([^<]*)", html):
        raise InputError(why[1][:590])
    return re.sub(r"[0-9.]+ MiB", "", html)


def probed(folder):
    """Write and return a recording of the probe."""
    record(EchoStateNetwork(n_units=6, random_state=0), probe(0), folder / "probe.h5", dtype="float64").close()
    return folder / "probe.h5"


def cut(folder):
    """Write shards and return one of them."""
    with Recording.open(asked(folder)) as rec:
        given, model = rec.sequences, Counter()
    model.fit(given)
    (folder / "shards").mkdir()
    every = [record_shard(model, given, run, folder / "shards") for run in shards.cut(given.lengths, model.n_units_)]
    return every[3]


def compared(folder):
    """Compare one model on a few words, and return its recording."""
    corpus = write_corpus(folder / "corpus")
    compare("digits", ["esn"], str(corpus), None, "speaker", folder / "run", units=20, n_seeds=1, n_folds=1,
            n_workers=1, progress=False)  # fmt: skip
    return folder / "run" / "esn.h5"


USES = {"read": (asked, read), "measure": (probed, measured), "merge": (cut, merged), "play": (compared, played),
        "report": (compared, reported)}  # fmt: skip


def case(number, sources, path, use, wanted):
    """Make case `number`, use it, and return "" for a good file, a sentence for a bad one."""
    rng = random.Random(number)
    source = rng.choice(sources)
    shutil.copyfile(source, path)
    (bytes_changed if number % 2 else structure_changed)(path, rng)
    is_forged = number % 2 == 0 and forged(path, rng)
    try:
        found = use(path)
    except InputError as error:
        said = str(error)
        assert "\n" not in said and 20 < len(said) < 600, said
        return said
    assert source == FROZEN or is_forged or found == wanted, f"another result: {found}, where {wanted} is right"
    return ""


def main(folder, first, last, name="read"):
    """Run the cases from `first` to before `last`; the last line of output counts those that were refused."""
    warnings.simplefilter("ignore")
    make, use = USES[name]
    path = make(folder)
    sources = [folder / "source.h5", *([FROZEN] if name == "read" else [])]
    shutil.copyfile(path, sources[0])
    wanted = use(path)
    for source in sources[1:]:
        use(source)
    held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + BYTES, held + BYTES))
    refused = 0
    for number in range(first, last):
        signal.alarm(SECONDS)  # a hang within the library ends the process
        print(f"case {number}", flush=True)
        try:
            with redirect_stderr(io.StringIO()):
                refused += bool(case(number, sources, path, use, wanted))
        except BaseException:
            traceback.print_exc()
            sys.exit(1)
    print(f"{refused} refused")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
