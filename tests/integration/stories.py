"""The words in which the stories of these tests are told: what devices say, how time passes, what a user sees."""

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from freezegun.api import FrozenDateTimeFactory
from homeassistant.components.mqtt import MQTT_CONNECTION_STATE
from homeassistant.core import HomeAssistant, State
from homeassistant.helpers.dispatcher import async_dispatcher_send
from pytest_homeassistant_custom_component.common import (
    MockConfigEntry,
    async_fire_mqtt_message,
    async_fire_time_changed,
)
from pytest_homeassistant_custom_component.typing import MqttMockHAClient

# The original node as it is in the field: no prefix, one node per broker
ORIGINAL_SAMPLE: dict[str, Any] = {
    "timestamp_ms": 1234567,
    "temp_ambient_c": 25.50,
    "temp_internal_c": 32.10,
    "humidity_percent": 45.20,
    "mq2_ppm": 15.3,
    "mq4_ppm": 12.1,
    "mq8_ppm": 8.5,
    "mq7_ppm": 22.0,
    "voc_index": 285.0,
    "max30105_smoke": 120,
    "max30105_temp_c": 33.50,
    "status": "NORMAL",
}
OUR_SAMPLE: dict[str, Any] = {
    **ORIGINAL_SAMPLE,
    "voc_index": 100,
    "voc_raw": 30000,
    "seq": 1,
    "uptime_s": 1234,
    "local_status": "NORMAL",
    "override": None,
    "fault": 0,
    "gas_ready": True,
    "rate_c_per_s": 0.0,
}
BATTERY_REGISTER: dict[str, Any] = {
    "id": "cell-7",
    "firmware": "1.2.0",
    "schema": 1,
    "capabilities": ["ttl", "ack"],
    "limits": {"temp_internal_c": 50},
    "reset_reason": "power_on",
}
BATH_CONFIG: dict[str, Any] = {
    "wifi": {"ssid": "planted-ssid", "password": "********"},
    "mqtt": {"server": "planted-host", "port": 1883, "user": "planted-user", "pass": "********"},
    "read_interval": 60000,
    "ntp_servers": ["ntp.example.org"],
    "temp_limitout_max": 65,
    "temp_limitout_min": 25,
    "temp_limitin_max": 70,
    "temp_limitin_min": 25,
    "temp_maxdif": 13,
    "bath_setpoint": {"enabled": True, "target": 60.0, "hyst": 0.8},
    "aeration_timer": {"enabled": True, "interval": 300000, "duration": 300000},
    "safety": {"tank_temp_max": 90.0},
    "heater_guard": {"min_on_ms": 30000, "min_off_ms": 30000},
    "pump_adaptive": {"delta_on_min": 6.0, "delta_on_max": 25.0, "hyst_nom": 3.0, "ncurve_gamma": 1.3},
    "pump_learning": {"step_up": 0.5, "step_down": 0.2, "max": 10.0, "progress_min": 0.05},
    "curves": {"in_diff_ncurve_gamma": 2.0},
}
BATH_REGISTER: dict[str, Any] = {
    "schema_version": 2,
    "timestamp": "2026-04-02 10:00:00",
    "ip_address": "192.0.2.7",
    "config": BATH_CONFIG,
}


def bath_telemetry(**channels: float | str | None) -> dict[str, Any]:
    """An original bath's telemetry; ``channels`` replace or add to the usual ones."""
    values = {
        "TempIn": 45.5,
        "TempOut1": 55.2,
        "TempOut2": 55.4,
        "TankTemp": 70,
        "Heater": 1,
        "Pump": 1,
        "Aeration": 0,
        "EmergencyState": 0,
        **channels,
    }
    return {
        "schema_version": 2,
        "ts": "1970-01-01 08:00:00",
        "channels": [{"code": code, "value": value, "unit": "℃", "quality": "ok"} for code, value in values.items()],
    }


