"""Cards and maps that are stopped go on, to the same bits, and are never those of another question."""

import warnings

import pytest

from millpond import checkpoints, measuring
from millpond.esn import EchoStateNetwork
from millpond.execution import versions
from millpond.locking import locked
from millpond.reservoir import InputError

AXES = ["leak_rate=0.3,1", "input_scaling=0.1,1e200"]


def cards(out):
    return measuring.side_by_side(["esn"], 10, 3, out, n_workers=1)


def points(out):
    with warnings.catch_warnings(action="ignore"):  # one row of the map is far off
        return measuring.chart("esn", AXES, 9, out, n_workers=1).to_dict()


@pytest.mark.parametrize(("asked", "n"), [(cards, 3), (points, 4)])
def test_a_stopped_call_goes_on(asked, n, tmp_path, monkeypatch, capsys):
    """Stopped after two, it finds these, makes the rest alone, and ends as if nothing had been."""
    made, keep = [], checkpoints.keep

    def stopping(folder, key, outcome):
        keep(folder, key, outcome)
        made.append(key)
        if len(made) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "keep", stopping)
    with pytest.raises(KeyboardInterrupt):
        asked(tmp_path / "a")
    assert len(list((tmp_path / "a" / "outcomes").glob("*.npz"))) == 2
    assert not (tmp_path / "a" / "measures.json").exists()
    capsys.readouterr()
    stopped = asked(tmp_path / "a")
    assert f"resuming: 2 of {n} " in capsys.readouterr().err
    assert len(set(made)) == len(made) == n  # none was made twice
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["measures.json"]
    assert stopped == asked(tmp_path / "b")
    assert (tmp_path / "a" / "measures.json").read_bytes() == (tmp_path / "b" / "measures.json").read_bytes()


def test_the_key_changes_with_all_that_is_asked(monkeypatch):
    one, measures = EchoStateNetwork(n_units=9, random_state=0), {"rank": None}
    keys = [
        measuring._key((one, 0)), measuring._key((one, 1)), measuring._key((one, measures, 0)),
        measuring._key((one, {"memory": None}, 0)), measuring._key((one, measures, 1)),
        measuring._key((EchoStateNetwork(n_units=9, random_state=1), 0)),
        measuring._key((EchoStateNetwork(n_units=9, random_state=0, leak_rate=0.5), 0)),
    ]  # fmt: skip
    assert measuring._key((EchoStateNetwork(n_units=9, random_state=0), 0)) == keys[0]
    monkeypatch.setattr(versions, "mark", lambda: "another")
    keys.append(measuring._key((one, 0)))
    assert len(set(keys)) == len(keys)


def test_a_comparison_keeps_its_own_measures(tmp_path):
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(InputError, match="contains a comparison and its measures.json"):
        cards(tmp_path)


def test_one_writer_and_a_folder_for_it(tmp_path):
    with locked(tmp_path), pytest.raises(InputError, match="another millpond is writing into"):
        cards(tmp_path)
    (tmp_path / "a").write_text("")
    with pytest.raises(InputError, match="which is a file"):
        cards(tmp_path / "a")


def test_what_is_infinite_comes_back(tmp_path):
    checkpoints.keep(tmp_path, "k", found := {"values": {"a": float("inf"), "b": 0.1 + 0.2}})
    assert checkpoints.found(tmp_path, {"here": "k", "there": "l"}) == {"here": found}
