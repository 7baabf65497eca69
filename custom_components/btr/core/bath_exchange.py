"""A change of a bath's settings on its way: collected, sent once, compared with what the device says afterwards."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from .bath_answers import Tell
from .bath_config import SettingValue, flatten, is_same
from .bath_settings import BathSettings
from .messages import Ack
from .outcome import CONFIG_UPDATE, Answer, Result
from .state import ConfigSync


class ConfigExchange:
    """Holds what was asked until the device has answered with a register, or has not.

    Changes that come while an answer is awaited are kept and sent after it: the device is restarting and would not
    hear them. ``is_accepted`` is set once it has acknowledged what it was sent last.
    """

    def __init__(self, settings: BathSettings, tell: Tell) -> None:
        """Start idle; ``tell`` takes the answers."""
        self.sync = ConfigSync.IDLE
        self.differences: Mapping[str, tuple[Any, Any]] = {}
        self._settings = settings
        self._tell = tell
        self._collected: dict[str, SettingValue] = {}
        self._send_s = 0.0
        self._asked: dict[str, SettingValue] = {}
        self._id: str | None = None
        self._deadline_s = 0.0
        self.is_accepted = False

    @property
    def wanted(self) -> Mapping[str, SettingValue]:
        """Every change that is not answered yet, by dotted key."""
        return {**self._asked, **self._collected}

    def fields(self) -> dict[str, Any]:
        """The fields of `BathState` about changes."""
        return {
            "config_wanted": MappingProxyType(dict(self.wanted)),
            "config_sync": self.sync,
            "config_differences": MappingProxyType(dict(self.differences)),
        }

    def covers(self, now_s: float) -> bool:
        """Whether silence is to be expected, because the device restarts with new settings."""
        return bool(self._asked) and now_s < self._deadline_s

    def add(self, changes: Mapping[str, SettingValue], now_s: float) -> None:
        """Collect a checked change."""
        if not self._collected:
            self._send_s = now_s + self._settings.collect_s
        replaced = {key: old for key, old in self._collected.items() if key in changes and changes[key] != old}
        self._answer(Result.DROPPED, {key: (old, None) for key, old in replaced.items()})
        self._collected.update(changes)
        if not self._asked:
            self.sync = ConfigSync.COLLECTING

    def is_due(self, now_s: float) -> bool:
        """Whether something is to be sent now."""
        return bool(self._collected) and not self._asked and now_s >= self._send_s

    def take(self, now_s: float, answer_s: float, command_id: str | None) -> Mapping[str, SettingValue]:
        """Return what is to be sent now; the device is to answer within ``answer_s``."""
        self._id = command_id
        self.is_accepted = False
        self._asked, self._collected = self._collected, {}
        self._deadline_s = now_s + answer_s
        self.sync = ConfigSync.SENT
        self.differences = {}
        return self._asked

    def hear(self, config: Mapping[str, Any], *, is_answer: bool) -> bool:
        """Compare a register with what was asked, and return whether that is what the device has now.

        One that is no answer may be from before, so it can only confirm.
        """
        differences = _differences(self._asked, config)
        if not self._asked or (differences and not is_answer):
            return False
        taken = {key: (asked, asked) for key, asked in self._asked.items() if key not in differences}
        self._settle(differences, ConfigSync.DIFFERENT if differences else ConfigSync.CONFIRMED)
        self._answer(Result.DONE, taken)
        self._answer(Result.DIFFERENT, differences)
        return not differences

    def hear_ack(self, ack: Ack, config: Mapping[str, Any], now_s: float) -> None:
        """Take the device's word: what it has after a change is in its next register, after a refusal in ``config``."""
        if ack.id != self._id:
            return
        asked = _beside(self._asked, config)
        if ack.result == "refused":
            self._settle(_differences(self._asked, config), ConfigSync.DIFFERENT)
            self._answer(Result.REFUSED, asked, ack.reason)
        else:
            self.is_accepted = True
            self._deadline_s = now_s + self._settings.config_answer_s
            self._answer(Result.ACCEPTED, asked)

    def discard(self, config: Mapping[str, Any], reason: str) -> None:
        """Drop what was not sent: it would restart the device, and that may release its emergency stop."""
        if not self._collected:
            return
        dropped, self._collected = self._collected, {}
        self.differences = {**self.differences, **_differences(dropped, config)}
        if not self._asked:
            self.sync = ConfigSync.DIFFERENT
        self._answer(Result.REFUSED, _beside(dropped, config), reason)

    def check_deadline(self, now_s: float, config: Mapping[str, Any]) -> None:
        """Give up, once, when the device has not answered in time; ``config`` is what it told before."""
        if not self._asked or now_s < self._deadline_s:
            return
        unanswered = _beside(self._asked, config)
        self._settle({}, ConfigSync.UNANSWERED)
        self._answer(Result.UNANSWERED, unanswered)

    def _settle(self, differences: Mapping[str, tuple[Any, Any]], sync: ConfigSync) -> None:
        self._asked = {}
        self.differences = differences
        self.sync = ConfigSync.COLLECTING if self._collected else sync

    def _answer(self, result: Result, settings: Mapping[str, tuple[Any, Any]], reason: str | None = None) -> None:
        if settings:
            self._tell(Answer(CONFIG_UPDATE, "", result, reason, MappingProxyType(dict(settings))))


def _beside(asked: Mapping[str, SettingValue], config: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    got = dict(flatten(config))
    return {key: (value, got.get(key)) for key, value in asked.items()}


def _differences(asked: Mapping[str, SettingValue], config: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    return {key: pair for key, pair in _beside(asked, config).items() if not is_same(*pair)}