class World:
    """What a story does: devices speak, time passes, the user looks and acts."""

    def __init__(
        self, hass: HomeAssistant, freezer: FrozenDateTimeFactory, mqtt: MqttMockHAClient, entry: MockConfigEntry
    ) -> None:
        self.hass = hass
        self.freezer = freezer
        self.mqtt = mqtt
        self.entry = entry
        self.bath_answers: dict[str, Any] | None = {"result": "applied"}
        self._timestamp_ms = 1_000_000

    def says(self, topic: str, payload: dict[str, Any] | bytes | str, *, retained: bool = False) -> None:
        """A device publishes; nothing has been settled yet."""
        text = json.dumps(payload) if isinstance(payload, dict) else payload
        async_fire_mqtt_message(self.hass, topic, text, retain=retained)

    async def hears(self, topic: str, payload: dict[str, Any] | bytes | str, *, retained: bool = False) -> None:
        """A device publishes, and the hub takes its next step."""
        self.says(topic, payload, retained=retained)
        await self.passes(0.5)

    async def passes(self, seconds: float, step_s: float = 0.5) -> None:
        """Time passes, one tick after the other."""
        for _ in range(round(seconds / step_s)):
            self.freezer.tick(step_s)
            async_fire_time_changed(self.hass)
            await self.hass.async_block_till_done(wait_background_tasks=True)

    async def battery_lives(
        self,
        seconds: float,
        temp_c: Callable[[float], float] | float = 25.0,
        topic: str = "btr/cell-7/sensor",
        **fields: Any,
    ) -> None:
        """A node publishes at 2 Hz; ``temp_c`` is its internal temperature, over time if it is a function."""
        for count in range(round(seconds * 2)):
            self._timestamp_ms += 500
            internal_c = temp_c(count / 2) if callable(temp_c) else temp_c
            sample = {
                **OUR_SAMPLE,
                "timestamp_ms": self._timestamp_ms,
                "temp_internal_c": round(internal_c, 2),
                **fields,
            }
            await self.hears(topic, sample)

    async def battery_is_silent(self, seconds: float) -> None:
        """Nothing comes from the node, whose clock runs on."""
        self._timestamp_ms += round(seconds * 1000)
        await self.passes(seconds)

    async def acts(self, domain: str, service: str, entity_id: str, **data: Any) -> None:
        """The user calls an action, and it ends."""
        await self.calls(domain, service, entity_id=entity_id, **data)

    async def calls(self, domain: str, service: str, /, **data: Any) -> None:
        """The user calls an action, and it ends: a bath that acknowledges answers it as ``bath_answers`` says."""
        heard = len(self.sent())
        call = asyncio.create_task(self.hass.services.async_call(domain, service, data, blocking=True))
        # What takes no time of the story, such as a file that is written, has its own
        await self.hass.async_add_executor_job(time.sleep, 0.02)
        while not call.done():
            heard = self._answer(heard)
            # To wait until all is done would be to wait for the action
            self.freezer.tick(0.5)
            async_fire_time_changed(self.hass)
            await self.hass.async_add_executor_job(time.sleep, 0.02)
        await self.hass.async_block_till_done()
        call.result()

    def _answer(self, heard: int) -> int:
        calls = [call.args for call in self.mqtt.async_publish.mock_calls]
        for topic, payload in ((args[0], _read(args[1])) for args in calls[heard:]):
            commands = payload.get("commands", ()) if isinstance(payload, dict) else ()
            for command in commands if self.bath_answers is not None else ():
                if "id" in command:
                    self.says(topic.replace("/response", "/ack"), {"id": command["id"], **self.bath_answers})
        return len(calls)

    def state(self, entity_id: str) -> State:
        """The state that the user sees."""
        state = self.hass.states.get(entity_id)
        assert state is not None, f"{entity_id} does not exist; there are {sorted(self.hass.states.async_entity_ids())}"
        return state

    def value(self, entity_id: str) -> str:
        """The text of that state."""
        return self.state(entity_id).state

    def sent(self, topic: str | None = None) -> list[Any]:
        """The payloads that were published, on ``topic`` or anywhere; JSON is read."""
        calls = [call.args for call in self.mqtt.async_publish.mock_calls]
        return [_read(args[1]) for args in calls if topic is None or args[0] == topic]

    def forget_sent(self) -> None:
        """Look only at what is published from here on."""
        self.mqtt.async_publish.reset_mock()

    def broker_goes(self) -> None:
        """The connection to the broker is lost."""
        self._connection(False)

    def broker_returns(self) -> None:
        """The connection is back."""
        self._connection(True)

    def _connection(self, connected: bool) -> None:
        self.mqtt.connected = connected
        async_dispatcher_send(self.hass, MQTT_CONNECTION_STATE, connected)

    async def restarts(self) -> None:
        """The entry is reloaded, which is what a restart is to it."""
        assert await self.hass.config_entries.async_reload(self.entry.entry_id)
        await self.hass.async_block_till_done(wait_background_tasks=True)


def _read(payload: Any) -> Any:
    text = payload.decode() if isinstance(payload, bytes) else payload
    return json.loads(text) if text.startswith("{") else text


# The topics of the devices in these stories
NODE = "btr/cell-7"
BATH = "compostlab/v2/lab-1"
BATH_RESPONSE = f"{BATH}/response"


async def all_devices_speak(world: World) -> None:
    """One device of each kind and family says everything it has: two original ones, two of ours."""
    world.says("btr/cell-7/availability", "online", retained=True)
    world.says("btr/cell-7/register", BATTERY_REGISTER, retained=True)
    world.says(f"{BATH}/register", BATH_REGISTER)
    world.says("compostlab/v2/lab-2/availability", "online", retained=True)
    world.says(
        "compostlab/v2/lab-2/register",
        {**BATH_REGISTER, "firmware": "1.2.0", "capabilities": ["soft_config", "ack"]},
        retained=True,
    )
    for count in range(6):
        timestamp_ms = 1_234_567 + 500 * count
        world.says("sensor", {**ORIGINAL_SAMPLE, "timestamp_ms": timestamp_ms})
        world.says("btr/cell-7/sensor", {**OUR_SAMPLE, "timestamp_ms": timestamp_ms, "seq": count})
        await world.passes(0.5)
    world.says(f"{BATH}/telemetry", bath_telemetry())
    world.says(
        "compostlab/v2/lab-2/telemetry",
        {
            **bath_telemetry(TempOut3=55.3),
            "seq": 5,
            "uptime_s": 600,
            "mode": "setpoint",
            "reason": "heating",
            "boost": 1.5,
            "d_on": 12.3,
            "locks": {"pump": 60000},
            "faults": [],
        },
    )
    await world.passes(1)
