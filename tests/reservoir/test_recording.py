import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import h5py
import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.lsm import LiquidStateMachine
from millpond.physical import WaveTank
from millpond.recording import Recording, record, verify
from millpond.reservoir import InputError, Reservoir, Sequences, locking
from tests.reservoir.test_shards import contents
from tests.toys import Counter, Exploding

ROOT = Path(__file__).parents[2]


@pytest.fixture
def esn():
    return EchoStateNetwork(n_units=20, random_state=3)


def states_bytes(path):
    with h5py.File(path) as file:
        return file["states"][:].tobytes()


def test_what_goes_in_comes_out(esn, ragged, tmp_path):
    with record(esn, ragged, tmp_path / "a.h5", dtype="float64") as rec:
        assert rec.complete
        assert len(rec) == 11
        for i, x in enumerate(ragged.signals):
            assert np.array_equal(rec.states[i], esn.transform(x))
            np.testing.assert_allclose(rec.inputs[i], x, rtol=1e-7)
        for name in ("labels", "groups", "split", "names"):
            assert list(getattr(rec, name)) == list(getattr(ragged, name))
        assert rec.period == 0.01
        assert rec.lengths.tolist() == ragged.lengths.tolist()
        assert (rec.n_units, rec.n_channels) == (20, 3)
        assert rec.targets is rec.spikes is rec.frames is None
        assert len(rec.states[-1]) == 2
        assert [len(s) for s in rec.states[2:4]] == [4, 7]
        with pytest.raises(IndexError, match="sequence 11 was requested"):
            rec.states[11]
    assert not (tmp_path / "a.h5.part").exists()


