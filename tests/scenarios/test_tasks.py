"""Tasks ask what they say they ask, and are scored as they say."""

import json

import numpy as np
import pytest

from millpond import summary, terminal
from millpond.baseline import RawInput, ShiftRegister
from millpond.comparison import compare
from millpond.evaluation import evaluate, fitting
from millpond.evaluation.folds import Fold
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material
from millpond.execution import jobs
from millpond.reservoir import InputError, Question, Sequences
from millpond.reservoir.provenance import config
from millpond.reservoir.questions import narrowed
from millpond.results import verdict
from millpond.scenarios import chaos, generators
from millpond.scenarios.speech.frontends import compute_all
from millpond.scenarios.tasks import TASKS, series_recipes, task_of
from millpond.scenarios.tasks.series import N_STEPS, WASHOUT
from millpond.scenarios.tasks.strings import LEAD


def test_states_are_read_at_the_rows_of_each_question(rng):
    signals = list(rng.normal(size=(3, 6, 2)))
    places = [np.array([0, 5]), np.array([2]), np.array([1, 2])]
    whole = Question("whole", [np.zeros(1)] * 3)
    model = RawInput().fit(signals)
    questions = [Question("a", [np.zeros(len(p)) for p in places], places), Question("b", [], places)]
    found = fitting.tables(evaluate.driven(model, Sequences(signals)), None, questions)
    np.testing.assert_array_equal(found[0], np.concatenate([x[p] for x, p in zip(signals, places, strict=True)]))
    assert found[0] is found[1]
    assert [
        len(a) for a in Material(Sequences(signals), (whole,)).parts(Fold("f", [0, 1], [2], [0, 1]))[0][0].answers
    ] == [1, 1]


def test_no_more_rows_are_asked_for_than_questions_need(rng):
    signals, places = list(rng.normal(size=(2, 9, 2))), [np.array([7, 2]), np.array([4])]
    shared, other = [np.zeros(2), np.zeros(1)], [np.array([2, 8]), np.array([0])]
    asked = [Question("a", shared, places), Question("b", shared, places), Question("c", [np.zeros(2)] * 2, other)]
    rows, narrow = narrowed(asked)
    assert [r.tolist() for r in rows] == [[2, 7, 8], [0, 4]]
    whole = fitting.tables([(np.arange(2), signals)], None, asked)
    some = fitting.tables([(np.arange(2), [x[r] for x, r in zip(signals, rows, strict=True)])], None, [*narrow])
    assert all(np.array_equal(a, b) for a, b in zip(whole, some, strict=True)) and some[0] is some[1]
    assert narrowed([*asked, Question("whole", [np.zeros(1)] * 2)]) is None


def test_values_are_scored_in_standard_deviations(rng):
    x = list(rng.normal(size=(6, 50, 1)))
    rows = [np.arange(3, 50)] * 6
    y = Question("y", [2 * np.roll(u[:, 0], 1)[3:] - 1 for u in x], rows, "nrmse")
    noise = Question("noise", [rng.normal(size=47) for _ in x], rows, "nrmse")
    material = Material(Sequences(x, groups=["a"] * 3 + ["b"] * 3), (y, noise))
    folds = [Fold("one", np.arange(4), np.array([4, 5]), np.arange(4))]
    entries = jobs.with_controls("line", Recipe("raw", ShiftRegister(n_taps=2)), {"input": RawInput()})
    asked, data = jobs.jobs_of(entries, folds, [0]), {"raw": material}
    done = dict(jobs.outcomes(asked, entries, data, folds, jobs.curves(asked, data, folds), 1))
    (line, plain), pairs = summary.results(done, entries, material, folds, [0])
    assert pairs == []  # one model
    assert line["score"]["mean"] == pytest.approx(0, abs=1e-6) and plain["score"]["mean"] == pytest.approx(1, abs=0.1)
    assert plain["gain_of_reservoir"]["mean"] == pytest.approx(plain["score"]["mean"], abs=1e-6)
    assert line["questions"]["noise"]["mean"] == pytest.approx(1, abs=0.1)
    assert verdict({"rows": [line, plain], "seeds": [0]}) == ["line is better than its control input (one seed)."]
    assert verdict({"rows": [line, plain], "seeds": [0, 1]}) == ["line is better than its control input."]


