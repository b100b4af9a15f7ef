"""What is compiled is kept for its user alone, looked at before it runs, and made again where it is damaged."""

import os
import stat
from pathlib import Path

import numba
import numpy as np
import pytest

from millpond.lsm import LiquidStateMachine, building, standalone
from millpond.reservoir import cache, compiled

needs_compiler = pytest.mark.skipif(not standalone.compiler(), reason="there is no C++ compiler here")


def double(x):
    return 2 * x


@pytest.fixture
def kept(tmp_path, monkeypatch):
    """Return a function that compiles `double` with a cache in a folder, and one that lists its files."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path / "kernels"))

    def made():
        return compiled.njit(cache=True)(double)

    return made, lambda: sorted((tmp_path / "kernels").rglob("*.nb?"))


def hits(dispatcher):
    assert dispatcher(3) == 6
    return sum(dispatcher.stats.cache_hits.values())


def test_a_kernel_is_compiled_once_and_again_where_its_file_is_damaged(kept):
    made, files = kept
    assert hits(made()) == 0 and len(files()) == 2 and hits(made()) == 1
    for path in files():
        data = path.read_bytes()
        middle = len(data) // 2
        for harmed in (b"", data[:-1], data[:middle], data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]):
            path.write_bytes(harmed)
            assert hits(made()) == 0, (path, len(harmed))  # compiled again,
            assert hits(made()) == 1  # and kept again
        path.unlink()
        assert hits(made()) == 0 and hits(made()) == 1


def test_a_file_that_is_a_pickle_of_others_is_not_read(kept, tmp_path):
    import pickle

    class Evil:
        def __reduce__(self):
            return Path.touch, (tmp_path / "touched",)

    made, files = kept
    hits(made())
    for path in files():
        path.write_bytes(pickle.dumps(numba.__version__) + pickle.dumps(Evil()))
        assert hits(made()) == 0
    assert not (tmp_path / "touched").exists()


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_folder_that_others_may_write_is_not_used(kept, tmp_path, monkeypatch):
    made, _ = kept
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path / "own"))
    folder = Path(made()._cache.cache_path)
    folder.chmod(0o777)
    used = Path(made()._cache.cache_path)
    assert used.is_relative_to(tmp_path / "own" / "numba") and not stat.S_IMODE(used.parent.stat().st_mode) & 0o022


def test_without_a_folder_that_can_be_written_functions_work_and_it_is_said(monkeypatch, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path / "file" / "cache"))
    monkeypatch.setattr(numba.config, "CACHE_DIR", "")
    original, calls = compiled._Cache.__init__, []

    def refuses(self, function):  # as Numba does where neither the source nor the home can be written
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("cannot cache function 'double': no locator available for file")
        original(self, function)

    monkeypatch.setattr(compiled._Cache, "__init__", refuses)
    cache._temporary.cache_clear()
    dispatcher = compiled.njit(cache=True)(double)
    assert dispatcher(3) == 6
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "so compiled programs are stored in" in said and "set MILLPOND_CACHE to" in said
    assert "millpond-numba-" in dispatcher._cache.cache_path


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_the_private_folder_is_the_users_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path / "own"))
    folder = cache.private("lsm")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700 == stat.S_IMODE((tmp_path / "own").stat().st_mode)
    (folder / "kept").touch()
    folder.chmod(0o755)  # as versions before made it: nobody else could write
    assert cache.private("lsm") == folder and stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert (folder / "kept").exists()
    folder.chmod(0o777)
    (folder / "planted").mkdir()
    assert cache.private("lsm") == folder and not list(folder.iterdir())
    (tmp_path / "elsewhere").mkdir()
    folder.rmdir()
    folder.symlink_to(tmp_path / "elsewhere")
    assert not cache.private("lsm").is_relative_to(tmp_path)


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can give a folder away")
def test_a_folder_of_somebody_else_is_not_used(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path))
    (tmp_path / "lsm").mkdir()
    os.chown(tmp_path / "lsm", 12345, 12345)
    cache._temporary.cache_clear()
    assert not cache.private("lsm").is_relative_to(tmp_path)
    assert "belongs to another user" in capsys.readouterr().err


@needs_compiler
def test_a_program_that_was_changed_is_built_again_and_never_run(monkeypatch, tmp_path):
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path / "own"))
    x = np.random.default_rng(0).normal(size=(20, 3))
    model = LiquidStateMachine(shape=(2, 2, 2), dt=5e-4, random_state=0).fit(x)
    wanted = model.spikes([x])[0][0].tolist()
    [program] = [p for p in cache.private("lsm").iterdir() if p.is_dir()]
    assert building.is_whole(program) and stat.S_IMODE(program.stat().st_mode) == 0o700
    main, told = program / "code" / "main", program / "program.json"

    def planted():
        main.write_text(f"#!/bin/sh\ntouch {tmp_path / 'touched'}\n")
        main.chmod(0o755)

    kept = main.read_bytes()
    for harm in (lambda: main.write_bytes(kept[:1000]), main.unlink, planted):
        harm()
        assert not building.is_whole(program)
        main.write_bytes(kept)
    said = told.read_text()
    told.write_text(said[:40])
    assert not building.is_whole(program)
    told.write_text(said)
    next((program / "code").rglob("static_arrays/*")).unlink()
    assert not building.is_whole(program)
    planted()
    assert model.spikes([x])[0][0].tolist() == wanted and building.is_whole(program)
    assert not (tmp_path / "touched").exists()


def test_the_kernels_of_all_packages_are_kept_this_way():
    root = Path(__file__).parents[2]
    packages = ("reservoir", "lsm", "esn", "physical", "readout", "baseline", "measures", "scenarios")
    every = [path for package in packages for path in (root / package).rglob("*.py")]
    texts = {path.name: path.read_text() for path in every}
    plain = [name for name, text in texts.items() if "from numba import njit" in text or "numba.njit(" in text]
    assert plain == ["compiled.py"]
