"""Searches repeat, see nothing of the test part, and go on where they were stopped."""

import json
import warnings
from contextlib import nullcontext

import numpy as np
import pytest

from millpond import terminal
from millpond.esn import EchoStateNetwork
from millpond.evaluation.folds import Fold
from millpond.evaluation.task_data import Material
from millpond.execution.jobs import Entry
from millpond.execution.processes import worker_pool
from millpond.lsm import LiquidStateMachine
from millpond.reservoir import InputError, Question, Sequences
from millpond.scenarios.tasks import task_of
from millpond.tuning import tune
from millpond.tuning.search import FINALISTS, GENERATION, HAND_SET, MOST_INNER, inner_folds, search, together
from millpond.tuning.spaces import SPACES, Range, distributions, nearest, parsed, space_of

optuna = pytest.importorskip("optuna")
SPACE = {"spectral_radius": Range(0.0, 1.2), "leak_rate": Range(0.05, 1.0, True), "activation": ("tanh", "identity")}


@pytest.fixture
def delayed(rng):
    """Sixteen streams, asked for their input two steps back: a leak of 1 and a radius above 0 are needed."""
    x = list(rng.uniform(-1, 1, size=(16, 60, 1)))
    rows = [np.arange(10, 60)] * 16
    question = Question("back", [np.roll(u[:, 0], 2)[10:] for u in x], rows, "nrmse")
    fold = Fold("one", np.arange(12), np.arange(12, 16), np.arange(12) % 4)
    return Material(Sequences(x), (question,)), fold


def run_search(material, fold, n_trials, study=None, n_workers=1, model=None, run=None, **more):
    entry = Entry("esn", "reservoir", "esn", model or EchoStateNetwork(n_units=8, leak_rate=0.1), "raw", None)
    study = study or optuna.create_study()
    with nullcontext(run) if run else worker_pool({"raw": material}, n_workers) as run_all:
        return together({0: search(study, entry, fold, material, SPACE, n_trials, **more)}, run_all)[0], study


def book(study):
    return {t.user_attrs["index"]: (t.state, t.value, t.params, t.intermediate_values) for t in study.trials}


def measured_again(study, i):
    return np.mean([study.user_attrs[f"candidate {i} on {k} with seed {MOST_INNER + k}"] for k in range(MOST_INNER)])


@pytest.fixture(autouse=True)
def quiet():
    optuna.logging.set_verbosity(optuna.logging.ERROR)


def test_a_search_finds_what_is_needed_and_says_what_it_gained(delayed):
    steps = []
    found, study = run_search(*delayed, 3 * GENERATION - 2, advance=steps.append)
    assert steps == [GENERATION, GENERATION, GENERATION - 2]
    assert found.after < 0.5 * found.before
    assert found.chosen["leak_rate"] > 0.5 and found.chosen["spectral_radius"] > 0.1
    assert found.n_pruned > 0 and found.n_failed == 0
    assert len(study.trials) == 3 * GENERATION - 2
    # what is kept did best of the best over both times, and its loss is that of the second
    best = sorted((t for t in study.trials if t.value is not None), key=lambda t: t.value)[:FINALISTS]
    again = {i: measured_again(study, i) for i in (HAND_SET, *(t.user_attrs["index"] for t in best))}
    kept = min(best, key=lambda t: t.value + again[t.user_attrs["index"]])
    assert kept.params == found.chosen and found.after == again[kept.user_attrs["index"]]
    assert found.before == again[HAND_SET]
    assert found.after != kept.value


def test_a_lucky_draw_of_weights_is_found_out(delayed):
    """What is best with the seeds of the search, and tells nothing with any other, is not kept."""

    class Lucky(EchoStateNetwork):
        def transform(self, X):
            lost = self.activation == "identity" and self.random_state >= MOST_INNER
            return [0 * x if lost else x for x in super().transform(X)]

    found, study = run_search(*delayed, 2 * GENERATION, model=Lucky(n_units=8, leak_rate=0.1))
    best = min((t for t in study.trials if t.value is not None), key=lambda t: t.value)
    assert best.params["activation"] == "identity" != found.chosen.get("activation", "tanh")


