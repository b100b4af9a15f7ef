"""What the lessons' tasks are made of."""

import numpy as np
import pytest

from millpond.reservoir import InputError
from millpond.scenarios.lessons import characters, gradients, memory, reber


@pytest.mark.parametrize("embedded", [False, True])
def test_strings_follow_the_grammar_and_legal_letters_follow_the_string(embedded, rng):
    for _ in range(200):
        text, legal = reber.string(rng, embedded)
        assert len(legal) == len(text) - 1
        assert all(c in allowed for c, allowed in zip(text[1:], legal, strict=True))
        if embedded:
            assert text[1] == text[-2]
            assert legal[-2] == {text[1]}
            text = text[2:-2]
        assert text[0] == "B"
        assert text[-1] == "E"
        assert len(text) >= 5  # the shortest: BTXSE and BPVVE


def test_the_grammar_is_rebers(rng):
    drawn = {reber.string(rng)[0] for _ in range(2000)}
    assert {"BTXSE", "BPVVE", "BTSXSE", "BPTVVE", "BPVPSE", "BTXXVVE"} <= drawn
    assert not {"BTXVE", "BPSE", "BTSSE"} & drawn


@pytest.mark.slow
def test_an_lstm_learns_the_embedded_grammar_and_an_elman_network_as_elman_trained_it_does_not():
    rows = {(r["cell"], r["truncate"]): r for r in reber.run(progress=False) if r["grammar"] == "embedded"}
    assert rows["lstm", 0]["legal"] > 0.99
    assert rows["lstm", 0]["recalled"] > 0.99
    assert rows["elman", 1]["recalled"] < 0.8


def test_sequences_are_one_hot_and_shifted_by_one(rng):
    X, y, legal = reber.sequences(5, rng, embedded=True)
    for x, letters, allowed in zip(X, y, legal, strict=True):
        assert (x.sum(1) == 1).all()
        assert np.array_equal(x.argmax(1)[1:], letters[:-1])
        assert len(letters) == len(allowed)


def test_adding_marks_one_number_in_each_half(rng):
    X, y = memory.adding(50, 11, rng)
    assert (X[:, :5, 1].sum(1) == 1).all()
    assert (X[:, 5:, 1].sum(1) == 1).all()
    for x, total in zip(X, y, strict=True):
        assert total == pytest.approx(x[x[:, 1] == 1, 0].sum())
    assert np.mean((1 - memory.adding(20000, 4, rng)[1]) ** 2) == pytest.approx(1 / 6, rel=0.05)


def test_the_answer_lies_so_far_back_and_nowhere_else(rng):
    X, y = memory.recall(50, 9, rng)
    assert X.shape == (50, 10, 6)
    assert np.array_equal(X[:, 0].argmax(1), y)
    assert (X[:, 1:, :2] == 0).all()
    assert set(y) == {0, 1}


def test_a_text_of_one_rhythm_is_learned_and_goes_on():
    text = "abcd" * 60
    network, letters = characters.learned(text, "gru", n_units=12, n_epochs=60, piece=16, progress=False)
    assert characters.written(network, letters, "abcdab", 8, temperature=0) == "cdabcdab"
    with pytest.raises(InputError, match="the letter 'x' is not in the text"):
        letters.rows("x")
    with pytest.raises(InputError, match="at least two"):
        characters.Letters("aaa")


def test_memory_grows_with_length_back_in_time_and_not_in_real_time():
    rows = gradients.cost(lengths=(50, 200), sizes=(), at_least=1e-3)
    size = {(r["way"], r["n_steps"]): r["bytes"] for r in rows}
    assert size["through time", 200] > 2 * size["through time", 50]
    assert size["truncated", 200] < 1.3 * size["truncated", 50]  # outputs and inputs apart
    assert size["in real time", 200] == pytest.approx(size["in real time", 50], rel=0.1)


def test_clipping_tames_what_explodes_and_leaves_what_vanishes():
    rows = gradients.vanishing(radii=(0.5, 1.5), n_steps=30, n_units=10)
    vanished, exploded = rows
    assert vanished["lengths"][0] < 1e-3 < 1e3 < exploded["lengths"][0]
    assert exploded["clipped"] == pytest.approx(100, rel=1e-4)
    assert exploded["gradient"] > 1000
    assert vanished["clipped"] == vanished["gradient"]
    costs = gradients.cost((50,), (), 1e-3)
    panels = gradients.picture(costs, rows).axes
    assert len(panels) == 6 and all(ax.get_xlabel() and ax.get_ylabel() for ax in panels)
    assert [text.get_text() for text in panels[0].get_legend().texts] == [row["way"] for row in costs]
    np.testing.assert_array_equal(panels[2].lines[1].get_ydata(), exploded["lengths"])
