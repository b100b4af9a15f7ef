"""Where a word begins and ends in a recording: relative to its loudest frame, and to steady noise around it.

Noise raises the threshold only where it is steady, which is to say where 30 % of the frames lie close together at the
bottom. In a recording that is cut close to the word the quietest frames are speech: they spread over many decibels, and
the threshold stays where it is without noise.
"""

from __future__ import annotations

import numpy as np

FRAME = 0.010  # s
QUIETEST_DB, LOUDEST_DB = -20.0, -5.0  # bounds of the threshold below the loudest frame; -20 is that without noise
FLOOR, SPREAD = 10, 30  # percentiles of the frames: the first is the noise floor
STEADY_DB = 2.0  # noise is steady where the two differ by less
MARGIN_DB = 4.0  # of the threshold above the noise floor
SMOOTHED = 5  # frames averaged before they are compared with the noise
SHORTEST = 5  # frames above the threshold in a row that count as speech in noise
LONGEST_PAUSE = 20  # frames below it inside of a word
HIDDEN = 2  # frames kept on each side, beyond what is kept in silence: the noise hides the ends of a word
LEAST = 20  # frames of noise around a word that are worth a cut


def find(wave: np.ndarray, rate: int) -> tuple[int, int]:
    """Return the first sample of the word and the one after its last, one frame on each side being kept.

    Frames of 10 ms count as speech from -20 dB of the loudest one. Where noise is steady, the threshold is 4 dB above
    the 10th percentile of the frames (averaged over 50 ms), within -20 and -5 dB of the loudest. Then sounds shorter
    than 50 ms and sounds that a pause of more than 200 ms separates from the loudest one do not count, two more frames
    are kept on each side, and less than 200 ms of noise is not cut away.

    Parameters
    ----------
    wave : ndarray (n_samples,)
        Mono, without offset, not silent.
    rate : int
        Samples per second (Hz).

    Returns
    -------
    first, last : int
        ``wave[first:last]`` is the word.
    """
    hop = round(FRAME * rate)
    n_frames = -(-len(wave) // hop)
    power = np.square(np.pad(wave, (0, n_frames * hop - len(wave)))).reshape(n_frames, hop).sum(axis=1)
    loud = _in_noise(power)
    if loud is None:
        loud = np.flatnonzero(power >= power.max() * 10 ** (QUIETEST_DB / 10))
    return max(0, loud[0] - 1) * hop, (loud[-1] + 2) * hop


def _in_noise(power: np.ndarray) -> np.ndarray | None:
    """Return the frames of speech by the noise floor; None where there is no steady noise above -20 dB."""
    ends = np.arange(len(power))[:, None] + (-(SMOOTHED // 2), SMOOTHED // 2 + 1)
    first, last = np.clip(ends, 0, len(power)).T
    sums = np.append(0.0, np.cumsum(power))
    level = np.maximum((sums[last] - sums[first]) / (last - first), np.finfo(float).tiny)
    level = 10 * np.log10(level / level.max())
    floor, above = np.percentile(level, [FLOOR, SPREAD])
    if above - floor >= STEADY_DB or floor + MARGIN_DB <= QUIETEST_DB:
        return None
    speech = level >= min(floor + MARGIN_DB, LOUDEST_DB)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], speech, [False]]).astype(int)))
    begins, stops = edges[::2], edges[1::2]
    main = int(np.searchsorted(begins, level.argmax(), side="right")) - 1
    kept = (stops - begins >= SHORTEST) | (np.arange(len(begins)) == main)
    begins, stops, main = begins[kept], stops[kept], int(kept[:main].sum())
    pauses = begins[1:] - stops[:-1] > LONGEST_PAUSE  # what is beyond is another sound
    first = begins[max(np.flatnonzero(pauses[:main]) + 1, default=0)]
    last = stops[main + min(np.flatnonzero(pauses[main:]), default=len(begins) - 1 - main)] - 1
    first, last = max(0, first - HIDDEN), min(len(power) - 1, last + HIDDEN)
    return np.array([first, last]) if first + len(power) - 1 - last >= LEAST else None
