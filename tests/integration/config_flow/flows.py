"""What a user and a broker do in the stories of the config flow."""

import json
import re
from typing import Any

from aiohttp import FormData
from homeassistant.config_entries import SOURCE_MQTT, SOURCE_USER
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from homeassistant.setup import async_setup_component
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.btr import probe
from custom_components.btr.config_flow import HOME_ASSISTANT_MQTT
from custom_components.btr.const import DOMAIN

TOPICS_AS_THEY_COME = {"battery_prefixes": ["btr/+"], "original_node": True, "bath_root": "compostlab/v2"}
DATA_AS_IT_COMES = {"battery_prefixes": ["btr/+", ""], "bath_root": "compostlab/v2"}

PROBE = re.compile("/probe-")

BATTERY_REGISTER = json.dumps({"id": "cell-7", "firmware": "1.0.0", "schema": 1})
BATH_REGISTER = json.dumps({"schema_version": 2, "ip_address": "192.0.2.7", "config": {"read_interval": 60000}})
BATH_TELEMETRY = json.dumps(
    {
        "schema_version": 2,
        "ts": "2026-04-02 10:00:00",
        "channels": [{"code": "TempOut1", "value": 65.2, "unit": "℃", "quality": "ok"}],
    }
)


class Broker:
    """What the broker does with a subscription: answer, or, once silent, let the flow's own wait."""

    def __init__(self, client: Any) -> None:
        """Listen in on the client's subscriptions."""
        self.silent = False
        self.asked: list[str] = []
        self._client = client
        self._answer = client.subscribe.side_effect
        self._unanswered: list[int] = []
        client.subscribe.side_effect = self._subscribe

    def _subscribe(self, topics: Any, qos: int = 0, **more: Any) -> tuple[int, int]:
        asked = [topics] if isinstance(topics, str) else [topic for topic, _ in topics]
        self.asked += asked
        if not (self.silent and PROBE.search(" ".join(asked))):
            answer: tuple[int, int] = self._answer(topics, qos, **more)
            return answer
        self._unanswered.append(1_000_000 + len(self.asked))
        return 0, self._unanswered[-1]

    @property
    def probes(self) -> list[str]:
        """Topics that were subscribed to only to see whether the broker answers."""
        return [topic for topic in self.asked if PROBE.search(topic)]

    def recover(self) -> None:
        """Answer what was asked meanwhile and everything from now on, which may take its time on a busy machine."""
        self.silent = False
        probe.PROBE_TIMEOUT_S = 5
        while self._unanswered:
            self._client.on_subscribe(self._client, 0, self._unanswered.pop(), [], None)


async def start(hass: HomeAssistant, connection: str = HOME_ASSISTANT_MQTT) -> Any:
    """Start a flow by hand and choose the kind of connection."""
    menu = await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_USER})
    assert menu["type"] is FlowResultType.MENU
    return await hass.config_entries.flow.async_configure(menu["flow_id"], {"next_step_id": connection})


async def fill_in(hass: HomeAssistant, flow: Any, **changes: Any) -> Any:
    """Submit the form of the topics, with changes to what suits devices as they come."""
    return await hass.config_entries.flow.async_configure(flow["flow_id"], {**TOPICS_AS_THEY_COME, **changes})


def broker_form(port: int, **changes: Any) -> dict[str, Any]:
    """Return the form of a broker on this machine, filled in."""
    usual = {"host": "127.0.0.1", "port": port, "encryption": "none", "advanced": {"keepalive": 15}}
    return {**usual, **changes}


async def submit(hass: HomeAssistant, flow: Any, form: dict[str, Any]) -> Any:
    """Submit a form."""
    return await hass.config_entries.flow.async_configure(flow["flow_id"], form)


async def upload(hass: HomeAssistant, hass_client: ClientSessionGenerator, content: bytes) -> str:
    """Upload a file as the frontend does, and return its id."""
    assert await async_setup_component(hass, "file_upload", {})
    client = await hass_client()
    form = FormData()
    form.add_field("file", content, filename="ca.pem", content_type="application/x-x509-ca-cert")
    answer = await (await client.post("/api/file_upload", data=form)).json()
    return str(answer["file_id"])


async def discover(hass: HomeAssistant, topic: str, payload: Any) -> Any:
    """Start a flow as Home Assistant's MQTT does when a message arrives on a topic of the manifest."""
    info = MqttServiceInfo(
        topic=topic, payload=payload, qos=0, retain=False, subscribed_topic="unused", timestamp=1000.0
    )
    return await hass.config_entries.flow.async_init(DOMAIN, context={"source": SOURCE_MQTT}, data=info)


def suggested(flow: Any) -> dict[str, Any]:
    """Return what a form shows before the user changes it."""
    return {key.schema: (key.description or {}).get("suggested_value") for key in flow["data_schema"].schema}


def unsubscribed(client: Any) -> set[str]:
    """Return the topics that the broker was asked to forget; the client collects them for a moment first."""
    return {topic for call in client.unsubscribe.mock_calls for topic in call.args[0]}
