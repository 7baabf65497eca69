"""Set-up, discovery, change of topics, and options.

One entry is one MQTT connection; the devices on it appear by themselves. Today the only kind of connection is Home
Assistant's own MQTT, so the first step leads straight to it; a second kind becomes a menu there and a step of its own.
"""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, override

import probatio
from homeassistant.components import mqtt
from homeassistant.config_entries import ConfigEntry, ConfigFlow, ConfigFlowResult, OptionsFlowWithReload
from homeassistant.const import UnitOfTime
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.selector import (
    BooleanSelector,
    NumberSelector,
    NumberSelectorConfig,
    NumberSelectorMode,
    SelectSelector,
    SelectSelectorConfig,
    SelectSelectorMode,
    TextSelector,
    TextSelectorConfig,
)
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo

from .const import (
    CONF_BATH_ROOT,
    CONF_BATTERY_PREFIXES,
    CONF_BLACK_BOX_LENGTH,
    CONF_ENGINE,
    CONF_NEW_DEVICES,
    CONF_UPDATE_INTERVAL,
    DEFAULT_BATH_ROOT,
    DEFAULT_BATTERY_PREFIXES,
    DEFAULT_NEW_DEVICES,
    DEFAULT_UPDATE_INTERVAL_S,
    DOMAIN,
)
from .core.black_box import DEFAULT_MINUTES, LEAST_MINUTES, MOST_MINUTES
from .core.codec import decode
from .core.errors import CodecError, TopicError
from .core.topics import TopicConfig
from .settings import EngineChoice

TITLE = "BTR"

# The entry on Home Assistant's own MQTT: there is one client, hence one entry.
HOME_ASSISTANT_MQTT = "homeassistant_mqtt"

# Shorter than the ten seconds after which Home Assistant takes a missing answer for an answer.
PROBE_TIMEOUT_S = 5

# A field of the form only: in the entry it is the prefix "", which nobody could type.
CONF_ORIGINAL_NODE = "original_node"

TOPICS_SCHEMA = probatio.Schema(
    {
        # Optional and without default, so that an emptied list stays empty
        probatio.Optional(CONF_BATTERY_PREFIXES): TextSelector(TextSelectorConfig(multiple=True)),
        probatio.Required(CONF_ORIGINAL_NODE): BooleanSelector(),
        probatio.Required(CONF_BATH_ROOT): TextSelector(),
    }
)

OPTIONS_SCHEMA = probatio.Schema(
    {
        probatio.Required(CONF_UPDATE_INTERVAL, default=DEFAULT_UPDATE_INTERVAL_S): NumberSelector(
            NumberSelectorConfig(
                min=1, max=60, step=1, unit_of_measurement=UnitOfTime.SECONDS, mode=NumberSelectorMode.BOX
            )
        ),
        probatio.Required(CONF_NEW_DEVICES, default=DEFAULT_NEW_DEVICES): BooleanSelector(),
        probatio.Required(CONF_ENGINE, default=EngineChoice.AUTOMATIC.value): SelectSelector(
            SelectSelectorConfig(
                options=[choice.value for choice in EngineChoice],
                mode=SelectSelectorMode.DROPDOWN,
                translation_key=CONF_ENGINE,
            )
        ),
        probatio.Required(CONF_BLACK_BOX_LENGTH, default=DEFAULT_MINUTES): NumberSelector(
            NumberSelectorConfig(
                min=LEAST_MINUTES,
                max=MOST_MINUTES,
                step=1,
                unit_of_measurement=UnitOfTime.MINUTES,
                mode=NumberSelectorMode.BOX,
            )
        ),
    }
)

DEFAULT_DATA: Mapping[str, Any] = {
    CONF_BATTERY_PREFIXES: list(DEFAULT_BATTERY_PREFIXES),
    CONF_BATH_ROOT: DEFAULT_BATH_ROOT,
}

# Where the form shows an error of the topics; what is not named concerns more than one field.
FIELD_OF_ERROR = {
    "bad_prefix": CONF_BATTERY_PREFIXES,
    "same_device_twice": CONF_BATTERY_PREFIXES,
    "two_wildcards": CONF_BATTERY_PREFIXES,
}


