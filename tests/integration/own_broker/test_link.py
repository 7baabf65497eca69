"""What goes over the wire, and what a broker that misbehaves can do to it."""

import asyncio
import socket
import time
from collections.abc import AsyncGenerator
from typing import Any
from unittest.mock import patch

import pytest
from aiomqtt import Message, MqttError
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers import issue_registry as ir
from homeassistant.setup import async_setup_component
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.common import MockConfigEntry

from custom_components.btr import own_broker
from custom_components.btr.broker_link import BrokerError, BrokerLink, Inbox, Trouble
from custom_components.btr.broker_settings import BrokerSettings, MqttVersion
from custom_components.btr.core.codec.fields import MAX_PAYLOAD
from custom_components.btr.core.messages import Publish
from custom_components.btr.own_broker import OwnBroker
from custom_components.btr.probe import async_find_version, async_probe
from tests.integration.brokers import CONNECT, DISCONNECT, PINGREQ, PUBLISH, SUBSCRIBE, ScriptedBroker, filters, until
from tests.integration.own_broker.conftest import entry_data, set_up
from tests.integration.own_broker.test_own_broker import ours

Heard = list[tuple[str, bytes, bool]]


def of(broker: ScriptedBroker, **changes: Any) -> BrokerSettings:
    return BrokerSettings.from_data(entry_data(broker.port, **changes))


class Listener:
    """What the hub is to a transport."""

    def __init__(self) -> None:
        self.heard: Heard = []
        self.told: list[bool] = []

    def on_message(self, topic: str, payload: bytes, retained: bool) -> None:
        self.heard.append((topic, payload, retained))
        if payload == b"explode":
            raise RuntimeError("planted")

    def on_connection(self, connected: bool) -> None:
        self.told.append(connected)


@pytest.fixture
async def transport(hass: HomeAssistant, scripted: ScriptedBroker) -> AsyncGenerator[tuple[OwnBroker, Listener]]:
    """An own broker as the hub uses it."""
    assert await async_setup_component(hass, "btr", {})
    entry = MockConfigEntry(domain="btr", title="Lab", data=entry_data(scripted.port))
    entry.add_to_hass(hass)
    broker, listener = OwnBroker(hass, entry, of(scripted), None), Listener()
    await broker.async_subscribe(["sensor", "btr/+/sensor"], listener.on_message, listener.on_connection)
    yield broker, listener
    await broker.async_stop()


async def test_all_topics_are_subscribed_to_before_the_connection_counts_each_time(
    scripted: ScriptedBroker, transport: tuple[OwnBroker, Listener]
) -> None:
    broker, listener = transport
    await until(lambda: broker.connected)
    scripted.drops_all()
    await until(lambda: listener.told == [True, False, True])

    asked = [filters(body[3:]) for body in scripted.got(SUBSCRIBE)]
    assert asked == [["sensor", "btr/+/sensor"]] * 2


async def test_message_keeps_its_topic_its_bytes_and_whether_it_was_retained(
    scripted: ScriptedBroker, transport: tuple[OwnBroker, Listener]
) -> None:
    _, listener = transport
    await until(lambda: listener.told == [True])
    scripted.publishes(b"sensor", b"\xff\x00")
    scripted.publishes("btr/电池/sensor".encode(), b"{}", retain=True)
    await until(lambda: len(listener.heard) == 2)

    assert listener.heard == [("sensor", b"\xff\x00", False), ("btr/电池/sensor", b"{}", True)]