def test_nothing_of_the_test_part_is_seen(delayed):
    material, fold = delayed
    x, asked = material.sequences.signals, material.questions[0]
    question = Question("back", [*asked.answers[:12], *np.ones((4, 50))], asked.rows, "nrmse")
    other = Material(Sequences([*x[:12], *(9 + 5 * u for u in x[12:])]), (question,))
    assert book(run_search(material, fold, GENERATION)[1]) == book(run_search(other, fold, GENERATION)[1])
    for inner in inner_folds(fold):
        assert not set(inner.test) & set(fold.test) and not set(inner.train) & set(fold.test)
        assert not set(inner.test) & set(inner.train)
        assert len(np.unique(inner.validation)) == 3


@pytest.mark.parametrize("stopped", [2, 9, 30])
def test_a_stopped_search_ends_as_an_undisturbed_one(delayed, stopped):
    """Killed after some runs, it goes on from them and runs none of them again."""
    n_runs, whole = 0, run_search(*delayed, 2 * GENERATION)
    part = optuna.create_study()

    def counted(most):
        def run(work, items):
            nonlocal n_runs
            for name, item in reversed(items.items()):  # and whatever comes first
                if n_runs == most:
                    raise KeyboardInterrupt
                n_runs += 1
                yield name, work(item, {"raw": delayed[0]})

        return run

    with pytest.raises(KeyboardInterrupt):
        run_search(*delayed, 2 * GENERATION, part, run=counted(stopped))
    found = run_search(*delayed, 2 * GENERATION, part, run=counted(None))
    assert (found[0], book(part)) == (whole[0], book(whole[1]))
    assert n_runs == sum(name.startswith("candidate") for name in whole[1].user_attrs)
    assert run_search(*delayed, 2 * GENERATION, part, run=counted(n_runs))[0] == whole[0]  # nothing a second time


def test_searches_run_side_by_side_come_to_what_each_does_alone(delayed):
    material, fold = delayed
    other = Fold("other", fold.train[::-1], fold.test, fold.validation[::-1])
    entry, rounds = Entry("esn", "reservoir", "esn", EchoStateNetwork(n_units=8, leak_rate=0.1), "raw", None), []
    with worker_pool({"raw": material}, 1) as alone:

        def run(work, items):
            rounds.append({name for name, _ in items})
            return alone(work, items)

        found = together(
            {f.name: search(optuna.create_study(), entry, f, material, SPACE, GENERATION) for f in (fold, other)}, run
        )
    assert rounds[0] == {"one", "other"}
    assert [found[f.name] for f in (fold, other)] == [run_search(material, f, GENERATION)[0] for f in (fold, other)]


def test_a_search_in_which_nothing_runs_says_why(delayed):
    def run(work, items):
        for (name, (i, k)), task in items.items():
            came = work(task, {"raw": delayed[0]}) if i == HAND_SET else InputError("it is too small")
            yield (name, (i, k)), came

    with pytest.raises(InputError, match="all 8 candidates of esn failed: it is too small"):
        run_search(*delayed, GENERATION, run=run)


def test_a_search_goes_on_from_what_was_set_by_hand(delayed):
    """Where that is good, the candidates after the first eight lie nearer to it than those lie."""
    good = EchoStateNetwork(n_units=8, leak_rate=1.0, spectral_radius=0.9)
    _, study = run_search(*delayed, 3 * GENERATION, model=good)
    away = [1.0 - t.params["leak_rate"] for t in study.trials]
    assert np.median(away[GENERATION:]) < np.median(away[:GENERATION])
    other = EchoStateNetwork(n_units=8, leak_rate=0.05, spectral_radius=0.0)
    params = [[t.params for t in run_search(*delayed, 2 * GENERATION, model=m)[1].trials] for m in (good, other)]
    assert params[0][:GENERATION] == params[1][:GENERATION]  # nothing is known yet but one
    assert params[0][GENERATION:] != params[1][GENERATION:]


def test_candidates_do_not_warn(delayed):
    class Anxious(EchoStateNetwork):
        def build(self, signals, streams):
            warnings.warn("anything may happen", UserWarning, stacklevel=2)
            super().build(signals, streams)

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        run_search(*delayed, GENERATION, model=Anxious(n_units=8))


