"""In pieces: shards and what becomes of them are what one process would have recorded, or an error."""

import os
import pickle
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import h5py
import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.recording import Recording, merge, merging, record, record_shard, shards, verify
from millpond.recording.shards import cut
from millpond.reservoir import InputError, Question, Sequences, workers
from tests.toys import Counter, Exploding

ROOT = Path(__file__).parents[2]
VARIABLES = ("states", "inputs", "time", "targets", "row_size", "label", "split", "spikes/row_size", "spikes/time",
             "spikes/unit_index", "frames/row_size", "frames/intensity", "questions/0/given", "questions/0/row",
             "questions/1/given", "checksum/states", "checksum/inputs", "checksum/time", "checksum/spikes",
             "checksum/frames", "sequence_name", "group", "recorded", "unit_x")  # fmt: skip


def contents(path):
    """Return all that has to be the same to the bit."""
    with h5py.File(path) as file:
        found = {n: file[n][:].tolist() if file[n].dtype.kind == "O" else file[n][:].tobytes()
                 for n in VARIABLES if n in file}  # fmt: skip
        return found | {"classes": file["label"].attrs["classes"] if "label" in file else None,
                        "fingerprint": file.attrs["fingerprint"], "complete": int(file.attrs["complete"])}  # fmt: skip