def test_noise_on_the_states_is_of_the_size_that_is_said(rng):
    x = list(rng.normal(size=(4, 400, 1)))
    question = Question("u", [u[:, 0] for u in x], [np.arange(400)] * 4, "nrmse")
    fold = Fold("one", np.arange(2), np.arange(2, 4), np.arange(2))
    material = Material(Sequences(x), (question,), noise=0.1)
    predicted = evaluate.evaluate(RawInput(), None, material, fold).predicted["u"]
    assert np.sqrt(np.mean((predicted - np.concatenate([x[2], x[3]])[:, 0]) ** 2)) == pytest.approx(0.1, rel=0.1)


def test_what_stands_there_twice_runs_once():
    two = [
        jobs.with_controls(n, Recipe("raw", ShiftRegister(n_taps=k)), {"input": RawInput()})
        for k, n in ((1, "a"), (2, "b"))
    ]
    entries = [*two[0], *two[1]]
    assert jobs.first_alike(entries) == [0, 1, 2, 1]
    assert len(jobs.jobs_of(entries, [Fold("f", [0], [1], [0])], [0, 1])) == 3


@pytest.mark.parametrize("name", [n for n, where in TASKS.items() if where.endswith("series") and n != "forecast"])
def test_every_series_task_has_its_answers_in_its_questions(name):
    task = task_of(name)
    material = task.represent(task.load("generated"), "raw")
    folds = task.folds(None, "streams")
    assert sorted(np.concatenate([f.test for f in folds]).tolist()) == list(range(12))
    assert all(not set(f.train) & set(f.test) for f in folds)
    for q in material.questions:
        assert all(len(a) == N_STEPS - WASHOUT and np.isfinite(a).all() for a in q.answers)


def test_recall_xor_and_parity_are_what_they_are_called():
    def asked(name, k):
        material = task_of(name).represent(task_of(name).load("generated"), "raw")
        return material.sequences.signals[0][:, 0], material.questions[k].answers[0]

    u, y = asked("recall", 1)
    assert (u == asked("recall", 1)[0]).all()  # the same streams every time
    np.testing.assert_array_equal(y, u[WASHOUT - 10 : N_STEPS - 10])
    u, y = asked("xor", 2)
    assert all(y[t - WASHOUT] == (u[t - 10] != u[t - 11]) for t in range(WASHOUT, N_STEPS))
    u, y = asked("parity", 1)
    assert all(y[t - WASHOUT] == (u[t - 3] + u[t - 4] + u[t - 5]) % 2 for t in range(WASHOUT, N_STEPS))


def test_streams_of_another_seed_are_others():
    task = task_of("narma10")
    usual, other, again = (task.load(name).every[0][0] for name in ("generated", "generated-7", "generated-7"))
    assert (other == again).all() and not np.isclose(usual, other).any()
    assert task.load("generated-7").name == "generated-7"
    with pytest.raises(InputError, match="corpus is 'generated-x'"):
        task.load("generated-x")


def test_a_setting_of_one_task_takes_the_place_of_that_for_all_series():
    own = {"esn": (64, {"leak_rate": 0.5})}
    plain, found = (series_recipes.recipe("esn", "raw", given) for given in ({}, own))
    differ = {k for k, v in plain.model.get_params().items() if found.model.get_params()[k] != v}
    assert differ == {"leak_rate"} and found.n_tried == plain.n_tried + 64
    assert series_recipes.recipe("water", "raw", own).n_tried == series_recipes.recipe("water", "raw", {}).n_tried
    for task in filter(None, (getattr(task_of(name), "own", None) for name in TASKS)):
        for name, (n_tried, changes) in task.items():  # what was found is a change, and a model that can be built
            built = series_recipes.recipe(name, "raw", task)
            assert n_tried >= 64 and built.model.get_params().items() >= changes.items()
            assert config(built.model) != config(series_recipes.recipe(name, "raw", {}).model)


