"""A readout from a recording is the readout of the table."""

import h5py
import numpy as np
import pytest

from millpond.baseline import RawInput
from millpond.comparison import compare
from millpond.recording import Recording, record
from millpond.reservoir import InputError, Question, Sequences
from millpond.train import train


@pytest.fixture(scope="module", params=["xor", "narma10", "digits"])
def run(request, corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    where = (str(corpus), None, "speaker") if request.param == "digits" else ("generated", None, "streams")
    options = {"units": 20, "n_seeds": 1, "n_folds": 1, "n_workers": 1, "progress": False}
    return compare(request.param, ["esn"], *where, out, **options), out / "esn.h5"


def test_a_recording_trains_what_the_table_trains(run):
    found, path = run
    row, trained = found["rows"][0], train(path)
    assert list(trained["questions"]) == list(row["questions"])
    for name, question in row["questions"].items():
        assert trained["questions"][name]["score"]["name"] == question["name"]
        assert trained["questions"][name]["score"]["value"] == pytest.approx(question["mean"], abs=2e-3)
    penalty = next(iter(row["seed_config"][0]["penalty"].values()))
    assert {n: q["penalty"] for n, q in trained["questions"].items()} == pytest.approx(penalty, rel=1e-3)


def test_questions_come_back_as_they_went(tmp_path, rng):
    lengths = [7, 4, 9]
    rows = [np.array([2, 5]), np.array([3]), np.array([8])]
    questions = (
        Question("which", [np.array(["b", "a"]), np.array(["a"]), np.array(["c"])], rows),
        Question("how much", [rng.normal(size=n) for n in (2, 1, 1)], rows, "nrmse"),
        Question("whole", [np.array([i]) for i in (3, -1, 3)]),
    )
    given = Sequences([rng.normal(size=(n, 2)) for n in lengths], questions=questions)
    with record(RawInput(), given, tmp_path / "a.h5") as rec:
        for part, which in ((rec, [0, 1, 2]), (rec.part([2, 0]), [2, 0]), (rec.part([1]), [1])):
            for was, now in zip(questions, part.questions, strict=True):
                assert (now.name, now.score, now.rows is None) == (was.name, was.score, was.rows is None)
                for k, i in enumerate(which):
                    np.testing.assert_array_equal(now.answers[k], was.answers[i])
                    if was.rows is not None:
                        np.testing.assert_array_equal(now.rows[k], was.rows[i])
        assert rec.questions[0].rows is rec.questions[1].rows  # and one table of states is made for both
        assert rec.sequences.questions[2].answers[1] == [-1]
    others = (
        Question("whole", [np.array([i]) for i in (3, 3, 3)]),
        Question("whole", questions[2].answers, [np.array([0])] * 3),
        Question("whole", questions[2].answers, score="nrmse"),
    )
    for other in others:
        with pytest.raises(InputError, match="of another model, seed or set of sequences"):
            record(RawInput(), Sequences(given.signals, questions=(*questions[:2], other)), tmp_path / "a.h5")
    with pytest.raises(InputError, match="two questions have the name 'whole'"):
        Sequences(given.signals, questions=(questions[2], others[0]))


def test_a_file_without_questions_is_asked_for_its_labels(tmp_path, rng):
    signals = [rng.normal(size=(8, 2)) + 3 * (i % 2) for i in range(20)]
    record(RawInput(), Sequences(signals, labels=np.arange(20) % 2), tmp_path / "a.h5").close()
    with h5py.File(tmp_path / "a.h5") as file:
        assert "questions" not in file
    found = train(tmp_path / "a.h5", "logistic")
    assert list(found["questions"]) == ["label"] and found["score"]["value"] == 1
    assert found["score"]["part"] == "training" and found["n_test"] == 0


def test_values_are_not_for_logistic_regression(run):
    found, path = run
    if found["rows"][0]["score"]["name"] == "accuracy":
        pytest.skip("labels are")
    with pytest.raises(InputError, match="'next' asks for values, and logistic regression gives labels"):
        train(path, "logistic")


def test_a_recording_says_what_is_asked_to_other_programs(run):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip("h5netcdf")
    found, path = run
    with Recording.open(path) as rec, xarray.open_dataset(path, group="questions/0", engine="h5netcdf") as group:
        assert group.attrs["long_name"] == next(iter(found["rows"][0]["questions"]))
        assert group.sizes["answer"] == sum(len(a) for a in rec.questions[0].answers)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (Question("q", [np.zeros(1)]), "question 'q' has answers for 1 sequences, but there are 2"),
        (Question("q", [np.zeros(1), np.zeros(1)], [np.array([0]), np.array([4])]), "for sequence 1 of 4 steps"),
        (Question("q", [np.zeros(1), np.zeros(2)], [np.array([0]), np.array([3])]), "has 1 time step.s. and 2 answer"),
        (Question("q", [np.zeros(1), np.zeros(0)], [np.array([0]), np.array([], int)]), "has no answer for sequence 1"),
        (Question("q", [np.zeros(1), np.zeros(1)], score="r2"), "score of question 'q' is 'r2'"),
    ],
)
def test_questions_that_do_not_fit_are_refused(question, said):
    with pytest.raises(InputError, match=said):
        Sequences([np.zeros((3, 1)), np.zeros((4, 1))], questions=(question,))