def test_states_are_single_precision_unless_told(esn, ragged, tmp_path):
    with record(esn, ragged, tmp_path / "a.h5") as rec:
        assert rec.states[0].dtype == np.float32
        np.testing.assert_allclose(rec.states[5], esn.transform(ragged.signals[5]), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("labels", [np.arange(11) * 7 - 3, np.array(["with blank", "other"])[np.arange(11) % 2], None])
def test_labels_keep_their_type(esn, ragged, tmp_path, labels):
    plain = Sequences(ragged.signals, labels=labels)
    with record(esn, plain, tmp_path / "a.h5") as rec:
        assert rec.labels is None if labels is None else list(rec.labels) == list(labels)
        assert rec.groups is rec.split is None
        assert list(rec.names) == [str(i) for i in range(11)]


def test_targets_are_kept(esn, rng, tmp_path):
    x = [rng.normal(size=(n, 1)) for n in (4, 6)]
    with record(esn, Sequences(x, targets=[a * 2 for a in x]), tmp_path / "a.h5") as rec:
        assert np.array_equal(rec.targets[1], x[1] * 2)
        assert np.array_equal(rec.sequences.targets[0], x[0] * 2)


def test_parts_and_batches(esn, ragged, tmp_path):
    with record(esn, ragged, tmp_path / "a.h5") as rec:
        test = rec.part("test")
        assert list(test.names) == ["word 8", "word 9", "word 10"]
        assert np.array_equal(test.states[0], rec.states[8])
        assert list(test.part([True, False, True]).names) == ["word 8", "word 10"]
        seen = list(rec.batches(max_rows=12))
        assert np.concatenate([i for i, _ in seen]).tolist() == list(range(11))
        assert all(sum(map(len, states)) <= 12 for _, states in seen)
        assert [len(s) for _, states in rec.batches(1) for s in states] == ragged.lengths.tolist()
        with pytest.raises(InputError, match="part is 'trian'.*did you mean 'train'"):
            rec.part("trian")


def test_provenance_is_complete(esn, ragged, tmp_path):
    with record(esn, ragged, tmp_path / "a.h5") as rec:
        origin, attrs = rec.provenance, rec.attrs
    assert origin["config"]["class"] == "millpond.esn.network:EchoStateNetwork"
    assert origin["config"]["params"]["n_units"] == 20
    assert origin["environment"]["numpy"] == np.__version__
    assert attrs["seed"] == 3
    assert attrs["format"] == "reservoir-recording"
    assert attrs["format_version"] == "1.1"


@pytest.mark.filterwarnings("ignore")
def test_xarray_opens_it_with_names_and_units(esn, ragged, tmp_path):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    record(esn, ragged, tmp_path / "a.h5").close()
    with xarray.open_dataset(tmp_path / "a.h5", engine="h5netcdf") as data:
        assert dict(data.sizes) == {"sequence": 11, "unit": 20, "channel": 3, "sample": 67}
        assert data.states.dims == ("sample", "unit")
        assert data.time.attrs["units"] == "s"
        assert data.row_size.attrs["sample_dimension"] == "sample"
        assert data.label.attrs["flag_meanings"] == "no yes"
        assert data.attrs["Conventions"] == "CF-1.11"
        np.testing.assert_allclose(data.time.values[:6], [0, 0.01, 0.02, 0.03, 0.04, 0])


def test_spikes_and_frames_lie_beside_the_states(ragged, tmp_path):
    model = Counter().fit(ragged)
    seen = model.observe(ragged.signals)
    with record(model, ragged, tmp_path / "a.h5") as rec:
        for i in range(len(ragged)):
            times, units = rec.spikes[i]
            assert np.array_equal(times, seen["spikes"][i][0])
            assert np.array_equal(units, seen["spikes"][i][1])
            assert np.array_equal(rec.frames[i], seen["frames"][i])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5"]


def test_a_model_without_a_fit_sees_the_training_part_alone(ragged, tmp_path):
    class Watching(Counter):
        def build(self, signals, streams):
            super().build(signals, streams)
            self.n_seen_ = len(signals)

    model = Watching()
    record(model, ragged, tmp_path / "a.h5").close()
    assert model.n_seen_ == 8


def test_long_sequences_go_in_chunks(esn, rng, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["millpond.recording.filling"], "_BATCH_BYTES", 8 * 20 * 10)
    x = [rng.normal(size=(n, 2)) for n in (3, 57, 4, 10)]
    with record(esn, x, tmp_path / "a.h5", dtype="float64") as rec:
        for i in range(4):
            assert np.array_equal(rec.states[i], esn.transform(x[i]))


@pytest.mark.parametrize("model", [
    LiquidStateMachine(n_units=20, engine="numba", filters=(0.03, 0.1), counts=True, random_state=1),
    LiquidStateMachine(n_units=20, engine="numba", constants={"noise": 1e-3}, membrane=True, random_state=1),
    WaveTank(modes=(32, 28), frames_every=3, noise=0.1, random_state=1),
], ids=["liquid", "noise", "water"])  # fmt: skip
def test_a_long_sequence_of_spikes_or_frames_is_recorded_in_chunks(model, rng, tmp_path, monkeypatch):
    x = [rng.normal(size=(n, 2)) for n in (4, 211, 9)]
    record(model, x, tmp_path / "whole.h5").close()
    observed = []
    whole = type(model).observe
    monkeypatch.setattr(type(model), "observe", lambda self, X: observed.append(max(map(len, X))) or whole(self, X))
    monkeypatch.setattr(sys.modules["millpond.recording.filling"], "_BATCH_BYTES", 8 * model.n_units_ * 10)
    record(model, x, tmp_path / "chunks.h5").close()
    assert max(observed) < 20  # the long one never at once
    assert contents(tmp_path / "chunks.h5") == contents(tmp_path / "whole.h5")
    assert verify(tmp_path / "chunks.h5").whole
    with Recording.open(tmp_path / "whole.h5") as rec:
        assert rec.frames is not None or len(rec.spikes[1][0]) > 50


def test_memory_does_not_grow_with_the_length_of_a_sequence(tmp_path):
    """One of 100,000 rows takes no more than one of 40,000, but for the inputs."""
    code = """
        import resource, sys
        import numpy as np
        from millpond.lsm import LiquidStateMachine
        from millpond.recording import record
        n = int(sys.argv[1])
        x = np.random.default_rng(0).normal(size=(n, 2))
        model = LiquidStateMachine(n_units=60, engine="numba", dt=5e-4, random_state=0).fit(x[:99])
        record(model, [x[:99]], sys.argv[2] + "a", progress=False).close()
        sys.modules["millpond.recording.filling"]._BATCH_BYTES = 2**19
        record(model, [x], sys.argv[2], progress=False).close()
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    """
    peaks = []
    for n in (40_000, 200_000):  # rows, 20 and 100 MB of states
        words = [sys.executable, "-c", textwrap.dedent(code), str(n), str(tmp_path / f"{n}.h5")]
        run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
        peaks.append(int(run.stdout) / 1024)
    assert peaks[1] - peaks[0] < 40


def test_the_same_call_again_finds_it_done(esn, ragged, tmp_path):
    path = tmp_path / "a.h5"
    record(esn, ragged, path).close()
    before = path.stat()
    record(EchoStateNetwork(n_units=20, random_state=3, n_jobs=2), ragged, path).close()
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_another_recording_is_not_overwritten_unless_told(esn, ragged, tmp_path):
    path = tmp_path / "a.h5"
    record(esn, ragged, path).close()
    other = EchoStateNetwork(n_units=20, random_state=4)
    with pytest.raises(InputError, match="another model, seed or set of sequences"):
        record(other, ragged, path)
    with record(other, ragged, path, overwrite=True) as rec:
        assert rec.attrs["seed"] == 4


CHILD = """
    import os
    import sys
    import time
    import numpy as np
    from millpond.reservoir import Sequences; from millpond.recording import record
    from {module} import {model}

    class Slow({model}):
        def observe(self, X):
            seen = super().observe(X)
            time.sleep(float(os.environ["PAUSE"]))  # not in the code, which must stay the same
            return seen

    sys.modules["millpond.recording.filling"]._BATCH_BYTES = 2000
    rng = np.random.default_rng(1)
    x = Sequences([rng.normal(size=(int(n), 2)) for n in rng.integers(1, 30, 60)])
    record(Slow({given}), x, {path!r}, progress=False)
"""


def child(path, model="EchoStateNetwork", module="esn", given="n_units=12, random_state=1", pause=0.02):
    code = textwrap.dedent(CHILD.format(path=str(path), model=model, module=module, given=given))
    env = os.environ | {"PAUSE": str(pause)}
    return subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stderr=subprocess.PIPE, env=env)


