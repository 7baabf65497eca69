"""A guest in the measured Home Assistant: how late its event loop is, and how long a message waits before it is heard.

Ticks stand on a fixed schedule of 10 ms. Those that fall into a stall all run after it, each with its own delay, so a
stall of 300 ms counts as thirty late ticks, not as one.
"""

import time

from aiohttp import web
from homeassistant.components import mqtt
from homeassistant.components.http import HomeAssistantView
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.typing import ConfigType

TICK_S = 0.01
MARKER_TOPIC = "benchmark/marker"


class LoopProbe:
    """Collects delays in milliseconds until they are taken."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Start the schedule now."""
        self._loop = hass.loop
        self._lag_ms: list[float] = []
        self._waited_ms: list[float] = []
        self._due_s = hass.loop.time()
        self._tick()

    @callback
    def _tick(self) -> None:
        self._lag_ms.append((self._loop.time() - self._due_s) * 1000)
        self._due_s += TICK_S
        self._loop.call_at(self._due_s, self._tick)

    @callback
    def hear_marker(self, message: mqtt.ReceiveMessage) -> None:
        """Note how long ago the load published this."""
        self._waited_ms.append((time.time() - float(message.payload)) * 1000)

    def take(self) -> dict[str, list[float]]:
        """The delays since the last call."""
        taken = {"lag_ms": self._lag_ms, "waited_ms": self._waited_ms}
        self._lag_ms, self._waited_ms = [], []
        return taken


class LoopProbeView(HomeAssistantView):
    """``GET`` takes what was collected; ``POST`` starts to listen for markers, once MQTT is set up."""

    url = "/api/loop_probe"
    name = "api:loop_probe"

    def __init__(self, hass: HomeAssistant, probe: LoopProbe) -> None:
        """Serve one probe."""
        self._hass = hass
        self._probe = probe

    async def get(self, request: web.Request) -> web.Response:
        """Take the delays."""
        return self.json(self._probe.take())

    async def post(self, request: web.Request) -> web.Response:
        """Subscribe to the markers."""
        await mqtt.async_subscribe(self._hass, MARKER_TOPIC, self._probe.hear_marker)
        return self.json({})


async def async_setup(hass: HomeAssistant, config: ConfigType) -> bool:
    """Start to measure."""
    hass.http.register_view(LoopProbeView(hass, LoopProbe(hass)))
    return True
