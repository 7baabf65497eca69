"""Whether a broker answers: asked before an entry exists, and once more when it is set up."""

import asyncio
import secrets
import ssl
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from homeassistant.components import mqtt
from homeassistant.core import HomeAssistant, callback

from .broker_link import BrokerError, BrokerLink, Trouble
from .broker_settings import BrokerSettings, MqttVersion
from .core.topics import TopicConfig

# Shorter than the ten seconds after which Home Assistant takes a missing answer for an answer.
PROBE_TIMEOUT_S = 5

HOLD_S: Final = 2.0
"""Two clients of one id drive each other out; the other one is usually back within this time."""


async def async_broker_answers(hass: HomeAssistant, topics: TopicConfig) -> bool:
    """Return whether the broker acknowledges a subscription within `PROBE_TIMEOUT_S`.

    The client's own word that it is connected is as old as its keep-alive. A subscription makes the broker answer now,
    on MQTT 3.1.1 and 5, and lies within the filters that the entry subscribes to anyway, so access rules that allow BTR
    to work allow it too; a message published to oneself would need a permission that nothing else needs. The device in
    the topic does not exist, and it is new each time: Home Assistant does not ask the broker again for a topic that it
    already has.
    """
    if not (mqtt.DATA_MQTT in hass.data and mqtt.is_connected(hass)):
        return False
    filters = topics.subscriptions()
    pattern = next((pattern for pattern in filters if "+" in pattern), f"{filters[0]}/+")
    topic = pattern.replace("+", f"probe-{secrets.token_hex(8)}")
    answered = asyncio.Event()
    ends = [
        mqtt.async_on_subscribe_done(hass, topic, 0, answered.set),
        await mqtt.async_subscribe(hass, topic, ignore_message, qos=0),
    ]
    try:
        async with asyncio.timeout(PROBE_TIMEOUT_S):
            await answered.wait()
    except TimeoutError:
        return False
    finally:
        for end in ends:
            end()
    return True


@callback
def ignore_message(message: mqtt.ReceiveMessage) -> None:
    """Drop what comes on the probe's topic: nobody publishes there."""


async def async_probe(
    settings: BrokerSettings, context: ssl.SSLContext | None, filters: Iterable[str] = (), hold_s: float = 0.0
) -> None:
    """Connect once, subscribe if there are ``filters``, and see whether the connection lives for ``hold_s``.

    Raises:
        BrokerError: it does not work, and why.

    """
    link = BrokerLink(settings, context)
    try:
        await link.async_connect()
        if filters := tuple(filters):
            await link.async_subscribe(filters)
        if hold_s:
            await link.async_hold(hold_s)
    finally:
        await link.async_close()


async def async_find_version(
    settings: BrokerSettings, context: ssl.SSLContext | None, hold_s: float = 0.0
) -> MqttVersion:
    """Return the newest version of MQTT that the broker speaks.

    Raises:
        BrokerError: it does not work with any, and why.

    """
    try:
        await async_probe(replace(settings, version=MqttVersion.V5), context, hold_s=hold_s)
    except BrokerError as error:
        # A broker that does not know the version says so in many ways
        if error.trouble is not Trouble.NO_MQTT:
            raise
        await async_probe(replace(settings, version=MqttVersion.V311), context, hold_s=hold_s)
        return MqttVersion.V311
    return MqttVersion.V5
