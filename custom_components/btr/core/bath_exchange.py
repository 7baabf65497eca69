"""A change of a bath's settings on its way: collected, sent once, compared with what the device says afterwards."""

from collections.abc import Mapping
from typing import Any

from .bath_config import SettingValue, flatten, is_same
from .bath_settings import BathSettings
from .outcome import EventKind
from .state import ConfigSync


class ConfigExchange:
    """Holds what was asked until the device has answered with a register, or has not.

    Changes that come while an answer is awaited are kept and sent after it: the device is restarting and would not
    hear them.
    """

    def __init__(self, settings: BathSettings) -> None:
        """Start idle."""
        self.sync = ConfigSync.IDLE
        self.differences: Mapping[str, tuple[Any, Any]] = {}
        self._settings = settings
        self._collected: dict[str, SettingValue] = {}
        self._send_s = 0.0
        self._asked: dict[str, SettingValue] = {}
        self._deadline_s = 0.0

    @property
    def wanted(self) -> Mapping[str, SettingValue]:
        """Every change that is not answered yet, by dotted key."""
        return {**self._asked, **self._collected}

    def covers(self, now_s: float) -> bool:
        """Whether silence is to be expected, because the device restarts with new settings."""
        return bool(self._asked) and now_s < self._deadline_s

    def add(self, changes: Mapping[str, SettingValue], now_s: float) -> None:
        """Collect a checked change."""
        if not self._collected:
            self._send_s = now_s + self._settings.collect_s
        self._collected.update(changes)
        if not self._asked:
            self.sync = ConfigSync.COLLECTING

    def take_due(self, now_s: float) -> Mapping[str, SettingValue] | None:
        """Return what is to be sent now, once."""
        if self._asked or not self._collected or now_s < self._send_s:
            return None
        self._asked, self._collected = self._collected, {}
        self._deadline_s = now_s + self._settings.config_answer_s
        self.sync = ConfigSync.SENT
        self.differences = {}
        return self._asked

    def hear(self, config: Mapping[str, Any], *, is_live: bool) -> EventKind | None:
        """Compare a register with what was asked; a retained one may be from before, so it can only confirm."""
        if not self._asked:
            return None
        differences = _differences(self._asked, config)
        if differences and not is_live:
            return None
        return self._settle(differences, EventKind.CONFIG_DIFFERENT if differences else EventKind.CONFIG_CONFIRMED)

    def refuse(self, config: Mapping[str, Any]) -> None:
        """Take the device's refusal: everything that was asked and is not so already is a difference."""
        self._settle(_differences(self._asked, config), EventKind.CONFIG_DIFFERENT)

    def discard(self, config: Mapping[str, Any]) -> None:
        """Drop what was not sent: it would restart the device, and that may release its emergency stop."""
        if not self._collected:
            return
        dropped, self._collected = self._collected, {}
        self.differences = {**self.differences, **_differences(dropped, config)}
        if not self._asked:
            self.sync = ConfigSync.DIFFERENT

    def check_deadline(self, now_s: float) -> EventKind | None:
        """Return `CONFIG_UNANSWERED` once when the device has not answered in time."""
        if not self._asked or now_s < self._deadline_s:
            return None
        return self._settle({}, EventKind.CONFIG_UNANSWERED)

    def _settle(self, differences: Mapping[str, tuple[Any, Any]], kind: EventKind) -> EventKind:
        self._asked = {}
        self.differences = differences
        self.sync = ConfigSync.COLLECTING if self._collected else _SYNC[kind]
        return kind


_SYNC = {
    EventKind.CONFIG_CONFIRMED: ConfigSync.CONFIRMED,
    EventKind.CONFIG_DIFFERENT: ConfigSync.DIFFERENT,
    EventKind.CONFIG_UNANSWERED: ConfigSync.UNANSWERED,
}


def _differences(asked: Mapping[str, SettingValue], config: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    got = dict(flatten(config))
    return {key: (value, got.get(key)) for key, value in asked.items() if not is_same(value, got.get(key))}
