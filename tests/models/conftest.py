import pytest

from tests.sounds import write_corpus


@pytest.fixture(scope="session")
def corpus(tmp_path_factory):
    """A folder of 72 short sounds: three "words" by four "speakers"."""
    return write_corpus(tmp_path_factory.mktemp("corpus"))
