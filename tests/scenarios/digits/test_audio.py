import numpy as np
import pytest
import soundfile

from millpond.reservoir.checks import InputError
from millpond.scenarios.speech import audio


@pytest.mark.parametrize("order", ["01", "10"])
def test_sphere_file_in_either_byte_order(tmp_path, tone, write_sphere, order):
    wave = 0.5 * tone(440, 12500)
    write_sphere(tmp_path / "00f1set0.wav", wave, order=order)
    read, rate = audio.read(tmp_path / "00f1set0.wav")
    assert rate == 12500
    np.testing.assert_allclose(read, wave, atol=1e-4)


def test_wav_file_keeps_every_bit_and_averages_channels(tmp_path, write_wav):
    samples = np.array([0, 1, -1, 32767, -32768]) / 32768
    write_wav(tmp_path / "mono.wav", samples, 16000)
    wave, rate = audio.read(tmp_path / "mono.wav")
    assert rate == 16000 and wave.tolist() == samples.tolist()
    write_wav(tmp_path / "stereo.wav", np.stack([samples, np.zeros(5)], axis=1))
    np.testing.assert_allclose(audio.read(tmp_path / "stereo.wav")[0], samples / 2)


@pytest.mark.parametrize("factors", [(1, -1), (1, -0.9), (0.5, 0.5, -1)])
def test_channels_that_cancel_are_named(tmp_path, tone, write_wav, factors):
    wave = np.stack([0.5 * factor * tone(440) for factor in factors], axis=1)
    write_wav(tmp_path / "opposed.wav", wave)
    with pytest.raises(InputError, match=rf"The {len(factors)} channels of .*opposed\.wav' cancel each other"):
        audio.read(tmp_path / "opposed.wav")


def test_channels_with_one_microphone_or_two_voices_are_averaged(tmp_path, tone, write_wav):
    for other in (np.zeros(2400), tone(700), tone(440)):
        write_wav(tmp_path / "two.wav", 0.5 * np.stack([tone(440), other], axis=1))
        np.testing.assert_allclose(audio.read(tmp_path / "two.wav")[0], (tone(440) + other) / 4, atol=1e-4)


@pytest.mark.parametrize("rate", [8000, 11025, 16000, 22050, 44100, 48000, 96000, 192000])
def test_every_usual_rate_is_read_and_resampled(tmp_path, tone, write_wav, rate):
    write_wav(tmp_path / "a.wav", 0.5 * tone(440, rate), rate)
    wave, found = audio.read(tmp_path / "a.wav")
    assert found == rate
    assert len(audio.prepare(wave, rate, 8000)) == 2400


def test_a_rate_of_no_recorder_is_named(tmp_path, tone, write_wav):
    for rate in (10, 999, 1_000_000):
        write_wav(tmp_path / "a.wav", tone(2, 100), rate)
        with pytest.raises(InputError, match=f"has {rate} samples a second, but 1000 to 768000 are allowed"):
            audio.read(tmp_path / "a.wav")


@pytest.mark.parametrize("content", [b"", b"RIFF", b"no sound at all" * 100])
def test_what_is_no_sound_is_named(tmp_path, content):
    (tmp_path / "bad.wav").write_bytes(content)
    with pytest.raises(InputError, match=r"bad\.wav' cannot be read as sound; copy or download it again"):
        audio.read(tmp_path / "bad.wav")


def test_file_cut_short_is_named(tmp_path, tone, write_wav, write_sphere):
    write_wav(tmp_path / "a.wav", tone(300))
    write_sphere(tmp_path / "b.wav", tone(300))
    for name in ("a.wav", "b.wav"):
        whole = (tmp_path / name).read_bytes()
        (tmp_path / name).write_bytes(whole[: len(whole) - 100])
        with pytest.raises(InputError, match=f"{name}' is cut short by 100 bytes"):
            audio.read(tmp_path / name)