@pytest.fixture
def full(rng):
    """Forty sequences with all there is to know of one."""
    lengths = rng.integers(1, 12, 40)
    rows = [np.arange(0, n, 2) for n in lengths]
    return Sequences(
        [rng.normal(size=(n, 3)) for n in lengths],
        period=0.02,
        labels=np.array(["no", "perhaps", "yes"])[np.arange(40) // 14],
        targets=[rng.normal(size=(n, 2)) for n in lengths],
        groups=[f"speaker {i % 3}" for i in range(40)],
        split=["train"] * 30 + ["test"] * 10,
        questions=(
            Question("bit", [rng.integers(0, 2, len(r)) for r in rows], rows),
            Question("size", [rng.normal(size=len(r)) for r in rows], rows, "nrmse"),
        ),
    )


class Slow(Counter):
    """Takes its time, so that another comes in between."""

    def observe(self, X):
        time.sleep(0.2)
        return super().observe(X)


@contextmanager
def abroad(held):
    """A worker pool in another process, which writes shards."""
    with workers.serial(pickle.loads(pickle.dumps(held))) as run:
        yield run


MODELS = {"states": lambda: EchoStateNetwork(n_units=9, random_state=1, noise=0.1), "all": Counter}


@pytest.fixture(autouse=True)
def few(request, monkeypatch):
    """Four shards in place of thirty-two, where nobody counts them."""
    if "cut" not in request.node.name:
        monkeypatch.setattr(shards, "_LEAST", 4)


@contextmanager
def backwards(held):
    """A worker pool that is done with the last first."""
    with workers.serial(held) as run:
        yield lambda work, items: run(work, dict(reversed(items.items())))


@pytest.fixture(params=sorted(MODELS))
def pieces(request, full, tmp_path):
    """Return a model, what it records at once, and a folder with all its shards."""
    model = MODELS[request.param]().fit(full)
    record(model, full, tmp_path / "plain.h5", preparation={"task": "none"}).close()
    folder = tmp_path / "shards"
    folder.mkdir()
    for run in reversed(cut(full.lengths, model.n_units_)):
        record_shard(model, full, run, folder, preparation={"task": "none"})
    return model, tmp_path / "plain.h5", folder


@pytest.mark.parametrize("lengths", [[1], [3, 3], [1] * 31 + [10**6], [10**6] + [1] * 40, range(1, 300), [7] * 17])
@pytest.mark.parametrize("n_units", [1, 1000, 10**6])
def test_a_cut_covers_all_in_even_runs(lengths, n_units):
    lengths = np.array(lengths)
    runs = cut(lengths, n_units)
    assert [i for run in runs for i in run] == list(range(len(lengths)))
    assert len(runs) >= min(32, len(lengths)) and all(runs)
    rows = [lengths[r.start : r.stop].sum() for r in runs]
    assert max(rows) <= max(lengths.sum() / len(runs) + lengths.max(), 1)
    assert max(rows) * n_units * 4 <= 2**25 + lengths.max() * n_units * 4


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("pool", [workers.serial, backwards, abroad])
def test_a_pool_records_the_bytes_of_one_process(full, tmp_path, name, pool):
    record(MODELS[name](), full, tmp_path / "plain.h5").close()
    record(MODELS[name](), full, tmp_path / "shared.h5", workers=pool).close()
    assert contents(tmp_path / "shared.h5") == contents(tmp_path / "plain.h5")
    assert verify(tmp_path / "shared.h5").whole
    assert sorted(p.name for p in tmp_path.iterdir()) == ["plain.h5", "shared.h5"]


def test_merged_and_seen_as_one_they_are_the_plain_recording(pieces, tmp_path):
    _, plain, folder = pieces
    merge(folder, tmp_path / "merged.h5").close()
    assert contents(tmp_path / "merged.h5") == contents(plain)
    assert verify(tmp_path / "merged.h5").whole
    with Recording.open(plain) as whole, Recording.open(folder) as view:
        assert view.complete and len(view) == 40 and view.n_bytes > 0
        for name in ("labels", "groups", "split", "names", "lengths"):
            np.testing.assert_array_equal(getattr(view, name), getattr(whole, name))
        for name in ("states", "inputs", "targets", "frames"):
            assert (getattr(view, name) is None) == (getattr(whole, name) is None)
            for a, b in zip(getattr(view, name) or (), getattr(whole, name) or (), strict=True):
                np.testing.assert_array_equal(a, b)
        for a, b in zip(view.spikes or (), whole.spikes or (), strict=True):
            assert np.array_equal(a[0], b[0]) and np.array_equal(a[1], b[1])
        np.testing.assert_array_equal(view.part("test").states[3], whole.part("test").states[3])
        assert view.attrs.keys() == whole.attrs.keys() and view.attrs["fingerprint"] == whole.attrs["fingerprint"]
        assert view.provenance == whole.provenance
        assert [q.name for q in view.questions] == ["bit", "size"] and view.questions[0].rows is view.questions[1].rows
        assert all(map(np.array_equal, view.questions[1].answers, whole.questions[1].answers))
    found = verify(folder)
    assert found.whole and found.n_recorded == 40 and "states" in found.variables


def test_a_shard_is_a_recording_that_says_where_it_belongs(pieces, full):
    model, _, folder = pieces
    run = cut(full.lengths, model.n_units_)[3]
    path = shards.path_in(folder, run)
    with Recording.open(path) as rec:
        assert rec.complete and len(rec) == len(run)
        assert (rec.attrs["shard_first"], rec.attrs["shard_of"]) == (run.start, 40)
        assert list(rec.names) == [str(i) for i in run]
    assert verify(path).whole
    before = path.stat().st_mtime_ns
    assert record_shard(model, full, run, folder) == path
    assert path.stat().st_mtime_ns == before
    with pytest.raises(InputError, match="is a single file"):
        merge(path, folder / "x.h5")


def damaged(path):
    with h5py.File(path, "r+") as file:
        file["states"][0, 0] += 1


def incomplete(path):
    with h5py.File(path, "r+") as file:
        file.attrs.modify("complete", np.uint8(0))


def stripped(path):
    with h5py.File(path, "r+") as file:
        del file["checksum"]


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-200])


def foreign(path):
    with h5py.File(path, "r+") as file:
        file.attrs["shard_mark"] = "0" * 64


def elsewhere(path):
    with h5py.File(path, "r+") as file:
        file.attrs.modify("shard_first", np.int64(0))


def other_inputs(path):
    with h5py.File(path, "r+") as file:
        file["checksum/inputs"][0] += 1


