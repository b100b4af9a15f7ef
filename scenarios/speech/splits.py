"""Which recordings train and which test: by the corpus's own division, by takes, or by speakers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from millpond.evaluation.folds import Fold
from millpond.reservoir import checks
from millpond.reservoir.checks import InputError
from millpond.scenarios.speech.corpus import Corpus

KINDS = ("official", "blocks", "speaker")
BLOCK = 5  # takes
MANY_SPEAKERS, SPEAKER_FOLDS = 8, 4
VERY_MANY_SPEAKERS, MORE_FOLDS = 40, 10


def folds(corpus: Corpus, kind: str) -> list[Fold]:
    """Divide a corpus into training and test parts.

    A block is a run of consecutive takes of each word by each speaker: five, or a third of the takes if
    there are fewer than fifteen (at least one); takes left over join the last block.

    Parameters
    ----------
    corpus : Corpus
        What to divide.
    kind : {"official", "blocks", "speaker"}
        - "official": one fold. The split of the corpus if it has one, its validation part joining the
          training part; else the first block is the test part, as is the custom with the Free Spoken Digit
          Dataset (takes 0 to 4). Validation groups are blocks.
        - "blocks": as many folds as blocks, each being the test part in turn. Validation groups are the other
          blocks.
        - "speaker": as many folds as speakers, each being left out in turn; with more than eight speakers
          four folds and from forty speakers ten. The speakers are dealt out to them in order of name. Validation
          groups are the other speakers, grouped the same way. No speaker of the test part is ever in training.

        Where that gives a single validation group, speakers stand in for blocks and blocks for speakers, and
        failing that five groups dealt out in order.

    Returns
    -------
    list of Fold

    Raises
    ------
    InputError
        An unknown kind, or a corpus that cannot be divided so.
    """
    checks.option("split", kind, KINDS)
    blocks, speakers = _blocks(corpus), _speaker_groups(corpus.speakers)
    if kind == "speaker":
        return by_speaker(corpus.speakers, corpus.name, [blocks])
    inside = [blocks, speakers]
    if kind == "official" and corpus.split is not None:
        test = corpus.split == "test"
        if test.all() or not test.any():
            missing = "training" if test.all() else "test"
            raise InputError(
                f"split is 'official', but the split of corpus '{corpus.name}' has no {missing} part; "
                "choose split 'blocks' or 'speaker', or add that part"
            )
        return [_fold("official", test, inside)]
    n_blocks = blocks.max() + 1
    if n_blocks < 2:
        raise InputError(
            f"split is '{kind}', but in corpus '{corpus.name}' no speaker says a word twice; "
            "choose split 'speaker', or add recordings"
        )
    if kind == "official":
        return [_fold("official", blocks == 0, inside)]
    return [_fold(f"block {block}", blocks == block, inside) for block in range(n_blocks)]


def by_speaker(speakers: np.ndarray, corpus: str, inside: Sequence[np.ndarray] = ()) -> list[Fold]:
    """Return the folds of the kind "speaker" for sequences by `speakers` (n,); groups `inside` validate at need."""
    grouped = _speaker_groups(speakers)
    groups = list(dict.fromkeys(grouped[np.argsort(speakers, kind="stable")]))
    if len(groups) < 2:
        raise InputError(
            f"split is 'speaker', but corpus '{corpus}' has the single speaker "
            f"'{speakers[0]}'; choose split 'blocks', or add recordings of another speaker"
        )
    return [_fold(group, grouped == group, [grouped, speakers, *inside]) for group in groups]


def _fold(name: str, is_test: np.ndarray, candidates: list[np.ndarray]) -> Fold:
    train = np.flatnonzero(~is_test)
    for groups in candidates:
        if len(np.unique(groups[train])) > 1:
            return Fold(str(name), train, np.flatnonzero(is_test), groups[train])
    return Fold(str(name), train, np.flatnonzero(is_test), np.arange(len(train)) % 5)


def _blocks(corpus: Corpus) -> np.ndarray:
    takes, rank = np.unique(corpus.takes, return_inverse=True)
    n_takes = len(takes)
    size = max(1, min(BLOCK, n_takes // 3))
    return np.minimum(rank // size, n_takes // size - 1)


def _speaker_groups(speakers: np.ndarray) -> np.ndarray:
    """Return the speaker of each sequence, or the names of all in one group of speakers joined by a plus."""
    names = np.unique(speakers)
    if len(names) <= MANY_SPEAKERS:
        return speakers
    n_folds = SPEAKER_FOLDS if len(names) < VERY_MANY_SPEAKERS else MORE_FOLDS
    if len(names) < 2 * VERY_MANY_SPEAKERS:
        group = {name: "+".join(names[i % n_folds :: n_folds]) for i, name in enumerate(names)}
    else:
        group = {name: f"group {i % n_folds}" for i, name in enumerate(names)}
    return np.array([group[speaker] for speaker in speakers])