def finished(process):
    """Return exit code and what was said on standard error."""
    _, said = process.communicate(timeout=60)
    return process.returncode, said.decode()


@pytest.mark.parametrize(
    "substrate", [{}, {"model": "Counter", "module": "tests.toys", "given": ""}], ids=["states", "spikes-and-frames"]
)
def test_kill_9_loses_nothing_that_was_done(tmp_path, substrate):
    calm, killed = tmp_path / "calm.h5", tmp_path / "killed.h5"
    assert finished(child(calm, pause=0, **substrate)) == (0, "")
    part = Path(f"{killed}.part")
    n_done = []
    for _ in range(3):
        process = child(killed, **substrate)
        start = time.monotonic()
        while time.monotonic() - start < 30:  # until this run has done something of its own
            time.sleep(0.01)
            if process.poll() is not None or (part.exists() and _n_recorded(part) > (n_done[-1] if n_done else 0) + 2):
                break
        process.send_signal(signal.SIGKILL)
        finished(process)
        if killed.exists():
            break
        with Recording.open(killed) as rec, Recording.open(calm) as whole:
            assert not rec.complete
            n_done.append(int(rec.recorded.sum()))
            for i in np.flatnonzero(rec.recorded):
                assert np.array_equal(rec.states[i], whole.states[i])
            if not rec.recorded.all():
                with pytest.raises(InputError, match=r"is not recorded yet \(\d+ of 60 are\)"):
                    rec.states[int(np.flatnonzero(~rec.recorded)[0])]
    assert n_done, "the child was never caught in the middle"
    assert finished(child(killed, pause=0, **substrate)) == (0, "")
    assert states_bytes(killed) == states_bytes(calm)
    with Recording.open(killed) as a, Recording.open(calm) as b:
        assert a.complete
        if substrate:
            for i in range(len(a)):
                assert all(np.array_equal(p, q) for p, q in zip(a.spikes[i], b.spikes[i], strict=True))
                assert np.array_equal(a.frames[i], b.frames[i])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["calm.h5", "killed.h5"]


