"""The way to the devices, whatever it is made of, and Home Assistant's MQTT as the usual one.

Everything above sees the `Transport` alone; `own_broker` holds the other one.
"""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from homeassistant.components import mqtt
from homeassistant.core import CALLBACK_TYPE, HomeAssistant, callback
from homeassistant.exceptions import ServiceValidationError

from .core.messages import Publish

_LOGGER = logging.getLogger(__name__)

type OnMessage = Callable[[str, bytes, bool], None]
type OnConnection = Callable[[bool], None]


class Transport(Protocol):
    """Subscribes, publishes and tells whether the broker is connected."""

    @property
    def connected(self) -> bool:
        """Whether the broker is connected now."""

    @property
    def report(self) -> Mapping[str, object]:
        """What a bug report should tell of the connection; no address and no secret."""

    async def async_subscribe(
        self, filters: Iterable[str], on_message: OnMessage, on_connection: OnConnection
    ) -> CALLBACK_TYPE:
        """Call ``on_message(topic, payload, retained)`` for every message on ``filters``; returns how to end it.

        ``on_connection`` is called with True only when the subscriptions stand.
        """

    async def async_publish(self, message: Publish) -> None:
        """Send ``message``, never retained; raises HomeAssistantError when it cannot be delivered."""

    async def async_stop(self) -> None:
        """Let go of the connection, if it is ours."""


class HomeAssistantMqtt:
    """Home Assistant's MQTT: the only place that talks to it."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Home Assistant's MQTT client must be available; it need not be connected."""
        self._hass = hass
        self._knows_expiry = True

    @property
    def connected(self) -> bool:
        """Whether the broker is connected now."""
        return mqtt.is_connected(self._hass)

    @property
    def report(self) -> Mapping[str, object]:
        """Which connection it is; of its state Home Assistant's MQTT has a report of its own."""
        return {"kind": "homeassistant_mqtt", "expiry": self._knows_expiry}

    async def async_subscribe(
        self, filters: Iterable[str], on_message: OnMessage, on_connection: OnConnection
    ) -> CALLBACK_TYPE:
        """Call ``on_message(topic, payload, retained)`` for every message on ``filters``; returns how to end it."""

        @callback
        def receive(message: mqtt.ReceiveMessage) -> None:
            payload = message.payload
            on_message(message.topic, payload.encode() if isinstance(payload, str) else bytes(payload), message.retain)

        # No decoding by Home Assistant: it would log every payload that is not UTF-8
        ends = [await mqtt.async_subscribe(self._hass, item, receive, qos=0, encoding=None) for item in filters]
        ends.append(mqtt.async_subscribe_connection_status(self._hass, on_connection))

        @callback
        def end() -> None:
            while ends:
                ends.pop()()

        return end

    async def async_publish(self, message: Publish) -> None:
        """Send ``message``, never retained; raises HomeAssistantError when MQTT is gone.

        A broker that speaks only MQTT 3.1.1 cannot let a message expire; then it is sent without.
        """
        expiry_s = message.expiry_s if self._knows_expiry else None
        try:
            await self._async_send(message, expiry_s)
        except ServiceValidationError as error:
            if expiry_s is None or error.translation_key != "mqtt_message_expiry_interval_not_supported":
                raise
            self._knows_expiry = False
            _LOGGER.info("The broker speaks MQTT 3.1.1: commands are sent without an expiry")
            await self._async_send(message, None)

    async def async_stop(self) -> None:
        """Nothing: the connection is Home Assistant's."""

    async def _async_send(self, message: Publish, expiry_s: int | None) -> None:
        await mqtt.async_publish(
            self._hass,
            message.topic,
            message.payload,
            qos=message.qos,
            retain=False,
            message_expiry_interval=expiry_s,
        )
