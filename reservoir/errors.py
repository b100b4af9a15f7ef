"""The error of everything that a user gives and that cannot be used."""


class InputError(ValueError):
    """Something a user gave cannot be used; the message is one sentence with the remedy."""


class DivergenceWarning(RuntimeWarning):
    """The states or outputs of a run grow without bound; what is computed from them means nothing."""