class BtrConfigFlow(ConfigFlow, domain=DOMAIN):
    """Makes the entry, by the user's wish or because a device was heard."""

    VERSION = 1
    MINOR_VERSION = 1

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> BtrOptionsFlow:
        """Return the flow of the options."""
        return BtrOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Start by hand; the one place to ask for the kind of connection."""
        return await self.async_step_homeassistant_mqtt()

    async def async_step_homeassistant_mqtt(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the topics on Home Assistant's MQTT."""
        # A discovery that waits for its confirmation must not keep the user from doing it here
        await self.async_set_unique_id(HOME_ASSISTANT_MQTT, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        if not mqtt.mqtt_config_entry_enabled(self.hass):
            return self.async_abort(reason="mqtt_missing")
        data, errors = await self._async_read_topics(user_input)
        if data is not None:
            return self.async_create_entry(title=TITLE, data=data)
        return self._show_topics(HOME_ASSISTANT_MQTT, user_input or to_form(DEFAULT_DATA), errors)

    @override
    async def async_step_mqtt(self, discovery_info: MqttServiceInfo) -> ConfigFlowResult:
        """Take what a device published as a reason to offer the set-up; anything else on its topic is none."""
        await self.async_set_unique_id(HOME_ASSISTANT_MQTT)
        self._abort_if_unique_id_configured()
        payload = discovery_info.payload
        try:
            message = decode(
                TopicConfig(), discovery_info.topic, bytes(payload) if isinstance(payload, bytearray) else payload
            )
        except CodecError:
            message = None
        if message is None:
            return self.async_abort(reason="invalid_discovery_info")
        self.context["title_placeholders"] = {"device": message.device.id}
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to set up what was discovered."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if await async_broker_answers(self.hass, TopicConfig()):
                return self.async_create_entry(title=TITLE, data=dict(DEFAULT_DATA))
            errors["base"] = "cannot_connect"
        return self.async_show_form(
            step_id="confirm", description_placeholders=self.context["title_placeholders"], errors=errors
        )

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the topics."""
        entry = self._get_reconfigure_entry()
        data, errors = await self._async_read_topics(user_input)
        if data is not None:
            return self.async_update_reload_and_abort(entry, data=data)
        return self._show_topics("reconfigure", user_input or to_form({**DEFAULT_DATA, **entry.data}), errors)

    async def _async_read_topics(
        self, user_input: Mapping[str, Any] | None
    ) -> tuple[dict[str, Any] | None, dict[str, str]]:
        """Return the data of the entry, or the errors that the form shows; neither before the form was filled in."""
        if user_input is None:
            return None, {}
        data = from_form(user_input)
        try:
            topics = check_topics(data)
        except TopicFieldError as error:
            return None, {error.field: error.reason}
        if not await async_broker_answers(self.hass, topics):
            return None, {"base": "cannot_connect"}
        return data, {}

    def _show_topics(self, step_id: str, values: Mapping[str, Any], errors: dict[str, str]) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id, data_schema=self.add_suggested_values_to_schema(TOPICS_SCHEMA, values), errors=errors
        )


class BtrOptionsFlow(OptionsFlowWithReload):
    """Changes how the entry behaves, not what it is connected to."""

    async def async_step_init(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Show the options and store them."""
        if user_input is not None:
            return self.async_create_entry(data=user_input)
        return self.async_show_form(
            step_id="init", data_schema=self.add_suggested_values_to_schema(OPTIONS_SCHEMA, self.config_entry.options)
        )


class TopicFieldError(Exception):
    """A topic that cannot be used, and the field of the form that holds it."""

    def __init__(self, field: str, reason: str) -> None:
        """Keep what the form needs."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check_topics(data: Mapping[str, Any]) -> TopicConfig:
    """Return the topics of an entry's data; raises TopicFieldError when they cannot be used."""
    try:
        TopicConfig(battery_prefixes=(), bath_root=data[CONF_BATH_ROOT])
    except TopicError as error:
        raise TopicFieldError(CONF_BATH_ROOT, "bad_root") from error
    try:
        return TopicConfig(battery_prefixes=tuple(data[CONF_BATTERY_PREFIXES]), bath_root=data[CONF_BATH_ROOT])
    except TopicError as error:
        raise TopicFieldError(FIELD_OF_ERROR.get(error.reason, "base"), error.reason) from error


def from_form(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an entry: topics without blanks and outer slashes, each prefix once."""
    typed = (clean(prefix) for prefix in user_input.get(CONF_BATTERY_PREFIXES, ()))
    prefixes = dict.fromkeys(prefix for prefix in typed if prefix)
    original = [""] if user_input[CONF_ORIGINAL_NODE] else []
    return {CONF_BATTERY_PREFIXES: [*prefixes, *original], CONF_BATH_ROOT: clean(user_input[CONF_BATH_ROOT])}


def to_form(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the form shows for the data of an entry."""
    prefixes = data[CONF_BATTERY_PREFIXES]
    return {
        CONF_BATTERY_PREFIXES: [prefix for prefix in prefixes if prefix],
        CONF_ORIGINAL_NODE: "" in prefixes,
        CONF_BATH_ROOT: data[CONF_BATH_ROOT],
    }


def clean(topic: str) -> str:
    """Return a typed topic without blanks and slashes around it; inside, nothing is guessed."""
    return topic.strip().strip("/")


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
    pattern = next(pattern for pattern in topics.subscriptions() if "+" in pattern)
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
