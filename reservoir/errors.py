"""The error of everything that a user gives and that cannot be used."""


class InputError(ValueError):
    """Something a user gave cannot be used; the message is one sentence with the remedy."""
