"""A plan foretells what it should, from numbers that are known."""

import json
import tracemalloc

import numpy as np
import pytest
from typer import BadParameter

from millpond import cli
from millpond.cli.shared import whole
from millpond.esn import EchoStateNetwork
from millpond.planning import calibration, disk, fitting, machine, readout, shown, words
from millpond.planning.calibration import held, sizes_up_to
from millpond.planning.fitting import Point
from millpond.planning.plan import foretold, studied
from millpond.planning.readout import Rates, most_features, rates_of, ridge
from millpond.readout import RidgeClassifier
from millpond.recording import record
from millpond.reservoir import Question, Sequences, checks
from tests.toys import Counter


@pytest.mark.parametrize("text, value", [("5000", 5000), ("1e6", 10**6), ("2.5e3", 2500), ("1.0", 1), (7, 7)])
def test_whole_numbers_are_read_however_they_are_written(text, value):
    assert whole(text) == value


@pytest.mark.parametrize("text", ["", "0.5", "1.5", "nan", "inf", "1e400", "many", "1e-3"])
def test_anything_else_is_refused_in_a_sentence(text):
    with pytest.raises(BadParameter, match=r"is not a whole number; give one, such as 200 or 1e3"):
        whole(text)


def test_times_and_sizes_read_well():
    assert [words.seconds(x) for x in (0.0021, 3, 200, 2e4, 1e6)] == ["2.1 ms", "3.0 s", "3.3 min", "5.6 h", "12 d"]
    assert [words.size(x) for x in (12, 1500, 8e12, 2e18)] == ["12 B", "1.5 kB", "8.0 TB", "2.0 EB"]
    assert shown.span({"likely": 60.0, "low": 58.0, "high": 61.0}) == "1.0 min"
    assert shown.span({"likely": 7200.0, "low": 3600.0, "high": 14400.0}) == "2.0 h (1.0-4.0)"


def grid(product):
    return [Point(rows, units, product(units)) for units in (100, 300, 900) for rows in (500, 2000)]


def test_costs_that_grow_with_units_are_found_again():
    points = grid(lambda units: 1e-9 * units)
    seconds = [0.04 + p.rows * (1e-5 + 2e-8 * p.units) for p in points]
    told = fitting.for_each_row(points, seconds, Point(1e6, 9000, 9e-6))
    assert told == pytest.approx([0.04 + 1e6 * (1e-5 + 2e-8 * 9000)] * 3, rel=1e-6)


def test_a_network_that_outgrows_the_caches_lies_within_the_bounds():
    def product(units):
        return 1e-9 * units * (1 if units < 1000 else 3)

    points = grid(product)
    seconds = [0.04 + p.rows * 20 * p.product for p in points]
    told = fitting.for_each_row(points, seconds, Point(1e6, 9000, product(9000)))
    assert told.low < told.likely < told.high == pytest.approx(0.04 + 1e6 * 20 * product(9000), rel=1e-6)
    assert told.high / told.low == pytest.approx(3, rel=0.01)


def test_noise_makes_no_cost_negative_and_widens_the_bounds(rng):
    points = grid(lambda units: 1e-9 * units)
    exact = np.array([0.04 + p.rows * 2e-8 * p.units for p in points])
    told = fitting.for_each_row(points, list(exact * rng.uniform(0.9, 1.1, len(points))), Point(1e5, 900, 9e-7))
    assert told.likely == pytest.approx(0.04 + 1e5 * 2e-8 * 900, rel=0.25)
    assert told.low < 0.99 * told.likely < 1.01 * told.likely < told.high
    assert (fitting.nonnegative(np.array([[1, 1], [1, 2], [1, 3.0]]), np.array([1, 0.9, 0.8]))[0] >= 0).all()


def test_what_is_done_once_grows_with_units_and_with_rows_only_where_it_did():
    still = [Point(rows, units, units) for units in (100, 300) for rows in (500, 1000)]
    assert fitting.once(still, [1, 1, 3, 3.1], Point(1e6, 3000, 3000)).likely == pytest.approx(31)
    assert fitting.once(still, [1, 2, 3, 6], Point(1e4, 300, 300)).likely == pytest.approx(60)


@pytest.mark.parametrize("power", [1, 1.3, 2])
def test_counts_follow_their_power(power):
    units = [50, 150, 450]
    assert fitting.counted(units, [7.0 * u**power for u in units], 1e5) == pytest.approx(7 * 1e5**power)


