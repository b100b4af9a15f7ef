"""What a run costs: time and memory."""

from __future__ import annotations

import time
from pathlib import Path


class Clock:
    """CPU seconds of this process between laps: on a shared machine the time on the wall says little."""

    def __init__(self) -> None:
        self._last = time.process_time()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Add the time since the last lap to what `name` has cost."""
        now = time.process_time()
        self.laps[name] = self.laps.get(name, 0.0) + now - self._last
        self._last = now


def reset_peak_memory() -> None:
    """Begin to look for a new peak, where the system lets a process do so."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # not Linux, or not allowed: the peak is then that of the process so far


def peak_memory_mb() -> float:
    """Return the most memory (MiB) this process has held since `reset_peak_memory`."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
