"""Recordings are what they claim to be: of one code, one writer, and the bytes that were written."""

import os
import pickle
import shutil
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from millpond import measuring
from millpond.esn import EchoStateNetwork
from millpond.export import export
from millpond.measures import probe
from millpond.recording import Recording, merge, record, shards, sharing
from millpond.reservoir import InputError, locking, source, workers
from millpond.train import train
from tests.hostile import asked
from tests.reservoir.test_shards import contents
from tests.toys import Counter

ROOT = Path(__file__).parents[2]

MINE = """
    import time
    from pathlib import Path

    import numpy as np

    from helper import gain
    from millpond.reservoir import Reservoir

    class Mine(Reservoir):
        def build(self, signals, streams):
            self.n_units_, self.unit_positions_ = 2, None

        def initial_state(self):
            return 0

        def advance(self, U, state):
            time.sleep(float(Path("pause").read_text()))
            return gain() * U[:, :2], state
"""
CALL = """
    import sys
    import numpy as np
    from mine import Mine
    from millpond.recording import record

    sys.modules["millpond.recording.filling"]._BATCH_BYTES = 100
    x = [np.full((4, 3), k + 1.0) for k in range(40)]
    with record(Mine(), x, "a.h5", progress=False) as rec:
        print(sorted({float(s[0, 0] / k) for s, k in zip(rec.states, range(1, 41))}))
"""


@pytest.fixture
def own(tmp_path):
    """A folder with a substrate, whose gain is in a module that it imports, and a script that records it."""
    (tmp_path / "mine.py").write_text(textwrap.dedent(MINE))
    (tmp_path / "helper.py").write_text("def gain():\n    return 2.0\n")
    (tmp_path / "call.py").write_text(textwrap.dedent(CALL))
    (tmp_path / "pause").write_text("0")
    return tmp_path