def test_file_without_samples_missing_or_not_finite(tmp_path, write_wav):
    import soundfile

    write_wav(tmp_path / "empty.wav", np.zeros(0))
    with pytest.raises(InputError, match=r"empty\.wav' holds no sample"):
        audio.read(tmp_path / "empty.wav")
    with pytest.raises(InputError, match=r"none\.wav' does not exist"):
        audio.read(tmp_path / "none.wav")
    soundfile.write(tmp_path / "nan.wav", np.array([0.0, np.nan]), 8000, subtype="FLOAT")
    with pytest.raises(InputError, match=r"nan\.wav' holds values that are not finite"):
        audio.read(tmp_path / "nan.wav")


def test_prepare_trims_in_frames_and_keeps_one_on_each_side(tone):
    wave = 0.01 * np.concatenate([np.zeros(1600), tone(500, seconds=0.2), np.zeros(2400)])
    prepared = audio.prepare(wave, 8000, 8000)
    assert len(prepared) == 1600 + 2 * 80
    assert np.abs(prepared).max() == 1
    np.testing.assert_allclose(prepared[80:-80], wave[1600:-2400] / np.abs(wave).max(), atol=1e-12)


@pytest.mark.parametrize("offset", [0.05, -0.3, 2.0])
def test_an_offset_changes_nothing(tone, offset):
    wave = 0.2 * np.concatenate([np.zeros(4000), tone(500, seconds=0.4), np.zeros(5000)])
    plain, shifted = audio.prepare(wave, 8000, 8000), audio.prepare(wave + offset, 8000, 8000)
    assert len(plain) == 3200 + 160
    np.testing.assert_allclose(shifted, plain, atol=1e-9)


def test_an_offset_is_removed_before_resampling(tone):
    """Else the steps at the ends would ring."""
    wave = np.concatenate([np.zeros(16000), tone(500, 44100, 0.4), np.zeros(16000)])
    assert len(audio.prepare(wave + 0.5, 44100, 8000)) == len(audio.prepare(wave, 44100, 8000)) < 3600


def test_prepare_drops_what_is_below_a_tenth(tone):
    wave = np.concatenate([level * tone(500, seconds=s) for level, s in ((0.09, 0.04), (1, 0.3), (0.11, 0.04))])
    assert len(audio.prepare(wave, 8000, 8000)) == 80 + 2400 + 320


def test_prepare_does_not_depend_on_level(tone):
    wave = tone(700) * np.hanning(2400)
    prepared = audio.prepare(wave, 8000, 8000)
    for level in (1e-300, 1e-3, 1e6):
        np.testing.assert_allclose(audio.prepare(level * wave, 8000, 8000), prepared, rtol=1e-6)


def test_resampling_keeps_the_tone(tone):
    slow = audio.prepare(tone(440, 16000), 16000, 8000)
    np.testing.assert_allclose(slow[200:-200], tone(440, 8000)[200 : len(slow) - 200], atol=1e-3)


def test_silence_is_named():
    for wave in (np.zeros(800), np.zeros(0), np.full(801, 0.05), np.full(7, 0.1, np.float32)):
        with pytest.raises(InputError, match="'7_theo_3' is silent"):
            audio.prepare(wave, 8000, 8000, "'7_theo_3'")


@pytest.mark.parametrize("wave", [np.array([0.0, np.nan, 1.0]), np.array([0.0, np.inf]), np.ones((4, 2))])
def test_what_is_no_wave_is_named(wave):
    with pytest.raises(InputError, match="'7_theo_3' must be one channel of finite samples"):
        audio.prepare(wave, 8000, 8000, "'7_theo_3'")


def test_channels_that_cancel_are_reported_in_noise_too(tmp_path, rng):
    """The same word in opposite phase, with noise 10 dB below it in each channel."""
    t = np.arange(8000) / 8000
    word = 0.3 * np.sin(2 * np.pi * 440 * t)
    noise = 0.3 / np.sqrt(2) * 10**-0.5 * rng.normal(size=(2, 8000))
    soundfile.write(tmp_path / "a.wav", np.column_stack([word + noise[0], -word + noise[1]]), 8000)
    with pytest.raises(InputError, match="cancel"):
        audio.read(tmp_path / "a.wav")