def _n_recorded(part):
    with h5py.File(part, "r", locking=False) as file:
        return int(file["recorded"][:].sum())


def test_two_at_once_one_is_told(tmp_path):
    path = tmp_path / "a.h5"
    first = child(path, pause=0.2)
    part = Path(f"{path}.part")
    start = time.monotonic()
    while not (part.exists() and _n_recorded(part)):
        assert time.monotonic() - start < 60
        time.sleep(0.01)
    with pytest.raises(InputError, match="is being written by another process; wait"):
        Recording.open(path)
    first.send_signal(signal.SIGSTOP)  # it is not done before the second has started, however busy the machine is
    code, said = finished(child(path))
    first.send_signal(signal.SIGCONT)
    assert code == 1
    assert "is being written by another process" in said
    assert finished(first)[0] == 0
    with Recording.open(path) as rec:
        assert rec.complete


def test_a_full_disk_is_said_and_the_call_goes_on_later(esn, ragged, tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["millpond.recording.filling"], "_BATCH_BYTES", 2000)
    observe, calls = EchoStateNetwork.observe, []

    def full(self, X):
        calls.append(1)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")
        return observe(self, X)

    monkeypatch.setattr(EchoStateNetwork, "observe", full)
    with pytest.raises(InputError, match="No space left on device.*free some space and repeat the call"):
        record(esn, ragged, tmp_path / "a.h5")
    with Recording.open(tmp_path / "a.h5") as rec:
        assert 0 < rec.recorded.sum() < 11
    with record(esn, ragged, tmp_path / "a.h5", dtype="float32") as rec:
        assert rec.complete
    record(esn, ragged, tmp_path / "b.h5").close()
    assert states_bytes(tmp_path / "a.h5") == states_bytes(tmp_path / "b.h5")


def test_a_diverging_model_leaves_no_whole_file(tmp_path):
    with pytest.raises(InputError, match="diverged"), np.errstate(all="ignore"):
        record(Exploding(), [np.ones((9, 1))], tmp_path / "a.h5")
    assert not (tmp_path / "a.h5").exists()