async def test_i4_no_message_ends_the_connection_or_the_reader(
    scripted: ScriptedBroker, transport: tuple[OwnBroker, Listener], caplog: pytest.LogCaptureFixture
) -> None:
    """A topic that is no text, a payload without end, a fault of ours: one line a minute, and on it goes."""
    broker, listener = transport
    await until(lambda: listener.told == [True])
    for topic in (b"\xff\xfe/sensor", b"btr/+/sensor"):
        scripted.publishes(topic, b"{}")
    scripted.publishes(b"sensor", b"x" * (3 * MAX_PAYLOAD))
    for _ in range(3):
        scripted.publishes(b"sensor", b"explode")
    scripted.publishes(b"sensor", b"last")
    await until(lambda: listener.heard and listener.heard[-1][1] == b"last")

    assert listener.told == [True]
    assert broker.report["unreadable"] == 2
    assert len(listener.heard[0][1]) == MAX_PAYLOAD + 1
    assert ours(caplog).count("What the broker sent could not be handled") == 1


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.integers(0, 15), body=st.binary(max_size=40))
async def test_i4_any_packet_at_any_time_ends_at_most_the_connection(
    transport: tuple[OwnBroker, Listener], scripted: ScriptedBroker, kind: int, body: bytes
) -> None:
    """A broker that sends rubbish is connected to again and again, and heard as soon as it makes sense."""
    broker, listener = transport
    await until(lambda: broker.connected)
    scripted.sends(kind, body)
    await asyncio.sleep(0.02)
    await until(lambda: broker.connected)
    listener.heard.clear()
    async with asyncio.timeout(5):
        while ("sensor", b"sense", False) not in listener.heard:
            scripted.publishes(b"sensor", b"sense")
            await asyncio.sleep(0.05)


async def test_flood_is_bounded_and_the_newest_wins() -> None:
    inbox = Inbox(maxsize=3)
    for number in range(10):
        inbox.put_nowait(Message("sensor", str(number).encode(), 0, False, 0, None))

    assert inbox.dropped == 7
    assert [inbox.get_nowait().payload for _ in range(3)] == [b"7", b"8", b"9"]


async def test_burst_of_retained_messages_of_a_thousand_devices_is_taken_in_full(
    scripted: ScriptedBroker, transport: tuple[OwnBroker, Listener]
) -> None:
    """They come in one go with every subscription; the bound is for a reader that cannot follow."""
    broker, listener = transport
    await until(lambda: listener.told == [True])
    for number in range(3000):
        scripted.publishes(f"btr/{number}/sensor".encode(), b"{}", retain=True)
    await until(lambda: len(listener.heard) == 3000, 20)

    assert broker.report["dropped"] == 0


@pytest.mark.parametrize(("version", "expires"), [("5", True), ("3.1.1", False)])
async def test_command_expires_where_the_broker_can_let_it(
    scripted: ScriptedBroker, version: str, expires: bool
) -> None:
    link = BrokerLink(of(scripted, protocol=version), None)
    await link.async_connect()
    await link.async_send(Publish("btr/a/statue", "danger", qos=1, expiry_s=30))
    await link.async_send(Publish("btr/a/statue", "danger"))
    await link.async_close()

    first, second = scripted.got(PUBLISH)
    assert (b"\x02\x00\x00\x00\x1e" in first) is expires
    assert b"\x02\x00\x00\x00" not in second


async def test_keepalive_that_the_broker_asks_for_is_kept_when_it_is_shorter(scripted: ScriptedBroker) -> None:
    """MQTT 5 lets it; who does not ask often enough is cut off again and again."""
    scripted.connack_properties = b"\x13" + (2).to_bytes(2)
    link = BrokerLink(of(scripted, keepalive=300), None)
    await link.async_connect()
    await until(lambda: scripted.got(PINGREQ))
    await link.async_close()


