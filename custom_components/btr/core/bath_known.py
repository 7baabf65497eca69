"""What is known of a bath's settings and abilities; what it never said is taken to be the original's default."""

from collections.abc import Mapping
from typing import Any

from . import bath_config
from .bath_config import SettingValue
from .messages import BathRegister, Output

_INTERVAL_KEY = "post_interval"


class BathKnowledge:
    """The last register of a bath, as typed answers.

    ``is_deaf`` is set while the bath is known to hear nothing. What it said before our start may be long over, so only
    a live register sets it.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self.register: BathRegister | None = None
        self.is_deaf = False
        self.config: Mapping[str, Any] = bath_config.nest({})

    def take(self, register: BathRegister, *, is_live: bool) -> None:
        """Take a register; whatever the table of settings does not name is dropped.

        One that says nothing of settings does not take away what is known of them.
        """
        self.register = register
        self.is_deaf = is_live and register.is_deaf
        if not register.config:
            return
        reported: dict[str, SettingValue] = {}
        for key, value in bath_config.flatten(register.config):
            setting = bath_config.SETTING_BY_KEY.get(key)
            typed = None if setting is None else bath_config.read_reported(setting, value)
            if typed is not None:
                reported[key] = typed
        self.config = bath_config.nest(reported)

    def has(self, capability: str) -> bool:
        """Whether the device said that it can do this; an original says nothing."""
        return self.register is not None and capability in self.register.capabilities

    def flag(self, key: str) -> bool | None:
        """A truth value of the settings, None if it was never told."""
        value = bath_config.lookup(self.config, key)
        return value if isinstance(value, bool) else None

    def told(self, key: str) -> float | None:
        """A number of the settings, None if it was never told."""
        value = bath_config.lookup(self.config, key)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def number(self, key: str) -> float:
        """A number of the settings within the bounds that it can have, or its default."""
        setting = bath_config.SETTING_BY_KEY[key]
        told, default = self.told(key), bath_config.DEFAULTS[key]
        value = default if told is None and isinstance(default, int | float) else told or 0.0
        return min(max(value, setting.low or 0.0), setting.high or value)

    @property
    def setpoint_mode(self) -> bool | None:
        """Whether a target is held, else the n-curve is followed; None if it was never told."""
        return self.flag("bath_setpoint.enabled")

    def fields(self) -> dict[str, Any]:
        """The fields of `BathState` that the register gives."""
        return {
            "setpoint_mode": self.setpoint_mode,
            "target_c": self.told("bath_setpoint.target"),
            "config": self.config,
            "register": self.register,
        }

    @property
    def interval_s(self) -> float:
        """The reporting interval."""
        return self.number(_INTERVAL_KEY) / 1000

    @property
    def guard_s(self) -> float:
        """How long the heater's guard may hold a command back that the device has accepted."""
        return max(self.number("heater_guard.min_on_ms"), self.number("heater_guard.min_off_ms")) / 1000

    def automatic_action(self, output: Output) -> str:
        """The action that gives an output back: aeration without its timer would stay as it is, so it goes off."""
        timer_is_off = self.flag("aeration_timer.enabled") is False
        return "off" if output is Output.AERATION and timer_is_off else "auto"
