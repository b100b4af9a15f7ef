"""What a file may hold, and what becomes of it: nothing of it is run, opened elsewhere, or sent to a terminal."""

import json
import shutil
import sys
from html import unescape
from pathlib import Path

import h5py
import numpy as np
import pytest

from millpond import cli, terminal
from millpond.lsm import LiquidStateMachine, NeuronModel
from millpond.lsm.quantities import quantity
from millpond.play import heard, play
from millpond.rebuild import rebuilt
from millpond.recording import Recording, checksums, record
from millpond.report.measured import model_of
from millpond.reservoir import InputError
from millpond.reservoir.printable import printable
from millpond.summary import recorded, recording_path
from millpond.viewer import section

ROOT = Path(__file__).parents[3]
LEAKY = "dv/dt = (R*(g_exc + g_inh + g_in + I_background) - v)/tau_m : volt (unless refractory)"
BAD = "__import__('pathlib').Path({!r}).touch() or 1.0"


def described_anew(path, change):
    """Change what a recording says of its origin as somebody would who wants it to look whole."""
    with h5py.File(path, "r+") as file:
        for name in ("config", "preparation"):
            told = json.loads(file[f"provenance/{name}"].asstr()[()])
            if change(name, told) is None:
                file[f"provenance/{name}"][()] = json.dumps(told)
        file["checksum"].attrs.modify("description", np.uint32(checksums.description(file)))


@pytest.fixture
def copied(folder, tmp_path):
    """A folder of recordings that may be changed."""
    shutil.copytree(folder, tmp_path / "run")
    return tmp_path / "run"


def neurons_of_the_file(path, neurons):
    def change(name, told):
        if name != "config":
            return False
        told["params"] |= {"neurons": repr(neurons), "engine": "brian2"}

    described_anew(path, change)


@pytest.mark.parametrize("trusted", [False, True])
@pytest.mark.parametrize("place", ["constants", "start", "reset", "equations"])
def test_code_in_a_recording_is_not_run_whatever_asks_for_it(copied, tmp_path, place, trusted):
    evil = BAD.format(str(tmp_path / "touched"))
    given = {"constants": {"zz": evil}, "start": {"v": evil}, "reset": f"v = {evil}",
             "equations": f"{LEAKY}\nzz = {evil} : 1"}  # fmt: skip
    neurons_of_the_file(copied / "lsm.h5", NeuronModel(**{"equations": LEAKY, place: given[place]}))
    with pytest.raises(InputError, match="lsm" if trusted else "contains equations .*--trust"):
        play(heard(copied / "word.wav"), copied, ["lsm"], tmp_path / "page.html", trusted)
    html = unescape(section(copied, ["lsm"], trusted=trusted).body)
    assert "Not shown: lsm: " in html and (trusted or "--trust" in html)
    assert not (tmp_path / "touched").exists()


def test_equations_of_a_file_are_compiled_where_they_are_trusted():
    model = LiquidStateMachine(n_units=8, neurons=NeuronModel(LEAKY, constants={"zz": "2*mV"}), random_state=0)
    about = json.loads(json.dumps({"class": "millpond.lsm.network:LiquidStateMachine", "params": {
        k: repr(v) if k == "neurons" else v for k, v in model.get_params(deep=False).items()}}))  # fmt: skip
    row = {"config": about, "seed_config": [{"random_state": 0}], "n_units": 8}
    for asked in (lambda: rebuilt(about), lambda: model_of(row)):
        with pytest.raises(InputError, match=r"contains equations \(NeuronModel\).*--trust .in Python: trusted=True"):
            asked()
    assert rebuilt(about, trusted=True).neurons == model.neurons == model_of(row, trusted=True).neurons
    x = np.ones((5, 2))
    assert rebuilt(about, trusted=True).fit(x).transform(x).shape == (5, 8)  # and one's own are, as ever


@pytest.mark.parametrize("text", [
    "__import__('os')", "(1).__class__", "9**9**9", "exp(1)*mV", "[1]", "'a'*9", "1 if 1 else 2", "lambda: 0", "mV.dim",
    "units", "10**400", "1/0", "(1", "2**volt", "1e999", "0x" + "f" * 300, "(-8)**0.5", "1j",
])  # fmt: skip
def test_a_constant_is_a_number_with_a_unit_and_nothing_else(text):
    with pytest.raises(InputError, match="only numbers and units joined by"):
        quantity("zz", text)


def test_constants_are_what_brian2_makes_of_them():
    from brian2 import mV, nS, pF, second

    assert quantity("C", "281*pF") == 281 * pF and quantity("a", "-0.04/mV") == -0.04 / mV
    assert quantity("b", "2*(nS*3)**2") == 2 * (nS * 3) ** 2 and quantity("c", "20") == 20
    assert quantity("d", "1.5*metre**2*second**-3") == quantity("d", "1.5*metre**2/second**3")
    assert quantity("e", "20.0*second**1.0") == 20 * second


