"""One slice of a run: what Home Assistant used, how late its loop was, how many messages came."""

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from time import time
from typing import Protocol

from .load import Load
from .report import percentile
from .usage import Usage, resident_mb


class Measured(Protocol):
    """A running Home Assistant with the loop probe inside."""

    @property
    def pid(self) -> int:
        """Its process."""

    async def take_probe(self) -> dict[str, list[float]]:
        """What the loop probe collected since the last call."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Figures of one slice; ``others_cpu_s`` is what everything else on the machine used, broker and load included."""

    since: float
    until: float
    seconds: float
    messages: int
    cpu_s: float
    others_cpu_s: float
    lag_ms: Sequence[float]
    waited_ms: Sequence[float]
    load_behind_s: float


async def take_slice(home: Measured, load: Load, seconds: float) -> Slice:
    """Measure for so long."""
    await home.take_probe()
    load.take_most_behind_s()
    since, sent, before = time(), load.sent.value, Usage.of(home.pid)
    await asyncio.sleep(seconds)
    until, messages, after = time(), load.sent.value - sent, Usage.of(home.pid)
    probe = await home.take_probe()
    cpu_s = after.process_cpu_s - before.process_cpu_s
    return Slice(
        since,
        until,
        after.at_s - before.at_s,
        messages,
        cpu_s,
        after.machine_cpu_s - before.machine_cpu_s - cpu_s,
        probe["lag_ms"],
        probe["waited_ms"],
        load.take_most_behind_s(),
    )


@dataclass(frozen=True, slots=True)
class Summary:
    """Medians over the slices of one stage; lag counts every tick of 10 ms, those inside a stall too."""

    messages_per_s: float
    cpu_s_per_s: float
    lag_p99_ms: float
    lag_max_ms: float
    waited_p99_ms: float | None
    rss_mb: float
    others_cpu_s_per_s: float
    load_behind_s: float

    @classmethod
    def of(cls, slices: Sequence[Slice], pid: int) -> Summary:
        """Sum up at least one slice of the process, which must still run."""
        waited_ms = [delay for one in slices for delay in one.waited_ms]
        return cls(
            statistics.median(one.messages / one.seconds for one in slices),
            statistics.median(one.cpu_s / one.seconds for one in slices),
            statistics.median(percentile(one.lag_ms, 99) for one in slices),
            max(max(one.lag_ms) for one in slices),
            percentile(waited_ms, 99) if waited_ms else None,
            resident_mb(pid),
            statistics.median(one.others_cpu_s / one.seconds for one in slices),
            max(one.load_behind_s for one in slices),
        )

    def cpu_s_per_1000(self, idle: Summary) -> float:
        """CPU seconds per 1000 messages beyond what the same Home Assistant uses without nodes."""
        return (self.cpu_s_per_s - idle.cpu_s_per_s) / self.messages_per_s * 1000
