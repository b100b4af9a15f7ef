"""Spoken digits by a liquid, and which way of making spikes of sound serves it best.

The paper's words are those of five women from TI-46, which is not free: here they are synthetic, or those of a corpus
of your own choice (FSDD by six speakers comes nearest). Its abstract names the biologically most realistic coding, a
model of the cochlea (Lyon's) with Ben's Spiker Algorithm, as far better than more conventional ones.
"""

from __future__ import annotations

import numpy as np

from millpond.evaluation.evaluate import evaluate
from millpond.evaluation.folds import Fold
from millpond.evaluation.task_data import Material
from millpond.lsm import LiquidStateMachine
from millpond.readout import Pool
from millpond.scenarios.papers.figures import Check, Paper
from millpond.scenarios.speech import task

PAPER = Paper(
    title="Verstraeten, Schrauwen, Stroobandt, Van Campenhout (2005), Isolated word recognition with the Liquid State "
    "Machine: a case study",
    doi="10.1016/j.ipl.2005.05.019",
    about="135 neurons, spikes by Ben's Spiker Algorithm from Lyon's ear or from cepstra, speakers known; words are "
    "synthetic unless --corpus says otherwise",
)


def run(random_state: int = 0, quick: bool = False, corpus: str = "synthetic", data: str | None = None) -> list[Check]:
    """Return the shares of words that are named wrongly."""
    spoken = task.load(corpus, data)
    seeds = range(random_state, random_state + (3 if quick else 10))
    found = {}
    for ear in ("lyon", "mfcc"):
        heard = task.represent(spoken, ear)
        fold = task.folds(spoken, "blocks")[0]
        said = heard.sequences.labels
        assert said is not None
        found[ear] = np.array([_errors(heard, fold, said[fold.test], seed) for seed in seeds])
    here = "and so here" if found["lyon"].mean() < found["mfcc"].mean() else "not so here"
    return [
        Check("wrong, Lyon's ear", found["lyon"], f"claimed: fewer than with any other coding (abstract); {here}"),
        Check("wrong, cepstra", found["mfcc"], "ours: few words are missed with the better of the two", at_most=0.05),
    ]


def _errors(heard: Material, fold: Fold, wanted: np.ndarray, seed: int) -> float:
    liquid = LiquidStateMachine(n_units=135, dt=5e-4, engine="numba", encoder="bsa", random_state=seed)
    said = evaluate(liquid, Pool("segments", n_segments=3), heard, fold).predicted["digit"]
    return float(np.mean(said != wanted))