def test_what_a_configuration_names_is_not_imported(tmp_path, monkeypatch):
    (tmp_path / "evil.py").write_text("from pathlib import Path\nPath('touched').touch()\nclass X: get_params = 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    about = {"class": "millpond.esn.network:EchoStateNetwork", "params": {"W": {"class": "evil:X", "params": {}}}}
    for where in ("evil:X", "esn.evil:X", "millpond.execution.slurm:jobs", "millpond.lsm.building:Path"):
        about["params"]["W"]["class"] = where
        with pytest.raises(InputError, match="is incomplete"):
            rebuilt(about)
    with pytest.raises(InputError, match="is not a known reservoir"):
        rebuilt({"class": "evil:X", "params": {}})
    assert not (tmp_path / "touched").exists() and "evil" not in sys.modules


@pytest.mark.parametrize("name, value", [
    ("n_units", 10**9), ("n_units", 2**62), ("shape", [10**6, 10**6, 3]), ("encoder", f"Population(n_lines={10**9})"),
])  # fmt: skip
def test_sizes_in_a_file_are_looked_at_before_anything_is_allocated(copied, name, value):
    def change(where, told):
        if where != "config":
            return False
        told["params"][name] = value

    described_anew(copied / "lsm.h5", change)
    html = unescape(section(copied, ["lsm"]).body)
    assert "at most 10000 fits the units of this file" in html


@pytest.mark.parametrize("key, value, said", [
    ("rate", 2_000_000_000, "rate of 2e.09 Hz, but sound has at most 384000"), ("rate", -1, "whole number of at least"),
    ("rate", "fast", "whole number of at least"), ("scaler", {"mean": "x"}, "no scaling of its inputs"),
    ("scaler", 3, "no scaling of its inputs"), ("front_end", "../x", "front_end is"),
])  # fmt: skip
def test_rates_and_scalings_of_a_file_are_looked_at(copied, tmp_path, key, value, said):
    def change(where, told):
        if where != "preparation":
            return False
        told[key] = value

    described_anew(copied / "esn.h5", change)
    with pytest.raises(InputError, match=said):
        play(heard(copied / "word.wav"), copied, ["esn"], tmp_path / "page.html")


def test_names_of_models_lead_to_no_other_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret.h5").write_bytes(b"x")
    for name in ("../secret", str(tmp_path / "secret"), "a/../../secret", "\x1b[31m", "a\0b", "x" * 5000):
        rows = {"rows": [{"model": name, "kind": "reservoir"}]}
        (tmp_path / "in" / "summary.json").write_text(json.dumps(rows))
        assert recorded(tmp_path / "in") == []
        if len(name) < 5000:
            with pytest.raises(InputError, match="not a valid file name in"):
                recording_path(tmp_path / "in", name)


ESCAPES = "\x1b[31mred\x1b[0m \x1b]0;title\x07 \x9b2J\x08\r\n \u202eabc \ud800"


def test_what_is_printed_holds_no_control_characters():
    assert printable(ESCAPES) == "red   abc "
    assert printable("Zoë, 语, e\u0301, ✓ — \u200d") == "Zoë, 语, e\u0301, ✓ — \u200d"
    assert printable("a\nb", lines=True) == "a\nb" and printable("a\nb") == "ab"


def test_no_escape_sequence_of_a_file_reaches_the_terminal(ragged, tmp_path, capsys, monkeypatch):
    from dataclasses import replace

    from tests.toys import Counter

    evil = "\x1b[2J\x1b]0;x\x07\x9b31m"
    given = replace(ragged, names=[f"{evil}{i}" for i in range(11)], groups=[f"{evil}g{i % 2}" for i in range(11)],
                    labels=[f"{evil}{i % 2}" for i in range(11)])  # fmt: skip
    path = tmp_path / "a.h5"
    record(Counter(), given, path).close()
    with h5py.File(path, "r+") as file:
        file.attrs["history"] = evil
        file["checksum"].attrs.modify("description", np.uint32(checksums.description(file)))
    for words in (["info", path], ["verify", path], ["train", path]):
        assert not _raw(cli, monkeypatch, capsys, *words)
    with h5py.File(path, "r+") as file:
        file["states"][0, 0] += 1
    for words in (["verify", path], ["train", path], ["info", f"{path}{evil}"]):
        assert not _raw(cli, monkeypatch, capsys, *words)
    assert "\x1b" not in str(terminal.recording(Recording.open(path)).columns[0].header)


def _raw(cli, monkeypatch, capsys, *words):
    """Return the control characters that a command prints."""
    monkeypatch.setattr(sys, "argv", ["millpond", *map(str, words)])
    with pytest.raises(SystemExit):
        cli.main()
    said = "".join(capsys.readouterr())
    assert len(said) > 20
    return {c for c in said if (ord(c) < 32 or 127 <= ord(c) < 160) and c != "\n"}
