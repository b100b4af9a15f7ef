"""Trained models as C source: compiled, run, and compared with the library."""

import shutil
import subprocess

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

from millpond.esn import EchoStateNetwork
from millpond.export import c_source, export_model
from millpond.models import save
from millpond.readout import Logistic, Pool, Ridge, RidgeClassifier
from millpond.reservoir import ChannelScaler, InputError

RNG = np.random.default_rng(0)
WORDS = [np.cumsum(RNG.normal(size=(n, 3)), axis=0) for n in RNG.integers(20, 60, 30)]
LABELS = ["up" if x[-1, 0] > 0 else "*/ down" if x[-1, 1] > 0 else "flat" for x in WORDS]
WAVE = np.column_stack([np.sin(np.arange(400) / 5), np.cos(np.arange(400) / 7)]) * [3, 1] + [10, 0]
needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


def network(**more):
    return EchoStateNetwork(**({"n_units": 100, "random_state": 0} | more))


MODELS = {
    "each step": (lambda: make_pipeline(ChannelScaler(), network(), Ridge(penalty=1e-2)), WAVE, WAVE[:, 0] ** 2),
    "dense": (lambda: make_pipeline(ChannelScaler(), network(connectivity=1.0), Ridge(penalty=1e-2)), WAVE, WAVE),
    "leaks, relu": (
        lambda: make_pipeline(network(leak_rate=(0.1, 1.0), activation="relu"), Ridge(penalty=1e-2)), WAVE / 10, WAVE,
    ),
    "no recurrence": (lambda: make_pipeline(network(spectral_radius=0.0), Ridge(penalty=1e-2)), WAVE / 10, WAVE[:, 1]),
    "last": (lambda: make_pipeline(network(), Pool("last"), Logistic()), WORDS, LABELS),
    "mean": (lambda: make_pipeline(ChannelScaler(), network(n_units=300), Pool("mean"), Logistic()), WORDS, LABELS),
    "segments": (lambda: make_pipeline(network(), Pool("segments"), Logistic()), WORDS, LABELS),
    "mean of the outputs": (lambda: make_pipeline(network(), RidgeClassifier(penalty=1.0, washout=5)), WORDS, LABELS),
}  # fmt: skip
MAIN = r"""
#include <stdio.h>
const float *m_step(const float *u);
void m_reset(void);
void m_length(unsigned long n);
int main(void)
{
    float u[%d];
    const float *y = 0;
    int n, t, i, s = 1;
    while (scanf("%%d", &n) == 1) {
        m_reset();
        %s;
        for (t = 0; t < n; t++) {
            for (i = 0; i < %d; i++) s = scanf("%%f", &u[i]);
            y = m_step(u);
            if (%d || t == n - 1) for (i = 0; i < %d; i++) printf("%%.9g ", (double)y[i]);
        }
    }
    return s != 1;
}
"""


def run(folder, source, sequences, every, n_outputs):
    n = sequences[0].shape[1]
    (folder / "m.c").write_text(source)
    length = "m_length((unsigned long)n)" if "m_length" in source else ""
    (folder / "main.c").write_text(MAIN % (n, length, n, every, n_outputs))
    strict = ["-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-O2"]
    subprocess.run(["gcc", *strict, "-o", "m", "m.c", "main.c", "-lm"], cwd=folder, check=True)
    text = " ".join(f"{len(x)} " + " ".join(f"{v:.9g}" for v in x.ravel()) for x in sequences)
    command = ["./m"]
    if shutil.which("valgrind"):
        command = ["valgrind", "-q", "--error-exitcode=9", "--leak-check=full", "./m"]
    found = subprocess.run(command, input=text, capture_output=True, text=True, cwd=folder)
    assert found.returncode == 0, found.stderr
    return np.array(found.stdout.split(), float).reshape(-1, n_outputs)


@needs_gcc
@pytest.mark.parametrize("name", MODELS)
def test_outputs_equal_those_of_the_library(tmp_path, name):
    make, X, y = MODELS[name]
    model = make().fit(X, y)
    every = isinstance(X, np.ndarray)
    wanted = np.reshape(model.predict(X) if every else model.decision_function(X), (len(X), -1))
    found = run(tmp_path, c_source(model, "m"), [X] if every else X, every, wanted.shape[1])
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


@needs_gcc
def test_100_units_are_small(tmp_path):
    source = c_source(make_pipeline(network(), Pool("last"), Logistic()).fit(WORDS, LABELS), "m")
    assert "malloc" not in source
    subprocess.run(["gcc", "-Os", "-c", "-x", "c", "-", "-o", "m.o"], input=source, text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "m.o").stat().st_size < 100_000


def test_labels_cannot_end_the_comment():
    source = c_source(make_pipeline(network(), Pool("last"), Logistic()).fit(WORDS, LABELS))
    assert source.count("*/") == 1


def test_saved_models_are_exported(tmp_path):
    save(make_pipeline(network(), Ridge(penalty=1.0)).fit(WAVE, WAVE[:, 0]), tmp_path / "w.mill")
    path, about = export_model(tmp_path / "w.mill", "c", tmp_path / "my-wave.c")
    assert "const float *my_wave_step(const float *u)" in path.read_text()
    assert about.startswith("Constants: ")
    with pytest.raises(InputError, match="exists already"):
        export_model(tmp_path / "w.mill", "c", path)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: network().fit(WAVE), "consists of EchoStateNetwork, but only"),
        (lambda: make_pipeline(network(), Pool("counts"), Logistic()).fit(WORDS, LABELS), "pooling is 'counts'"),
        (lambda: make_pipeline(network(noise=0.1), Ridge(penalty=1.0)).fit(WAVE, WAVE[:, 0]), "has noise"),
    ],
)
def test_what_cannot_be_exported(make, says):
    with pytest.raises(InputError, match=says):
        c_source(make())


def test_names_are_identifiers():
    with pytest.raises(InputError, match="letters, digits and _"):
        c_source(None, "a b")