@pytest.mark.parametrize("task", ["spoken-xor", "n-back", "digits", "narma10", "henon"])
@pytest.mark.parametrize("name", ["esn", "lsm", "water"])
def test_ranges_hold_what_is_shipped(task, name):
    model = task_of(task).recipe(name).model
    for parameter, tried in SPACES[name].items():
        value = getattr(model, parameter)
        if isinstance(tried, Range) and not (tried.log and value == 0):
            assert tried.low <= np.min(value) and np.max(value) <= tried.high, parameter


def test_what_is_set_is_brought_into_the_ranges():
    model = EchoStateNetwork(leak_rate=0.3, n_units=900, spectral_radius=2.0, connectivity=10)
    space = {"leak_rate": Range(0.1, 1.0, True), "n_units": Range(10, 100), "spectral_radius": Range(0.1, 1.5)}
    assert nearest(space, model) == {"leak_rate": 0.3, "n_units": 100, "spectral_radius": 1.5}
    assert nearest({"connectivity": (3, 30)}, model) is None
    assert nearest({"leak_rate": Range(0.1, 1.0)}, EchoStateNetwork(leak_rate=(0.1, 0.5))) is None
    assert nearest({"filters": ((0.03,), (0.1,))}, LiquidStateMachine(filters=0.1)) == {"filters": "(0.1,)"}


def test_why_the_hand_set_one_failed_is_not_kept(delayed):
    def not_today(work, items):
        return ((name, InputError("not today")) for name in items)

    study = optuna.create_study()
    with pytest.raises(InputError, match="esn fails with its default settings: not today"):
        run_search(
            *delayed, GENERATION, study, run=lambda work, items: ((name, InputError("not today")) for name in items)
        )
    assert run_search(*delayed, GENERATION, study)[0].n_failed == 0


@pytest.mark.parametrize("range_", [Range(5.1, 5.4), Range(0.2, 50, True), Range(1e5, 1e300)])
def test_bounds_between_which_there_are_no_whole_numbers_are_refused(range_):
    with pytest.raises(InputError, match="n_units is a whole number"):
        distributions({"n_units": range_}, EchoStateNetwork())


def test_workers_change_nothing(delayed):
    assert book(run_search(*delayed, GENERATION, n_workers=2)[1]) == book(run_search(*delayed, GENERATION)[1])


def test_a_setting_that_fails_is_a_failed_candidate(delayed):
    class Fragile(EchoStateNetwork):
        def build(self, signals, streams):
            if self.activation == "identity":
                raise InputError("it broke")
            super().build(signals, streams)

    found, study = run_search(*delayed, GENERATION, model=Fragile(n_units=8, leak_rate=0.1))
    failed = [t for t in study.trials if t.params["activation"] == "identity"]
    assert found.n_failed == len(failed) > 0
    assert all(t.state == optuna.trial.TrialState.FAIL for t in failed)
    assert found.error == "it broke"
    with pytest.raises(InputError, match="esn fails with its default settings: it broke"):
        run_search(*delayed, GENERATION, model=Fragile(n_units=8, activation="identity"))


def test_the_command_writes_what_it_found_and_goes_on(tmp_path):
    options = {"over": ["leak_rate=0.05:1:log", "connectivity=2,5"], "units": 20, "n_seeds": 2, "n_folds": 1}
    where = ("xor", ["esn"], "generated", None, "streams")
    found = tune(*where, tmp_path / "a", n_trials=GENERATION, n_workers=1, progress=False, **options)
    assert found == json.loads((tmp_path / "a/tuning.json").read_text())
    row = found["rows"][0]
    assert set(row["per_fold"]) == {"part 0"} and len(row["tuned"]["per_seed"]) == 2
    assert row["gain"]["mean"] == pytest.approx(row["tuned"]["mean"] - row["set"]["mean"])
    size = (tmp_path / "a/tuning.journal").stat().st_size
    again = tune(*where, tmp_path / "a", n_trials=GENERATION, n_workers=1, progress=False, **options)
    assert again == found and (tmp_path / "a/tuning.journal").stat().st_size - size < 500  # no candidate was added
    url = f"sqlite:///{tmp_path}/tuning.db"
    elsewhere = tune(*where, tmp_path / "b", n_trials=GENERATION, n_workers=1, storage=url, progress=False, **options)
    assert elsewhere["rows"] == found["rows"] and not (tmp_path / "b/tuning.journal").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("leak_rate", "a range is 'leak_rate', but NAME=LOW:HIGH"),
        ("leak_rate=1:0.1", "write it like leak_rate=0.01:1:log"),
        ("leak_rate=0:1:log", "LOW above 0"),
        ("leak_rate=0:1:cube", "NAME=LOW:HIGH:log"),
        ("=1:2", "must be one of"),
        ("leak_rate=0.1:inf", "NAME=LOW:HIGH"),
        ("random_state=0:5", "a parameter of esn is 'random_state', but it must be one of"),
        ("leak=0:1", "a parameter of esn is 'leak', .* did you mean 'leak_rate'"),
    ],
)
def test_ranges_that_cannot_be_used_are_refused(text, said):
    with pytest.raises(InputError, match=said):
        space_of("esn", EchoStateNetwork(), [text])


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(InputError, match="over has 'leak_rate' twice"):
        space_of("esn", EchoStateNetwork(), ["leak_rate=0.1:1", "connectivity=2,5", "leak_rate=0.2"])


