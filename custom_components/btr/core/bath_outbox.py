"""The messages to a bath that wait for their turn."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from .messages import Output, Publish


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that waits: the output it is for, None for others, and what makes the message."""

    output: Output | None
    make: Callable[[], Publish]


class Outbox:
    """Keeps the order and the pace: a device drops messages that come too fast, and it would not say so."""

    def __init__(self, per_s: int) -> None:
        """At most ``per_s`` messages leave within any second."""
        self._per_s = per_s
        self._queue: deque[Waiting] = deque()
        self._sent_s: deque[float] = deque(maxlen=per_s)

    def add(self, output: Output | None, make: Callable[[], Publish]) -> None:
        """Append a message."""
        self._queue.append(Waiting(output, make))

    def replace(self, output: Output, make: Callable[[], Publish]) -> None:
        """Append a message for an output in place of every older one that still waits for it."""
        self._queue = deque(waiting for waiting in self._queue if waiting.output is not output)
        self.add(output, make)

    def clear(self) -> None:
        """Drop everything that waits."""
        self._queue.clear()

    def is_free(self, now_s: float) -> bool:
        """Whether a message that is added now leaves at once."""
        return not self._queue and self._may_send(now_s)

    def note_urgent(self, now_s: float) -> None:
        """Count a message that did not wait."""
        self._sent_s.append(now_s)

    def take(self, now_s: float) -> list[Publish]:
        """Return the messages that may leave now, in order."""
        ready: list[Publish] = []
        while self._queue and self._may_send(now_s):
            ready.append(self._queue.popleft().make())
            self._sent_s.append(now_s)
        return ready

    def _may_send(self, now_s: float) -> bool:
        return len(self._sent_s) < self._per_s or now_s - self._sent_s[0] >= 1.0
