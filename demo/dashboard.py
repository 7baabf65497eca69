"""The dashboard of the demo: what a visitor should see at a glance, in the order of the story."""

import json
from collections.abc import Iterable, Mapping

from .entities import DeviceEntities
from .ha_client import HomeAssistantClient

URL_PATH = "btr-demo"
TITLE = "BTR"
ICON = "mdi:battery-alert-variant-outline"
NODE_DISPLAY = "sensor.display_of_the_node"
"""The demo's own sensor: what the node says that it shows, read past BTR, so that a correction is seen to arrive."""
HISTORY_HOURS = 0.1

Card = dict[str, object]


def _cards(cards: Iterable[Card | None]) -> list[Card]:
    """Without the cards whose entity does not exist."""
    return [card for card in cards if card is not None]


def _heading(text: str, icon: str) -> Card:
    return {"type": "heading", "heading": text, "icon": icon}


def _tile(entity_id: str | None, name: str | None = None, **more: object) -> Card | None:
    if entity_id is None:
        return None
    return {"type": "tile", "entity": entity_id, **({"name": name} if name else {}), **more}


def _graph(title: str, entities: Mapping[str, str | None]) -> Card | None:
    rows = [{"entity": entity_id, "name": name} for name, entity_id in entities.items() if entity_id is not None]
    if not rows:
        return None
    return {
        "type": "history-graph",
        "title": title,
        "hours_to_show": HISTORY_HOURS,
        "entities": rows,
        "grid_options": {"columns": "full", "rows": 5},
    }


def _verdict(battery: DeviceEntities) -> Card:
    """The alarm in words: that it is, why, and what is done about it."""
    alarm, cause = battery.require("binary_sensor", "thermal_runaway"), battery.require("sensor", "cause")
    level = battery.require("sensor", "level")
    text = f"""\
{{%- if is_state('{alarm}', 'on') -%}}
<ha-alert alert-type="error" title="Thermal runaway">
{{%- if is_state('{level}', 'danger') %}}Cause: {{{{ state_translated('{cause}') }}}}.
{{%- else %}}The cause is gone; acknowledge the alarm.{{% endif %}} The node shows {{{{ states('{NODE_DISPLAY}') }}}}.
</ha-alert>
{{%- elif is_state('{level}', 'warning') -%}}
<ha-alert alert-type="warning" title="Warning">{{{{ state_translated('{cause}') }}}}.</ha-alert>
{{%- elif is_state('{level}', 'normal') -%}}
<ha-alert alert-type="success" title="No alarm">The cell behaves as it should.</ha-alert>
{{%- else -%}}
<ha-alert alert-type="info" title="Waiting">There is not enough data yet.</ha-alert>
{{%- endif -%}}"""
    return {"type": "markdown", "content": text, "text_only": True, "grid_options": {"columns": "full"}}


def _risk_gauge(battery: DeviceEntities) -> Card:
    return {
        "type": "gauge",
        "entity": battery.require("sensor", "risk"),
        "name": "Runaway risk",
        "min": 0,
        "max": 100,
        "needle": True,
        "severity": {"green": 0, "yellow": 30, "red": 60},
        "grid_options": {"columns": 6, "rows": 3},
    }


def _battery_now(battery: DeviceEntities) -> Card:
    acknowledge = battery.get("button", "acknowledge")
    press = {"action": "perform-action", "perform_action": "button.press", "target": {"entity_id": acknowledge}}
    return {
        "type": "grid",
        "cards": _cards(
            [
                _heading("Battery", "mdi:battery-alert-variant-outline"),
                _verdict(battery),
                _risk_gauge(battery),
                # these three fill the space beside the gauge
                _tile(battery.get("sensor", "temp_internal_c"), "Cell"),
                _tile(battery.get("sensor", "rate_c_per_min"), "Rate of rise"),
                _tile(battery.get("sensor", "time_to_80_s"), "Time to 80 °C"),
                _tile(battery.get("sensor", "level"), "Assessment"),
                _tile(battery.get("binary_sensor", "thermal_runaway"), "Alarm"),
                _tile(battery.get("sensor", "cause"), "Cause", grid_options={"columns": "full"}),
                _tile(battery.get("sensor", "local_status"), "Node judges"),
                _tile(NODE_DISPLAY, "Node shows"),
                _tile(
                    acknowledge,
                    "Acknowledge",
                    tap_action=press,
                    icon_tap_action=press,
                    hide_state=True,
                    grid_options={"columns": "full"},
                ),
                {
                    "type": "logbook",
                    "title": "What happened",
                    "target": {
                        "entity_id": [
                            battery.require("sensor", "level"),
                            battery.require("sensor", "cause"),
                            NODE_DISPLAY,
                        ]
                    },
                    "hours_to_show": 1,
                    "grid_options": {"columns": "full", "rows": 6},
                },
            ]
        ),
    }


