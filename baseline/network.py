"""The gradient-trained baseline: a recurrent network with fit and predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from millpond.baseline import checkpoint as files
from millpond.baseline.batches import by_length, padded_length, stacked
from millpond.baseline.targets import Targets, understood
from millpond.reservoir import Sequences, checks
from millpond.reservoir.progress import bar
from millpond.reservoir.sequences import as_signals


class RecurrentNetwork(BaseEstimator):
    """A recurrent network trained by back-propagation through time, on JAX.

    `y` determines the task: a label for each sequence, a label for each time step, or values for each time step
    (see `millpond.baseline.targets.understood`).

    Parameters
    ----------
    cell : str
        A name from `millpond.baseline.cells.CELLS`: "elman", "jordan", "lstm", "lstm-peepholes", "gru", ...
    n_units, n_layers : int
    bidirectional : bool
        Also process each sequence backwards.
    pooling : {"mean", "last", "segments"}
        Input of the output layer for a sequence with one label: the mean of the states, the last state, or the means
        over `n_segments` equal segments.
    n_segments : int
    leak_rate : float
        a in h' = (1 - a) h + a cell(h).
    periods : tuple of int
        Clockwork units: one module per period, which is updated every so many steps.
    skip : int
        Number of steps that additional connections skip; 0 for none.
    recurrent_init : {"uniform", "orthogonal", "identity", "positive", "echo"}
        See `millpond.baseline.initial`; "identity" with cell "elman-relu" is the IRNN, "positive" the np-RNN.
    spectral_radius : float
        Largest absolute eigenvalue of the initial recurrent weights; not used for "uniform".
    optimizer : {"adam", "rmsprop", "sgd"}
    learning_rate : float
    schedule : {"constant", "cosine", "one-cycle"}
        Schedule of the learning rate over all epochs.
    n_epochs, batch_size : int
    clip : float
        Maximum norm of gradients; infinity for no clipping.
    weight_decay : float
    dropout : float
        Share of states that are dropped for the next layer and the output.
    input_noise, offset_noise, blend, stretch, input_dropout : float
        Augmentation of the inputs in training; see `millpond.baseline.batches.Noise`.
    flow_penalty : float
        Weight of the regulariser against vanishing gradients (`millpond.baseline.losses.flow`); single layer only.
    truncate : int
        Number of steps of truncated back-propagation; 0 for no truncation.
    patience : int, optional
        Stop training after this number of epochs without improvement on the validation part and keep the best
        weights. None trains for all epochs on all data.
    validation_share : float
        Share of the groups (or of the sequences, without groups) in the validation part.
    random_state : int or numpy.random.Generator, optional
        The only source of randomness.

    Attributes
    ----------
    task_ : {"label", "labels", "values"}
    classes_ : ndarray
        Labels in the order of the columns of `predict_proba`; empty for values.
    params_ : dict
        Weights, float32.
    losses_, validation_losses_ : list of float
        One value per epoch; the second is empty without `patience`.
    n_features_in_, n_outputs_, n_units_, n_features_, n_parameters_ : int
        `n_units_` counts the units of all layers and directions, `n_features_` the inputs of the output layer.

    Notes
    -----
    Inputs are not standardised; standardise them first. Target values are standardised internally. Weights are
    bit-identical for the same seed on the same machine. Networks of the same shape share compiled functions.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> X = [rng.normal(size=(8, 1)) + 3 * (i % 2) for i in range(40)]
    >>> y = [i % 2 for i in range(40)]
    >>> net = RecurrentNetwork(cell="gru", n_units=8, n_epochs=30, learning_rate=0.02, random_state=0)
    >>> net.fit(X, y).score(X, y) > 0.9
    True
    """

    def __init__(
        self,
        *,
        cell: str = "lstm",
        n_units: int = 128,
        n_layers: int = 1,
        bidirectional: bool = False,
        pooling: str = "mean",
        n_segments: int = 5,
        leak_rate: float = 1.0,
        periods: tuple[int, ...] = (),
        skip: int = 0,
        recurrent_init: str = "orthogonal",
        spectral_radius: float = 1.0,
        optimizer: str = "adam",
        learning_rate: float = 3e-3,
        schedule: str = "one-cycle",
        n_epochs: int = 30,
        batch_size: int = 64,
        clip: float = 1.0,
        weight_decay: float = 0.0,
        dropout: float = 0.0,
        input_noise: float = 0.0,
        offset_noise: float = 0.0,
        blend: float = 0.0,
        stretch: float = 0.0,
        input_dropout: float = 0.0,
        flow_penalty: float = 0.0,
        truncate: int = 0,
        patience: int | None = None,
        validation_share: float = 0.2,
        random_state: checks.RandomState = None,
    ) -> None:
        self.cell = cell
        self.n_units = n_units
        self.n_layers = n_layers
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.n_segments = n_segments
        self.leak_rate = leak_rate
        self.periods = periods
        self.skip = skip
        self.recurrent_init = recurrent_init
        self.spectral_radius = spectral_radius
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.clip = clip
        self.weight_decay = weight_decay
        self.dropout = dropout
        self.input_noise = input_noise
        self.offset_noise = offset_noise
        self.blend = blend
        self.stretch = stretch
        self.input_dropout = input_dropout
        self.flow_penalty = flow_penalty
        self.truncate = truncate
        self.patience = patience
        self.validation_share = validation_share
        self.random_state = random_state

    def fit(
        self, X: Any, y: Any = None, groups: Any = None, *, checkpoint: str | Path | None = None,
        progress: bool | None = None,
    ) -> RecurrentNetwork:  # fmt: skip
        """Train the network.

        Parameters
        ----------
        X : list of ndarray (n_steps, n_channels), ndarray (n_sequences, n_steps, n_channels) or Sequences
        y : array or list of arrays, optional
            Labels or values. The default is those of X if X is a Sequences. Masked entries are ignored.
        groups : array (n_sequences,), optional
            Origin of each sequence. A group is never in both training and validation part.
        checkpoint : path, optional
            A file that is written after each epoch. If it exists, training resumes from it and gives the same weights.
        progress : bool, optional
            Show a progress bar with the loss. None shows it if standard error is a terminal.

        Raises
        ------
        InputError
            A parameter or the data is invalid, or the checkpoint belongs to another training.
        """
        from millpond.baseline import build

        signals = as_signals(X, dtype=np.float32)
        if isinstance(X, Sequences):
            y = (X.targets if X.labels is None else X.labels) if y is None else y
            groups = X.groups if groups is None else groups
        targets = understood(y, [len(x) for x in signals])
        self.n_features_in_ = signals[0].shape[1]
        net = build.net(self, self.n_features_in_, targets)
        generator = checks.generator(self.random_state)
        plan = build.plan(self, int(generator.integers(2**32)))
        train, validation = build.parts(self, signals, targets, groups, plan.seed)
        functions, course = build.start(self, net, plan, targets.task)
        name = ""
        if checkpoint is not None:
            name = files.fingerprint(self._config(), [*signals, *targets.each, *targets.asked])
            if Path(checkpoint).exists():
                plan, course = build.resumed(checkpoint, name, plan, course)
                train, validation = build.parts(self, signals, targets, groups, plan.seed)
        with bar(plan.n_epochs, self.cell, course.epoch, progress) as advance:

            def after_epoch(course: Any) -> None:
                if checkpoint is not None:
                    build.keep(checkpoint, name, plan, course)
                advance(1, f"{self.cell}, loss {course.losses[-1]:.4f}")

            course = build.train(functions, net, plan, train, validation, course, after_epoch)
        self.losses_, self.validation_losses_ = course.losses, course.validation_losses
        return self._set(targets, course.best_params)

    def _set(self, targets: Targets, params: Any) -> RecurrentNetwork:
        import jax

        self.task_, self.classes_ = targets.task, targets.classes
        self._mean, self._scale = targets.mean, targets.scale
        self.n_outputs_ = targets.n_outputs
        self.params_ = jax.tree.map(np.asarray, params)
        self.n_parameters_ = sum(leaf.size for leaf in jax.tree.leaves(self.params_))
        self.n_features_ = self.params_["head"]["V"].shape[0]
        self.n_units_ = self.n_units * sum(map(len, self.params_["layers"]))
        return self

    def predict(self, X: Any) -> Any:
        """Return the labels (n_sequences,), or the labels or values of all time steps of each sequence."""
        given = self.decision_function(X)
        if self.task_ == "label":
            return self.classes_[given.argmax(-1)]
        if self.task_ == "labels":
            return [self.classes_[g.argmax(-1)] for g in given]
        return [g * self._scale + self._mean for g in given]

    def predict_proba(self, X: Any) -> Any:
        """Return the probability of each class, (n_sequences, n_classes) or a list of (n_steps, n_classes)."""
        given = self.decision_function(X)
        if self.task_ == "values":
            raise checks.InputError("predict_proba needs labels, but this network was fitted to values; use predict")
        return _softmax(given) if self.task_ == "label" else [_softmax(g) for g in given]

    def decision_function(self, X: Any) -> Any:
        """Return the outputs before softmax and scaling: an array (n_sequences, n_outputs), or one per sequence."""
        from millpond.baseline import build
        from millpond.baseline.training import compiled

        check_is_fitted(self)
        signals = as_signals(X, self.n_features_in_, np.float32, type(self).__name__)
        net = build.net_of(self)
        functions = compiled(net, self.task_, self.optimizer, self.flow_penalty > 0)
        found: list[Any] = [None] * len(signals)
        for chosen in by_length(np.array([len(x) for x in signals]), self.batch_size):
            n_steps = padded_length(max(len(signals[i]) for i in chosen))
            lengths = np.ones(self.batch_size, np.int32)
            lengths[: len(chosen)] = [len(signals[i]) for i in chosen]
            batch = stacked([signals[i] for i in chosen], self.batch_size, n_steps)
            out = np.asarray(functions.outputs(self.params_, batch, lengths))
            for k, i in enumerate(chosen):
                found[i] = out[k] if self.task_ == "label" else out[: lengths[k], k]
        return np.stack(found) if self.task_ == "label" else found

    def score(self, X: Any, y: Any = None) -> float:
        """Return the accuracy for labels, or R^2 for values, over all entries of `y` that are not masked."""
        y = (X.targets if X.labels is None else X.labels) if y is None and isinstance(X, Sequences) else y
        found = self.predict(X)
        if self.task_ == "label":
            return float(np.mean(found == np.asarray(y)))
        if self.task_ == "labels":
            return float(np.mean(np.concatenate(found) == np.ma.concatenate(list(y))))
        true = np.ma.concatenate([np.ma.reshape(t, (len(t), -1)) for t in y])
        asked = ~np.ma.getmaskarray(true).any(1)
        error, spread = np.concatenate(found)[asked] - true[asked], true[asked] - true[asked].mean(0)
        return float(1 - (error**2).sum() / (spread**2).sum())

    def generate(
        self, prompt: Any, n_steps: int, temperature: float = 1.0, random_state: checks.RandomState = None
    ) -> np.ndarray:
        """Continue `prompt` with the outputs of the network as inputs.

        For networks fitted to predict the next step. In training the input is the true signal (teacher forcing,
        Williams and Zipser 1989, doi:10.1162/neco.1989.1.2.270). Here it is the output of the network.

        Parameters
        ----------
        prompt : ndarray (n_steps, n_channels)
            One-hot in the order of ``classes_`` for a network of labels.
        n_steps : int
        temperature : float
            Labels are drawn from softmax(output / temperature); 0 selects the most likely label.
        random_state : int or numpy.random.Generator, optional

        Returns
        -------
        ndarray (n_steps,) of labels, or (n_steps, n_channels) of values

        Raises
        ------
        InputError
            The network is bidirectional, labels whole sequences, or has different numbers of inputs and outputs.
        """
        from millpond.baseline import build

        check_is_fitted(self)
        prompt = checks.signal(prompt, "the prompt", self.n_features_in_, np.float32, type(self).__name__)
        n_steps = checks.integer("n_steps", n_steps, 1)
        temperature = checks.number("temperature", temperature, 0)
        if self.task_ == "label" or self.bidirectional or self.n_outputs_ != self.n_features_in_:
            raise checks.InputError(
                f"this network (bidirectional={self.bidirectional}, {self.n_features_in_} inputs, "
                f"{self.n_outputs_} outputs, task '{self.task_}') cannot run on its own output; fit it to the next "
                "step of its input, forward in time"
            )
        return build.generated(self, prompt, n_steps, temperature, checks.generator(random_state))

    def operations(self) -> dict[str, int]:
        """Return the multiply-adds and activations of one time step, without the output layer."""
        check_is_fitted(self)
        of_layers = [own for directions in self.params_["layers"] for own in directions]
        products = sum(w.size for own in of_layers for w in own.values() if w.ndim > 1)
        return {"multiply_adds": products, "activations": sum(own["b"].size for own in of_layers)}

    def save(self, path: str | Path) -> None:
        """Write the fitted network to one npz file."""
        check_is_fitted(self)
        what = {"config": self._config(), "task": self.task_, "n_features_in": self.n_features_in_,
                "n_outputs": self.n_outputs_, "losses": self.losses_,
                "validation_losses": self.validation_losses_}  # fmt: skip
        arrays = {"classes": self.classes_, "mean": self._mean, "scale": self._scale}
        files.write(path, what, {"params": self.params_}, arrays)

    @classmethod
    def load(cls, path: str | Path) -> RecurrentNetwork:
        """Load a network that was written by `save`."""
        from millpond.baseline import build

        what, held = files.read(path)
        if "config" not in what:
            raise checks.InputError(
                f"{path} is a checkpoint, not a network; give it to fit, or save the fitted network"
            )
        config: dict[str, Any] = what["config"]
        network = cls(**config | {"periods": tuple(config["periods"])})
        network.n_features_in_ = what["n_features_in"]
        network.losses_, network.validation_losses_ = what["losses"], what["validation_losses"]
        targets = Targets(
            what["task"], held["array classes"], [], [], held["array mean"], held["array scale"], what["n_outputs"]
        )
        like = build.start_params(network, build.net(network, network.n_features_in_, targets), 0)
        return network._set(targets, files.filled("params", like, held))

    def _config(self) -> dict[str, Any]:
        """Return the parameters as JSON data, without random generators, whose draws are in the weights."""
        config = self.get_params(deep=False)
        if isinstance(self.random_state, np.random.Generator):
            config["random_state"] = None
        return {k: v.item() if isinstance(v, np.generic) else list(v) if isinstance(v, tuple) else v
                for k, v in config.items()}  # fmt: skip


def _softmax(x: np.ndarray) -> np.ndarray:
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)
