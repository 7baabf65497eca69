"""The words for stories of alarms: who listens, and a cell that runs away."""

from typing import Any

from homeassistant.const import STATE_UNAVAILABLE, STATE_UNKNOWN
from homeassistant.core import Event, HomeAssistant, callback

from tests.integration.stories import World

ALARM = "event.battery_cell_7_alarm"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
DRILL = "switch.battery_cell_7_drill"
ACKNOWLEDGE = "button.battery_cell_7_acknowledge_alarm"
SNOOZE = "button.battery_cell_7_snooze_alarm"
STORE = "btr.btr-entry"
SILENT = {STATE_UNKNOWN, STATE_UNAVAILABLE}


class Listener:
    """Everything that an event entity told, as an automation would get it."""

    def __init__(self, hass: HomeAssistant, entity_id: str = ALARM) -> None:
        self.told: list[dict[str, Any]] = []
        before = hass.states.get(entity_id)
        told_at = {before.state} if before is not None else set()

        @callback
        def note(event: Event[Any]) -> None:
            new = event.data["new_state"]
            if event.data["entity_id"] != entity_id or new is None or new.state in told_at | SILENT:
                return
            told_at.add(new.state)
            self.told.append(dict(new.attributes))

        hass.bus.async_listen("state_changed", note)

    @property
    def kinds(self) -> list[str]:
        return [told["event_type"] for told in self.told]


async def runs_away(world: World) -> None:
    """A quiet node, then a cell that heats by 5 K/s; nobody does anything about it."""
    await world.battery_lives(10)
    await world.battery_lives(9, lambda time_s: 25.0 + 5 * time_s)