def _battery_history(battery: DeviceEntities) -> Card:
    gases = {"MQ-2": "mq2_ppm", "MQ-4": "mq4_ppm", "MQ-7": "mq7_ppm", "MQ-8": "mq8_ppm"}
    return {
        "type": "grid",
        "cards": _cards(
            [
                _heading("The last minutes", "mdi:chart-line"),
                _graph("Risk", {"Runaway risk": battery.require("sensor", "risk")}),
                _graph(
                    "Temperature",
                    {
                        "Cell": battery.get("sensor", "temp_internal_c"),
                        "Ambient": battery.get("sensor", "temp_ambient_c"),
                    },
                ),
                _graph("Gas", {name: battery.get("sensor", key) for name, key in gases.items()}),
            ]
        ),
    }


def _bath(bath: DeviceEntities) -> Card:
    return {
        "type": "grid",
        "cards": _cards(
            [
                _heading("Bath", "mdi:pot-steam-outline"),
                {
                    "type": "thermostat",
                    "entity": bath.require("climate", "bath"),
                    "name": "Bath",
                    "show_current_as_primary": True,
                    "features": [{"type": "climate-hvac-modes"}],
                },
                _tile(bath.get("binary_sensor", "heater"), "Heater"),
                _tile(bath.get("binary_sensor", "pump"), "Pump"),
                _tile(bath.get("binary_sensor", "aeration"), "Aeration"),
                _tile(bath.get("switch", "emergency"), "Emergency stop"),
                _tile(bath.get("sensor", "config_sync"), "Last change"),
                _tile(bath.get("sensor", "tank_c"), "Tank"),
                _graph(
                    "Temperature",
                    {
                        "Bath": bath.get("sensor", "bath_c"),
                        "Tank": bath.get("sensor", "tank_c"),
                        "Core": bath.get("sensor", "core_c"),
                    },
                ),
            ]
        ),
    }


async def add_node_display(client: HomeAssistantClient, topic: str) -> None:
    """Add that sensor by MQTT discovery; ``topic`` is where the node sends its telemetry."""
    sensor = {
        "name": "Display of the node",
        "unique_id": "btr_demo_node_display",
        "default_entity_id": NODE_DISPLAY,
        "state_topic": topic,
        "value_template": "{{ value_json.status | capitalize }}",
        "icon": "mdi:monitor",
    }
    await client.call_service(
        "mqtt", "publish", topic="homeassistant/sensor/btr_demo/config", payload=json.dumps(sensor), retain=True
    )


def dashboard(battery: DeviceEntities, bath: DeviceEntities) -> Card:
    """The configuration of the dashboard."""
    view = {
        "title": TITLE,
        "path": "live",
        "type": "sections",
        "max_columns": 3,
        "sections": [_battery_now(battery), _battery_history(battery), _bath(bath)],
    }
    return {"title": TITLE, "views": [view]}


async def install_dashboard(client: HomeAssistantClient, battery: DeviceEntities, bath: DeviceEntities) -> None:
    """Make the dashboard and let everybody land on it."""
    await client.command(
        "lovelace/dashboards/create", url_path=URL_PATH, title=TITLE, icon=ICON, mode="storage", show_in_sidebar=True
    )
    await client.command("lovelace/config/save", url_path=URL_PATH, config=dashboard(battery, bath))
    await client.command("frontend/set_system_data", key="core", value={"default_panel": URL_PATH})