@pytest.mark.parametrize(
    ("script", "trouble"),
    [
        ({"connack": 133}, Trouble.CLIENT_ID_REFUSED),
        ({"connack": 134}, Trouble.INVALID_AUTH),
        ({"connack": 135}, Trouble.INVALID_AUTH),
        ({"connack": 137}, Trouble.CANNOT_CONNECT),
        ({"refuses_5": True, "connack": 5}, Trouble.INVALID_AUTH),
        ({"refuses_5": True, "connack": 2}, Trouble.CLIENT_ID_REFUSED),
        ({"refuses_5": True, "connack": 1}, Trouble.NO_MQTT),
        ({"hangs_up_on": {CONNECT}}, Trouble.NO_MQTT),
        ({"silent": {CONNECT}}, Trouble.NO_MQTT),
        ({"suback": 135}, Trouble.TOPICS_REFUSED),
        ({"hangs_up_on": {SUBSCRIBE}}, Trouble.LOST),
        ({"silent": {SUBSCRIBE}}, Trouble.LOST),
    ],
)
async def test_every_refusal_is_told_apart(
    scripted: ScriptedBroker, monkeypatch: pytest.MonkeyPatch, script: dict[str, Any], trouble: Trouble
) -> None:
    """The user is told what to put right, not that something failed."""
    monkeypatch.setattr("custom_components.btr.broker_link.ANSWER_S", 0.3)
    vars(scripted).update(script)

    async def try_all() -> None:
        version = await async_find_version(of(scripted), None)
        await async_probe(of(scripted, protocol=version), None, ["sensor"])

    with pytest.raises(BrokerError) as error:
        await try_all()
    assert error.value.trouble is trouble


@pytest.mark.parametrize(
    ("script", "version"),
    [({}, "5"), ({"refuses_5": True}, "3.1.1"), ({"hangs_up_on_5": True}, "3.1.1")],
)
async def test_newest_version_that_the_broker_speaks_is_found(
    scripted: ScriptedBroker, script: dict[str, Any], version: str
) -> None:
    vars(scripted).update(script)

    assert await async_find_version(of(scripted), None) == MqttVersion(version)
    await until(lambda: len(scripted.got(DISCONNECT)) == 1)


async def test_topics_that_are_refused_make_no_connection_but_a_repair_issue(
    hass: HomeAssistant, scripted: ScriptedBroker, issue_registry: ir.IssueRegistry
) -> None:
    """A part of the devices unwatched looks like all is well; it is withdrawn when the broker grants them all."""
    scripted.suback = 135
    entry = await set_up(hass, scripted.port)
    issue = ("btr", f"broker_topics_{entry.entry_id}")
    await until(lambda: issue in issue_registry.issues)
    assert not entry.runtime_data.connected

    scripted.suback = 0
    await until(lambda: entry.runtime_data.connected)
    assert issue not in issue_registry.issues
    await hass.config_entries.async_unload(entry.entry_id)


