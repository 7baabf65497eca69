"""How commands to a bath end: each in one answer, and one that fails in an event as well."""

from collections.abc import Callable, Mapping
from datetime import datetime

from .outcome import CONFIG_UPDATE, Answer, EventKind, Result, Scalar

Tell = Callable[[Answer], None]


class CommandIds:
    """Makes the ids of commands: no two are alike, not even after a restart of the program."""

    def __init__(self) -> None:
        """Start to count."""
        self._count = 0

    def make(self, at: datetime) -> str:
        """Return a new id; ``at`` is the present time."""
        self._count += 1
        return f"{int(at.timestamp() * 1000):x}-{self._count}"


_COMMAND_EVENTS: Mapping[Result, EventKind] = {
    Result.REFUSED: EventKind.COMMAND_REFUSED,
    Result.UNANSWERED: EventKind.COMMAND_UNANSWERED,
}
_CONFIG_EVENTS: Mapping[Result, EventKind] = {
    Result.DONE: EventKind.CONFIG_CONFIRMED,
    Result.DIFFERENT: EventKind.CONFIG_DIFFERENT,
    Result.UNANSWERED: EventKind.CONFIG_UNANSWERED,
}


def event_of(answer: Answer) -> tuple[EventKind, Mapping[str, Scalar]] | None:
    """The event that tells of an answer, None for one that concerns nobody but who gave the command.

    A switched output is told by its state. A change of settings is told by its keys, with what was asked and, where the
    device told otherwise, what it has.
    """
    if answer.command == CONFIG_UPDATE and (kind := _CONFIG_EVENTS.get(answer.result)) is not None:
        return kind, {key: _told(answer.result, *pair) for key, pair in answer.settings.items()}
    if (kind := _COMMAND_EVENTS.get(answer.result)) is None:
        return None
    data = {"command": answer.command, "action": answer.action, "reason": answer.reason}
    return kind, {name: value for name, value in data.items() if value} | _settings(answer)


def _told(result: Result, asked: object, got: object) -> str:
    return f"{asked} / {got}" if result is Result.DIFFERENT else str(asked)


def _settings(answer: Answer) -> dict[str, Scalar]:
    return {"settings": ", ".join(answer.settings)} if answer.settings else {}
