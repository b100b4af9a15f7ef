"""Messages of range checks name every bound."""

import numpy as np
import pytest

from millpond.baseline import LeakyBank, SquaredIntegrators
from millpond.esn import EchoStateNetwork
from millpond.readout import RLS
from millpond.reservoir import InputError, checks


@pytest.mark.parametrize(
    ("bounds", "says"),
    [
        ({"low": 0, "high": 1, "above": 0}, "a number greater than 0 and at most 1"),
        ({"above": 2.5}, "a number greater than 2.5;"),
        ({"low": 0, "high": 1}, "a number between 0 and 1"),
        ({"low": 0}, "a finite number of at least 0"),
        ({"high": 7}, "a finite number of at most 7"),
        ({}, "a finite number;"),
    ],
)
def test_every_bound_is_named(bounds, says):
    with pytest.raises(InputError, match=f"x is nan, but it must be {says}"):
        checks.number("x", float("nan"), **bounds)


@pytest.mark.parametrize(
    "fit",
    [
        lambda a: EchoStateNetwork(leak_rate=a).fit(np.ones((3, 1))),
        lambda a: EchoStateNetwork(leak_rate=np.full(500, a)).fit(np.ones((3, 1))),
        lambda a: SquaredIntegrators(leak_rate=a).fit(np.ones((3, 1))),
        lambda a: LeakyBank(leak_rates=(0.1, a)).fit(np.ones((3, 1))),
        lambda a: RLS(forgetting=a).fit(np.ones((3, 1)), np.ones(3)),
    ],
)
def test_both_bounds_of_rates_are_named(fit):
    for wrong in (2.0, 0.0, np.float64(2.0)):
        with pytest.raises(InputError, match=r"is (2|0)\.0, but it must be a number greater than 0 and at most 1"):
            fit(wrong)
