"""What is shown is what the recordings say, made again from them alone."""

import json
import re
import shutil
import sys
from contextlib import ExitStack

import h5py
import numpy as np
import pytest
import soundfile

from millpond.esn import EchoStateNetwork
from millpond.evaluation.evaluate import scaler_of
from millpond.readout import RidgeClassifier
from millpond.recording import Recording, checksums
from millpond.reservoir import InputError
from millpond.scenarios.speech import shown as kept
from millpond.scenarios.speech import task
from millpond.viewer import listeners, section
from millpond.viewer.origin import model_of
from millpond.viewer.packing import pack, quantised
from millpond.viewer.sights import TICK, rooted, stated
from millpond.viewer.viewer import hear, viewer


@pytest.fixture(scope="module")
def heard(folder):
    with ExitStack() as stack:
        found, refused = listeners(folder, ["esn", "lsm", "water"], stack)
        assert [each.name for each in found] == ["esn", "lsm", "water"] and not refused
        yield {each.name: each for each in found}


def the_word(recording):
    test = recording.part("test")
    k = kept.first_seven(test.labels)
    return test.inputs[k], test.states[k], test.labels[k]


@pytest.mark.parametrize("name", ["esn", "lsm", "water"])
def test_a_model_made_again_gives_the_recorded_states(heard, name):
    recording, model = heard[name].recording, heard[name].origin.model
    for inputs, states in zip(recording.inputs[::5], recording.states[::5], strict=True):
        np.testing.assert_allclose(model.transform([inputs])[0].astype(np.float32), states, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", ["esn", "water"])
def test_scaler_and_inputs_come_back_to_the_bit(heard, folder, corpus, name):
    origin, recording = heard[name].origin, heard[name].recording
    raw = task.load(str(corpus))
    material, fold = task.represent(raw, origin.front_end), task.folds(raw, "speaker")[0]
    fitted = scaler_of(material.sequences, fold, material.weights)
    np.testing.assert_array_equal(origin.scaler.mean_, fitted.mean_)
    np.testing.assert_array_equal(origin.scaler.scale_, fitted.scale_)
    inputs = origin.inputs(*kept.kept(folder))
    np.testing.assert_array_equal(inputs, the_word(recording)[0])


def test_a_model_that_is_not_the_one_recorded_is_refused(folder, tmp_path):
    path = tmp_path / "esn.h5"
    shutil.copy(folder / "esn.h5", path)
    with h5py.File(path, "r+") as file:
        config = json.loads(file["provenance/config"].asstr()[()])
        config["params"]["leak_rate"] /= 2
        file["provenance/config"][()] = json.dumps(config)
        checksums.describe(file)
    with Recording.open(path) as recording, pytest.raises(InputError, match="does not reproduce its states"):
        model_of(recording)


@pytest.mark.parametrize("name", ["esn", "lsm", "water"])
def test_votes_are_those_of_what_was_heard_and_the_last_of_the_whole_word(heard, name):
    reader, states = heard[name].reader, the_word(heard[name].recording)[1]
    votes = reader.votes(states)
    assert votes.shape == (len(states), 3)
    # products of one row and of many round differently
    np.testing.assert_allclose(votes[-1], reader.begun.decision_function(reader.pool.transform([states]))[0], atol=1e-9)
    changed = states.copy()
    changed[9:] = 7
    np.testing.assert_allclose(reader.votes(changed)[:9], votes[:9], atol=1e-9)


def test_the_readout_of_whole_words_is_that_of_the_table(heard):
    """Trained on the training part, its penalty chosen by the groups of the fold."""
    each = heard["lsm"]
    train, told = each.recording.part("train"), each.recording.provenance["preparation"]
    rows = each.reader.pool.transform(train)
    same = RidgeClassifier(standardize=True).fit(rows, train.labels, groups=told["validation"])
    np.testing.assert_array_equal(each.reader.whole.coef_, same.coef_)
    assert len(told["validation"]) == len(train) and len(set(told["validation"])) == 3


def test_beginnings_are_learnt(heard):
    """Half of a chirp of 0.2 s tells its direction: chance is a third."""
    each = heard["esn"]
    test = each.recording.part("test")
    halves = np.array([each.reader.votes(x)[len(x) // 2].argmax() for x in test.states])
    assert np.mean(each.reader.classes[halves] == test.labels) > 0.6


def test_what_is_embedded_is_what_was_seen(heard, embedded):
    facts, arrays = embedded
    assert [liquid["name"] for liquid in facts["liquids"]] == ["esn", "lsm", "water"]
    for i, (name, each) in enumerate(heard.items()):
        inputs, states, _ = the_word(each.recording)
        votes = each.reader.votes(states)
        np.testing.assert_allclose(arrays[f"{i}.votes"], votes, rtol=1e-6, atol=1e-6)
        whole = each.reader.whole.predict(each.reader.pool.transform([states]))[0]
        assert facts["liquids"][i]["classes"][facts["liquids"][i]["verdict"]["first"]] == whole
        assert facts["n_rows"] == len(inputs), name
    lsm = heard["lsm"].origin.model
    inputs = the_word(heard["lsm"].recording)[0]
    for (times, units), (t, u) in (
        (lsm.spikes([inputs])[0], ("1.times", "1.units")),
        (lsm.input_spikes([inputs])[0], ("1.input_times", "1.lines")),
    ):
        assert np.abs(arrays[t] * TICK - times).max() <= TICK / 2 * 1.001
        np.testing.assert_array_equal(arrays[u], units)
    np.testing.assert_array_equal(arrays["1.inhibitory"], lsm.inhibitory_)
    water = heard["water"].origin.model
    inputs, states, _ = the_word(heard["water"].recording)
    heights = water.surface(inputs, (64, 52)).transpose(0, 2, 1) / facts["liquids"][2]["highest"]
    assert np.abs(arrays["2.heights"] / 127.5 - 1 - rooted(heights)).max() <= 1 / 255 * 1.001
    # what the camera sees, in the cells that are the states
    cells = arrays["2.frames"].astype(float).reshape(len(inputs), 25, 2, 28, 2).mean((2, 4)).transpose(0, 2, 1)
    assert np.corrcoef(cells.ravel(), states.ravel())[0, 1] > 0.99


def test_input_spikes_are_what_the_network_hears(heard):
    """As many as the network's own run counts."""
    model, inputs = heard["lsm"].origin.model, the_word(heard["lsm"].recording)[0]
    [(times, lines)] = model.input_spikes([inputs])
    assert len(times) == model._runs([inputs])[0].n_input > 0
    assert lines.max() < len(model.W_in_) and times.max() < len(inputs) * 0.01


def test_packing_gives_back_what_it_got(rng, unpacked):
    arrays = {
        "odd": rng.integers(0, 256, 7).astype(np.uint8), "film": rng.integers(0, 256, (5, 3, 2)).astype(np.uint8),
        "wave": rng.integers(-127, 128, (4, 2)).astype(np.int8), "times": np.array([0, 65535], np.uint16),
        "votes": rng.normal(size=(3, 2)).astype(np.float32), "none": np.zeros((0,), np.uint16),
    }  # fmt: skip
    again = unpacked(*pack(arrays))
    for name, array in arrays.items():
        np.testing.assert_array_equal(again[name], array)
        assert again[name].shape == array.shape


def test_levels_are_half_a_step_off_at_most(rng):
    values = rng.uniform(-3, 5, 1000)
    assert np.abs(quantised(values, -3, 5) / 255 * 8 - 3 - values).max() <= 8 / 510 * (1 + 1e-12)
    assert quantised(np.array([-9.0, 9.0]), -3, 5).tolist() == [0, 255]


def shown_of(section):
    """The names of the liquids that a section shows."""
    facts = re.search(r'class="facts">(.*?)</script>', section.body)
    return [liquid["name"] for liquid in json.loads(facts[1])["liquids"]] if facts else []


@pytest.fixture
def copied(folder, tmp_path):
    """A copy of the folder of small liquids that may be changed."""
    return shutil.copytree(folder, tmp_path / "run")


def without_preparation(path):  # as older files are
    with h5py.File(path, "r+") as file:
        del file["provenance/preparation"]
        checksums.describe(file)


def test_there_is_nothing_to_show_without_the_word(copied):
    (copied / "word.wav").unlink()
    assert section(copied, ["esn"]) is None


def test_the_models_that_were_compared_are_shown_and_no_others(copied):
    (copied / "esn.sonata.h5").write_bytes(b"of another program")
    (copied / "lsm.h5").unlink()
    without_preparation(copied / "water.h5")
    found = section(copied, ["esn", "lsm", "water"])
    assert shown_of(found) == ["esn"] and "sonata" not in found.body
    assert "Not shown: lsm: there is no recording at lsm.h5" in found.body
    assert "Not shown: water: water.h5 does not describe its sound preparation" in found.body
    assert str(copied) not in found.body
    assert shown_of(section(copied, ["water"])) == []


@pytest.mark.parametrize("content", [b"", b"RIFF and then nothing"])
def test_a_broken_word_costs_the_viewer_and_nothing_else(copied, content):
    (copied / "word.wav").write_bytes(content)
    found = section(copied, ["esn"])
    assert shown_of(found) == [] and "Not shown: The sound file" in found.body and str(copied) not in found.body


@pytest.mark.parametrize("wave", [np.zeros(800), np.full(1, 0.5), np.ones(8000 * 3)])
def test_a_word_that_cannot_be_shown_says_so(copied, wave):
    soundfile.write(copied / "word.wav", wave, 8000)
    found = section(copied, ["esn"])
    assert shown_of(found) == [] and "Not shown: " in found.body


def test_a_word_too_long_for_a_page_is_not_shown(heard, rng):
    """65535 tenths of a millisecond are the most that a time in the page can be."""
    wave = rng.normal(size=8000 * 3)
    with pytest.raises(InputError, match=r"the word lasts 3.0 s, but at most 2.5 s"):
        viewer([hear(heard["esn"], wave, 8000)], wave, 8000, "Long", "")


def reconfigured(path, **changes):
    with h5py.File(path, "r+") as file:
        config = json.loads(file["provenance/config"].asstr()[()])
        file["provenance/config"][()] = json.dumps(config | changes)
        checksums.describe(file)


def test_a_recording_does_not_say_which_code_runs(copied, monkeypatch):
    """A module beside the recording is not imported, neither as the model nor as a part of it."""
    (copied / "evilmod.py").write_text("raise SystemExit('ran')")
    monkeypatch.chdir(copied)
    monkeypatch.syspath_prepend(str(copied))
    reconfigured(copied / "esn.h5", **{"class": "evilmod:X"})
    reconfigured(copied / "lsm.h5", params={"encoder": {"class": "evilmod:X", "params": {}}})
    found = section(copied, ["esn", "lsm"])
    assert shown_of(found) == [] and "evilmod" not in sys.modules
    assert "evilmod:X is not a known reservoir" in found.body


def test_a_model_of_others_that_fails_is_told_and_not_thrown(copied):
    class Broken(EchoStateNetwork):
        def fit(self, X, y=None):
            raise ZeroDivisionError("of its own")

    reconfigured(copied / "esn.h5", **{"class": f"{Broken.__module__}:{Broken.__qualname__}"})
    found = section(copied, ["esn", "lsm"], [Broken])
    assert shown_of(found) == ["lsm"]
    assert "Not shown: esn: it cannot be rebuilt (ZeroDivisionError: of its own)." in found.body


def test_axes_are_in_standard_deviations_of_the_training_words(heard):
    """Of one word the dots are its own path: scaled, they have the spread of one along both axes."""
    recording = heard["esn"].recording
    states = np.concatenate(list(recording.part("train").states))
    arrays = stated(states, recording)[1]
    np.testing.assert_allclose(arrays["path"].std(0), 1, rtol=1e-3)


def test_another_word_beside_the_recordings_is_not_passed_off_as_theirs(copied, corpus):
    shutil.copy(corpus / "flat_cem_3.wav", copied / "word.wav")
    found = section(copied, ["lsm"])
    assert shown_of(found) == [] and "lsm: word.wav is not the sound of its recording" in found.body


def test_the_section_is_small_and_says_what_it_shows(shown):
    assert len(shown.body) < 2e6
    assert "a voice that no readout was trained on" in shown.body
