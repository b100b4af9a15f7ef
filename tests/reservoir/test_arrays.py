"""Signals of other libraries: the right shapes, or an error that names the remedy."""

import numpy as np
import pytest
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline

from millpond.esn import EchoStateNetwork
from millpond.readout import Pool, Ridge, RidgeClassifier
from millpond.reservoir import ChannelScaler, InputError, Sequences


class Foreign:
    """A tensor of a library that is not installed: an array by one protocol alone."""

    def __init__(self, values, protocol="__array__", fails=None):
        self._values, self._fails = values, fails
        if protocol == "__dlpack__":
            self.__class__ = ForeignByDLPack

    @property
    def ndim(self):
        return self._values.ndim

    @property
    def shape(self):
        return self._values.shape

    def __len__(self):
        return len(self._values)

    def __getitem__(self, i):
        return Foreign(self._values[i])

    def __array__(self, dtype=None, copy=None):
        if self._fails:
            raise RuntimeError(self._fails)
        return np.asarray(self._values, dtype)


class ForeignByDLPack:
    def __dlpack__(self, **kwargs):
        return self._values.__dlpack__(**kwargs)

    def __dlpack_device__(self):
        return self._values.__dlpack_device__()


def batches(rng):
    import dask.array
    import jax.numpy
    import xarray

    cube = rng.normal(size=(4, 20, 2)).astype(np.float32)
    yield "jax", cube, jax.numpy.asarray(cube)
    yield "xarray", cube, xarray.DataArray(cube, dims=("word", "time", "channel"))
    yield "dask", cube, dask.array.from_array(cube, chunks=(2, 20, 2))
    yield "tensor", cube, Foreign(cube)
    yield "dlpack", cube, Foreign(cube, "__dlpack__")
    yield "object", cube, cube.astype(object)
    yield "integers", np.rint(9 * cube), np.rint(9 * cube).astype(np.int16)


def test_a_batch_of_any_library_stays_a_batch(rng):
    pytest.importorskip("xarray")
    pytest.importorskip("dask")
    for name, cube, batch in batches(rng):
        esn = EchoStateNetwork(n_units=20, random_state=0).fit(batch)
        states = esn.transform(batch)
        assert states.shape == (4, 20, 20), name
        assert np.array_equal(states, esn.transform(cube.astype(float))), name
        assert Pool("last").fit_transform(batch).shape == (4, 2), name
        single = batch[0] if name != "dlpack" else Foreign(cube[0], "__dlpack__")
        assert esn.transform(single).shape == (20, 20), name
        listed = [single, single]
        assert [s.shape for s in esn.transform(listed)] == [(20, 20)] * 2, name
        assert ChannelScaler().fit_transform(batch).shape == (4, 20, 2), name
        Ridge(penalty=1.0).fit(batch, cube[:, :, :1])


def test_frames_and_panels_of_pandas(rng):
    pandas = pytest.importorskip("pandas")
    cube = rng.normal(size=(6, 20, 2))
    frame = pandas.DataFrame(cube[0], columns=["a", "b"])
    esn = EchoStateNetwork(n_units=7, random_state=0).fit(frame)
    assert esn.transform(frame).shape == (20, 7)
    index = pandas.MultiIndex.from_product([list("fbdaec"), range(20)], names=["word", "time"])
    panel = pandas.DataFrame(cube.reshape(-1, 2), index=index)
    nested = pandas.DataFrame({c: [pandas.Series(x[:, c]) for x in cube] for c in range(2)})
    for table in (panel, nested):
        states = esn.transform(table)
        assert [s.shape for s in states] == [(20, 7)] * 6
        assert np.array_equal(states[2], esn.transform(cube[2]))
        assert Pool("mean").fit(table).transform(table).shape == (6, 2)
    ragged = panel.drop(index=[("b", 19), ("c", 0)])
    assert [len(s) for s in esn.transform(ragged)] == [20, 19, 20, 20, 20, 19]


@pytest.mark.parametrize("n_channels", [1, 3])
def test_channel_before_time_is_recognised_or_refused(rng, n_channels):
    X = rng.normal(size=(8, 50, n_channels))
    aeon = X.transpose(0, 2, 1)
    for model in (EchoStateNetwork(n_units=10, random_state=0), ChannelScaler()):
        with pytest.raises(InputError, match=r"\(n_sequences, n_steps, n_channels\).*transpose"):
            model.fit(aeon)
        assert np.array_equal(model.fit(X).transform(aeon), model.transform(X))
    more_channels_than_steps = list(aeon)
    assert EchoStateNetwork(n_units=4, random_state=0).fit(more_channels_than_steps).n_features_in_ == 50
    with pytest.raises(InputError, match="50 features, but EchoStateNetwork is expecting 4"):
        EchoStateNetwork(n_units=4, random_state=0).fit(np.ones((5, 9, 4))).transform(rng.normal(size=(2, 7, 50)))


