from dataclasses import replace

import numpy as np
import pytest

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import KINDS, Corpus, folds
from millpond.scenarios.speech.corpus import count_takes


def make(n_speakers, n_takes, n_labels=3):
    """Return a corpus without sound."""
    n = n_speakers * n_takes * n_labels
    labels = np.arange(n) % n_labels
    speakers = np.array([f"s{i // (n_takes * n_labels):02d}" for i in range(n)])
    names = np.array([str(i) for i in range(n)])
    waves = [np.ones(1)] * n
    return Corpus("made", waves, 8000, labels, speakers, count_takes(labels, speakers), names)


@pytest.mark.parametrize("n_speakers", [2, 6, 12])
@pytest.mark.parametrize("n_takes", [2, 6, 50])
@pytest.mark.parametrize("kind", KINDS)
def test_every_fold_is_a_partition(n_speakers, n_takes, kind):
    corpus = make(n_speakers, n_takes)
    parts = folds(corpus, kind)
    for fold in parts:
        assert not set(fold.train) & set(fold.test)
        assert sorted([*fold.train, *fold.test]) == list(range(len(corpus)))
        assert len(fold.validation) == len(fold.train) and len(np.unique(fold.validation)) >= 2
    if kind != "official":
        assert sorted(np.concatenate([fold.test for fold in parts])) == list(range(len(corpus)))
        assert len({fold.name for fold in parts}) == len(parts)


def test_official_and_blocks_as_is_the_custom_with_fifty_takes():
    corpus = make(6, 50)
    (official,) = folds(corpus, "official")
    assert set(corpus.takes[official.test]) == set(range(5))
    np.testing.assert_array_equal(official.validation, corpus.takes[official.train] // 5)
    blocks = folds(corpus, "blocks")
    assert len(blocks) == 10
    assert set(corpus.takes[blocks[9].test]) == set(range(45, 50))


def test_blocks_of_few_takes_and_a_rest():
    assert len(folds(make(2, 6), "blocks")) == 3
    assert len(folds(make(2, 2), "blocks")) == 2
    corpus = make(2, 26)  # as TI-46
    blocks = folds(corpus, "blocks")
    assert [len(set(corpus.takes[fold.test])) for fold in blocks] == [5, 5, 5, 5, 6]


@pytest.mark.parametrize("n_speakers", [2, 6, 8, 9, 12, 16])
def test_no_speaker_of_the_test_part_is_in_training(n_speakers):
    corpus = make(n_speakers, 6)
    parts = folds(corpus, "speaker")
    assert len(parts) == (n_speakers if n_speakers <= 8 else 4)
    for fold in parts:
        tested, trained = set(corpus.speakers[fold.test]), set(corpus.speakers[fold.train])
        assert not tested & trained
        assert fold.name == "+".join(sorted(tested))
        if n_speakers > 2:  # validation groups hold whole speakers too
            pairs = set(zip(corpus.speakers[fold.train], fold.validation, strict=True))
            assert len(pairs) == len(trained)


def test_speaker_groups_do_not_depend_on_the_order_of_the_corpus():
    corpus = make(12, 2)
    order = np.random.default_rng(0).permutation(len(corpus))
    fields = ("speakers", "labels", "takes")
    mixed = replace(corpus, **{field: getattr(corpus, field)[order] for field in fields})
    assert [fold.name for fold in folds(mixed, "speaker")] == [fold.name for fold in folds(corpus, "speaker")]


def test_official_takes_the_split_of_the_corpus():
    corpus = make(2, 3)
    split = np.array(["train", "validation", "test"])[corpus.takes]
    (fold,) = folds(replace(corpus, split=split), "official")
    assert set(split[fold.test]) == {"test"} and set(split[fold.train]) == {"train", "validation"}
    with pytest.raises(InputError, match="has no test part"):
        folds(replace(corpus, split=np.full(len(corpus), "train")), "official")
    with pytest.raises(InputError, match="has no training part"):
        folds(replace(corpus, split=np.full(len(corpus), "test")), "official")


def test_corpora_that_cannot_be_divided():
    with pytest.raises(InputError, match="has the single speaker 's00'; choose split 'blocks'"):
        folds(make(1, 6), "speaker")
    for kind in ("blocks", "official"):
        with pytest.raises(InputError, match="no speaker says a word twice; choose split 'speaker'"):
            folds(make(3, 1), kind)
    with pytest.raises(InputError, match="did you mean 'speaker'"):
        folds(make(2, 2), "speakers")
