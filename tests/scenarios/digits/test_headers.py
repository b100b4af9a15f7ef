"""WAV files as browsers, phones and other programs write them."""

import struct

import numpy as np
import pytest
import soundfile

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio, headers

SAMPLES = np.round(20000 * np.sin(0.3 * np.arange(2000))).astype("<i2")
BODY = SAMPLES.tobytes()
PCM16 = struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)


def chunk(name, content, size=None):
    return name + struct.pack("<I", len(content) if size is None else size) + content + b"\0" * (len(content) % 2)


def wav(form=PCM16, body=BODY, riff=None, data=None, before=b"", after=b""):
    chunks = b"WAVE" + chunk(b"fmt ", form) + before + chunk(b"data", body, data) + after
    return b"RIFF" + struct.pack("<I", len(chunks) if riff is None else riff) + chunks


EXTENSIBLE = struct.pack("<HHIIHHHHI", 0xFFFE, 1, 8000, 16000, 2, 16, 22, 16, 4) + bytes.fromhex(
    "0100000000001000800000aa00389b71"
)
READ = {
    "plain": wav(),
    "RIFF size 8 too large": wav(riff=36 + 4000 + 8),
    "RIFF size far too large": wav(riff=1 << 30),
    "RIFF size 0": wav(riff=0),
    "RIFF size too small": wav(riff=100),
    "RIFF size unknown": wav(riff=0xFFFFFFFF),
    "data size unknown": wav(riff=0xFFFFFFFF, data=0xFFFFFFFF),
    "data size of another stream": wav(riff=0x7FFFFFFF, data=0x7FFFFFFF),
    "LIST before data": wav(before=chunk(b"LIST", b"INFOISFT" + struct.pack("<I", 6) + b"Lavf58")),
    "odd LIST before data": wav(before=chunk(b"LIST", b"INFO\0")),
    "long LIST before data": wav(before=chunk(b"LIST", b"INFO" + bytes(5000))),
    "JUNK and fact": wav(before=chunk(b"JUNK", bytes(28)) + chunk(b"fact", struct.pack("<I", 2000))),
    "LIST after data": wav(after=chunk(b"LIST", b"INFO")),
    "tag after data": wav(after=b"TAGa song" + bytes(119)),
    "zeros after data": wav(after=bytes(100)),
    "extensible": wav(EXTENSIBLE),
    "bytes a second not given": wav(struct.pack("<HHIIHH", 1, 1, 8000, 0, 2, 16)),
    "float": wav(struct.pack("<HHIIHH", 3, 1, 8000, 32000, 4, 32), (SAMPLES / 32768).astype("<f4").tobytes()),
    "double": wav(struct.pack("<HHIIHH", 3, 1, 8000, 64000, 8, 64), (SAMPLES / 32768).astype("<f8").tobytes()),
    "24 bit": wav(
        struct.pack("<HHIIHH", 1, 1, 8000, 24000, 3, 24),
        b"".join((256 * int(s)).to_bytes(3, "little", signed=True) for s in SAMPLES),
    ),
    "8 bit": wav(struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8), (SAMPLES // 256 + 128).astype("u1").tobytes()),
}


@pytest.mark.parametrize("name", READ)
def test_the_data_chunk_decides(tmp_path, name):
    (tmp_path / "a.wav").write_bytes(READ[name])
    wave, rate = audio.read(tmp_path / "a.wav")
    assert rate == 8000 and len(wave) == 2000
    np.testing.assert_allclose(wave, SAMPLES / 32768, atol=1 / 128 if name == "8 bit" else 1e-7)


def test_an_odd_number_of_bytes_is_read(tmp_path):
    body = (SAMPLES[:1999] // 256 + 128).astype("u1").tobytes()
    (tmp_path / "a.wav").write_bytes(wav(struct.pack("<HHIIHH", 1, 1, 8000, 8000, 1, 8), body))
    assert len(audio.read(tmp_path / "a.wav")[0]) == 1999


@pytest.mark.parametrize("name", ["plain", "RIFF size 0", "RIFF size too small", "LIST before data", "float", "24 bit"])
def test_samples_that_are_missing_are_counted(tmp_path, name):
    (tmp_path / "a.wav").write_bytes(READ[name][:-10])
    with pytest.raises(InputError, match=r"a\.wav' is cut short by 10 bytes"):
        audio.read(tmp_path / "a.wav")


@pytest.mark.parametrize(
    "form",
    [
        struct.pack("<HHIIHH", 1, 1, 44100, 16000, 2, 16),  # a flipped rate
        struct.pack("<HHIIHH", 1, 2, 8000, 16000, 2, 16),
        struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 24),
    ],
)
def test_a_format_that_contradicts_itself_is_refused(tmp_path, form):
    (tmp_path / "a.wav").write_bytes(wav(form))
    with pytest.raises(InputError, match=r"header of the sound file .*a\.wav' is inconsistent"):
        audio.read(tmp_path / "a.wav")


@pytest.mark.parametrize("name", ["plain", "extensible", "LIST before data"])
def test_no_flipped_bit_of_a_header_changes_the_sound(tmp_path, name):
    """Each is refused in one sentence, or is in a part that does not matter."""
    whole, n_same = READ[name], 0
    (tmp_path / "a.wav").write_bytes(whole)
    wave, rate = audio.read(tmp_path / "a.wav")
    n_bits = 8 * (whole.index(b"data") + 8)
    for bit in range(n_bits):
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        (tmp_path / "a.wav").write_bytes(flipped)
        try:
            found, hertz = audio.read(tmp_path / "a.wav")
        except InputError as error:
            assert "\n" not in str(error)
        else:
            n_same += 1
            assert hertz == rate and np.array_equal(found, wave), f"bit {bit}"
    assert 0 < n_same < n_bits


def test_a_flac_file_that_declares_more_than_it_holds_is_refused(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.flac", SAMPLES / 32768, 8000)
    content = bytearray((tmp_path / "a.flac").read_bytes())
    assert len(audio.read(tmp_path / "a.flac")[0]) == 2000
    content[21:26] = b"\xff" * 5  # the low 36 bits of these count the samples: 64 milliards
    (tmp_path / "a.flac").write_bytes(content)
    with pytest.raises(InputError, match=r"a\.flac' (declares|cannot be read)"):
        audio.read(tmp_path / "a.flac")


def test_a_file_of_aiff_cut_short_is_named(tmp_path):
    import soundfile

    soundfile.write(tmp_path / "a.aiff", SAMPLES / 32768, 8000, subtype="PCM_16")
    content = (tmp_path / "a.aiff").read_bytes()
    assert len(audio.read(tmp_path / "a.aiff")[0]) == 2000
    (tmp_path / "a.aiff").write_bytes(content[:-10])
    with pytest.raises(InputError, match=r"a\.aiff' is cut short by 10 bytes"):
        audio.read(tmp_path / "a.aiff")


@pytest.mark.parametrize("kind", ["RF64", "W64", "AU"])
def test_kinds_whose_length_is_not_checked_are_refused(tmp_path, kind):
    """The first half of such a file was read as a whole one."""
    soundfile.write(tmp_path / "a.wav", np.zeros(800), 8000, format=kind)
    with pytest.raises(InputError, match="cannot be checked for missing samples; convert it"):
        headers.check(tmp_path / "a.wav")