def test_object_arrays_and_sequences_in_cross_validation(rng):
    signals = [rng.normal(size=(n, 2)) + n % 2 for n in range(10, 40)]
    y = np.array([n % 2 for n in range(10, 40)])
    ragged = np.empty(30, object)
    ragged[:] = signals
    pipeline = make_pipeline(EchoStateNetwork(n_units=10, random_state=0), Pool(), RidgeClassifier())
    expected = cross_val_score(pipeline, signals, y, cv=3)
    assert np.array_equal(cross_val_score(pipeline, ragged, y, cv=3), expected)
    assert np.array_equal(cross_val_score(pipeline, Sequences(signals, labels=y), y, cv=3), expected)
    assert np.array_equal(pipeline.fit(ragged, y).predict(ragged), pipeline.predict(signals))
    readout = make_pipeline(Pool(), RidgeClassifier())
    assert cross_val_score(readout, Sequences(signals, labels=y), y, cv=3).mean() > 0.9


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (np.ma.masked_invalid(np.ones((5, 2))), "X is a masked array.*filled"),
        ([np.ma.array(np.ones((5, 2)), mask=np.eye(5, 2))], "sequence 0 is a masked array"),
        (np.full((5, 2), np.datetime64("2026-01-01")), "X contains dates or durations"),
        (np.ones((5, 2), "m8[s]"), "X contains dates or durations"),
        ([np.ones((5, 2)), np.full((5, 2), np.datetime64("2026-01-01"))], "sequence 1 contains dates"),
        (Foreign(np.ones((5, 2)), fails="Can't call numpy() on a tensor that requires grad"), "Foreign.*requires grad"),
        ([[1.0, 2.0], [3.0]], "cannot be converted to one array"),
        ([np.ones(5), np.ones(7)], "cannot be converted to one array.*list of arrays"),
        (np.array([["a", "b"]], object), "X has dtype object, but signals are real numbers"),
    ],
)
def test_what_would_lose_its_meaning_is_refused(X, says):
    for use in (EchoStateNetwork(n_units=4).fit, ChannelScaler().fit, Pool().fit_transform):
        with pytest.raises(InputError, match=says):
            use(X)


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (np.ma.array([1.0, 2.0], mask=[0, 1]), "y is a masked array"),
        (np.array(["2026-01-01", "2026-01-02"], "M8[D]"), "y contains dates"),
    ],
)
def test_masked_and_dated_targets_are_refused(y, says):
    for model in (Ridge(penalty=1.0), RidgeClassifier(penalty=1.0)):
        with pytest.raises(InputError, match=says):
            model.fit(np.eye(2), y)
    with pytest.raises(InputError, match="masked array|dates"):
        Sequences([np.ones((2, 1))] * 2, labels=y)


def test_one_row_of_targets_for_each_sequence(rng):
    X = [rng.normal(size=(n, 3)) for n in range(8, 28)]
    Y = np.array([[x[:, 0].mean(), x[:, 1].mean()] for x in X])
    model = Ridge(penalty=1e-3).fit(X, Y)
    assert model.predict(X).shape == (20, 2)
    apart = np.column_stack([Ridge(penalty=1e-3).fit(X, Y[:, k]).predict(X) for k in range(2)])
    np.testing.assert_allclose(model.predict(X), apart, rtol=1e-9)
    assert model.score(X, Y) == pytest.approx(np.mean([Ridge(penalty=1e-3).fit(X, c).score(X, c) for c in Y.T]))
    with pytest.raises(InputError, match=r"y has shape \(20, 2\).*one label for each sequence"):
        RidgeClassifier().fit(X, (Y > 0).astype(int))
    column = (Y[:, :1] > 0).astype(int)
    flat = RidgeClassifier().fit(X, column[:, 0])
    assert np.array_equal(RidgeClassifier().fit(X, column).predict(X), flat.predict(X))
    cube = rng.normal(size=(5, 7, 2))
    assert [p.shape for p in Ridge(penalty=1.0).fit(cube, cube[:, :, 0]).predict(cube)] == [(7,)] * 5


def test_the_text_of_sequences_is_short(ragged):
    assert repr(ragged) == (
        "<Sequences: 11 of 1 to 12 steps, 3 channels, period 0.01 s, with labels, groups, split, names>"
    )
    assert len(repr([ragged])) < 120


def test_a_panel_with_time_steps_out_of_order_is_refused():
    pd = pytest.importorskip("pandas")
    index = pd.MultiIndex.from_product([range(3), range(5)], names=["instance", "time"])
    panel = pd.DataFrame(np.arange(30.0).reshape(15, 2), index=index)
    model = EchoStateNetwork(n_units=5, random_state=0)
    assert [x.shape for x in model.fit_transform(panel)] == [(5, 5)] * 3
    with pytest.raises(InputError, match="out of order; sort it"):
        model.fit(panel.sample(frac=1, random_state=1))


@pytest.mark.parametrize("W", [np.ma.masked_less(np.eye(4), 0.5), np.eye(4) + 1j])
def test_given_weights_are_real_and_without_a_mask(W, rng):
    with pytest.raises(InputError, match="W is a (masked|complex) array"):
        EchoStateNetwork(W=W).fit(rng.normal(size=(9, 1)))


def test_a_connectivity_beside_given_weights_is_refused(rng):
    with pytest.raises(InputError, match="connectivity .* would have no effect"):
        EchoStateNetwork(W=np.eye(4), connectivity=3).fit(rng.normal(size=(9, 1)))


def test_complex_targets_are_refused(rng):
    with pytest.raises(InputError, match="y is complex"):
        Ridge().fit(rng.normal(size=(9, 2)), rng.normal(size=9) + 1j)
