"""Measure what the library promises about speed and memory.

To repeat, from a checkout::

    pip install -e '.[peers]'
    python -m benchmarks                  # everything, about ten minutes
    python -m benchmarks states ridge     # some of: states reservoirs ridge gram recording memory digits-states
                                          # water lsm networks workers planning

`python -m benchmarks.coders --corpus fsdd` makes the table in docs/coding.md, `python -m benchmarks.tuned FOLDER` that
of settings found in docs/tuning.md.
`networks` measures against PyTorch where it is installed; it is no part of the extra `peers`, being large.
`memory` writes a file of 3.4 GB to the folder for temporary files (set TMPDIR to choose another) and
deletes it afterwards.

How it is measured: CPU time of the process, linear algebra on one thread, what is compared in turns
within one run, the median over the rounds (of a ratio: the median of the ratios of the rounds). CPU time
leaves out waiting, so a busy machine does little harm, but what others do to caches and memory stays in.
Every row shows what is asked and what was measured just now; nothing is stored. Absolute times are those
of one core of the machine at hand: the ones asked for were set on a core of 60 GFLOP/s (float64).
"""

from __future__ import annotations

import argparse
import importlib

from threadpoolctl import threadpool_limits

from benchmarks.measure import show

NAMES = (
    "states", "reservoirs", "ridge", "gram", "recording", "memory", "digits-states", "water", "lsm", "networks",
    "workers", "planning",
)  # fmt: skip


def main() -> None:
    """Run the benchmarks named on the command line, or all, each in its turn, and print their rows."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="name", help=f"of: {' '.join(NAMES)}; all if left out")
    names = parser.parse_args().names or NAMES
    if unknown := [n for n in names if n not in NAMES]:
        parser.error(f"there is no benchmark {unknown[0]!r}; choose from: {' '.join(NAMES)}")
    for name in names:
        module = importlib.import_module(f"benchmarks.{name.replace('-', '_')}")
        with threadpool_limits(1):
            rows = module.rows()
        show(name, module.__doc__, rows)


if __name__ == "__main__":
    main()
