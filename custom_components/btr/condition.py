"""Conditions of automations: the level of a battery, the alarm that stands, the emergency stop, who holds an output.

A drill is no alarm that stands. What is not available is left out, as in Home Assistant's own conditions; the alarm and
the emergency stop are available as long as they stand, also when the device is silent.
"""

from typing import Any, Final, override

import probatio
from homeassistant.const import CONF_OPTIONS, STATE_ON, Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers.condition import (
    ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL,
    Condition,
    ConditionConfig,
    EntityStateConditionBase,
)

from .const import ATTR_ACKNOWLEDGED, ATTR_ALARM_LEVEL
from .core.messages import Level, Output
from .core.state import Control
from .selection import Selecting, Selection

CONF_LEVEL: Final = "level"
CONF_OUTPUT: Final = "output"

ALARM_LEVELS: Final = (Level.WARNING.key, Level.DANGER.key)
RISK_LEVELS: Final = (Level.NORMAL.key, *ALARM_LEVELS)
OUTPUTS: Final = tuple(output.value for output in Output)

LEVELS: Final = Selection(Platform.SENSOR, frozenset({"level"}))
ALARMS: Final = Selection(Platform.BINARY_SENSOR, frozenset({"thermal_runaway", "alarm"}))
EMERGENCY_STOPS: Final = Selection(Platform.SWITCH, frozenset({"emergency"}))


def _controls(outputs: tuple[str, ...]) -> Selection:
    return Selection(Platform.SELECT, frozenset(f"{output}_control" for output in outputs))


CONTROLS: Final = _controls(OUTPUTS)


def _chosen(values: tuple[str, ...]) -> probatio.All[Any]:
    return probatio.All(probatio.EnsureList(), probatio.Length(min=1), [probatio.In(values)])


def _schema(option: probatio.Marker, values: tuple[str, ...]) -> probatio.Schema:
    options = {probatio.Required(CONF_OPTIONS, default={}): {option: _chosen(values)}}
    return ENTITY_STATE_CONDITION_SCHEMA_ANY_ALL.extend(options)


class BtrCondition(Selecting, EntityStateConditionBase):
    """A condition that looks only at the entities that are meant."""


class LevelCondition(BtrCondition):
    """A level is among the chosen ones."""

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take the options."""
        super().__init__(hass, config)
        self._states = set((config.options or {})[CONF_LEVEL])


class RiskLevelCondition(LevelCondition):
    """The assessment of a battery is at one of the chosen levels."""

    _selection = LEVELS
    _domain_specs = LEVELS.specs()
    _schema = _schema(probatio.Required(CONF_LEVEL), RISK_LEVELS)


class AlarmActiveCondition(LevelCondition):
    """There is an alarm, and one of the chosen levels is the highest that it has reached."""

    _selection = ALARMS
    _domain_specs = ALARMS.specs(ATTR_ALARM_LEVEL)
    _schema = _schema(probatio.Required(CONF_LEVEL, default=list(ALARM_LEVELS)), ALARM_LEVELS)


class AlarmAcknowledgedCondition(BtrCondition):
    """There is an alarm, and somebody has seen it."""

    _selection = ALARMS
    _domain_specs = ALARMS.specs(ATTR_ACKNOWLEDGED)
    _states = {True}  # noqa: RUF012 - as Home Assistant declares it


class EmergencyStopCondition(BtrCondition):
    """The emergency stop of a bath is engaged, or is about to be."""

    _selection = EMERGENCY_STOPS
    _domain_specs = EMERGENCY_STOPS.specs()
    _states = {STATE_ON}  # noqa: RUF012 - as Home Assistant declares it


class ManualControlCondition(BtrCondition):
    """One of the chosen outputs of a bath is held on or off by hand."""

    _selection = CONTROLS
    _domain_specs = CONTROLS.specs()
    _schema = _schema(probatio.Required(CONF_OUTPUT, default=list(OUTPUTS)), OUTPUTS)
    _states = {Control.ON.value, Control.OFF.value}  # noqa: RUF012 - as Home Assistant declares it

    def __init__(self, hass: HomeAssistant, config: ConditionConfig) -> None:
        """Take the options."""
        super().__init__(hass, config)
        self._chosen = _controls(tuple((config.options or {})[CONF_OUTPUT]))

    @override
    def entity_filter(self, entities: set[str]) -> set[str]:
        """Leave out the outputs that were not chosen."""
        return self._chosen.of(self._hass, entities)


CONDITIONS: Final[dict[str, type[Condition]]] = {
    "alarm_acknowledged": AlarmAcknowledgedCondition,
    "alarm_active": AlarmActiveCondition,
    "emergency_stop_engaged": EmergencyStopCondition,
    "output_under_manual_control": ManualControlCondition,
    "risk_level_is": RiskLevelCondition,
}


async def async_get_conditions(hass: HomeAssistant) -> dict[str, type[Condition]]:
    """Return the conditions of BTR."""
    return CONDITIONS
