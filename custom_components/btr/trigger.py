"""Triggers of automations: what becomes of an alarm, a risk that crosses a threshold, the emergency stop.

What happened while Home Assistant was down, or before an entity was available, triggers nothing.
"""

from typing import ClassVar, Final, override

import probatio
from homeassistant.components.event import ATTR_EVENT_TYPE
from homeassistant.const import CONF_OPTIONS, STATE_OFF, STATE_ON, Platform, UnitOfRatio
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.trigger import (
    ENTITY_STATE_TRIGGER_SCHEMA,
    EntityNumericalStateCrossedThresholdTriggerBase,
    EntityTargetStateTriggerBase,
    EntityTriggerBase,
    NotTriggeredReasonReporter,
    StatelessEntityTriggerBase,
    Trigger,
    TriggerConfig,
)

from .const import ATTR_DRILL
from .core.messages import Level
from .core.outcome import EventKind
from .core.state import BathCause
from .selection import Selecting, Selection

CONF_LEVEL: Final = "level"
CONF_CAUSE: Final = "cause"
CONF_INCLUDE_DRILLS: Final = "include_drills"

ALARM_LEVELS: Final = (Level.WARNING.key, Level.DANGER.key)
BATH_CAUSES: Final = tuple(cause.value for cause in BathCause)

ALARMS: Final = Selection(Platform.EVENT, frozenset({"alarm"}))
RISKS: Final = Selection(Platform.SENSOR, frozenset({"risk"}))
EMERGENCY_STOPS: Final = Selection(Platform.SWITCH, frozenset({"emergency"}))


def _alarm_schema(option: str, values: tuple[str, ...]) -> probatio.Schema:
    return ENTITY_STATE_TRIGGER_SCHEMA.extend(
        {
            probatio.Required(CONF_OPTIONS, default={}): {
                probatio.Required(option, default=list(values)): probatio.All(
                    probatio.EnsureList(), probatio.Length(min=1), [probatio.In(values)]
                ),
                probatio.Required(CONF_INCLUDE_DRILLS, default=True): cv.boolean,
            }
        }
    )


class BtrTrigger(Selecting, EntityTriggerBase):
    """A trigger that looks only at the entities that are meant."""


class EventTrigger(BtrTrigger, StatelessEntityTriggerBase):
    """A kind of event of an alarm."""

    _selection = ALARMS
    _domain_specs = ALARMS.specs()
    _kinds: ClassVar[frozenset[str]]

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        """Whether the event is of this kind."""
        return state.attributes.get(ATTR_EVENT_TYPE) in self._kinds


class AlarmTrigger(EventTrigger):
    """A kind of event of an alarm with a chosen level."""

    _option: ClassVar[str] = CONF_LEVEL
    _schema = _alarm_schema(CONF_LEVEL, ALARM_LEVELS)

    def __init__(self, hass: HomeAssistant, config: TriggerConfig) -> None:
        """Take the options."""
        super().__init__(hass, config)
        self._chosen = frozenset(self._options[self._option])
        self._with_drills: bool = self._options[CONF_INCLUDE_DRILLS]

    @override
    def is_valid_state(self, state: State, report_not_triggered: NotTriggeredReasonReporter) -> bool:
        """Whether the event is of this kind and was chosen."""
        if not super().is_valid_state(state, report_not_triggered):
            return False
        is_chosen = state.attributes.get(self._option) in self._chosen
        return is_chosen and (self._with_drills or not state.attributes.get(ATTR_DRILL))


class BathFaultTrigger(AlarmTrigger):
    """A fault of a bath with a chosen cause.

    A second fault is told as the escalation of the alarm that the first one raised, and is a fault as well.
    """

    _kinds = frozenset({EventKind.RAISED, EventKind.ESCALATED})
    _option = CONF_CAUSE
    _schema = _alarm_schema(CONF_CAUSE, BATH_CAUSES)


class RiskTrigger(BtrTrigger, EntityNumericalStateCrossedThresholdTriggerBase):
    """The risk of a battery crosses a threshold."""

    _selection = RISKS
    _domain_specs = RISKS.specs()
    _valid_unit = UnitOfRatio.PERCENTAGE


class EmergencyStopTrigger(BtrTrigger, EntityTargetStateTriggerBase):
    """The emergency stop of a bath is engaged or released."""

    _selection = EMERGENCY_STOPS
    _domain_specs = EMERGENCY_STOPS.specs()


def _alarm(kind: EventKind) -> type[Trigger]:
    class CustomTrigger(AlarmTrigger):
        """What becomes of an alarm."""

        _kinds = frozenset({kind})

    return CustomTrigger


def _emergency_stop(state: str) -> type[Trigger]:
    class CustomTrigger(EmergencyStopTrigger):
        """The emergency stop comes into a state."""

        _to_states = {state}  # noqa: RUF012 - as Home Assistant declares it

    return CustomTrigger


class CorrectionTrigger(EventTrigger):
    """A node was sent another status than it showed."""

    _kinds = frozenset({EventKind.CORRECTION_SENT})


TRIGGERS: Final[dict[str, type[Trigger]]] = {
    "alarm_raised": _alarm(EventKind.RAISED),
    "alarm_escalated": _alarm(EventKind.ESCALATED),
    "alarm_cleared": _alarm(EventKind.CLEARED),
    "bath_fault": BathFaultTrigger,
    "correction_sent": CorrectionTrigger,
    "emergency_stop_engaged": _emergency_stop(STATE_ON),
    "emergency_stop_released": _emergency_stop(STATE_OFF),
    "risk_crossed_threshold": RiskTrigger,
}


async def async_get_triggers(hass: HomeAssistant) -> dict[str, type[Trigger]]:
    """Return the triggers of BTR."""
    return TRIGGERS