def test_what_could_not_be_run_is_told():
    score = {"name": "nrmse", "mean": 1.0, "low": 1.0, "high": 1.0}
    fold = {"chosen": {}, "before": 1.0, "after": 1.0, "n_pruned": 0, "n_failed": 3, "error": "it broke"}
    row = {"model": "esn", "tuned": score, "set": score, "gain": dict.fromkeys(("mean", "low", "high"), -0.0),
           "per_fold": {"one": fold, "two": fold | {"n_failed": 0, "error": None}}, "importance": {}}  # fmt: skip
    told = {"task": "xor", "corpus": "c", "split": "s", "trials": 8, "seeds": [3], "folds": ["one", "two"]}
    lines = terminal.tuned(told | {"rows": [row]})
    assert "esn: 3 of 16 candidates failed: it broke." in lines
    assert list(lines[1].columns[3].cells) == ["", "0.000 [0.000, 0.000]"]  # and not -0.000


def test_what_was_chosen_is_told_by_its_name():
    score = {"name": "accuracy", "mean": 1.0, "low": 1.0, "high": 1.0}
    fold = {"before": 1.0, "after": 1.0, "n_pruned": 0, "n_failed": 0, "error": None}
    chosen = [{"fan_in": None, "recurrent_gain": 0.12345}, {"fan_in": 4, "recurrent_gain": 2.0}, {}]
    row = {"model": "lsm", "tuned": score, "set": score, "gain": dict.fromkeys(("mean", "low", "high"), 0.0),
           "per_fold": {name: fold | {"chosen": c} for name, c in zip("abc", chosen, strict=True)},
           "importance": {"recurrent_gain": 0.86}}  # fmt: skip
    told = {"task": "xor", "corpus": "c", "split": "s", "trials": 8, "seeds": [3], "folds": ["a", "b", "c"]}
    table = terminal.tuned(told | {"rows": [row]})[3]
    assert [list(column.cells) for column in table.columns] == [
        ["fan_in", "recurrent_gain"], ["", "86 %"], ["None", "0.123"], ["4", "2"], ["default", "default"],
    ]  # fmt: skip


def test_every_space_fits_its_model():
    from millpond.evaluation.models import built
    from millpond.tuning.spaces import distributions, set_to, values

    for name in SPACES:
        model = built(name)
        space = space_of(name, model, [])
        study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        for _ in range(3):
            set_to(model, values(space, study.ask(distributions(space, model)).params))
    with pytest.raises(InputError, match="model is 'mass-spring', which has no default ranges"):
        space_of("mass-spring", built("mass-spring"), [])
    assert parsed("n_units=10:20")[1] == Range(10, 20)


def test_too_few_groups_are_told_before_the_work(tmp_path):
    fold = Fold("one", np.arange(4), np.arange(4, 6), np.arange(4) % 2)
    with pytest.raises(InputError, match="fold 'one' has 2 group"):
        inner_folds(fold)
    with pytest.raises(InputError, match="storage is 'nonsense'"):
        tune("xor", ["esn"], "generated", None, "streams", tmp_path, n_trials=1, over=[], storage="nonsense")
