from pathlib import Path

import numpy as np
import pytest

FSDD = Path(__file__).parents[4] / "shared" / "data" / "fsdd"


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory, monkeypatch):
    """No test reads or fills the cache of whoever runs it; the synthetic corpus is made once a session."""
    monkeypatch.setenv("MILLPOND_CACHE", str(tmp_path_factory.getbasetemp() / "millpond-cache"))


@pytest.fixture
def fsdd():
    if not FSDD.is_dir():
        pytest.skip("the Free Spoken Digit Dataset is not beside the repository")
    return FSDD


@pytest.fixture
def tone():
    """A function that makes a sine: frequency (Hz), rate (Hz), seconds."""

    def make(frequency, rate=8000, seconds=0.3):
        return np.sin(2 * np.pi * frequency * np.arange(int(rate * seconds)) / rate)

    return make


@pytest.fixture
def write_sphere():
    """A function that writes a NIST SPHERE file by hand: 1024 bytes of text, then 16-bit samples."""

    def write(path, wave, rate=12500, order="01"):
        lines = [
            "NIST_1A",
            "   1024",
            "database_id -s4 TI46",
            "channel_count -i 1",
            f"sample_count -i {len(wave)}",
            f"sample_rate -i {rate}",
            "sample_n_bytes -i 2",
            f"sample_byte_format -s2 {order}",
            "sample_sig_bits -i 16",
            "sample_coding -s3 pcm",
            "end_head",
        ]
        head = ("\n".join(lines) + "\n").encode().ljust(1024, b" ")
        samples = np.round(wave * 32767).astype("<i2" if order == "01" else ">i2")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(head + samples.tobytes())

    return write


@pytest.fixture
def write_wav():
    """A function that writes a 16-bit WAV file."""
    import soundfile

    def write(path, wave, rate=8000):
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, wave, rate, subtype="PCM_16")

    return write
