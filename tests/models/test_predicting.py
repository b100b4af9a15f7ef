"""Prediction with saved models: files, folders, standard input, the reject option and words in long sounds."""

import io
import json
import sys

import numpy as np
import pytest
import soundfile
from sklearn.pipeline import make_pipeline

from millpond import EchoStateNetwork, InputError, Pool, Ridge, RidgeClassifier, save
from millpond.cli import app
from millpond.models.frontend import FrontEnd
from millpond.models.inputs import Given, given
from millpond.models.listening import PAUSE, Words, of_stdin
from millpond.models.predicting import predicted
from millpond.models.saving import Saved, opened
from millpond.models.training import best_of, calibrated, lead, save_trained, with_noisy_copies
from millpond.recorded import record_task
from millpond.reservoir import ChannelScaler
from millpond.scenarios.speech import synthetic
from millpond.train import train

RATE = 8000
PITCH = {"low": 300.0, "high": 1500.0}


def tone(word, seconds=0.3):
    t = np.arange(int(RATE * seconds)) / RATE
    return np.sin(2 * np.pi * PITCH[word] * t) * np.hanning(len(t)) ** 0.2


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    words = [*PITCH] * 6
    waves = [tone(word, 0.2 + 0.02 * i) for i, word in enumerate(words)]
    steps = [FrontEnd(name="mfcc", rate=RATE), ChannelScaler(), EchoStateNetwork(n_units=20, random_state=0)]
    model = make_pipeline(*steps, Pool("segments", n_segments=2), RidgeClassifier(penalty=1.0)).fit(waves, words)
    path = tmp_path_factory.mktemp("model") / "tones.mill"
    save(model, path, about={"reject": {"threshold": 0.4, "lost": 0.05}})
    return path


@pytest.fixture
def sounds(tmp_path):
    folder = tmp_path / "sounds"
    folder.mkdir()
    for word in PITCH:
        soundfile.write(folder / f"{word}.wav", tone(word), RATE, subtype="PCM_16")
    return folder


def ran(capsys, *words):
    app([*map(str, words)], standalone_mode=False)
    return capsys.readouterr().out.splitlines()


def test_files_and_folders_give_one_object_each(saved, sounds, capsys):
    found = [json.loads(line) for line in ran(capsys, "predict", saved, sounds, sounds / "low.wav", "--json")]
    assert [each["label"] for each in found] == ["high", "low", "low"]
    assert [each["input"] for each in found][2] == str(sounds / "low.wav")
    assert all(set(each) == {"input", "label", "scores"} and set(each["scores"]) == set(PITCH) for each in found)


def test_text_and_standard_input(saved, sounds, capsys, monkeypatch):
    content = (sounds / "high.wav").read_bytes()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    [line] = ran(capsys, "predict", saved, "-")
    assert line.startswith("-: high (high ")


def test_unsure_answers_are_rejected_on_request(saved, sounds):
    told = opened(saved)
    both = (tone("low") + tone("high"), RATE)
    [free] = predicted(told, [Given("both", both)])
    limit = lead(np.array([list(free["scores"].values())]))[0]
    for threshold, label in ((limit * 0.9, free["label"]), (limit * 1.1, None)):
        model = Saved(told.model, {"reject": {"threshold": threshold}})
        [found] = predicted(model, [Given("both", both)], reject=True)
        assert found["label"] == label
    with pytest.raises(InputError, match="no reject option"):
        list(predicted(Saved(told.model, {}), [], reject=True))


def test_the_threshold_loses_the_stated_share_of_held_out_answers():
    rng = np.random.default_rng(0)
    y = np.repeat([0, 1, 2], 100)
    x = rng.normal(size=(300, 5)) + 1.5 * np.eye(5)[y]
    found = calibrated(RidgeClassifier().fit(x, y), x, y, np.arange(300) % 5)
    assert found["lost"] == pytest.approx(0.05, abs=0.01)
    assert found["wrong_rejected"] > 0.2


