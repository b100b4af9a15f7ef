"""Sequences of spoken words, with questions about earlier words that are read from the state at the end of a word.

Every word is in a slot of fixed length with 50 ms of silence before it and silence after it. Features are computed for
each word separately, so only the memory of the model connects words. All questions are read from one state.

Lag and order can be answered by a sum of functions of single time steps and need only memory. Whether two words are
equal is a product of two time steps and needs nonlinear computation on the memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from millpond.baseline import InSeries, LeakyBank, Products, ShiftRegister, StaticExpansion
from millpond.evaluation.folds import Fold
from millpond.evaluation.models import controls_of
from millpond.evaluation.recipe import Recipe
from millpond.evaluation.task_data import Material
from millpond.reservoir import Question, Reservoir, Sequences, checks
from millpond.scenarios.speech.corpus import Corpus
from millpond.scenarios.speech.frontends import FRONTENDS, compute_all
from millpond.scenarios.speech.frontends.spectral import FLOOR
from millpond.scenarios.speech.loading import CORPORA, load
from millpond.scenarios.speech.splits import by_speaker
from millpond.scenarios.tasks import strings_recipes

HOP = 20  # rows of 10 ms per row of the coarse front ends: 200 ms
LEAD = 5  # rows of silence before a word
FITTING = 0.9  # share of words that must fit into a slot
_NAMED = 8  # maximum number of speakers in a message


@dataclass(frozen=True, eq=False)
class Drawn:
    """Sequences of words drawn from a corpus.

    Attributes
    ----------
    name : str
    corpus : Corpus
    words : ndarray (n_strings, n_words) of int
        Indices of recordings in the corpus.
    n_rows : int
        Length of a slot in rows of 10 ms.
    answers : dict of str to ndarray (n_strings, n_asked)
        The answers to each question at the ends of the last `n_asked` words.
    """

    name: str
    corpus: Corpus
    words: np.ndarray
    n_rows: int
    answers: dict[str, np.ndarray]


@dataclass(frozen=True)
class StringTask:
    """One of the tasks.

    Parameters
    ----------
    draw : function (labels, rng) -> (words, answers)
        Returns sequences of recordings (n_strings, n_words) and the answers (n_strings, n_asked) to each question, from
        the labels (n,) of one speaker.
    needs_products : bool
        Whether an answer is a product of two time steps; recipes depend on this.
    """

    draw: Callable[[np.ndarray, np.random.Generator], tuple[np.ndarray, dict[str, np.ndarray]]]
    needs_products: bool

    CORPORA: ClassVar[tuple[str, ...]] = CORPORA
    SPLITS: ClassVar[tuple[str, ...]] = ("speaker",)
    FRONT_ENDS: ClassVar[tuple[str, ...]] = ("bands8", "bands8-200ms", "bands32", "rcc", "rcc-40ms")

    def load(self, corpus: str, data: str | None = None) -> Drawn:
        """Load a corpus and draw sequences from the recordings of each speaker that fit into a slot.

        The number of recordings that do not fit is printed by speaker.
        """
        spoken = load(corpus, data)
        lengths = compute_all(spoken, "bands16").lengths
        n_rows = HOP * int(np.ceil((np.quantile(lengths, FITTING) + LEAD) / HOP))
        vocabulary = np.unique(spoken.labels)
        if len(vocabulary) < 2:
            raise checks.InputError(f"corpus '{spoken.name}' has the single word '{vocabulary[0]}'; give at least two")
        _report_left_out(spoken, lengths + LEAD > n_rows, n_rows)
        words, answers = [], []
        speakers = np.unique(spoken.speakers)
        for speaker, rng in zip(speakers, np.random.default_rng(2026).spawn(len(speakers)), strict=True):
            fit = np.flatnonzero((spoken.speakers == speaker) & (lengths + LEAD <= n_rows))
            labels = np.asarray(spoken.labels)[fit]
            for word in np.setdiff1d(vocabulary, labels):
                raise checks.InputError(
                    f"speaker '{speaker}' of corpus '{spoken.name}' does not say '{word}' within {10 * n_rows} ms; "
                    "add a recording, or leave that speaker or that word out"
                )
            drawn, said = self.draw(labels, rng)
            words.append(fit[drawn])
            answers.append(said)
        joined = {name: np.concatenate([a[name] for a in answers]) for name in answers[0]}
        return Drawn(spoken.name, spoken, np.concatenate(words), n_rows, joined)

    def represent(self, raw: Drawn, front_end: str) -> Material:
        """Return the sequences after a front end, with questions at the ends of the slots."""
        base, _, hop = checks.option("front-end", front_end, self.FRONT_ENDS).partition("-")
        every = {"": 1, "40ms": 4, "200ms": HOP}[hop]
        heard = _heard(raw.corpus, base)
        slots = {word: _slot(heard[word], raw.n_rows, every) for word in np.unique(raw.words).tolist()}
        signals = [np.concatenate([slots[word] for word in string]) for string in raw.words.tolist()]
        ends = np.arange(1, raw.words.shape[1] + 1) * (raw.n_rows // every) - 1
        rows = [ends[-next(iter(raw.answers.values())).shape[1] :]] * len(signals)
        questions = tuple(Question(name, list(a), rows) for name, a in raw.answers.items())
        groups = raw.corpus.speakers[raw.words[:, 0]]
        sequences = Sequences(signals, 0.01 * every, groups=groups)
        return Material(sequences, questions, _weights(base), recordings=list(raw.words))

    def folds(self, raw: Drawn, split: str) -> list[Fold]:
        """Return one fold per test speaker."""
        checks.option("split", split, self.SPLITS)
        return by_speaker(raw.corpus.speakers[raw.words[:, 0]], raw.name)

    def recipe(self, model: str, front_end: str | None = None) -> Recipe:
        """Return the set-up of `model`."""
        if front_end is not None:
            checks.option("front-end", front_end, self.FRONT_ENDS)
        return strings_recipes.recipe(model, front_end, self.FRONT_ENDS, self.needs_products)

    def controls(self, recipe: Recipe, n_channels: int) -> dict[str, Reservoir]:
        """Return the standard controls and, for coarse rows, delay lines with and without products."""
        found = controls_of(recipe.model, n_channels)
        if recipe.front_end.endswith("200ms"):
            bank, register = LeakyBank(), ShiftRegister(n_taps=9)
            expansion = StaticExpansion(n_units=500, input_scaling=0.2, bias_scaling=0.5)
            found |= {"leaky bank": bank, "leaky bank squares": InSeries(bank, Products())}
            found |= {"leaky bank tanh": InSeries(bank, expansion), "shift-register": register}
            found |= {"shift-register tanh": InSeries(register, expansion)}
            found |= {"nvar": InSeries(register, Products())}
        return found


@dataclass(frozen=True)
class OnlineTask(StringTask):
    """Online classification of single words: one question for each time, the end of the word first.

    A word has 50 ms of silence before it and 200 ms after it, without a slot. Only front ends that process one frame at
    a time are allowed. The end of the word and its peak are known in advance, because recordings are trimmed and
    normalised to the same peak.
    """

    FRONT_ENDS: ClassVar[tuple[str, ...]] = ("bands32", "bands8")

    def represent(self, raw: Drawn, front_end: str) -> Material:
        """Return the words after a front end, with one question for each time."""
        base = checks.option("front-end", front_end, self.FRONT_ENDS)
        heard = _heard(raw.corpus, base)
        words = [heard[i] for i in raw.words[:, 0]]
        signals = [np.pad(x, ((LEAD, HOP), (0, 0))) for x in words]
        lengths = np.array([len(x) for x in words])
        said = list(raw.answers["word"])
        instants = {"100 %": lengths, **{f"{p} %": np.ceil(lengths * p / 100).astype(int) for p in (25, 50, 75)}}
        instants |= {f"+{ms} ms": lengths + ms // 10 for ms in (50, 100, 200)}
        questions = tuple(Question(name, said, list((LEAD + rows - 1)[:, None])) for name, rows in instants.items())
        return Material(
            Sequences(signals, 0.01, groups=raw.corpus.speakers[raw.words[:, 0]]), questions, _weights(base)
        )


def _report_left_out(spoken: Corpus, too_long: np.ndarray, n_rows: int) -> None:
    """Print the number of recordings that are too long for a slot of `n_rows`, and the share for each speaker."""
    if not too_long.any():
        return
    shares = {name: too_long[spoken.speakers == name].mean() for name in np.unique(spoken.speakers).tolist()}
    most = sorted((name for name in shares if shares[name]), key=lambda name: -shares[name])
    named = ", ".join(f"{name} {100 * shares[name]:.1f} %" for name in most[:_NAMED])
    others = f" and {len(most) - _NAMED} more speakers" if len(most) > _NAMED else ""
    print(  # noqa: T201
        f"millpond: {too_long.sum()} of {len(too_long)} recordings are longer than a slot of {10 * n_rows} ms and are "
        f"left out ({named}{others})", file=sys.stderr,
    )  # fmt: skip


def _heard(corpus: Corpus, base: str) -> list[np.ndarray]:
    """Return the features of each recording: cepstra, or log bands above the floor, so that silence is 0.

    Eight bands are means of four neighbouring bands.
    """
    if base == "rcc":
        return compute_all(corpus, base).signals
    bands = [x - np.log(FLOOR) for x in compute_all(corpus, "logmel").signals]
    return bands if base == "bands32" else [x.reshape(len(x), 8, -1).mean(2) for x in bands]


def _weights(base: str) -> np.ndarray | None:
    return FRONTENDS[base].weights if base in FRONTENDS else None


def _slot(word: np.ndarray, n_rows: int, every: int) -> np.ndarray:
    """Return one word in its slot (n_rows / every, n_channels), `every` rows averaged to one."""
    slot = np.zeros((n_rows, word.shape[1]))
    slot[LEAD : LEAD + len(word)] = word
    return slot.reshape(-1, every, word.shape[1]).mean(1)


def _choose(labels: np.ndarray, wanted: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a random recording of each label in `wanted` (any shape)."""
    found = np.empty(wanted.shape, int)
    for label in np.unique(wanted):
        at = wanted == label
        found[at] = rng.choice(np.flatnonzero(labels == label), at.sum())
    return found


