import numpy as np
import pytest

from millpond.report import cost
from millpond.report.axes import Box, Scale, decades, label, spread, ticks
from millpond.results import short


def test_a_scale_hits_its_ends_and_ratios_are_distances():
    scale = Scale(1, 100, 20, 220, True)
    assert [scale(v) for v in (1, 10, 100)] == pytest.approx([20, 120, 220])
    assert Scale(2, 4, 10, 0)(3) == pytest.approx(5)


@pytest.mark.parametrize(("low", "high"), [(0.78, 0.95), (0.0, 1.0), (0.138, 0.142), (3, 1000)])
def test_ticks_are_round_inside_and_enough(low, high):
    found = ticks(low, high)
    assert 2 <= len(found) <= 11
    assert all(low - 1e-9 <= t <= high + 1e-9 for t in found)
    assert np.allclose(np.diff(found), found[1] - found[0])
    assert low <= decades(low or 0.1, high)[0] and decades(low or 0.1, high)[-1] <= high


def test_labels_that_are_spread_keep_their_order_and_their_distance(rng):
    for _ in range(50):
        places = list(rng.uniform(0, 100, rng.integers(1, 10)))
        found = spread(places, 10, 0, 100)
        assert (np.argsort(found, kind="stable") == np.argsort(places, kind="stable")).all()
        assert (np.diff(np.sort(found)) >= 10 - 1e-9).all()
        assert min(found) >= -1e-9 and max(found) <= 100 + 1e-9
    assert spread([10.0, 50.0], 10, 0, 100) == [10.0, 50.0]


def test_labels_find_places_that_are_free(rng):
    inside, taken = Box(0, 0, 300, 300), []
    for x, y in rng.uniform(50, 250, (12, 2)):
        box = label("reservoir", x, y, taken, inside, 80)
        if box is not None:
            assert not any(box.meets(other) for other in taken)
            assert box.left >= 0 and box.right <= 300 and box.top >= 0 and box.bottom <= 300
            taken.append(box)
    assert len(taken) > 6
    assert label("no room", 5, 5, [], Box(0, 0, 10, 10), 80) is None


def test_a_label_far_from_its_dot_is_tied_to_it():
    """Above it as well as beside it; one that is near needs no tie."""
    row, taken = {"kind": "reservoir"}, []
    assert "leader" not in cost._name(row, "near", 200, 150, taken, "red")
    blocked = [Box(0, 120, 400, 180)]
    assert 'class="leader" d="M200.0 150.0L200.0 ' in cost._name(row, "far", 200, 150, blocked, "red")
    assert cost._name({"kind": "control"}, "far", 200, 150, [Box(0, 100, 400, 200)], "red") == ""


def test_numbers_are_short():
    assert [short(v) for v in (0, 0.0213, 7, 15010, 3.4e7)] == ["0", "0.021", "7", "15k", "34M"]