def test_files_that_are_no_recordings(esn, ragged, tmp_path):
    with pytest.raises(InputError, match="there is no recording at"):
        Recording.open(tmp_path / "none.h5")
    text = tmp_path / "text.h5"
    text.write_text("hello")
    with pytest.raises(InputError, match="is not a readable HDF5 file"):
        Recording.open(text)
    foreign = tmp_path / "foreign.h5"
    with h5py.File(foreign, "w") as file:
        file["x"] = np.zeros(3)
    with pytest.raises(InputError, match="is an HDF5 file but not a recording"):
        Recording.open(foreign)
    whole = tmp_path / "a.h5"
    record(esn, ragged, whole).close()
    data = whole.read_bytes()
    for size in (len(data) // 2, len(data) - 10, 100):
        cut = tmp_path / "cut.h5"
        cut.write_bytes(data[:size])
        with pytest.raises(InputError, match="is cut short|is not a readable HDF5 file"):
            Recording.open(cut)
    with h5py.File(whole, "r+") as file:
        file["row_size"][0] = 400
    with pytest.raises(InputError, match="is inconsistent"):
        Recording.open(whole)
    with h5py.File(whole, "r+") as file:
        file.attrs["format_version"] = "2.0"
    with pytest.raises(InputError, match=r"has format version 2\.0, but this program reads 1\.1"):
        Recording.open(whole)


def test_a_missing_folder_is_named(esn, ragged, tmp_path):
    with pytest.raises(InputError, match="there is no folder .*nowhere for a.h5"):
        record(esn, ragged, tmp_path / "nowhere" / "a.h5")


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_path_that_cannot_be_written_is_reported(esn, ragged, tmp_path, monkeypatch, overwrite):
    for path in ("", tmp_path):
        with pytest.raises(InputError, match="which is a folder; give the name of a file, such as states.h5"):
            record(esn, ragged, path, overwrite=overwrite)

    def read_only(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(locking.os, "open", read_only)
    with pytest.raises(InputError, match=r"the folder .* cannot be written \(Permission denied\); choose another path"):
        record(esn, ragged, tmp_path / "a.h5", overwrite=overwrite)


def test_a_foreign_part_is_left_alone(esn, ragged, tmp_path):
    part = tmp_path / "a.h5.part"
    part.write_text("mine")
    with pytest.raises(InputError, match="is not an interrupted recording"):
        record(esn, ragged, tmp_path / "a.h5")
    assert part.read_text() == "mine"


@pytest.mark.filterwarnings("ignore:.* diverges on sequence")
def test_a_state_that_is_no_number_is_never_recorded(ragged, tmp_path, monkeypatch):
    class Gap(Counter):
        shows = ()
        observe = Reservoir.observe

        def advance(self, U, state):
            states, state = super().advance(U, state)
            states[len(U) // 2] = np.nan
            return states, state

    class Huge(Gap):
        def advance(self, U, state):
            return np.full((len(U), 3), 1e39), state

    for batch_bytes in (2**23, 8):  # many sequences at a time, and each in chunks
        monkeypatch.setattr(sys.modules["millpond.recording.filling"], "_BATCH_BYTES", batch_bytes)
        for model in (Gap(), Huge()):
            with pytest.raises(InputError, match="diverged"):
                record(model, ragged, tmp_path / "a.h5")
            assert not list(tmp_path.iterdir())
    with pytest.raises(InputError, match="diverged"):
        Gap().fit(ragged).stream().run(ragged.signals[0])


def test_wrong_channels_leave_nothing_in_the_way(esn, ragged, tmp_path):
    esn.fit(np.ones((4, 2)))
    with pytest.raises(InputError, match="3 features, but EchoStateNetwork is expecting 2"):
        record(esn, ragged, tmp_path / "a.h5")
    record(EchoStateNetwork(n_units=5, random_state=0), ragged, tmp_path / "a.h5").close()


def test_a_left_over_spike_log_is_cleared_away(ragged, tmp_path):
    (tmp_path / "a.h5.part.spikes").write_bytes(b"\xff" * 64)
    with record(Counter(), ragged, tmp_path / "a.h5") as rec:
        assert rec.complete
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.h5"]


@pytest.mark.parametrize("labels", [[0, 2**32, 5], [1.5, 2.0, 1.5], [True, False, True]])
def test_labels_of_any_plain_kind_come_back(esn, rng, tmp_path, labels):
    x = [rng.normal(size=(3, 1)) for _ in range(3)]
    with record(esn, Sequences(x, labels=labels), tmp_path / "a.h5") as rec:
        assert rec.labels.tolist() == labels


def test_parts_that_are_not_there_are_named(esn, ragged, tmp_path):
    with record(esn, ragged, tmp_path / "a.h5") as rec:
        for which in ("validation", [99], [True], np.zeros(11, bool)):
            with pytest.raises(InputError, match="is in that part|cannot be taken"):
                rec.part(which)
        assert len(rec.part(0)) == 1


def test_a_generator_as_random_state_goes_on_too(ragged, tmp_path):
    for _ in range(2):
        record(EchoStateNetwork(n_units=5, random_state=np.random.default_rng(5)), ragged, tmp_path / "a.h5").close()


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_inputs_come_back_to_the_bit_and_so_does_their_story(tmp_path, rng, dtype):
    signals = [rng.normal(size=(n, 2)).astype(dtype) for n in (4, 7)]
    told = {
        "scaler": {"mean": [0.1 + 0.2, 1 / 3], "weights": None},
        "validation": ["a"] * 70,
        "pool": {"n_segments": 3},
    }
    with record(EchoStateNetwork(n_units=3, random_state=0), signals, tmp_path / "a.h5", preparation=told) as rec:
        for given, kept in zip(signals, rec.inputs, strict=True):
            assert kept.dtype == dtype
            np.testing.assert_array_equal(kept, given)
        assert rec.provenance["preparation"] == told
    with record(EchoStateNetwork(n_units=3, random_state=0), signals, tmp_path / "b.h5") as rec:
        assert rec.provenance["preparation"] == {}
