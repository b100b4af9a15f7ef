"""Error and warning classes."""


class InputError(ValueError):
    """An input is invalid. The message is one sentence with the remedy."""


class DivergenceWarning(RuntimeWarning):
    """The states or outputs of a run grow without bound, so results computed from them are meaningless."""
