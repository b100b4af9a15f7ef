"""Measurement of CPU time and memory."""

from __future__ import annotations

import time
from pathlib import Path


class Clock:
    """CPU time of this process between laps; wall time is unreliable on a shared machine."""

    def __init__(self) -> None:
        self._last = time.process_time()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        """Add the time since the last lap to `name`."""
        now = time.process_time()
        self.laps[name] = self.laps.get(name, 0.0) + now - self._last
        self._last = now


def reset_peak_memory() -> None:
    """Reset the peak memory, if the operating system allows it."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        pass  # not Linux or not allowed: the peak is that of the whole process


def peak_memory_mb() -> float:
    """Return the peak memory (MiB) of this process since `reset_peak_memory`."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
