import numpy as np
import pytest

from millpond.reservoir import ChannelScaler, InputError, Sequences


def test_a_cube_is_a_set_of_equal_lengths(rng):
    cube = rng.normal(size=(4, 6, 2))
    words = Sequences(cube, labels=[0, 1, 0, 1])
    assert len(words) == 4
    assert words.lengths.tolist() == [6, 6, 6, 6]
    assert np.array_equal(words.signals[2], cube[2])


def test_choosing_takes_all_that_belongs_along(ragged):
    chosen = ragged[ragged.groups == "speaker 1"]
    assert list(chosen.names) == ["word 1", "word 4", "word 7", "word 10"]
    assert chosen.lengths.tolist() == [9, 1, 3, 2]
    assert list(ragged[3].names) == ["word 3"]
    assert list(ragged[-2:].labels) == list(ragged.labels[-2:])


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("labels", ["a"] * 10, "labels has 10 entries, but there are 11 sequences"),
        ("labels", ["a", None] + ["a"] * 9, r"labels\[1\] is missing"),
        ("labels", [0.0, np.nan] + [1.0] * 9, r"labels\[1\] is missing"),
        ("groups", np.ones((11, 2)), r"groups has shape \(11, 2\)"),
        ("split", ["train"] * 10 + ["tset"], "split is 'tset'.*did you mean 'test'"),
        ("period", 0, "period is 0, but it must be a number greater than 0"),
        ("period", "fast", "period is 'fast'"),
        ("targets", [np.ones(5)] * 11, "targets of sequence 1 have 5 steps, but its signal has 9"),
        ("targets", [np.ones(5)], "targets has 1 entries, but there are 11"),
    ],
)
def test_what_does_not_fit_is_named(ragged, field, value, says):
    with pytest.raises(InputError, match=says):
        Sequences(ragged.signals, **{field: value})


def test_scaler_standardises_the_training_part_and_weighs(ragged):
    scaler = ChannelScaler(weights=[1.0, 2.0, 0.5]).fit(ragged[:8])
    rows = np.concatenate(scaler.transform(ragged[:8]).signals)
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-12)
    np.testing.assert_allclose(rows.std(0), [1.0, 2.0, 0.5], rtol=1e-12)
    other = np.concatenate(scaler.transform(ragged[8:]).signals)
    expected = (np.concatenate(ragged[8:].signals) - scaler.mean_) / scaler.scale_ * [1.0, 2.0, 0.5]
    np.testing.assert_allclose(other, expected, rtol=1e-12)


def test_scaler_leaves_a_still_channel_at_zero():
    x = np.column_stack([np.full(5, 1e6), np.arange(5.0)])
    scaled = ChannelScaler().fit(x).transform(x)
    assert np.array_equal(scaled[:, 0], np.zeros(5))
    assert np.isfinite(scaled).all()