@pytest.mark.parametrize("harm, said", [
    (Path.unlink, "is missing"), (damaged, "is damaged .states of its sequences 0"), (incomplete, "is incomplete"),
    (stripped, "holds no checksums"), (cut_short, "is cut short|damaged"), (foreign, "belongs to another recording"),
    (elsewhere, "belongs to another recording"), (other_inputs, "belongs to another recording"),
])  # fmt: skip
def test_a_harmed_shard_is_no_part_of_the_file_and_the_call_goes_on(full, tmp_path, harm, said):
    @contextmanager
    def harming(held):
        with abroad(held) as run:

            def share(work, items):
                for k, (name, path) in enumerate(run(work, items)):
                    if k == 2:
                        harm(path)
                    yield name, path

            yield share  # fmt: skip

    model, path = MODELS["states"](), tmp_path / "a.h5"
    with pytest.raises(InputError, match=rf"{said}.*make it again: it is the shard of sequences \d+ to \d+"):
        record(model, full, path, workers=harming)
    with Recording.open(path) as rec:
        assert not rec.complete and 0 < rec.recorded.sum() < 40
    if harm is not damaged:  # once is enough
        return
    shards.clear(shards.folder_of(path))
    record(model, full, path, workers=abroad).close()
    record(model, full, tmp_path / "plain.h5").close()
    assert contents(path) == contents(tmp_path / "plain.h5")


def test_shards_that_are_not_all_there_are_named(pieces, tmp_path):
    _, plain, folder = pieces
    with Recording.open(folder) as view:
        runs = list(view.runs)
    for gone in (0, 1, 3):
        shards.path_in(folder, runs[gone]).rename(tmp_path / f"{gone}.h5")
    named = f"{runs[0].start} to {runs[1].stop - 1}.*{runs[3].start}.*of 40"
    for asked in (Recording.open, verify, lambda f: merge(f, tmp_path / "m.h5")):
        with pytest.raises(InputError, match=f"lacks the shards of sequences {named}"):
            asked(folder)
    assert not (tmp_path / "m.h5.part").exists()
    for k in (0, 1, 3):
        shutil.copy(tmp_path / f"{k}.h5", folder)
    shutil.copy(tmp_path / "1.h5", folder / "again.h5")
    with pytest.raises(InputError, match="contains sequences of another shard"):
        Recording.open(folder)
    shutil.copy(plain, folder / "again.h5")
    with pytest.raises(InputError, match="is not a shard of a larger recording"):
        Recording.open(folder)
    (folder / "again.h5").unlink()
    foreign(folder / "1.h5")
    with pytest.raises(InputError, match="belongs to another recording than"):
        Recording.open(folder)
    shards.clear(folder)
    with pytest.raises(InputError, match="there is no shard in"):
        Recording.open(tmp_path.parent)


def test_a_view_and_a_merge_find_damage(pieces, tmp_path):
    _, _, folder = pieces
    with Recording.open(folder) as view:
        run, path = list(view.runs.items())[3]
    damaged(path)
    assert verify(folder).differing == {"states": [run.start]}
    with pytest.raises(InputError, match="is damaged"):
        merge(folder, tmp_path / "m.h5")
    assert not (tmp_path / "m.h5").exists()


@pytest.mark.parametrize("harm", ["split[0] = 2", "label", "split", "questions"])
def test_what_is_known_of_sequences_is_not_changed_on_the_way(pieces, tmp_path, harm):
    """A label that turned in a shard would come out of a merge with a checksum that fits."""
    folder = pieces[2]
    with h5py.File(sorted(folder.glob("*.h5"))[1], "r+") as file:
        if harm.startswith("split["):
            file["split"][0] = 2
        else:
            del file[harm]
    with pytest.raises(InputError, match="is damaged|belongs to another recording"):
        merge(folder, tmp_path / "merged.h5")
    assert not list(tmp_path.glob("merged*"))