def test_series_keep_their_equations(rng):
    x = chaos.henon(200, rng)
    np.testing.assert_allclose(x[2:], 1 - 1.4 * x[1:-1] ** 2 + 0.3 * x[:-2])
    x = chaos.roessler(400, rng, dt=0.01)
    assert np.abs(np.diff(x, 3)).max() < 1e-3 and np.ptp(chaos.roessler(400, rng)) > 10  # smooth, on the attractor
    u, answers = generators.channel(20_000, rng)
    d = answers["symbol"].astype(float)
    near = [np.corrcoef(u[: len(u) - 9], np.roll(d, -k)[: len(u) - 9])[0, 1] for k in range(5)]
    assert np.argmax(near) == 2  # the symbol asked for is that of two steps before the main tap
    u, answers = generators.sine_or_square(600, rng)
    square = answers["square"].astype(bool)
    assert set(u[square]) == {1.0, -1.0} and len(set(u[~square].round(9))) == 7


def test_a_word_is_asked_for_while_it_unfolds(corpus):
    task = task_of("online")
    raw = task.load(str(corpus))
    material = task.represent(raw, "bands32")
    x = material.sequences.signals[0]
    rows = {q.name: int(q.rows[0][0]) for q in material.questions}
    n = len(x) - LEAD - 20
    assert rows["100 %"] == LEAD + n - 1 and rows["50 %"] == LEAD + -(-n // 2) - 1 and rows["+200 ms"] == len(x) - 1
    assert not x[:LEAD].any() and not x[rows["100 %"] + 1 :].any() and x[rows["100 %"]].any()
    assert {str(q.answers[0][0]) for q in material.questions} == {str(raw.corpus.labels[0])}


def test_a_series_of_ones_own_is_forecast(tmp_path, rng):
    path = tmp_path / "map.txt"
    np.savetxt(path, chaos.henon(2500, rng))
    found = compare(
        "forecast", ["esn"], "given", str(path), "streams", tmp_path / "out", units=20, n_seeds=1, n_folds=1
    )
    assert found["corpus"] == "map" and list(found["rows"][0]["questions"]) == ["1 ahead", "5 ahead"]
    nvar = next(r for r in found["rows"] if r["model"] == "nvar")
    assert nvar["score"]["mean"] < 0.1  # a square and a product: but for the noise it is exact
    path.write_text("1\ntwo\n")
    with pytest.raises(InputError, match="map.txt is not a series of numbers"):
        task_of("forecast").load("given", str(path))
    path.write_text("1\n2\n")
    with pytest.raises(InputError, match="has 2 numbers, but 2405 are needed"):
        task_of("forecast").load("given", str(path))


def test_the_grammar_asks_for_its_second_letter():
    task = task_of("reber")
    raw = task.load("generated")
    material = task.represent(raw, "one-hot")
    for x, q in zip(material.sequences.signals[:50], material.questions[0].answers, strict=False):
        assert "BEPSTVX"[x[1].argmax()] == q[0]  # the letter after the first
    assert {len(x) for x in raw.signals} > {10, 12}


@pytest.fixture(scope="module")
def strings(corpus):
    names = [n for n, where in TASKS.items() if where.endswith("strings") and n != "online"]
    return {name: task_of(name).load(str(corpus)) for name in names}


def test_strings_say_what_was_drawn(strings):
    for raw in strings.values():
        labels, speakers = np.asarray(raw.corpus.labels)[raw.words], raw.corpus.speakers[raw.words]
        assert (speakers == speakers[:, :1]).all()
        for name, answers in raw.answers.items():
            n = answers.shape[1]
            now, before = labels[:, -n:], labels[:, -n - 1 : -1]
            if name == "same":
                np.testing.assert_array_equal(answers, now == before)
            elif name == "order":
                first, second = np.unique(labels)[[0, 1]]  # 3 and 7 of three words
                at = [(list(s).index(first), list(s).index(second)) for s in labels]
                np.testing.assert_array_equal(answers[:, 0], [a < b for a, b in at])
            elif name == "two back" and "this" in raw.answers:
                np.testing.assert_array_equal(answers, labels[:, :-2])
            elif name == "one back" and "parity" in raw.answers:
                np.testing.assert_array_equal(answers, now != before)
            elif name == "parity":
                odd = labels == np.unique(labels)[1]
                np.testing.assert_array_equal(answers, odd[:, 2:] ^ odd[:, 1:-1] ^ odd[:, :-2])


@pytest.mark.parametrize("front_end", ["bands8", "bands8-200ms", "rcc-40ms"])
def test_words_stay_in_their_slots(strings, front_end):
    raw = strings["spoken-xor"]
    material = task_of("spoken-xor").represent(raw, front_end)
    slot = raw.n_rows // {"bands8": 1, "bands8-200ms": 20, "rcc-40ms": 4}[front_end]
    assert (material.sequences.lengths == 5 * slot).all()
    assert (material.questions[0].rows[0] + 1 == slot * np.arange(3, 6)).all()
    if front_end == "bands8":
        assert not material.sequences.signals[0].reshape(5, slot, 8)[:, :LEAD].any()
    # the same recording is the same slot wherever it stands
    where = {}
    for string, x in zip(raw.words, material.sequences.signals, strict=True):
        for k, word in enumerate(string):
            part = x[k * slot : (k + 1) * slot]
            assert (where.setdefault(word, part) == part).all()


def test_the_mean_of_a_string_cannot_tell_the_order(strings):
    material = task_of("order").represent(strings["order"], "bands8")
    totals = np.array([x.sum(0) for x in material.sequences.signals]).reshape(4, 2, 150, 8)
    answers = np.concatenate(material.questions[0].answers).reshape(4, 2, 150)
    np.testing.assert_allclose(totals[:, 0], totals[:, 1])
    assert (answers[:, 0] != answers[:, 1]).all()


def test_a_speaker_is_on_one_side(strings):
    task, raw = task_of("n-back"), strings["n-back"]
    groups = task.represent(raw, "bands8-200ms").sequences.groups
    folds = task.folds(raw, "speaker")
    assert [f.name for f in folds] == ["ann", "bob", "cem", "dee"]
    assert all(not set(groups[f.train]) & set(groups[f.test]) for f in folds)


def test_a_task_with_several_questions_ends_in_one_table(tmp_path):
    found = compare("xor", ["esn"], "generated", None, "streams", tmp_path, units=20, n_seeds=1, n_folds=1, n_workers=1)
    rows = {r["model"]: r for r in json.loads((tmp_path / "summary.json").read_text())["rows"]}
    assert rows["nvar"]["score"]["mean"] == 1.0  # the register's products are the answer
    assert rows["input"]["score"]["mean"] < 0.6 and rows["static"]["score"]["mean"] < 0.6
    assert list(rows["esn"]["questions"]) == ["2 and 3 back", "5 and 6 back", "10 and 11 back"]
    table = terminal.comparison(found)[1]
    assert [c.header for c in table.columns][1:7] == [
        "2 and 3 back", "95 %", "difference", "5 and 6 back", "10 and 11 back", "features",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("task", "model", "said"),
    [
        ("narma10", "hmm", "model is 'hmm', which classifies single words; leave it out of time series"),
        ("spoken-xor", "hmm", "model is 'hmm', which classifies single words"),
        ("xors", "esn", "task is 'xors', but it must be one of .* did you mean 'xor'"),
    ],
)
def test_what_does_not_fit_together_is_said(tmp_path, task, model, said):
    with pytest.raises(InputError, match=said):
        compare(task, [model], "synthetic", None, "speaker", tmp_path)


def test_recordings_too_long_for_a_slot_are_reported(corpus, capsys, monkeypatch):
    monkeypatch.setattr("millpond.scenarios.tasks.strings.FITTING", 1.0)
    task_of("spoken-xor").load(str(corpus))
    assert capsys.readouterr().err == ""
    monkeypatch.setattr("millpond.scenarios.tasks.strings.LEAD", 25)
    long = {"n": 0}

    def some_longer(spoken, name):
        found = compute_all(spoken, name)
        signals = [np.pad(x, ((0, 30 * (i % 12 == 0)), (0, 0))) for i, x in enumerate(found.signals)]
        long["n"] = sum(i % 12 == 0 for i in range(len(signals)))
        return found.with_signals(signals)

    monkeypatch.setattr("millpond.scenarios.tasks.strings.FITTING", 0.8)
    monkeypatch.setattr("millpond.scenarios.tasks.strings.compute_all", some_longer)
    task_of("spoken-xor").load(str(corpus))
    said = capsys.readouterr().err
    assert said.startswith(f"millpond: {long['n']} of 72 recordings are longer than a slot of ")
    assert "ms and are left out (" in said and " %" in said and said.count("\n") == 1
