import importlib.util
from pathlib import Path

import numpy as np

from millpond.recording import Recording, verify
from millpond.train import train
from tests.toys import Counter

FROZEN = Path(__file__).parent / "frozen"


def sequences():
    spec = importlib.util.spec_from_file_location("frozen_make", FROZEN / "make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sequences()


def test_a_file_of_version_1_0_is_read_to_the_last_field():
    wanted = sequences()
    seen = Counter().fit(wanted).observe(wanted.signals)
    with Recording.open(FROZEN / "version-1.0.h5") as rec:
        assert rec.attrs["format_version"] == "1.0"
        assert rec.complete and rec.recorded.all() and rec.questions == ()
        assert (len(rec), rec.n_units, rec.n_channels, rec.period) == (12, 3, 3, 0.01)
        assert rec.lengths.tolist() == wanted.lengths.tolist()
        for field in ("labels", "groups", "split", "names"):
            assert list(getattr(rec, field)) == list(getattr(wanted, field))
        for i in range(12):
            np.testing.assert_array_equal(rec.inputs[i], wanted.signals[i].astype("f4"))
            np.testing.assert_array_equal(rec.targets[i], wanted.targets[i])
            np.testing.assert_array_equal(rec.states[i], seen["states"][i].astype("f4"))
            np.testing.assert_array_equal(rec.frames[i], seen["frames"][i])
            for kept, own in zip(rec.spikes[i], seen["spikes"][i], strict=True):
                np.testing.assert_array_equal(kept, own)
        told = rec.provenance
        assert told["config"] == {"class": "tests.toys:Counter", "params": {"frames_every": 2}}
        assert told["environment"]["h5py"] == "3.16.0" and told["preparation"] == {}
        assert (told["git_commit"], told["git_dirty"], told["command"]) == ("", 0, "make.py")
        assert rec.attrs["substrate"] == "tests" and rec.attrs["dt"] == 0.01


def test_a_readout_trains_from_a_file_of_version_1_0():
    found = train(FROZEN / "version-1.0.h5")
    assert (found["n_train"], found["n_test"], list(found["questions"])) == (9, 3, ["label"])
    assert found["score"]["name"] == "accuracy" and found["score"]["part"] == "test"


def test_its_structure_is_verified_and_it_says_that_it_holds_no_checksums():
    found = verify(FROZEN / "version-1.0.h5")
    assert found.whole and not found.variables
    assert "all 12 sequences there; it holds no checksums" in str(found)
