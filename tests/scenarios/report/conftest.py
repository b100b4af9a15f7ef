import pytest

from millpond.comparison import compare


@pytest.fixture(scope="session")
def made(corpus, tmp_path_factory):
    """A folder that a comparison of two reservoirs left, not to be changed, and what it found."""
    folder = tmp_path_factory.mktemp("made")
    found = compare(
        "digits", ["esn", "mackey-glass"], str(corpus), None, "speaker", folder, units=20, n_seeds=2, n_workers=1
    )
    return folder, found