def called(own, **env):
    words = [sys.executable, "call.py"]
    env = os.environ | {"PYTHONPATH": f"{ROOT}:{own}", "PYTHONDONTWRITEBYTECODE": "1"} | env
    return subprocess.Popen(words, cwd=own, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out.strip(), err.strip().rpartition("\n")[2]


def until_recorded(own, process, n=3):
    part, start = own / "a.h5.part", time.monotonic()
    while process.poll() is None and time.monotonic() - start < 100:
        time.sleep(0.01)
        if part.exists():
            with h5py.File(part, "r", locking=False) as file:
                if file["recorded"][:].sum() >= n:
                    return


def test_a_stopped_recording_is_not_resumed_by_other_code(own):
    (own / "pause").write_text("0.05")
    process = called(own)
    until_recorded(own, process)
    process.kill()
    ended(process)
    helper = (own / "helper.py").read_text()
    (own / "helper.py").write_text(helper.replace("2.0", "3.0"))
    (own / "pause").write_text("0")
    code, _, said = ended(called(own))
    assert code == 1 and "an interrupted recording made by different code (modules that differ: helper changed)" in said
    assert "restore that code, choose another path, or overwrite it" in said
    (own / "helper.py").write_text(helper)
    assert ended(called(own))[:2] == (0, "[2.0]")
    (own / "mine.py").write_text((own / "mine.py").read_text() + "\n# other\n")
    code, _, said = ended(called(own))  # nor is a finished one taken for that of other code
    assert code == 1 and "contains a recording made by different code (modules that differ: mine changed)" in said


def test_an_old_file_is_read_but_not_resumed(ragged, tmp_path):
    path = tmp_path / "a.h5"
    record(Counter(), ragged, path).close()
    with h5py.File(path, "r+") as file:  # as version 0.1 wrote it
        del file["provenance"].attrs["code"]
        file.attrs["fingerprint"] = "0" * 64
        checksums = sys.modules["millpond.recording.checksums"]
        file["checksum"].attrs.modify("description", np.uint32(checksums.description(file)))
    with Recording.open(path) as rec:
        assert rec.provenance["code"] == {} and len(rec.states[0])
    with pytest.raises(InputError, match="of a Millpond version that stored no record of its code"):
        record(Counter(), ragged, path)


def test_the_code_of_a_model_is_its_package_and_its_own_modules():
    found = source.code(EchoStateNetwork())
    assert {"millpond.esn.network", "millpond.esn.kernels", "millpond.reservoir.interface"} <= set(found)
    assert not any(name.startswith(("numpy", "sklearn", "lsm", "os")) for name in found)
    assert "tests.toys" in source.code(Counter())

    class Nested(Counter):
        def __init__(self, *, inner=None, function=None, frames_every=2):
            super().__init__(frames_every=frames_every)
            self.inner, self.function = inner, function

    assert "millpond.esn.kernels" in source.code(Nested(inner=[EchoStateNetwork()]))
    assert "tests.sounds" in source.code(Nested(function=sys.modules[write().__module__].write_corpus))
    assert source.difference({"a": "1", "b": "1"}, {"a": "2", "c": "1"}) == "a changed; b no longer used; c new"
    assert source.difference({"a": "1"}, {"a": "1"}) == ""
    assert source.kept("[1]") is source.kept(None) is source.kept("{") is None


def write():
    from tests.sounds import write_corpus

    return write_corpus


def typed_in(text):
    """Return the class that somebody types into a session, without a file."""
    space = {"__name__": "typed_in", "Counter": Counter}
    exec(textwrap.dedent(text), space)
    return space["Typed"]()


def test_code_without_a_file_is_known_too():
    text = """
        GAIN = {gain}
        def helped(x):
            return x * {more}
        class Typed(Counter):
            def advance(self, U, state):
                return helped(GAIN * U), state
    """
    typed = [typed_in(text.format(gain=g, more=m)) for g, m in ((1, 2), (1, 2), (3, 2), (1, 4))]
    codes = [source.code(model)["typed_in"] for model in typed]
    assert codes[0] == codes[1] and len(set(codes)) == 3


@pytest.mark.parametrize("hdf5_locks", ["FALSE", "TRUE", "BEST_EFFORT"])
def test_the_second_of_two_writers_is_told_whatever_hdf5_locks(own, hdf5_locks):
    (own / "pause").write_text("0.5")
    first = called(own, HDF5_USE_FILE_LOCKING=hdf5_locks)
    until_recorded(own, first)
    code, _, said = ended(called(own, HDF5_USE_FILE_LOCKING=hdf5_locks))
    assert code == 1 and "a.h5.part is being written by another process; wait for it" in said
    if hdf5_locks == "FALSE":
        with pytest.raises(InputError, match="is being written by another process"):
            Recording.open(own / "a.h5")
    (own / "pause").write_text("0")
    assert ended(first)[:2] == (0, "[2.0]")
    assert not list(own.glob("a.h5.*"))


def test_a_lock_ends_with_its_process_and_is_one_of_each_file(tmp_path):
    path = tmp_path / "x"
    with locking.written(path) as ours, locking.written(path) as again, locking.written(tmp_path / "y") as other:
        assert (ours, again, other) == (True, False, True) and locking.is_written(path)
    assert not list(tmp_path.iterdir()) and not locking.is_written(path)
    code = "import os, signal, sys; from pathlib import Path; from millpond.reservoir import locking\n"
    code += "with locking.written(Path(sys.argv[1])): os.kill(os.getpid(), signal.SIGKILL)"
    subprocess.run([sys.executable, "-c", code, str(path)], cwd=ROOT, check=False)
    assert locking.lock_path(path).exists()
    with locking.written(path) as ours:
        assert ours
    assert not list(tmp_path.iterdir())


class Louder(Counter):
    """Another model of the same shape."""

    def advance(self, U, state):
        states, state = super().advance(U, state)
        return 2 * states, state


@contextmanager
def elsewhere(held):
    with workers.serial(pickle.loads(pickle.dumps(held))) as run:
        yield run


def test_a_worker_of_an_interrupted_run_reaches_no_later_recording(ragged, tmp_path):
    """It goes on with an item of the first run while the second is recorded, before each of its items."""
    path, stale = tmp_path / "a.h5", []

    @contextmanager
    def interrupted(held):
        with elsewhere(held) as run:

            def share(work, items):
                other = pickle.loads(pickle.dumps(held))
                stale.extend(lambda item=item: work(item, other) for item in items.values())
                yield next(iter(run(work, items)))
                raise KeyboardInterrupt

            yield share  # fmt: skip

    @contextmanager
    def later(held):
        with elsewhere(held) as run:

            def share(work, items):
                for ended in run(work, items):
                    for late in stale:
                        with pytest.raises(InputError, match="there is no folder"):
                            late()
                    yield ended

            yield share  # fmt: skip

    with pytest.raises(KeyboardInterrupt):
        record(Louder(), ragged, path, workers=interrupted)
    record(Counter(), ragged, path, workers=later, overwrite=True).close()
    record(Counter(), ragged, tmp_path / "plain.h5").close()
    assert contents(path) == contents(tmp_path / "plain.h5")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "plain.h5"]


def test_a_worker_with_other_code_refuses(ragged, tmp_path):
    model = EchoStateNetwork(n_units=5, random_state=0).fit(ragged)
    code = source.code(model) | {"millpond.esn.kernels": "other"}
    identity = sys.modules["millpond.recording.making"].Identity("mark", code)
    held = sharing.Held(model, tmp_path, identity, "float32", None)
    item = sharing._Item(sharing.piece(ragged, range(2)), range(2), 11)
    with pytest.raises(InputError, match="a worker runs other code .*millpond.esn.kernels changed"):
        sharing._work(item, held)
    assert not list(tmp_path.iterdir())