def test_of_sizes_made_in_two_ways_the_largest_alone_tells():
    assert fitting.counted([333, 1000, 3000], [2e6, 16e6, 6e6], 9000) == pytest.approx(18e6)


def test_rates_of_a_readout_are_found_again():
    rates = Rates(4e-11, 2e-11, 3e-10, 5e-8)
    work = [ridge(n, f, 10, 3) for n, f in ((1400, 700), (7000, 700), (1200, 1300), (350, 11200), (200, 40000))]
    assert rates_of(work, np.array([rates.seconds(w) for w in work])) == pytest.approx(rates)


def test_a_readout_of_millions_of_columns_is_told_plainly():
    work = ridge(1e7, 1e6, 10, 5)
    assert work.n_bytes > 8 * 8e12  # a Gram matrix of 8 TB, several times over
    assert work.operations > 1e18
    f = most_features(25e9, 5)
    assert ridge(1e9, f, 1, 5).n_bytes <= 25e9 * 1.001 <= ridge(1e9, 1.01 * f, 1, 5).n_bytes


@pytest.mark.parametrize("n, f, groups", [(1600, 200, 3), (1600, 300, 10), (150, 1000, 5), (300, 2000, 5)])
def test_memory_of_a_readout_is_what_it_takes(rng, n, f, groups):
    x, y, owner = rng.normal(size=(n, f)), np.arange(n) % 10, np.arange(n) % groups
    tracemalloc.start()
    try:
        RidgeClassifier(standardize=True).fit(x, y, groups=owner)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert ridge(n, f, 10, groups).n_bytes == pytest.approx(peak, rel=0.3)


