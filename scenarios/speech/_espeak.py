"""Speak a list of words with eSpeak NG: run as a program of its own, with nothing but the standard library.

eSpeak NG keeps a state that cannot be reset: the same call twice in one process gives different samples,
while the same calls in the same order in a fresh process give the same samples. So a corpus is spoken in
one go by one child.

Reads from standard input a JSON object: "library" and "data" (paths), "utterances" (a list of objects with
"voice", "text", "rate" in words per minute, "pitch" 0 to 100). Writes to standard output for each utterance
the number of its samples (4 bytes) and the samples (16 bit), both little-endian; before them, in 4 bytes,
the sampling rate (Hz).
"""

from __future__ import annotations

import ctypes
import json
import sys

# From the C header of the library, espeak-ng/speak_lib.h.
SYNCHRONOUS, DONT_EXIT, POS_CHARACTER, CHARS_UTF8, RATE, PITCH = 2, 0x8000, 1, 1, 1, 3
CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


def main() -> None:
    """Do what the module says."""
    job = json.load(sys.stdin)
    espeak = ctypes.CDLL(job["library"])
    sampling_rate = espeak.espeak_Initialize(SYNCHRONOUS, 0, job["data"].encode(), DONT_EXIT)
    if sampling_rate <= 0:
        sys.exit(f"eSpeak NG does not start with the data in {job['data']}")
    heard: list[bytes] = []
    voice = ""

    @CALLBACK
    def listen(samples, n, events):  # type: ignore[no-untyped-def]
        if samples and n > 0:
            heard.append(ctypes.string_at(samples, 2 * n))
        return 0

    espeak.espeak_SetSynthCallback(listen)
    out = sys.stdout.buffer
    out.write(sampling_rate.to_bytes(4, "little"))
    for utterance in job["utterances"]:
        if utterance["voice"] != voice:  # it takes longer to change the voice than to speak
            voice = utterance["voice"]
            if espeak.espeak_SetVoiceByName(voice.encode()):
                sys.exit(f"eSpeak NG has no voice {voice}")
        espeak.espeak_SetParameter(RATE, utterance["rate"], 0)
        espeak.espeak_SetParameter(PITCH, utterance["pitch"], 0)
        text = utterance["text"].encode()
        heard.clear()
        espeak.espeak_Synth(text, len(text) + 1, 0, POS_CHARACTER, 0, CHARS_UTF8, None, None)
        sound = b"".join(heard)
        out.write((len(sound) // 2).to_bytes(4, "little") + sound)


if __name__ == "__main__":
    main()
