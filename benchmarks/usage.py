"""What a process has used so far, read from ``/proc``."""

import os
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Self

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Usage:
    """Counters of one moment: of a process, and of the whole machine, all in seconds."""

    at_s: float
    process_cpu_s: float
    machine_cpu_s: float

    @classmethod
    def of(cls, pid: int) -> Self:
        """Read the counters now; user and system time of all threads, children not included."""
        # The name of the command may hold spaces and brackets, so counting starts behind it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, _machine_fields()[:8])
        busy = user + nice + system + irq + softirq + steal
        return cls(monotonic(), (int(fields[11]) + int(fields[12])) / _TICKS_PER_S, busy / _TICKS_PER_S)


def _machine_fields() -> list[str]:
    with Path("/proc/stat").open() as file:
        return file.readline().split()[1:]


def resident_mb(pid: int, field: str = "VmRSS") -> float:
    """Resident memory now (``VmRSS``) or at its peak (``VmHWM``), in MiB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"process {pid} has no {field}: it has ended, or this is not Linux")


def forget_peak() -> None:
    """Let ``VmHWM`` of this process start again at its present size."""
    Path("/proc/self/clear_refs").write_text("5")
