"""A broker of one's own: asked for, tried before anything is stored, and the way back from every error."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.core import HomeAssistant
from homeassistant.data_entry_flow import FlowResultType
from hypothesis import given
from hypothesis import strategies as st
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.btr.broker_form import certificates_in, clean_host
from custom_components.btr.broker_settings import BrokerSettings, MqttVersion
from custom_components.btr.topics_form import FieldError
from tests.integration.brokers import CONNECT, DISCONNECT, SUBSCRIBE, ScriptedBroker, filters, free_port, until
from tests.integration.certificates import Authority
from tests.integration.config_flow.flows import (
    TOPICS_AS_THEY_COME,
    broker_form,
    fill_in,
    start,
    submit,
    suggested,
    upload,
)

pytestmark = [
    pytest.mark.usefixtures("socket_enabled"),
    # paho leaves the socket of a failed handshake to the garbage collector, which takes it at once
    pytest.mark.filterwarnings("ignore:Exception ignored while finalizing socket"),
]


async def test_user_names_a_broker_accepts_the_topics_and_has_an_entry(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """Two forms: the broker, which must answer, and the topics, which it must grant."""
    flow = await start(hass, "own_broker")
    assert flow["step_id"] == "own_broker"
    assert suggested(flow)["port"] == 1883
    assert suggested(flow)["encryption"] == "none"

    flow = await submit(hass, flow, broker_form(scripted.port, username=" btr ", password="secret"))
    assert flow["step_id"] == "topics"
    assert suggested(flow) == TOPICS_AS_THEY_COME
    done = await fill_in(hass, flow, bath_root="baths")

    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert done["title"] == "127.0.0.1"
    assert done["result"].unique_id == f"127.0.0.1:{scripted.port}"
    client_id = done["data"]["client_id"]
    assert done["data"] == {
        "connection": "own_broker",
        "host": "127.0.0.1",
        "port": scripted.port,
        "client_id": client_id,
        "username": "btr",
        "password": "secret",
        "encryption": "none",
        "certificate": None,
        "keepalive": 15,
        "protocol": "5",
        "battery_prefixes": ["btr/+", ""],
        "bath_root": "baths",
    }
    assert BrokerSettings.from_data(done["data"]).version is MqttVersion.V5
    (asked,) = scripted.got(SUBSCRIBE)
    assert {"btr/+/sensor", "sensor", "baths/+/telemetry"} <= set(filters(asked[3:]))
    await until(lambda: len(scripted.got(DISCONNECT)) == len(scripted.got(CONNECT)) == 2)
    # the try has an id of its own, to drive nobody out
    assert len(client_id) <= 23
    assert not [packet for packet in scripted.got(CONNECT) if client_id.encode() in packet]


async def test_older_broker_is_spoken_to_in_its_own_version(hass: HomeAssistant, scripted: ScriptedBroker) -> None:
    scripted.refuses_5 = True
    flow = await submit(hass, await start(hass, "own_broker"), broker_form(scripted.port))

    assert (await fill_in(hass, flow))["data"]["protocol"] == "3.1.1"


@pytest.mark.parametrize(
    ("typed", "script", "errors"),
    [
        ({"host": "mqtt://broker"}, {}, {"host": "invalid_host"}),
        ({"host": "broker:1883"}, {}, {"host": "invalid_host"}),
        ({"password": "secret"}, {}, {"username": "username_missing"}),
        ({"encryption": "own_ca"}, {}, {"certificate": "certificate_missing"}),
        ({"encryption": "own_ca", "certificate": "0" * 32}, {}, {"certificate": "certificate_missing"}),
        ({"encryption": "system"}, {"hangs_up_on": {1}}, {"encryption": "encryption_failed"}),
        ({}, {"connack": 134}, {"base": "invalid_auth"}),
        ({}, {"connack": 133}, {"base": "client_id_refused"}),
        ({}, {"hangs_up_on": {CONNECT}}, {"base": "no_mqtt"}),
    ],
)
async def test_what_is_wrong_with_the_broker_is_shown_where_it_is_and_can_be_corrected(
    hass: HomeAssistant, scripted: ScriptedBroker, typed: dict[str, Any], script: dict[str, Any], errors: dict[str, str]
) -> None:
    """Nothing that was typed is lost, but a file, which has to be chosen again."""
    usual = {name: getattr(scripted, name) for name in script}
    vars(scripted).update(script)
    failed = await submit(hass, await start(hass, "own_broker"), broker_form(scripted.port, **typed))
    assert failed["step_id"] == "own_broker"
    assert failed["errors"] == errors
    kept = {key: text for key, text in typed.items() if key != "certificate"}
    assert {key: suggested(failed)[key] for key in kept} == kept
    assert suggested(failed)["certificate"] is None

    vars(scripted).update(usual)
    flow = await submit(hass, failed, broker_form(scripted.port))
    assert (await fill_in(hass, flow))["type"] is FlowResultType.CREATE_ENTRY


async def test_broker_that_is_not_there_can_be_started_and_tried_again(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    failed = await submit(hass, await start(hass, "own_broker"), broker_form(free_port()))
    assert failed["errors"] == {"base": "cannot_connect"}

    assert (await submit(hass, failed, broker_form(scripted.port)))["step_id"] == "topics"


@pytest.mark.parametrize("failure", [socket.gaierror(-2, "unknown"), UnicodeEncodeError("idna", "x", 0, 1, "too long")])
async def test_name_that_nobody_knows_is_told_at_its_field(
    hass: HomeAssistant, scripted: ScriptedBroker, failure: Exception
) -> None:
    flow = await start(hass, "own_broker")
    with patch("socket.getaddrinfo", side_effect=failure):
        failed = await submit(hass, flow, broker_form(scripted.port, host="unknown"))
    assert failed["errors"] == {"host": "unknown_host"}

    assert (await submit(hass, failed, broker_form(scripted.port)))["step_id"] == "topics"


async def test_topics_that_the_broker_refuses_are_an_error_until_it_grants_them(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """A part of the devices would be unwatched and nobody would know."""
    flow = await submit(hass, await start(hass, "own_broker"), broker_form(scripted.port))
    failed = await fill_in(hass, flow, battery_prefixes=["#"])
    assert failed["errors"] == {"battery_prefixes": "bad_prefix"}
    scripted.suback = 135
    failed = await fill_in(hass, failed)
    assert failed["errors"] == {"base": "topics_refused"}
    scripted.hangs_up_on = {SUBSCRIBE}
    failed = await fill_in(hass, failed)
    assert failed["errors"] == {"base": "connection_lost"}

    scripted.suback, scripted.hangs_up_on = 0, set()
    assert (await fill_in(hass, failed))["type"] is FlowResultType.CREATE_ENTRY


async def test_client_id_that_somebody_else_uses_is_told(
    hass: HomeAssistant, scripted: ScriptedBroker, impatient_hold: None
) -> None:
    """The other client comes back and drives ours out; only an id that was typed can meet another."""
    flow = await start(hass, "own_broker")

    async def other_client() -> None:
        await until(lambda: scripted.connections)
        scripted.drops_all()

    other = asyncio.create_task(other_client())
    failed = await submit(hass, flow, broker_form(scripted.port, advanced={"client_id": "lab", "keepalive": 15}))
    await other
    assert failed["errors"] == {"base": "client_id_in_use"}

    flow = await submit(hass, failed, broker_form(scripted.port, advanced={"client_id": "lab", "keepalive": 15}))
    done = await fill_in(hass, flow)
    assert done["data"]["client_id"] == "lab"
    assert [b"lab" in packet for packet in scripted.got(CONNECT)] == [True] * 3


async def test_same_broker_is_not_set_up_twice_but_another_account_on_it_is(
    hass: HomeAssistant, scripted: ScriptedBroker, impatient_hold: None
) -> None:
    """Every device would be there twice, with two opinions of its danger."""
    await fill_in(hass, await submit(hass, await start(hass, "own_broker"), broker_form(scripted.port)))

    twice = await submit(hass, await start(hass, "own_broker"), broker_form(scripted.port))
    assert twice["type"] is FlowResultType.ABORT
    assert twice["reason"] == "already_configured"
    other = broker_form(scripted.port, advanced={"client_id": "account-2", "keepalive": 15})
    done = await fill_in(hass, await submit(hass, await start(hass, "own_broker"), other))
    assert done["type"] is FlowResultType.CREATE_ENTRY
    assert "account-2" not in done["result"].unique_id


@pytest.mark.parametrize("form", ["pem", "der", "pem with a key"])
async def test_s1_certificate_of_the_own_authority_is_uploaded_and_kept_as_text(
    hass: HomeAssistant, scripted: ScriptedBroker, tmp_path: Path, hass_client: ClientSessionGenerator, form: str
) -> None:
    """In whatever form it comes; a private key that lies in the same file stays out of the entry."""
    authority = Authority()
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path))
    content = {"der": authority.der, "pem": authority.pem.encode()}
    content["pem with a key"] = authority.key_pem.encode() + content["pem"]
    file_id = await upload(hass, hass_client, content[form])

    typed = broker_form(scripted.port, encryption="own_ca", certificate=file_id)
    done = await fill_in(hass, await submit(hass, await start(hass, "own_broker"), typed))

    assert done["data"]["certificate"].strip() == authority.pem.strip()
    assert done["data"]["encryption"] == "own_ca"


async def test_s1_wrong_authority_and_a_file_without_any_can_be_corrected(
    hass: HomeAssistant, scripted: ScriptedBroker, tmp_path: Path, hass_client: ClientSessionGenerator
) -> None:
    authority = Authority()
    await scripted.stop()
    await scripted.start(authority.broker_context(tmp_path))
    flow = await start(hass, "own_broker")
    for content, errors in (
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----", {"certificate": "certificate_invalid"}),
        (b"\xff nonsense", {"certificate": "certificate_invalid"}),
        (Authority().pem.encode(), {"encryption": "certificate_refused"}),
    ):
        file_id = await upload(hass, hass_client, content)
        flow = await submit(hass, flow, broker_form(scripted.port, encryption="own_ca", certificate=file_id))
        assert flow["errors"] == errors

    file_id = await upload(hass, hass_client, authority.pem.encode())
    failed = await submit(hass, flow, broker_form(1, encryption="own_ca", certificate=file_id))
    assert failed["errors"] == {"base": "cannot_connect"}
    # the file was read already and need not be chosen again
    flow = await submit(hass, failed, broker_form(scripted.port, encryption="own_ca"))
    assert (await fill_in(hass, flow))["data"]["certificate"] == authority.pem


async def test_client_id_that_was_typed_is_the_one_that_is_tried_whatever_it_begins_with(
    hass: HomeAssistant, scripted: ScriptedBroker
) -> None:
    """The rights on a broker may hang on it; and two of them are two accounts."""
    for client_id in ("btr-lab", "btr-garage"):
        form = broker_form(scripted.port, advanced={"client_id": client_id, "keepalive": 15})
        flow = await submit(hass, await start(hass, "own_broker"), form)
        assert (await fill_in(hass, flow))["type"] is FlowResultType.CREATE_ENTRY
        assert all(client_id.encode() in packet for packet in scripted.got(CONNECT))
        scripted.packets.clear()


@pytest.mark.parametrize(
    ("typed", "host"),
    [(" broker.local ", "broker.local"), ("[::1]", "::1"), ("192.0.2.7", "192.0.2.7"), ("_mqtt", "_mqtt")],
)
def test_hosts_are_understood_as_people_write_them(typed: str, host: str) -> None:
    assert clean_host(typed) == host


@given(st.text(max_size=300))
def test_any_text_for_a_host_is_a_host_or_an_error_at_its_field(typed: str) -> None:
    with suppress(FieldError):
        host = clean_host(typed)
        assert host
        assert not set(host) & set(" /@?#\n\t")


@given(st.binary(max_size=400))
def test_any_file_gives_text_that_is_no_private_key(content: bytes) -> None:
    assert "PRIVATE" not in certificates_in(b"-----BEGIN PRIVATE KEY-----\n" + content)