def _xor(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """180 sequences of five words out of two; at the ends of the last three: parity of two and of three words."""
    bit = rng.integers(0, 2, (180, 5))
    now, before, earlier = bit[:, 2:], bit[:, 1:-1], bit[:, :-2]
    answers = {"one back": now ^ before, "two back": now ^ earlier, "parity": now ^ before ^ earlier}
    return _choose(labels, np.unique(labels)[:2][bit], rng), answers


def _same(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """250 sequences of four words; whether each word equals the previous one, as half of them do."""
    known = np.unique(labels)
    which = np.empty((250, 4), int)
    which[:, 0] = rng.integers(0, len(known), 250)
    same = rng.integers(0, 2, (250, 3))
    for k in range(3):
        other = (which[:, k] + rng.integers(1, len(known), 250)) % len(known)
        which[:, k + 1] = np.where(same[:, k], which[:, k], other)
    return _choose(labels, known[which], rng), {"same": same}


def _n_back(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """250 sequences of five words; at the ends of the last three: the current word, lag 1 and lag 2."""
    shuffled = np.concatenate([rng.permutation(len(labels)) for _ in range(-(-1250 // len(labels)))])
    words = shuffled[:1250].reshape(250, 5)
    said = labels[words]
    return words, {"this": said[:, 2:], "one back": said[:, 1:-1], "two back": said[:, :-2]}


def _order(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """150 pairs of sequences of four words that differ in the order of two words: which came first."""
    known = np.unique(labels)
    first, second = known[3 % len(known)], known[7 % len(known)]
    fillers = known[(known != first) & (known != second)]
    said = rng.choice(fillers if len(fillers) else known, (150, 4))
    places = np.array([rng.permutation(3)[:2] for _ in range(150)])
    rows = np.arange(150)
    said[rows, places[:, 0]], said[rows, places[:, 1]] = first, second
    words = _choose(labels, said, rng)
    mirrored = words.copy()
    mirrored[rows, places[:, 0]], mirrored[rows, places[:, 1]] = words[rows, places[:, 1]], words[rows, places[:, 0]]
    leads = (places[:, 0] < places[:, 1]).astype(int)
    return np.concatenate([words, mirrored]), {"order": np.concatenate([leads, 1 - leads])[:, None]}


def _each(labels: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Each word as one sequence."""
    return np.arange(len(labels))[:, None], {"word": labels[:, None]}


TASKS = {
    "spoken-xor": StringTask(_xor, True),
    "same-different": StringTask(_same, True),
    "n-back": StringTask(_n_back, False),
    "order": StringTask(_order, False),
    "online": OnlineTask(_each, False),
}