def test_more_shards_than_files_may_be_open(pieces):
    resource = pytest.importorskip("resource")
    _, _, folder = pieces
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.open(os.devnull, os.O_RDONLY)
    os.close(free)
    try:
        for more in range(1, 5):  # it is told at whichever file the limit is met, by whoever meets it
            resource.setrlimit(resource.RLIMIT_NOFILE, (free + more, before[1]))
            with pytest.raises(InputError, match="exceeds the limit of open files"):
                Recording.open(folder)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


class StopError(Exception):
    pass


def stopping(after, where):
    @contextmanager
    def pool(held):
        with where(held) as run:

            def share(work, items):
                for k, ended in enumerate(run(work, items)):
                    if k == after:
                        raise StopError
                    yield ended

            yield share  # fmt: skip

    return pool


@pytest.mark.parametrize("name", sorted(MODELS))
@pytest.mark.parametrize("where", [workers.serial, abroad])
@pytest.mark.parametrize("then", [None, backwards])
def test_stopped_between_runs_it_goes_on_with_a_pool_or_in_one_process(full, tmp_path, name, where, then):
    path = tmp_path / "a.h5"
    for after in (0, 1):
        with pytest.raises(StopError):
            record(MODELS[name](), full, path, workers=stopping(after, where))
    with Recording.open(path) as rec:
        assert 0 < rec.recorded.sum() < 40
    record(MODELS[name](), full, path, workers=then).close()
    record(MODELS[name](), full, tmp_path / "plain.h5").close()
    assert contents(path) == contents(tmp_path / "plain.h5")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "plain.h5"]


def test_a_pool_that_leaves_something_out_is_told(full, tmp_path):
    @contextmanager
    def lazy(held):
        with workers.serial(held) as run:
            yield lambda work, items: run(work, dict(list(items.items())[:-2]))

    with pytest.raises(InputError, match=r"lacks the shards of sequences .* to 39 \(of 40\)"):
        record(MODELS["all"](), full, tmp_path / "a.h5", workers=lazy)


@pytest.mark.filterwarnings("ignore:.* diverges on sequence")
def test_what_a_worker_finds_wrong_is_said_with_its_sequences(tmp_path):
    signals = [np.ones((1, 1))] * 19 + [np.ones((9, 1))]
    for pool, said in ((abroad, "the shard of sequences 1[0-9] to 19: "), (workers.serial, "sequences 1[0-9] to 19, ")):
        with pytest.raises(InputError, match=f"{said}.* diverged"), np.errstate(all="ignore"):
            record(Exploding(), signals, tmp_path / "a.h5", workers=pool, dtype="float64")
    with pytest.raises(InputError, match="is not fitted; fit it on the same data in all workers"):
        record_shard(Counter(), signals[:3], range(0, 2), tmp_path)
    with pytest.raises(InputError, match="there is no range"):
        record_shard(Counter().fit(signals[:3]), signals[:3], range(2, 4), tmp_path)


CHILD = """
    import sys
    import time
    from contextlib import contextmanager
    import numpy as np
    from millpond.reservoir import Sequences, workers; from millpond.recording import record
    from tests.toys import Counter

    class Slow(Counter):
        def observe(self, X):
            time.sleep(0.05)
            return super().observe(X)

    rng = np.random.default_rng(1)
    x = Sequences([rng.normal(size=(int(n), 2)) for n in rng.integers(1, 30, 60)])
    record(Slow(), x, {path!r}, progress=False, workers={pool})
"""


def child(path, pool):
    code = textwrap.dedent(CHILD.format(path=str(path), pool=pool))
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE)