def long_sound(noise=1e-3):
    rng, words, parts = np.random.default_rng(1), ["low", "high", "high", "low"], []
    for word in words:
        parts += [np.zeros(int(0.6 * RATE)), 0.5 * tone(word, 0.4)]
    wave = np.concatenate([*parts, np.zeros(RATE // 2)])
    return words, wave + noise * rng.standard_normal(len(wave))


@pytest.mark.parametrize("rate", [8000, 16000])
def test_words_of_a_long_sound(rate, saved, tmp_path, capsys):
    words, wave = long_sound()
    soundfile.write(tmp_path / "long.wav", np.repeat(wave, rate // RATE), rate, subtype="PCM_16")
    found = [json.loads(line) for line in ran(capsys, "predict", saved, tmp_path / "long.wav", "--words", "--json")]
    assert [each["label"] for each in found] == words
    np.testing.assert_allclose([each["start"] for each in found], 0.6 + np.arange(4), atol=0.08)
    np.testing.assert_allclose([each["end"] for each in found], 1 + np.arange(4), atol=0.08)


def test_an_answer_comes_within_100_ms_of_sound_after_the_word_and_blocks_do_not_matter():
    _, wave = long_sound(1e-4)
    found = []
    for size in (80, 333, len(wave)):
        words, ended = Words(RATE), []
        for first in range(0, len(wave), size):
            for start, end, _ in words.feed(wave[first : first + size]):
                ended.append((start, end))
                assert size > 80 or (first + size) / RATE - end <= 0.1
        found.append(ended)
    assert found[0] == found[1] == found[2]
    assert len(found[0]) == 4 and PAUSE * 0.01 < 0.1


def test_memory_of_a_stream_is_limited():
    rng, words = np.random.default_rng(0), Words(RATE)
    for _ in range(60):
        list(words.feed(rng.normal(size=RATE)))
    assert sum(map(len, words._word)) <= 2.1 * RATE


def test_standard_input_is_read_as_a_stream():
    content = io.BytesIO()
    soundfile.write(content, np.linspace(0, 0.5, 1000), RATE, format="WAV", subtype="PCM_16")
    blocks, rate = of_stdin(io.BytesIO(content.getvalue()))
    assert rate == RATE and sum(map(len, blocks)) == 1000
    with pytest.raises(InputError, match="not a WAV sound"):
        of_stdin(io.BytesIO(b"nothing"))


def test_signals_in_tables_and_arrays(tmp_path):
    x = np.random.default_rng(0).normal(size=(30, 2))
    model = make_pipeline(EchoStateNetwork(n_units=10, random_state=0), Ridge(penalty=1.0)).fit(x, x)
    np.savetxt(tmp_path / "a.csv", x, delimiter=",", header="u,v", comments="")
    np.save(tmp_path / "b.npy", np.stack([x, x]))
    found = list(predicted(Saved(model, {}), given([str(tmp_path)], False)))
    assert len(found) == 3
    np.testing.assert_allclose(found[0]["outputs"], model.predict(x), rtol=1e-9)
    np.testing.assert_allclose(found[2]["outputs"], model.predict(x), rtol=1e-9)


def test_a_recording_trains_a_model_that_is_saved(tmp_path, corpus, capsys):
    record_task("digits", "esn", str(corpus), None, "speaker", tmp_path / "r.h5", units=20, progress=False)
    capsys.readouterr()
    ran(capsys, "train", tmp_path / "r.h5", "--save", tmp_path / "m.mill", "--json")
    told = opened(tmp_path / "m.mill")
    found = list(predicted(told, given([str(tmp_path / "r.h5")], True)))
    from millpond.recording import Recording

    with Recording.open(tmp_path / "r.h5") as recording:
        right = [str(a["label"]) == str(b) for a, b in zip(found, recording.labels, strict=True)]
        score = np.mean(np.array(right)[np.array(recording.split) == "test"])
    assert score == pytest.approx(train(tmp_path / "r.h5")["score"]["value"], abs=1e-9)


def test_compare_saves_the_best_reservoir_trained_on_all_speakers(corpus, tmp_path, capsys):
    out = ran(
        capsys, "compare", "digits", "--corpus", corpus, "--units", 20, "--seeds", 1, "--workers", 1, "--out",
        tmp_path / "out", "--save", tmp_path / "m.mill",
    )  # fmt: skip
    assert any("Saved esn with seed 0" in line for line in out)
    told = opened(tmp_path / "m.mill")
    assert told.about["model"] == "esn" and 0 <= told.about["reject"]["lost"] <= 0.1
    assert told.model[0].name == "rcc"


def test_models_of_a_series_task_are_saved(tmp_path):
    about = save_trained(tmp_path / "m.mill", "xor", "esn", "generated", None, "streams", units=20)
    assert about["input"] == "signal" and "reject" not in about
    [found] = predicted(opened(tmp_path / "m.mill"), [Given("x", np.zeros((5, 1)))])
    assert len(found["outputs"]) == 5


def test_errors_are_one_sentence(saved, sounds, tmp_path):
    for words, message in (
        ([], "no input is given"), (["none.wav"], "does not exist"), ([str(tmp_path)], "contains no sound files"),
        (["none.wav", "--words"], "does not exist"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=message):
            app(["predict", str(saved), *words], standalone_mode=False)
    (tmp_path / "x.csv").write_text("1,2\n3,a\n")
    with pytest.raises(InputError, match="line 2"):
        list(given([str(tmp_path / "x.csv")], False))
    with pytest.raises(InputError, match="no reservoir"):
        best_of({"rows": []})
    with pytest.raises(InputError, match="gait"):
        save_trained(tmp_path / "m", "gait", "esn", "generated", None, "runs")


def test_noisy_copies_depend_on_the_seed_only():
    corpus = synthetic.load()
    one, two = (with_noisy_copies(corpus, 3) for _ in range(2))
    assert len(one) == 2 * len(corpus) and (one.waves[-1] == two.waves[-1]).all()
    assert (one.labels[len(corpus) :] == corpus.labels).all()
