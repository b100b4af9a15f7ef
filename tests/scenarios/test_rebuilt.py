"""Models made again from plain configurations, and never from code that a file names."""

import json
import sys

import numpy as np
import pytest

from millpond.esn import EchoStateNetwork
from millpond.evaluation.models import adjusted, built, substrates
from millpond.lsm import IntegrateFire
from millpond.rebuild import rebuilt
from millpond.reservoir import InputError
from millpond.reservoir.provenance import config
from millpond.scenarios.tasks import task_of


class Mine(EchoStateNetwork):
    """A model of one's own."""


def kept(model):
    """The configuration of a model as a file holds it."""
    return json.loads(json.dumps(config(model)))


@pytest.mark.parametrize("task", ["digits", "spoken-xor", "xor"])
@pytest.mark.parametrize("name", substrates())
def test_a_model_comes_back(task, name):
    model = adjusted(task_of(task).recipe(name).model, units=20, seed=3)
    again = rebuilt(kept(model))
    assert type(again) is type(model)
    assert config(again) == config(model)
    again.fit(np.zeros((3, 2)))


def test_objects_that_are_kept_as_text_are_read_back_if_they_are_data():
    model = built("lsm", encoder=IntegrateFire(rate=30.0, signed=False), n_units=20)
    assert rebuilt(kept(model)).encoder == model.encoder
    for text in ("Exception(args=1)", "LiquidStateMachine(n_units=5)", "IntegrateFire(rate=print(1))", "a b)", "()",
                 "<ufunc 'tanh'>"):  # fmt: skip
        spoilt = kept(model)
        spoilt["params"]["encoder"] = text
        with pytest.raises(InputError, match="is incomplete"):
            rebuilt(spoilt)


def test_a_file_does_not_say_which_code_runs():
    with pytest.raises(InputError, match="antigravity:x is not a known reservoir"):
        rebuilt({"class": "antigravity:x", "params": {}})
    nested = kept(built("deep-esn"))
    for place in (
        "antigravity:x", "millpond.lsm.standalone:built", "millpond.lsm.network:Reservoir",
        "millpond.esn.network:EchoStateNetwork.fit",
    ):  # fmt: skip
        nested["params"]["layer"] = {"class": place, "params": {}}
        with pytest.raises(InputError, match="is incomplete"):
            rebuilt(nested)
    assert "antigravity" not in sys.modules


def test_a_class_of_ones_own_is_rebuilt_for_those_who_know_it():
    about = kept(Mine(n_units=7))
    with pytest.raises(InputError, match="Mine is not a known reservoir"):
        rebuilt(about)
    again = rebuilt(about, [EchoStateNetwork, Mine])
    assert type(again) is Mine and again.n_units == 7


@pytest.mark.parametrize("params", [None, [], {"n_units": 9, "beauty": 1}])
def test_what_are_no_parameters_of_it_is_refused(params):
    with pytest.raises(InputError, match="is incomplete"):
        rebuilt({"class": "millpond.esn.network:EchoStateNetwork", "params": params})


def test_a_matrix_that_is_not_kept_is_missed():
    with pytest.raises(InputError, match="large arrays"):
        rebuilt(kept(EchoStateNetwork(W=np.zeros((9, 9)), n_units=9)))
