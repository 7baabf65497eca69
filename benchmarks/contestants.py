"""The two ways to get the values of battery nodes into Home Assistant that are compared."""

import json
from typing import Protocol

from demo.homeassistant import btr_steps

from .home import MQTT_FILE, Home
from .nodes import FIELDS, TOPIC, node_id


class Contestant(Protocol):
    """One way; ``warm_up_s`` is how long a new number of nodes needs until it does all of its work."""

    name: str
    warm_up_s: float

    async def set_up(self, home: Home) -> None:
        """Set it up in a Home Assistant that has MQTT."""

    async def scale(self, home: Home, nodes: int) -> None:
        """Make ready for so many nodes, before they publish."""


class TemplateSensors:
    """Home Assistant's own MQTT sensors: one per field, each fed by a value template over the same payload."""

    name = "template sensors"
    warm_up_s = 15.0

    async def set_up(self, home: Home) -> None:
        """Need nothing but MQTT."""

    async def scale(self, home: Home, nodes: int) -> None:
        """Write the sensors of all nodes and let MQTT read them, as one does with YAML."""
        sensors = [_sensor(node_id(index), field) for index in range(nodes) for field in FIELDS]
        # JSON is YAML
        (home.folder / MQTT_FILE).write_text(json.dumps({"sensor": sensors}))
        await home.client.request("POST", "/api/services/mqtt/reload", {})


class Btr:
    """The integration as it is installed, set up through its own config flow; nodes appear by themselves."""

    name = "BTR"
    # The model's window is 30 s long; before it is full nothing is inferred and the work would look too small.
    warm_up_s = 45.0

    async def set_up(self, home: Home) -> None:
        """Run the config flow."""
        await home.client.configure("btr", btr_steps())

    async def scale(self, home: Home, nodes: int) -> None:
        """Need nothing."""


def _sensor(node: str, field: str) -> dict[str, object]:
    sensor: dict[str, object] = {
        "name": field,
        "unique_id": f"{node}_{field}",
        "state_topic": TOPIC.format(id=node),
        "value_template": f"{{{{ value_json.{field} }}}}",
        "device": {"identifiers": [node], "name": node},
    }
    return sensor if field == "status" else {**sensor, "state_class": "measurement"}
