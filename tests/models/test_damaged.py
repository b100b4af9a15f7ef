"""Mutated and hostile model files: one clear error each."""

import io
import json
import zipfile
import zlib

import numpy as np
import pytest

from millpond import InputError, load
from millpond.models.container import packed, unpacked
from millpond.models.saving import opened
from tests.mangled import cut, doubled, flipped, inserted, removed
from tests.models.frozen.make import FILE, signals

CONTENT = FILE.read_bytes()
CHANGES = (flipped, cut, inserted, removed, doubled)


def test_files_of_version_0_2_are_read():
    model, about = opened(FILE)
    assert about == {"task": "test"}
    np.testing.assert_allclose(
        model.decision_function(signals()), np.load(FILE.with_suffix(".npy")), rtol=1e-9, atol=1e-12
    )


def refused(path, content):
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        load(path)
    assert str(error.value).count("\n") == 0 and path.name in str(error.value)
    return str(error.value)


def test_200_mutated_files_are_errors(tmp_path):
    for seed in range(200):
        changed = bytes(CHANGES[seed % 5](bytearray(CONTENT), np.random.default_rng(seed)))
        if changed != CONTENT:
            refused(tmp_path / "m.mill", changed)


def signed(content):
    return content[:-17] + f"millpond {zlib.crc32(content[:-17]):08x}".encode()


def test_200_mutated_files_with_valid_checksums_are_errors_or_models(tmp_path):
    what, arrays = unpacked(FILE)
    text = json.dumps(what["model"])
    path, n_errors = tmp_path / "m.mill", 0
    for seed in range(200):
        rng = np.random.default_rng([1, seed])
        changed = bytearray(text.encode())
        at = int(rng.integers(len(changed)))
        changed[at : at + int(rng.integers(0, 3))] = b'0123456789-null[]{}"e,:a'[(k := int(rng.integers(24))) : k + 1]
        try:
            model = json.loads(changed)
        except ValueError:
            model = str(changed)
        path.write_bytes(packed(what | {"model": model}, arrays))
        try:
            load(path)
        except InputError as error:
            n_errors += 1
            assert "\n" not in str(error)
    assert n_errors > 100


def reservoir(what):
    return what["model"]["steps"][1][1]


def changed_at(*keys, to):
    def change(what):
        place = what
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = to

    return change


ESN = ("model", "steps", 1, 1)
HOSTILE = {
    "class of the system": (changed_at(*ESN, "model", "class", to="os:system"), "not known"),
    "function of a package": (changed_at(*ESN, "model", "class", to="millpond.esn:to_reservoirpy"), "."),
    "module path": (changed_at(*ESN, "model", "class", to="millpond.models.container:write"), "not known"),
    "other class": (changed_at(*ESN, "model", "class", to="millpond.readout:Pool"), "."),
    "many units": (changed_at(*ESN, "model", "params", "n_units", to=10**9), "at most"),
    "dense": (changed_at(*ESN, "model", "params", to={"n_units": 10**6, "connectivity": 1.0}), "weights"),
    "many channels": (changed_at(*ESN, "n_channels", to=10**9), "channels"),
    "other seed": (changed_at(*ESN, "model", "params", "random_state", to=8), "differ"),
    "no seed": (changed_at(*ESN, "model", "params", "random_state", to=None), "differ"),
    "unknown attribute": (
        changed_at("model", "steps", 3, 1, "fitted", "predict", to=1), "no fitted attribute 'predict'"
    ),
    "unknown kind": (changed_at("model", "kind", to="pickle"), "unknown kind"),
    "missing array": (changed_at("model", "steps", 3, 1, "fitted", "coef_", to={"array": 99}), "not valid"),
    "negative array": (changed_at("model", "steps", 3, 1, "fitted", "coef_", to={"array": -1}), "array"),
    "sparse out of bounds": (
        changed_at(*ESN, "model", "params", "W", to={"sparse": [{"array": 0}] * 3, "shape": [9, 9]}), "."
    ),
    "format": (changed_at("format", to="millpond model 99"), "this version reads"),
    "deep": (changed_at("model", to={"kind": "loop", "model": {"kind": "loop"}, "readout": {}}), "."),
    "other width": (changed_at("model", "steps", 2, 1, "model", "params", "n_segments", to=3), "columns"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_descriptions(name, tmp_path):
    what, arrays = unpacked(FILE)
    change, message = HOSTILE[name]
    change(what)
    assert __import__("re").search(message, refused(tmp_path / "m.mill", packed(what, arrays)))


def archive(members, method=zipfile.ZIP_STORED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as file:
        for name, content in members:
            file.writestr(name, content)
        file.comment = b" " * 17
    return signed(out.getvalue())


def npy(header):
    text = (str(header) + "\n").encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


ARCHIVES = {
    "pickle": [("arrays/0000.npy", npy({"descr": "|O", "fortran_order": False, "shape": (1,)}) + b"cos\nsystem\n")],
    "huge": [("arrays/0000.npy", npy({"descr": "<f8", "fortran_order": False, "shape": (10**12,)}))],
    "path": [("../../x", b"")],
    "twice": [("model.json", b"{}")],
    "no array": [("arrays/0000.npy", b"")],
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("name", ARCHIVES)
def test_hostile_archives(name, tmp_path):
    refused(tmp_path / "m.mill", archive([("model.json", b"{}"), *ARCHIVES[name]]))


def test_compressed_nested_and_foreign_files(tmp_path):
    path = tmp_path / "m.mill"
    assert "compressed" in refused(path, archive([("model.json", b"{}" + b" " * 10**6)], zipfile.ZIP_DEFLATED))
    refused(path, archive([("model.json", b"[" * 10**5)]))
    refused(path, archive([("model.json", b"[]")]))
    assert "not a file written by" in refused(path, b"RIFF....WAVE")
    refused(path, b"")
    with pytest.raises(InputError, match="does not exist"):
        load(tmp_path / "none.mill")