def words_of(rng, n):
    """Sequences with all that a task may bring."""
    lengths = rng.integers(20, 60, n)
    rows = [np.arange(5, k) for k in lengths]
    return Sequences(
        [rng.normal(size=(k, 3)) for k in lengths], labels=np.arange(n) % 10, names=[f"word {i}" for i in range(n)],
        groups=[f"speaker {i % 7}" for i in range(n)], split=["train", "test"] * (n // 2),
        targets=[rng.normal(size=(k, 2)) for k in lengths],
        questions=(Question("which", [np.array([i % 10]) for i in range(n)]),
                   Question("now", [rng.normal(size=len(r)) for r in rows], rows, "nrmse")),
    )  # fmt: skip


@pytest.mark.parametrize(
    "model",
    [EchoStateNetwork(n_units=80, topology="spatial", random_state=0), Counter(frames_every=7)],
    ids=["esn", "counter"],
)
def test_disk_is_counted_as_a_file_has_it(tmp_path, rng, model):
    few, many = words_of(rng, 40), words_of(rng, 800)
    sizes = {}
    for name, sequences in (("few", few), ("many", many)):
        with record(model, sequences, tmp_path / name, progress=False) as recording:
            spikes = 0.0 if recording.spikes is None else sum(len(t) for t, _ in recording.spikes)
        sizes[name] = (tmp_path / name).stat().st_size, sequences.lengths.sum(), spikes

    def counted(name, sequences):
        _, n_rows, spikes = sizes[name]
        for_row, for_sequence = disk.given(sequences)
        contents = disk.Contents(
            for_row, for_sequence + 4 * len(model.shows), spikes / n_rows, 6 * ("frames" in model.shows),
            getattr(model, "frames_every", 1), model.unit_positions_.shape[1],
        )  # fmt: skip
        return disk.recording(contents, len(sequences), n_rows, model.n_units_)

    header = sizes["few"][0] - counted("few", few)
    assert counted("many", many) + header == pytest.approx(sizes["many"][0], rel=0.01)


def test_arrays_are_counted_once():
    x = np.zeros((100, 10))
    assert held([x, {"again": x}, (x[:5],)]) == pytest.approx(8000, rel=0.1)
    grown = [held(EchoStateNetwork(n_units=n, random_state=0).fit(np.zeros((9, 4)))) for n in (1100, 2200)]
    assert grown[1] / grown[0] == pytest.approx(2, rel=0.02)


def test_sizes_end_with_the_one_asked_for():
    assert sizes_up_to(None) == [None]
    assert sizes_up_to(20) == [20]
    assert sizes_up_to(1000) == [37, 111, 333, 1000]


def test_a_larger_product_takes_longer():
    small, large = machine.products([(300, 3e4), (30_000, 3e7)], 0.002)
    assert 0 < small < large / 20


@pytest.fixture(scope="module")
def studies(tmp_path_factory):
    """What is known of a small network and of a tank after a moment's measuring."""
    folder = tmp_path_factory.mktemp("here")
    with pytest.MonkeyPatch.context() as small:
        small.setattr(readout, "_RUNS", [(n // 10, f // 10) for n, f in readout._RUNS])
        small.setattr(machine, "_BLOCK", 2**20)
        small.setattr(calibration, "_RUN", 0.02)
        return {
            model: studied(
                "xor", model, "generated", None, "streams", units=60, most_sequences=3, seconds=1, folder=folder
            )
            for model in ("esn", "water")
        }


def stages(found):
    return {stage["name"]: stage for stage in found["stages"]}


def test_measuring_the_disk_leaves_the_files_there_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(machine, "_BLOCK", 2**16)
    (tmp_path / "speed").write_text("of somebody else")
    assert min(machine.disk_speeds(tmp_path).values()) > 0
    assert [p.read_text() for p in tmp_path.iterdir()] == ["of somebody else"]


def test_a_plan_says_how_each_stage_grows(studies):
    study = studies["esn"]
    one, more = (stages(foretold(study, units, n, w)) for units, n, w in ((60, 10**4, 1), (60, 10**6, 8)))
    assert list(one) == ["data", "recording", "one file", "training", "comparison"]
    assert one["one file"]["wall_seconds"]["likely"] == one["recording"]["network_bytes"] == 0
    assert more["recording"]["disk_bytes"] == pytest.approx(100 * one["recording"]["disk_bytes"], rel=0.01)
    assert more["training"]["cpu_seconds"]["likely"] == pytest.approx(
        100 * one["training"]["cpu_seconds"]["likely"], rel=0.1
    )
    assert more["recording"]["memory_bytes"] < 100 * one["recording"]["memory_bytes"]
    for name in ("recording", "comparison"):
        cpu, wall = (more[name][f"{kind}_seconds"]["likely"] for kind in ("cpu", "wall"))
        assert cpu / 8 <= wall * 1.001
    assert one["comparison"]["tasks"] == 12  # four folds, three seeds
    alone = stages(foretold(study, 60, 10**4, 500))["comparison"]
    assert alone["wall_seconds"] == stages(foretold(study, 60, 10**4, 12))["comparison"]["wall_seconds"]
    json.dumps(foretold(study, 60, 10**4, 1))


def test_notes_say_what_will_not_do(studies):
    notes = " ".join(foretold(studies["esn"], 10**6, 10**7, 256)["notes"])
    assert "A guess: that is" in notes and "times the units" in notes
    assert "1,000,000 columns has a Gram matrix of 8.0 TB" in notes and "this machine's memory" in notes
    assert "shards" in notes
    tank = foretold(studies["water"], 10**6, 100, 1)
    assert tank["units"] is None
    assert any("WaveTank takes no such number" in note.replace("but ", "") for note in tank["notes"])
    assert "guess" not in " ".join(foretold(studies["esn"], 60, 12, 1)["notes"])


def test_the_command_prints_a_table_or_json(studies, capsys, monkeypatch):
    found = foretold(studies["esn"], 1000, 10**5, 4)
    monkeypatch.setattr("millpond.planning.plan", lambda *args, **options: found | {"asked": options})
    words_of_it = ["plan", "xor", "--units", "1e3", "--sequences", "1e5", "--workers", "4"]
    cli.app(words_of_it, standalone_mode=False)
    out = capsys.readouterr().out
    assert "esn of 1,000 units, 100,000 sequences" in out and "training" in out and "Assumed" in out
    cli.app([*words_of_it, "--json"], standalone_mode=False)
    asked = json.loads(capsys.readouterr().out)["asked"]
    assert (asked["units"], asked["n_sequences"], asked["n_workers"]) == (1000, 10**5, 4)


@pytest.mark.parametrize(
    "given, said",
    [
        (["xor", "--units", "0"], "units is 0, but it must be a whole number of at least 1"),
        (["xor", "--workers", "0"], "workers is 0, but it must be a whole number of at least 1"),
        (["xor", "--model", "lstm"], "model is 'lstm', which is trained end to end"),
        (["xor", "--model", "escn"], "did you mean"),
        (["xxor"], "task is 'xxor'"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_a_sentence(given, said):
    with pytest.raises(checks.InputError, match=said):
        cli.app(["plan", *given], standalone_mode=False)
