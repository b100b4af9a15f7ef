"""The command as a person meets it: in a process of its own."""

import errno
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import h5py
import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from millpond import cli
from millpond.readout import Pool, RidgeClassifier
from millpond.recording import Recording
from millpond.recording.making import BeingWrittenError
from millpond.viewer import section

ROOT = Path(__file__).parents[2]


def millpond(*words, cwd=None):
    env = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    return subprocess.run(
        [sys.executable, "-m", "millpond", *map(str, words)], capture_output=True, text=True, cwd=cwd, env=env
    )


@pytest.fixture(scope="module")
def compared(corpus, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    run = millpond("compare", "digits", "--corpus", corpus, "--units", 40, "--out", out)
    assert run.returncode == 0, run.stderr
    return out, run.stdout


def test_summary_has_what_the_design_says(compared):
    found = json.loads((compared[0] / "summary.json").read_text())
    assert (found["task"], found["split"], found["seeds"]) == ("digits", "speaker", [0, 1, 2])
    assert [r["model"] for r in found["rows"]] == ["esn", "input", "squares", "static", "leaky", "no-recurrence"]
    assert [r["kind"] for r in found["rows"]] == ["reservoir"] + ["control"] * 5
    for row in found["rows"]:
        score = row["score"]
        assert score["name"] == "accuracy"
        assert score["low"] <= score["mean"] <= score["high"]
        assert score["mean"] == pytest.approx(np.mean(score["per_seed"]))
        assert len(score["per_seed"]) == 3
        assert set(row["per_group"]) == {"ann", "bob", "cem", "dee"}
        assert np.mean(list(row["per_group"].values())) == pytest.approx(score["mean"])
        assert set(row["seconds"]) == {"states", "train", "predict"}
        assert row["peak_memory_mb"] > 50
        assert row["n_trained"] == (row["n_features"] + 1) * 3
        assert set(row["seed_config"][0]["penalty"]) == {"ann", "bob", "cem", "dee"}
    esn, _, _, static, _, bare = found["rows"]
    assert esn["n_features"] == static["n_features"] == bare["n_features"] == 200
    assert esn["score"]["mean"] > 0.8
    gain = static["gain_of_reservoir"]["mean"]
    assert gain == pytest.approx(esn["score"]["mean"] - static["score"]["mean"])


def test_table_prints_every_control(compared):
    for word in (
        "esn",
        "input",
        "squares",
        "static",
        "leaky",
        "no-recurrence",
        "difference",
        "report.html, summary.json, esn.h5",
    ):
        assert word in compared[1]
    assert compared[1].endswith(f"'millpond report {compared[0]}' adds the measures of the reservoirs to the report.\n")
    assert max(map(len, compared[1].split("Written")[0].splitlines())) <= 80
    assert "…" not in compared[1]


def test_scores_do_not_depend_on_the_number_of_workers(compared, corpus, tmp_path):
    run = millpond("compare", "digits", "--corpus", corpus, "--units", 40, "--out", tmp_path, "--workers", 1, "--json")
    alone = json.loads(run.stdout)
    together = json.loads((compared[0] / "summary.json").read_text())
    for a, b in zip(alone["rows"], together["rows"], strict=True):
        assert a["score"] == b["score"]
        assert a["seed_config"] == b["seed_config"]
        assert a["learning_curve"] == b["learning_curve"]
        assert a["questions"] == b["questions"]


def test_recording_gives_the_score_of_the_table_again(compared):
    """The file alone, in another process, reaches what the table says of its fold and seed."""
    found = json.loads((compared[0] / "summary.json").read_text())
    run = millpond("train", compared[0] / "esn.h5", "--json")
    value = json.loads(run.stdout)["score"]["value"]
    esn = found["rows"][0]
    penalty = esn["seed_config"][0]["penalty"]["ann"]["digit"]
    assert json.loads(run.stdout)["penalty"] == pytest.approx(penalty, rel=1e-3)
    # states in the file are float32: one word of 18 may fall on the other side
    assert value == pytest.approx(esn["seed_config"][0]["score"]["ann"], abs=1.01 / 18)
    with Recording.open(compared[0] / "esn.h5") as rec:
        assert set(rec.groups[rec.split == "test"]) == {"ann"}
        train = rec.part("train")
        model = RidgeClassifier(standardize=True).fit(Pool().fit_transform(train), train.labels, groups=train.groups)
        test = rec.part("test")
        assert model.score(Pool().fit_transform(test), test.labels) == pytest.approx(value)


def test_logistic_trains_from_the_same_file(compared):
    run = millpond("train", compared[0] / "esn.h5", "--readout", "logistic")
    assert run.returncode == 0, run.stderr
    assert "on the test part" in run.stdout


def test_info_and_list(compared):
    run = millpond("info", compared[0] / "esn.h5")
    assert run.returncode == 0, run.stderr
    of = "40 of millpond.esn.network:EchoStateNetwork"
    for word in ("complete", "72, 1", of, "down, flat, up", "leak_rate=0.07"):
        assert word in run.stdout
    run = millpond("list")
    for word in ("digits", "esn", "no-recurrence", "synthetic", "gammatone", "blocks", "logistic"):
        assert word in run.stdout


def test_play_names_a_word_of_the_corpus_and_shows_it(compared, corpus, tmp_path):
    """The comparison left all that is needed: the word it shows, and a file of its own in another folder."""
    assert 'class="facts"' in section(compared[0], ["esn"]).body
    run = millpond("play", corpus / "up_ann_0.wav", "--run", compared[0], "--out", tmp_path / "a.html", "--json")
    assert run.returncode == 0, run.stderr
    (row,) = json.loads(run.stdout)["models"]
    assert (row["model"], row["word"]) == ("esn", "up")
    assert "up_ann_0.wav" in (tmp_path / "a.html").read_text()


def recording_bytes(path):
    with h5py.File(path) as file:
        return [file[name][:].tobytes() for name in ("states", "inputs", "recorded", "checksum/states")]


def test_record_goes_on_and_repeats(corpus, tmp_path):
    words = ("record", "digits", "--model", "esn", "--corpus", corpus, "--units", 30, "--out", tmp_path / "a.h5")
    assert millpond(*words).returncode == 0
    before = (tmp_path / "a.h5").read_bytes()
    assert millpond(*words).returncode == 0
    assert (tmp_path / "a.h5").read_bytes() == before
    assert millpond(*words[:-1], tmp_path / "b.h5", "--workers", 2).returncode == 0
    assert recording_bytes(tmp_path / "b.h5") == recording_bytes(tmp_path / "a.h5")
    other = millpond(*words, "--seed", 5)
    assert other.returncode == 2
    assert "another model, seed or set" in other.stderr


def test_a_model_of_someone_else(corpus, tmp_path):
    run = millpond(
        "compare",
        "digits",
        "--corpus",
        corpus,
        "--models",
        "tests.toys:Counter",
        "--out",
        tmp_path,
        "--quick",
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stderr
    found = json.loads((tmp_path / "summary.json").read_text())
    assert [r["model"] for r in found["rows"]] == ["tests.toys:Counter", "input", "squares", "static", "leaky"]
    with Recording.open(tmp_path / "tests.toys.Counter.h5") as rec:
        assert rec.spikes is not None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["compare", "digit"], "task is 'digit'.*did you mean 'digits'"),
        (["compare", "digits", "--models", "ens"], "model is 'ens'.*did you mean 'esn'"),
        (["compare", "digits", "--models", "nowhere:Model"], "model 'nowhere:Model' cannot be loaded"),
        (["compare", "digits", "--models", "json:JSONDecoder"], "is not a millpond.Reservoir"),
        (["compare", "digits", "--models", ","], "at least one name is needed"),
        (["compare", "digits", "--corpus", "fsd"], "corpus is 'fsd'.*did you mean 'fsdd'"),
        (["compare", "digits", "--corpus", "fsdd", "--data", "/nowhere"], "'/nowhere' does not exist"),
        (["compare", "digits", "--split", "speakers"], "split is 'speakers'.*did you mean 'speaker'"),
        (["compare", "digits", "--front-end", "mfc"], "front-end is 'mfc'.*did you mean 'mfcc'"),
        (["compare", "digits", "--units", "0"], "units is 0"),
        (["compare", "digits", "--seeds", "0"], "seeds is 0"),
        (["record", "digits", "--seed", "-1", "--out", "a.h5"], "seed is -1"),
        (["compare", "digits", "--models", ":x"], "model ':x' cannot be loaded"),
        (["compare", "digits", "--models", "millpond:Reservoir"], "does not implement build, "),
        (["compare", "digits", "--workers", "0"], "workers is 0"),
        (["compare", "digits", "--seeds", "many"], "Invalid value for .--seeds."),
        (["compare", "digits", "--seed", "3"], "No such option"),
        (["compar"], "No such command 'compar'"),
        (["train", "nothing.h5"], "there is no recording at nothing.h5"),
        (["info", "nothing.h5"], "there is no recording at nothing.h5"),
        (["record", "digits"], "Missing option '--out'"),
        (["play", "nothing.wav"], "'nothing.wav' does not exist"),
        (["play", "--run", "nowhere"], "there is no folder nowhere"),
        (["record", "digits", "--out", "no/folder/a.h5"], "there is no folder no/folder"),
        (["compare", "digits", "--scheduler", "dask"], "scheduler is 'dask', but local, slurm or an address"),
        (
            ["record", "digits", "--out", "a.h5", "--scheduler", "tcp://a:1", "--workers", "2"],
            "starts its own workers; leave out",
        ),
    ],
    ids=lambda v: " ".join(v) if isinstance(v, list) else "",
)
def test_mistakes_end_in_one_sentence_and_code_2(corpus, tmp_path, words, says):
    if "--scheduler" in words:
        pytest.importorskip("distributed")
    if words[0] in ("compare", "record") and "--corpus" not in words:
        words = [*words, "--corpus", corpus]
    run = millpond(*words, cwd=tmp_path)
    assert run.returncode == 2, run.stderr
    assert "Traceback" not in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1, run.stderr
    assert re.search(says, run.stderr), run.stderr
    assert not list(tmp_path.glob("**/*"))