def test_kill_9_in_the_middle_of_a_pool(tmp_path):
    path, calm = tmp_path / "a.h5", tmp_path / "calm.h5"
    process = child(path, "workers.serial")
    start, part = time.monotonic(), Path(f"{path}.part")
    done = 0
    while time.monotonic() - start < 60 and process.poll() is None and done < 8:
        time.sleep(0.01)
        if part.exists():
            with h5py.File(part, "r", locking=False) as file:
                done = int(file["recorded"][:].sum())
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    with Recording.open(path) as rec:
        assert 0 < rec.recorded.sum() < 60
    again = child(path, "workers.serial")
    assert (again.communicate(timeout=60)[1].decode(), again.returncode) == ("", 0)
    rng = np.random.default_rng(1)
    record(Counter(), [rng.normal(size=(int(n), 2)) for n in rng.integers(1, 30, 60)], calm).close()
    assert contents(path) | {"fingerprint": ""} == contents(calm) | {"fingerprint": ""}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5", "calm.h5"]


def test_two_threads_do_not_write_one_shard(full, tmp_path):
    """The second thread waits, and finds the shard made."""
    model, run = Slow().fit(full), range(0, 6)
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: record_shard(model, full, run, tmp_path), range(2)))
    assert found[0] == found[1] and verify(found[0]).whole
    plain = Slow().fit(full)
    with Recording.open(found[0]) as shard:
        for i, spikes in enumerate(plain.observe(full.signals[:6])["spikes"]):
            assert all((a == b).all() for a, b in zip(shard.spikes[i], spikes, strict=True))


def test_an_error_before_the_first_shard_leaves_nothing(full, tmp_path):
    @contextmanager
    def absent(held):
        raise InputError("no scheduler answers")
        yield

    with pytest.raises(InputError, match="no scheduler"):
        record(Counter(), full, tmp_path / "a.h5", workers=absent)
    assert not list(tmp_path.iterdir())


def test_what_a_dead_worker_left_of_a_shard_is_cleared_away(full, tmp_path):
    """Also its spikes: a log, or a folder of Millpond 0.1."""
    path = tmp_path / "a.h5"
    part = shards.folder_of(path, "an earlier run") / "0-2.h5.part"
    part.parent.mkdir(parents=True)
    Path(f"{part}.spikes").write_bytes(b"half")
    (part.parent / "3-4.h5.part.spikes").mkdir()
    part.write_bytes(b"half")
    record(Counter(), full, path).close()
    assert [p.name for p in tmp_path.iterdir()] == ["a.h5"]


def test_rows_that_workers_here_and_elsewhere_write_side_by_side(full, tmp_path, monkeypatch):
    """What is copied from a shard must not bring back old bytes of the rows behind it."""
    model, path = EchoStateNetwork(n_units=9, random_state=1), tmp_path / "a.h5"
    record(model, full, tmp_path / "plain.h5").close()
    copied = merging._copied

    @contextmanager
    def mixed(held):
        with abroad(held) as far:

            def share(work, items):
                names = [*items]
                ((name, shard),) = far(work, {names[0]: items[names[0]]})

                def amid(*given):  # others write while a shard is copied
                    sums = copied(*given)
                    done.extend((n, work(items[n], held)) for n in names[1:])
                    return sums

                done = []
                monkeypatch.setattr(merging, "_copied", amid)
                yield name, shard
                yield from done

            yield share  # fmt: skip

    record(model, full, path, workers=mixed).close()
    assert contents(path) == contents(tmp_path / "plain.h5")


class Wrong(Counter):
    """Shows more or less than it should."""

    def __init__(self, *, states=1, frames=1, frames_every=2):
        super().__init__(frames_every=frames_every)
        self.states, self.frames = states, frames

    def observe(self, X):
        seen = super().observe(X)
        for name in ("states", "frames"):
            seen[name] = [np.repeat(x, getattr(self, name), 0) for x in seen[name]]
        return seen


@pytest.mark.parametrize("wrong", [{"states": 3}, {"frames": 9}, {"states": 0}, {"frames": 0}])
def test_a_model_that_shows_another_number_of_rows_is_told(full, tmp_path, wrong):
    said = "fewer" if 0 in wrong.values() else "more"
    with pytest.raises(InputError, match=f"it returns {said} states of sequence 0 than its rows"):
        record(Wrong(**wrong), full, tmp_path / "a.h5")
    assert not list(tmp_path.iterdir())
