"""A trained echo state network as one file of C99 without dependencies, in float32."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from scipy.sparse import csr_array

from millpond.esn import EchoStateNetwork
from millpond.models.frontend import FrontEnd
from millpond.readout import Logistic, Pool, Ridge, RidgeClassifier
from millpond.reservoir import ChannelScaler, checks

_ACTIVATIONS = {
    "tanh": "tanhf(v)", "identity": "v", "relu": "(v > 0.0f ? v : 0.0f)", "sigmoid": "(0.5f + 0.5f * tanhf(0.5f * v))",
}  # fmt: skip


class Parts(NamedTuple):
    """The steps of a pipeline that can be exported.

    The front end of a speech model is not exported: its channels are the inputs of the source. The readout is
    applied to the means of the states over `n_segments` segments, after `washout` steps; 0: to the current state.
    """

    front_end: FrontEnd | None
    scaler: ChannelScaler | None
    network: EchoStateNetwork
    readout: Any
    n_segments: int
    washout: int


def parts_of(model: Any) -> Parts:
    """Return the parts of a fitted pipeline: a scaler (optional), a network, pooling (optional) and a linear readout.

    Raises
    ------
    InputError
        The pipeline has other steps, or a step with a property that cannot be exported.
    """
    steps = [step for _, step in getattr(model, "steps", [])]
    front_end = steps.pop(0) if steps and type(steps[0]) is FrontEnd else None
    kinds = [type(step) for step in steps]
    scaler = steps.pop(0) if kinds[:1] == [ChannelScaler] else None
    pool = steps.pop(1) if len(steps) == 3 and type(steps[1]) is Pool else None
    if len(steps) != 2 or type(steps[0]) is not EchoStateNetwork or type(steps[1]) not in _READOUTS:
        given = ", ".join(kind.__name__ for kind in kinds) or type(model).__name__
        raise checks.InputError(
            f"the model consists of {given}, but only ChannelScaler (optional), EchoStateNetwork, Pool (optional) and "
            "Ridge, RidgeClassifier or Logistic can be exported; train such a pipeline"
        )
    network, readout = steps
    network.check_fitted()
    if network.noise or network.W_fb_.shape[1]:
        what = "noise" if network.noise else "feedback"
        raise checks.InputError(f"the network has {what}, which cannot be exported; train one without it")
    if pool is not None and pool.mode == "counts":
        raise checks.InputError(
            "the pooling is 'counts', but only 'last', 'mean' and 'segments' can be exported; "
            "train a model with one of them"
        )
    per_sequence = pool is None and readout._per_sequence
    n_segments = int(per_sequence or (pool is not None and pool.mode == "mean"))
    if pool is not None and pool.mode == "segments":
        n_segments = pool.n_segments
    return Parts(front_end, scaler, network, readout, n_segments, readout.washout if per_sequence else 0)


_READOUTS = (Ridge, RidgeClassifier, Logistic)


def c_source(model: Any, name: str = "model") -> str:
    """Return a fitted pipeline as C99 source.

    The file defines ``const float *NAME_step(const float *u)``, which processes one time step and returns the outputs
    after it, and ``void NAME_reset(void)``. Arrays are static, and no memory is allocated.

    Parameters
    ----------
    model : sklearn.pipeline.Pipeline
        ChannelScaler (optional), EchoStateNetwork, Pool "last", "mean" or "segments" (optional), and Ridge,
        RidgeClassifier or Logistic. With several segments, ``void NAME_length(unsigned long n_steps)`` has to be called
        after each reset, and the outputs are those of the whole sequence after its last step. The outputs of
        classifiers are those whose largest determines the class.
    name : str
        Prefix of all names in the file.

    Returns
    -------
    str

    Raises
    ------
    InputError
        The pipeline has another step, or `name` is not an identifier of C.
    """
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,60}", name):
        raise checks.InputError(f"name is {name!r:.80}, but letters, digits and _ are needed; choose another")
    parts = parts_of(model)
    network, readout = parts.network, parts.readout
    n_units, n_inputs = network.W_in_.shape
    n_outputs = len(readout.coef_)
    arrays, body = [], []
    if parts.scaler is not None:
        arrays += [_array("center", parts.scaler.mean_), _array("factor", parts.scaler._factor)]
    source = "x" if parts.scaler is not None else "u"
    arrays += [_array("w_in", network.W_in_.ravel()), _array("bias", network.bias_)]
    recurrent, loop = _recurrence(network.W_, n_units)
    arrays += recurrent
    leak = np.asarray(network.leak_rate_)
    one_leak = bool((leak == leak[0]).all())
    if not one_leak:
        arrays.append(_array("leak", leak))
    arrays += [_array("w_out", readout.coef_.ravel()), _array("offset", readout.intercept_)]
    pooled, segments = parts.n_segments > 0, parts.n_segments
    n_features = n_units * max(segments, 1)
    features = "pooled" if pooled else "state"
    state = {"state": n_units, "next": n_units, "outputs": n_outputs} | ({"x": n_inputs} if source == "x" else {})
    state |= {"pooled": n_features} if pooled else {}
    if source == "x":
        body += [f"for (i = 0; i < {n_inputs}; i++)", "    x[i] = (u[i] - center[i]) * factor[i];"]
    body += [
        f"for (i = 0; i < {n_units}; i++) {{",
        "    float v = bias[i];",
        f"    for (j = 0; j < {n_inputs}; j++)",
        f"        v += w_in[i * {n_inputs} + j] * {source}[j];",
        *(f"    {line}" for line in loop),
        "    next[i] = state[i] + {} * ({} - state[i]);".format(
            _number(leak[0]) if one_leak else "leak[i]", _ACTIVATIONS[network._activation]
        ),
        "}",
        f"for (i = 0; i < {n_units}; i++)",
        "    state[i] = next[i];",
    ]
    if segments > 1:
        body += _segments(segments, n_units)
    elif pooled:
        body += [
            "n_steps++;",
            f"if (n_steps > {parts.washout}UL)",
            f"    for (i = 0; i < {n_units}; i++)",
            f"        pooled[i] += (state[i] - pooled[i]) / (float)(n_steps - {parts.washout}UL);",
        ]
    body += [
        f"for (i = 0; i < {n_outputs}; i++) {{",
        "    float v = offset[i];",
        f"    for (j = 0; j < {n_features}; j++)",
        f"        v += w_out[i * {n_features} + j] * {features}[j];",
        "    outputs[i] = v;",
        "}",
        "return outputs;",
    ]
    n_constant, n_state = sum(size for _, size in arrays), 4 * sum(state.values()) + 8 * pooled + 8 * (segments > 1)
    names = [f"static float {key}[{n}];" for key, n in state.items()]
    names += ["static unsigned long n_steps;"] if pooled else []
    names += ["static unsigned long length;"] if segments > 1 else []
    zeros = [f"for (i = 0; i < {n}; i++)\n        {key}[i] = 0.0f;" for key, n in state.items()]
    zeros += ["n_steps = 0;"] if pooled else []
    what = "of the mean state since the reset" if pooled else "of the current state"
    if segments > 1:
        what = f"of the means over {segments} segments; complete after the last step"
    set_length = f"void {name}_length(unsigned long n_steps_of_sequence)"
    lines = [
        f"/* Echo state network with {n_units} units, {n_inputs} inputs and {n_outputs} outputs, exported by Millpond.",
        f" * Constants: {n_constant} bytes. State: {n_state} bytes. No memory is allocated.",
        f" * Outputs: {what}.",
        *_inputs(parts.front_end),
        *_classes(readout),
        f" * const float *{name}_step(const float *u): process one time step, return {n_outputs} outputs.",
        f" * void {name}_reset(void): return to the state at rest. The program starts in this state.",
        *([f" * {set_length}: call it after each reset, before the first step."] if segments > 1 else []),
        " * Link with -lm. The functions share their state: use them in one thread. */",
        "",
        "#include <math.h>",
        "#include <stdint.h>",
        "",
        f"const float *{name}_step(const float *u);",
        f"void {name}_reset(void);",
        *([f"{set_length};"] if segments > 1 else []),
        "",
        *(text for text, _ in arrays),
        "",
        *names,
        "",
        f"const float *{name}_step(const float *u)",
        "{",
        "    int i, j;",
        *(f"    {line}" for line in body),
        "}",
        "",
        f"void {name}_reset(void)",
        "{",
        "    int i;",
        *(f"    {line}" for line in zeros),
        "}",
        *(["", set_length, "{", "    length = n_steps_of_sequence;", "}"] if segments > 1 else []),
        "",
    ]
    return "\n".join(lines)


def sizes(source: str) -> str:
    """Return the line of a source of `c_source` with its sizes in bytes."""
    return source.splitlines()[1].removeprefix(" * ")


def _segments(n_segments: int, n_units: int) -> list[str]:
    """Return the lines that add the state to the mean of each segment it belongs to, as `readout.pool` does."""
    return [
        f"for (j = 0; j < {n_segments}; j++) {{",
        f"    float first = (float)length * (float)j / {n_segments}.0f - (float)n_steps;",
        f"    float last = (float)length * (float)(j + 1) / {n_segments}.0f - (float)n_steps;",
        "    float share = (last < 1.0f ? last : 1.0f) - (first > 0.0f ? first : 0.0f);",
        "    if (share > 0.0f)",
        f"        for (i = 0; i < {n_units}; i++)",
        f"            pooled[j * {n_units} + i] += share * {n_segments}.0f / (float)length * state[i];",
        "}",
        "n_steps++;",
    ]


def _recurrence(W: Any, n: int) -> tuple[list[tuple[str, int]], list[str]]:
    """Return the arrays of the recurrent weights, and the lines that add them to v."""
    dense = W.toarray() if hasattr(W, "toarray") else np.asarray(W @ np.eye(n))
    sparse = csr_array(dense)
    if not sparse.nnz:
        return [], []
    size = 1 if n <= 256 else 2 if n <= 65536 else 4
    if (4 + size) * sparse.nnz + 4 * n >= dense.size * 4:
        return [_array("w", dense.ravel())], [f"for (j = 0; j < {n}; j++)", f"    v += w[i * {n} + j] * state[j];"]
    arrays = [
        _array("w", sparse.data), _array("column", sparse.indices, f"uint{8 * size}_t", size),
        _array("start", sparse.indptr, "int32_t", 4),
    ]  # fmt: skip
    return arrays, ["for (j = start[i]; j < start[i + 1]; j++)", "    v += w[j] * state[column[j]];"]


def _array(name: str, values: Sequence[float] | np.ndarray, kind: str = "float", size: int = 4) -> tuple[str, int]:
    """Return the definition of a constant array, and its size in bytes."""
    flat = np.ravel(values)
    texts = [_number(v) if kind == "float" else str(int(v)) for v in flat]
    rows = [", ".join(texts[k : k + 8]) for k in range(0, len(texts), 8)]
    return f"static const {kind} {name}[{len(flat)}] = {{\n    " + ",\n    ".join(rows) + "};", size * len(flat)


def _number(value: Any) -> str:
    """Return a float32 as a constant of C that has the same bits."""
    single = np.float32(value)
    if not np.isfinite(single):
        raise checks.InputError(f"a weight of the model is {value!r}, which float32 cannot represent; train it again")
    text = f"{single:.9g}"
    return (text if "." in text or "e" in text else f"{text}.0") + "f"


def _inputs(front_end: FrontEnd | None) -> list[str]:
    """Return a comment with the meaning of the inputs of a speech model."""
    if front_end is None:
        return []
    return [f" * Inputs: the channels of the front end {front_end.name} at {front_end.rate} Hz, which is not included."]


def _classes(readout: Any) -> list[str]:
    """Return a comment with the classes, in the order of the outputs."""
    if not hasattr(readout, "classes_"):
        return []
    names = ", ".join(re.sub(r"[^A-Za-z0-9 _.-]", "?", str(c)) for c in readout.classes_)
    return [f" * The class is that of the largest output: {names}."]