async def test_client_that_is_driven_out_again_and_again_tells_it_until_a_connection_is_steady(
    hass: HomeAssistant,
    scripted: ScriptedBroker,
    issue_registry: ir.IssueRegistry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The other client is driven out in turn and comes back, so a connection alone is no proof."""
    entry = await set_up(hass, scripted.port)
    issue = ("btr", f"broker_client_id_{entry.entry_id}")
    for _ in range(3):
        assert issue not in issue_registry.issues
        await until(lambda: entry.runtime_data.connected)
        scripted.drops_all()
        await until(lambda: not entry.runtime_data.connected)
    await until(lambda: issue in issue_registry.issues)
    monkeypatch.setattr(own_broker, "STEADY_S", 0.5)
    await until(lambda: entry.runtime_data.connected)
    assert issue in issue_registry.issues
    await until(lambda: issue not in issue_registry.issues)
    assert entry.runtime_data.connected
    await hass.config_entries.async_unload(entry.entry_id)


def test_pauses_grow_vary_and_stay_below_their_bound() -> None:
    """I2: all is well ten seconds after the broker is back, and a thousand clients do not all come at once."""
    pauses = [[own_broker._pause_s(tries) for _ in range(100)] for tries in (0, 1, 5, 10_000)]

    assert all(0 < pause <= own_broker.LONGEST_PAUSE_S for some in pauses for pause in some)
    assert all(len(set(some)) > 50 for some in pauses)
    assert max(pauses[0]) <= own_broker.FIRST_PAUSE_S < max(pauses[1]) < max(pauses[2])


async def test_broker_that_drives_us_out_at_once_is_asked_ever_more_rarely(
    scripted: ScriptedBroker, transport: tuple[OwnBroker, Listener], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a connection that lived for a while makes the next pause a short one again."""
    broker, _ = transport
    tries: list[int] = []
    monkeypatch.setattr(own_broker, "_pause_s", lambda count: tries.append(count) or 0.01)
    for _ in range(3):
        await until(lambda: broker.connected)
        scripted.drops_all()
        await until(lambda: not broker.connected)
    monkeypatch.setattr(own_broker, "STEADY_S", 0.1)
    await until(lambda: broker.connected)
    await asyncio.sleep(0.3)
    scripted.drops_all()
    await until(lambda: not broker.connected)
    await until(lambda: len(tries) == 4)

    assert tries == [0, 1, 2, 0]


async def test_i10_farewell_that_cannot_be_sent_is_given_up(scripted: ScriptedBroker) -> None:
    """A network that stands still, with more to send than it takes: no socket stays open for it."""
    link = BrokerLink(of(scripted), None)
    await link.async_connect()
    scripted.is_deaf = True
    sending = [asyncio.create_task(link.async_send(Publish("sensor", "x" * 10_000_000))) for _ in range(2)]
    await asyncio.sleep(0.1)
    started_s = time.monotonic()
    await link.async_close()

    assert time.monotonic() - started_s < 2
    assert link._client.socket() is None
    results = await asyncio.gather(*sending, return_exceptions=True)
    assert isinstance(results[-1], MqttError)
    scripted.is_deaf = False


@pytest.mark.parametrize(
    ("encryption", "trouble"), [("system", Trouble.ENCRYPTION_FAILED), ("none", Trouble.CANNOT_CONNECT)]
)
async def test_broker_that_resets_the_connection_may_know_no_encryption(
    hass: HomeAssistant, scripted: ScriptedBroker, encryption: str, trouble: Trouble
) -> None:
    wish = of(scripted, encryption=encryption)
    context = await wish.async_ssl_context(hass)
    with patch("socket.getaddrinfo", side_effect=ConnectionResetError), pytest.raises(BrokerError) as error:
        await async_probe(wish, context)
    assert error.value.trouble is trouble


async def test_no_fault_whatever_ends_the_tries(
    scripted: ScriptedBroker, transport: tuple[OwnBroker, Listener], caplog: pytest.LogCaptureFixture
) -> None:
    """Meanwhile nothing can be sent, and that is said."""
    broker, listener = transport
    await until(lambda: broker.connected)
    with patch("socket.getaddrinfo", side_effect=RuntimeError("planted")) as lookup:
        scripted.drops_all()
        await until(lambda: lookup.call_count > 2)
        with pytest.raises(HomeAssistantError) as error:
            await broker.async_publish(Publish("btr/a/statue", "danger"))
    assert error.value.translation_key == "broker_not_connected"
    await until(lambda: listener.told == [True, False, True])
    assert ours(caplog).count("The connection to the broker failed") == 1


async def test_i10_thread_that_still_connects_is_waited_for(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    """It cannot be interrupted, and its socket would be nobody's."""
    lookup = socket.getaddrinfo

    def slow(*args: Any, **more: Any) -> Any:
        time.sleep(0.3)
        return lookup(*args, **more)

    link = BrokerLink(of(scripted), None)
    with patch("socket.getaddrinfo", slow):
        attempt = asyncio.create_task(link.async_connect())
        await asyncio.sleep(0.1)
        attempt.cancel()
        await asyncio.wait({attempt})
        await link.async_close()
        await asyncio.sleep(0.5)

    assert attempt.cancelled()
    assert link._client.socket() is None


async def test_broker_that_sends_away_who_asks_for_a_topic_refuses_the_topic(scripted: ScriptedBroker) -> None:
    """With a reason in words, without which the library would not read the code either."""
    scripted.silent = {SUBSCRIBE}
    asking = asyncio.create_task(async_probe(of(scripted), None, ["sensor"]))
    await until(lambda: scripted.got(SUBSCRIBE))
    scripted.sends(DISCONNECT, b"\x87\x06\x1f\x00\x03acl")

    with pytest.raises(BrokerError) as error:
        await asking
    assert error.value.trouble is Trouble.TOPICS_REFUSED