def turned(path, place, k):
    """Turn a bit of sequence `k` of a variable, in the middle of its bytes."""
    with h5py.File(path, "r") as file:
        var, sizes = file[place], (file[place].parent if "/" in place else file)["row_size"][:]
        row = var.nbytes // len(var)
        at = var.id.get_offset() + row * int(sizes[:k].sum()) + row // 2
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_what_trains_measures_and_merges_names_the_damaged_sequence(ragged, tmp_path):
    path = asked(tmp_path)
    turned(path, "states", 5)
    reading = [lambda p: Recording.open(p).states[5], lambda p: [*Recording.open(p).part("train").batches()]]
    for use in (train, *reading):
        with pytest.raises(InputError, match=r"the states of sequence 5 .'n5'. are not as they were written; record"):
            use(path)
    with Recording.open(path) as rec:
        assert len(rec.states[4]) and len(rec.part([4, 6]).states[1])  # what is whole is read
    with pytest.raises(InputError, match="is damaged"):
        export(path, "sonata", tmp_path / "a.sonata.h5")
    record(EchoStateNetwork(n_units=9, random_state=0), probe(0), tmp_path / "probe.h5", dtype="float64").close()
    turned(tmp_path / "probe.h5", "states", 1)
    with pytest.raises(InputError, match="the states of sequence 1 are not as they were written"):
        measuring.recorded(tmp_path / "probe.h5")


@pytest.mark.parametrize("place, name", [
    ("states", "states"), ("inputs", "inputs"), ("targets", "targets"), ("spikes/time", "spikes"),
    ("spikes/unit_index", "spikes"), ("frames/intensity", "frames"),
])  # fmt: skip
def test_every_variable_is_verified_when_it_is_read(tmp_path, place, name):
    path = asked(tmp_path)
    with h5py.File(path) as file:
        sizes = (file[place].parent if "/" in place else file)["row_size"][:]
    k = int(np.flatnonzero(sizes)[1])
    turned(path, place, k)
    with Recording.open(path) as rec, pytest.raises(InputError, match=f"the {name} of sequence {k} .*not as they were"):
        getattr(rec, name)[k]


@pytest.mark.parametrize("change", [
    lambda f: f["label"].write_direct(f["label"][:][::-1].copy()), lambda f: f["group"].__setitem__(0, "g3"),
    lambda f: f["questions/1/given"].__setitem__(0, 1 - f["questions/1/given"][0]), lambda f: f.pop("label"),
    lambda f: f["split"].__setitem__(0, 2), lambda f: f["provenance/preparation"].__setitem__((), "{}"),
    lambda f: f.pop("targets"), lambda f: f.attrs.modify("dt", 0.5),
])  # fmt: skip
def test_what_describes_the_sequences_is_verified_on_opening(tmp_path, change):
    path = asked(tmp_path)
    with h5py.File(path, "r+") as file:
        change(file)
    for use in (Recording.open, train):
        with pytest.raises(InputError, match="is damaged .labels, names, questions, origin or attributes"):
            use(path)


def test_a_damaged_shard_is_named_by_a_view_and_a_merge(ragged, tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    model = EchoStateNetwork(n_units=5, random_state=0).fit(ragged)
    for run in shards.cut(ragged.lengths, 5):
        sys.modules["millpond.recording.record"].record_shard(model, ragged, run, folder)
    with Recording.open(folder) as view:
        run, path = list(view.runs.items())[3]
    turned(path, "states", 0)
    said = f"states of (its sequences 0|sequence {run.start})"
    with Recording.open(folder) as view, pytest.raises(InputError, match=said):
        view.states[run.start]
    with pytest.raises(InputError, match=said):
        merge(folder, tmp_path / "m.h5")
    shutil.rmtree(folder)


@pytest.mark.parametrize("how", ["from millpond import EchoStateNetwork", "import millpond"])
def test_kernels_used_by_a_public_name_belong_to_the_code_of_a_model(tmp_path, monkeypatch, how):
    """The network is neither a base class nor a parameter; only the import says that it is used."""
    network = "EchoStateNetwork" if "from" in how else "millpond.EchoStateNetwork"
    (tmp_path / "inside.py").write_text(
        f"{how}\nfrom millpond.reservoir import Reservoir\n\n\nclass Mine(Reservoir):\n"
        f"    def build(self, signals, streams):\n        self.inner = {network}()\n"
        "    def initial_state(self):\n        return None\n    def advance(self, U, state):\n        return U, state\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import inside

    assert {"inside", "millpond.esn.kernels"} <= set(source.code(inside.Mine()))
    sys.modules.pop("inside")
