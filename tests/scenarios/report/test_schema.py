"""Changed summaries: a page, or one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from millpond.report import report
from millpond.report.measured import _is_of
from millpond.reservoir import InputError

ROOT = Path(__file__).parents[3]


def test_a_summary_is_checked_once_and_refused_in_a_sentence(tmp_path):
    words = [sys.executable, "-m", "tests.hostile_summaries", tmp_path, "0", "80"]
    env = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, env=env)
    assert run.returncode == 0, run.stdout[-40:] + run.stderr[-2000:]
    assert 40 < int(run.stdout.split()[-2]) < 80


@pytest.mark.slow
@pytest.mark.parametrize("first", [1000, 1500])
def test_1000_changed_summaries(tmp_path, first):
    words = [sys.executable, "-m", "tests.hostile_summaries", tmp_path, str(first), str(first + 500)]
    run = subprocess.run(words, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-40:] + run.stderr[-2000:]


@pytest.mark.parametrize("change", [
    lambda row: row["seconds"].update(states=-1e300), lambda row: row["score"].update(low=1e308),
    lambda row: row["score"].update(low=0.9, high=0.1), lambda row: row.update(n_trained=10**400),
    lambda row: row["questions"]["digit"]["confusion"]["counts"][0].__setitem__(0, -5),
    lambda row: row.update(peak_memory_mb="much"), lambda row: row["operations"].update(per_step={"x": 10**400}),
    lambda row: row["learning_curve"][0].update(n_train=0), lambda row: row["config"].update(x="[" * 9 + "\ud800"),
    lambda row: row["config"].update(x=[[[[1e400]]]]), lambda row: row.update(of="nobody"),
    lambda row: row["questions"]["digit"]["confusion"]["counts"].pop(),
])  # fmt: skip
def test_no_value_of_a_summary_ends_a_report_in_a_traceback(made, tmp_path, change):
    found = json.loads((made[0] / "summary.json").read_text())
    change(found["rows"][0])
    (tmp_path / "summary.json").write_text(json.dumps(found))
    try:
        page = report(tmp_path, measure=False).read_text()
        assert "\ud800" not in page
    except InputError as error:
        assert "is not the summary of a comparison (" in str(error)


@pytest.mark.parametrize("harm", [
    lambda card: card["results"]["rank"].update(said=["a"]), lambda card: card["results"]["rank"].update(value=10**400),
    lambda card: card.update(by=[1]), lambda card: card["results"].update(rank=3), lambda card: card.update(results=[]),
    lambda card: card["results"]["rank"].pop("said"), lambda card: card["results"]["rank"].update(value=True),
])  # fmt: skip
def test_a_card_that_is_broken_is_not_shown(harm):
    row = {"config": {"class": "a:B", "params": {}}, "seed_config": [{"random_state": 0}]}
    card = {"results": {"rank": {"value": None, "said": "none"}, "memory": {"value": 2.5, "said": "few"}}, "by": "me"}
    kept = {"config": row["config"], "random_state": 0, "card": card}
    assert _is_of(kept, row)
    harm(card)
    assert not _is_of(kept, row)