def test_errors_that_are_a_kind_of_input_error_are_told_as_such(capsys):
    assert cli._reported(BeingWrittenError("a.h5.part is being written")) == 2
    assert capsys.readouterr().err == "millpond: a.h5.part is being written\n"


def test_a_full_disk_is_said_as_such(capsys):
    assert cli._reported(OSError(errno.ENOSPC, "No space left on device", "kernel.nbc")) == 2
    assert "the disk is full" in (said := capsys.readouterr().err) and "kernel.nbc" in said


@pytest.mark.parametrize("spoil", ["corrupt", "missing", "unlabelled"])
def test_a_spoilt_corpus_is_named_and_nothing_is_written(corpus, tmp_path, spoil):
    folder = tmp_path / "corpus"
    shutil.copytree(corpus, folder)
    if spoil == "corrupt":
        (folder / "up_bob_2.wav").write_bytes(b"RIFF and then nothing")
    elif spoil == "missing":
        (folder / "up_bob_2.wav").unlink()
    else:
        text = (folder / "manifest.csv").read_text()
        (folder / "manifest.csv").write_text(text.replace("up_bob_2.wav,up,", "up_bob_2.wav,,"))
    run = millpond("compare", "digits", "--corpus", folder, "--out", tmp_path / "out")
    assert run.returncode == 2
    assert "up_bob_2.wav" in run.stderr or "line" in run.stderr
    assert len(run.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from typer.testing import CliRunner; from millpond.cli import app;"
        "assert CliRunner().invoke(app, ['--help']).exit_code == 0;"
        "assert CliRunner().invoke(app, ['compare', '--help']).exit_code == 0;"
        "heavy = ('brian2', 'numba', 'sklearn', 'jax', 'matplotlib', 'librosa', 'scipy');"
        "print([m for m in heavy if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert run.stdout.strip() == "[]", run.stderr


def test_help_is_complete_and_ends_with_examples(monkeypatch):
    """No summary is cut, every option is explained, and each example is a valid command."""
    monkeypatch.setenv("COLUMNS", "80")
    group = typer.main.get_command(cli.app)
    runner = CliRunner()
    assert "..." not in runner.invoke(cli.app, ["--help"]).output.split("Commands:")[1]
    for name, command in group.commands.items():
        assert all(getattr(param, "help", None) for param in command.params), name
        examples = runner.invoke(cli.app, [name, "--help"]).output.split("Examples:\n")[1].splitlines()
        for words in map(shlex.split, filter(None, examples)):
            assert words[:2] == ["millpond", name]
            command.make_context(name, words[2:])


def test_a_model_in_the_working_folder_is_found_by_the_installed_command(tmp_path):
    (tmp_path / "mine.py").write_text("from millpond.esn import EchoStateNetwork as Mine\n")
    code = (
        f"import sys; sys.path[0] = {str(ROOT)!r}\n"
        "from millpond.evaluation.models import reservoir_class\n"
        "print(reservoir_class('mine:Mine'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert "EchoStateNetwork" in run.stdout, run.stderr


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
def test_workers_end_when_the_command_is_killed(corpus, tmp_path):
    env = os.environ | {"PYTHONPATH": str(ROOT), "MARK": str(tmp_path)}
    words = ["compare", "digits", "--corpus", str(corpus), "--seeds", "20", "--workers", "2", "--out", str(tmp_path)]
    process = subprocess.Popen([sys.executable, "-m", "millpond", *words], env=env, stderr=subprocess.DEVNULL)

    def workers():
        found = 0
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                is_ours = str(tmp_path).encode() in (entry / "environ").read_bytes()
                found += is_ours and b"spawn_main" in (entry / "cmdline").read_bytes()
            except OSError:  # it has ended in the meantime
                continue
        return found

    wait_for(lambda: workers() == 2)
    process.kill()
    process.wait()
    wait_for(lambda: workers() == 0)


def wait_for(condition, seconds=60):
    start = time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds
        time.sleep(0.1)


def here(monkeypatch, capsys, *words):
    """Run the command in this process; return its exit code and what it printed."""
    monkeypatch.setattr(sys, "argv", ["millpond", *map(str, words)])
    with pytest.raises(SystemExit) as end:
        cli.main()
    printed = capsys.readouterr()
    return end.value.code or 0, printed.out, printed.err


def test_a_card_and_its_recording_and_a_map(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def measured(*words):
        code, out, _ = here(monkeypatch, capsys, "measure", *words)
        assert code == 0
        return out

    esn = ["--model", "esn", "--units", 20]
    live, kept, read = (
        json.loads(measured(*words, "--json"))
        for words in (
            esn, [*esn, "--keep", tmp_path / "probe.h5"], [tmp_path / "probe.h5", "--plot", tmp_path / "card.png"]
        )
    )  # fmt: skip
    assert kept == read
    exponent = kept["results"].pop("Lyapunov exponent")
    assert exponent["method"] == "transient"  # a recording cannot be run again
    exponent = live["results"].pop("Lyapunov exponent")
    assert exponent["method"] == "renormalised" and kept == live
    live["results"]["Lyapunov exponent"] = exponent
    assert (tmp_path / "card.png").stat().st_size > 10_000
    two = measured("--model", "esn,mackey-glass", "--units", 20, "--seeds", 2)
    assert "mackey-glass" in two and "±" in two and "kernel rank" in two
    chart = measured("--model", "esn", "--units", 9, "--over", "leak_rate=0.3,1", "--over", "input_scaling=1")
    assert "leak_rate downwards, input_scaling across" in chart
    kept = [
        json.loads(Path(f"runs/measure-{name}/measures.json").read_text()) for name in ("esn-mackey-glass", "esn-map")
    ]
    assert [len(cards) for cards in kept[0].values()] == [2, 2] and list(kept[1]) == ["axes", "values"]
    told = kept[0]["esn"][0]
    assert live["results"] == {name: {k: v for k, v in r.items() if k != "said"} for name, r in told["results"].items()}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "measure needs either a recording or models; give FILE or --model NAME"),
        (["--model", "gru"], "trained end to end and has no states; name a reservoir"),
        (["--model", "esn", "--over", "a"], "an axis is 'a', but NAME=LOW:HIGH:STEPS or NAME=A,B,C is needed"),
        (["--model", "esn", "--over", "leak_rate=1"], "a map has two axes, but 1 were given (leak_rate); give two"),
        (["--model", "esn,lsm", "--keep", "a.h5"], "--over, --keep and --plot need exactly one model and one seed"),
        (["--model", "esn", "--plot", "card.txt"], "the file type of plot is '.txt'"),
        (["nothing.h5"], "there is no recording at nothing.h5"),
        (["--model", "esn", "--out", "a"], "one model with one seed is measured by one process"),
        (["nothing.h5", "--seeds", 2], "a recording is measured without other options"),
        (["--model", "esn", "--over", "leak_rate=1", "--over", "leak_rate=2"], "name two different ones"),
        (["--model", "esn", "--plot", "no/folder/card.png"], "there is no folder no/folder for card.png"),
    ],
)
def test_mistakes_in_measuring_are_said(monkeypatch, capsys, words, says):
    code, _, err = here(monkeypatch, capsys, "measure", *words)
    assert code == 2 and says in err and err.count("\n") == 1


def test_no_number_of_a_table_is_cut_where_the_terminal_is_narrow(capsys, monkeypatch):
    from millpond import terminal
    from millpond.cli.shared import say

    monkeypatch.setenv("COLUMNS", "40")
    score = {"name": "accuracy", "mean": 1.0, "low": 1.0, "high": 1.0}
    row = {
        "model": "a model of a long name", "kind": "baseline", "score": score, "n_features": 123456,
        "questions": {"the first": score, "the second": {"mean": 1.0}, "the third": {"mean": 1.0}},
    }  # fmt: skip
    table = terminal.comparison({
        "rows": [row | {"config": {"n_tried": 0}}], "folds": {"used": 1, "of": 1}, "task": "t", "corpus": "c",
        "split": "s", "seeds": [0],
    })[1]  # fmt: skip
    say(table)
    last = capsys.readouterr().out.rstrip().splitlines()[-1].split()
    assert last == ["a", "model", "of", "a", "long", "name", "100.0", "100.0-100.0", "100.0", "100.0", "123456"]
