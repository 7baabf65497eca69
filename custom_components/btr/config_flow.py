"""Set-up, discovery, change of the connection or its topics, and new credentials.

One entry is one MQTT connection; the devices on it appear by themselves. It is Home Assistant's own MQTT, or a broker
of its own, of which there may be several; a cloud with a key is such a broker with fewer questions.
"""

import ssl
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, override

from homeassistant.components import mqtt
from homeassistant.config_entries import SOURCE_RECONFIGURE, SOURCE_USER, ConfigEntry, ConfigFlow, ConfigFlowResult
from homeassistant.const import CONF_HOST, CONF_PROTOCOL, CONF_USERNAME
from homeassistant.core import callback
from homeassistant.helpers.service_info.mqtt import MqttServiceInfo
from probatio import Schema

from .broker_form import (
    BROKER_SCHEMAS,
    FIELD_OF_TROUBLE,
    REAUTH_KEY_SCHEMA,
    REAUTH_SCHEMA,
    async_read_certificate,
    broker_defaults,
    broker_from_form,
    broker_to_form,
    credentials_from_form,
    is_own_id,
    new_client_id,
    unique_id_of,
)
from .broker_link import BrokerError
from .broker_settings import BrokerSettings, Connection, MqttVersion
from .const import CONF_CERTIFICATE, CONF_CONNECTION, DOMAIN
from .core.codec import decode
from .core.errors import CodecError
from .core.topics import TopicConfig
from .options_flow import BtrOptionsFlow
from .probe import HOLD_S, async_broker_answers, async_find_version, async_probe
from .topics_form import DEFAULT_TOPICS, EXACT_TOPICS, TOPICS_SCHEMA, FieldError, check_topics, from_form, to_form

TITLE = "BTR"

# The entry on Home Assistant's own MQTT: there is one client, hence one entry.
HOME_ASSISTANT_MQTT = "homeassistant_mqtt"

TOPICS_OF = {Connection.OWN_BROKER: DEFAULT_TOPICS, Connection.CLOUD: EXACT_TOPICS}


class BtrConfigFlow(ConfigFlow, domain=DOMAIN):
    """Makes the entry, by the user's wish or because a device was heard."""

    VERSION = 1
    MINOR_VERSION = 1

    def __init__(self) -> None:
        """Nothing is known yet; what the form of the broker gave is kept for the form of the topics."""
        self._broker: dict[str, Any] = {}
        self._certificate: str | None = None

    @staticmethod
    @callback
    @override
    def async_get_options_flow(config_entry: ConfigEntry) -> BtrOptionsFlow:
        """Return the flow of the options."""
        return BtrOptionsFlow()

    @override
    async def async_step_user(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the kind of connection."""
        return self.async_show_menu(step_id="user", menu_options=[HOME_ASSISTANT_MQTT, *Connection])

    async def async_step_homeassistant_mqtt(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the topics on Home Assistant's MQTT."""
        # A discovery that waits for its confirmation must not keep the user from doing it here
        await self.async_set_unique_id(HOME_ASSISTANT_MQTT, raise_on_progress=False)
        self._abort_if_unique_id_configured()
        if not mqtt.mqtt_config_entry_enabled(self.hass):
            return self.async_abort(reason="mqtt_missing")
        return await self._async_ask_topics(HOME_ASSISTANT_MQTT, user_input, DEFAULT_TOPICS)

    async def async_step_own_broker(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a broker of one's own."""
        return await self._async_ask_broker(Connection.OWN_BROKER, user_input)

    async def async_step_cloud(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for a cloud, where a key is all there is."""
        return await self._async_ask_broker(Connection.CLOUD, user_input)

    async def async_step_topics(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the topics on the broker that was named."""
        usual = TOPICS_OF[Connection(self._broker[CONF_CONNECTION])]
        return await self._async_ask_topics("topics", user_input, {**usual, **self._present()})

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
        self.context["title_placeholders"] = {"name": message.device.id}
        return await self.async_step_confirm()

    async def async_step_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask whether to set up what was discovered."""
        errors: dict[str, str] = {}
        if user_input is not None:
            if await async_broker_answers(self.hass, TopicConfig()):
                return self.async_create_entry(title=TITLE, data=dict(DEFAULT_TOPICS))
            errors["base"] = "no_answer"
        heard = {"device": self.context["title_placeholders"]["name"]}
        return self.async_show_form(step_id="confirm", description_placeholders=heard, errors=errors)

    async def async_step_reconfigure(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Change the connection and the topics; of Home Assistant's MQTT, the topics."""
        if (connection := self._present().get(CONF_CONNECTION)) is not None:
            return await self._async_ask_broker(Connection(connection), user_input)
        return await self._async_ask_topics("reconfigure", user_input, {**DEFAULT_TOPICS, **self._present()})

    async def async_step_reauth(self, entry_data: Mapping[str, Any]) -> ConfigFlowResult:
        """The broker refuses the credentials."""
        if entry_data[CONF_CONNECTION] == Connection.CLOUD:
            return await self.async_step_reauth_key()
        return await self.async_step_reauth_confirm()

    async def async_step_reauth_confirm(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the password, and for the user where the broker wants one now."""
        return await self._async_ask_credentials("reauth_confirm", REAUTH_SCHEMA, user_input)

    async def async_step_reauth_key(self, user_input: dict[str, Any] | None = None) -> ConfigFlowResult:
        """Ask for the key."""
        return await self._async_ask_credentials("reauth_key", REAUTH_KEY_SCHEMA, user_input)

    async def _async_ask_broker(self, connection: Connection, user_input: dict[str, Any] | None) -> ConfigFlowResult:
        """Ask for the broker until it answers, then for the topics."""
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                self._broker = await self._async_read_broker(connection, user_input)
            except FieldError as error:
                errors[error.field] = error.reason
            else:
                return await self.async_step_topics()
            # The file is gone; what was in it is kept
            user_input.pop(CONF_CERTIFICATE, None)
        known = broker_to_form(present) if (present := self._present()) else broker_defaults(connection)
        return self._show(connection, BROKER_SCHEMAS[connection], user_input or known, errors)

    async def _async_read_broker(self, connection: Connection, user_input: Mapping[str, Any]) -> dict[str, Any]:
        if upload_id := user_input.get(CONF_CERTIFICATE):
            self._certificate = await async_read_certificate(self.hass, upload_id)
        kept = self._present()
        if self._certificate is not None:
            kept = {**kept, CONF_CERTIFICATE: self._certificate}
        data = broker_from_form(connection, user_input, kept)
        await self._async_claim(data)
        return {**data, CONF_PROTOCOL: await self._async_try(data)}

    async def _async_ask_topics(
        self, step_id: str, user_input: Mapping[str, Any] | None, known: Mapping[str, Any]
    ) -> ConfigFlowResult:
        """Ask for the topics until the broker grants them, then make or change the entry."""
        errors: dict[str, str] = {}
        if user_input is not None:
            data = from_form(user_input)
            try:
                await self._async_try_topics(check_topics(data))
            except FieldError as error:
                errors[error.field] = error.reason
            else:
                return self._finish({**self._broker, **data})
        return self._show(step_id, TOPICS_SCHEMA, user_input or to_form(known), errors)

    async def _async_try_topics(self, topics: TopicConfig) -> None:
        if self._broker:
            await self._async_try(self._broker, topics)
        elif not await async_broker_answers(self.hass, topics):
            raise FieldError("base", "no_answer")

    async def _async_ask_credentials(
        self, step_id: str, schema: Schema, user_input: dict[str, Any] | None
    ) -> ConfigFlowResult:
        """Ask for what the broker refused until it takes it."""
        entry = self._get_reauth_entry()
        errors: dict[str, str] = {}
        if user_input is not None:
            try:
                connection = Connection(entry.data[CONF_CONNECTION])
                data = {**entry.data, **credentials_from_form(connection, user_input, entry.data)}
                await self._async_claim(data)
                data[CONF_PROTOCOL] = await self._async_try(data)
            except FieldError as error:
                errors[error.field] = error.reason
            else:
                return self.async_update_reload_and_abort(entry, unique_id=self.unique_id, data=data)
        known = {CONF_USERNAME: entry.data[CONF_USERNAME] or ""}
        return self._show(step_id, schema, user_input or known, errors)

    async def _async_claim(self, data: Mapping[str, Any]) -> None:
        """Take the unique id of this connection, unless another entry has it."""
        owner = await self.async_set_unique_id(unique_id_of(data), raise_on_progress=False)
        if owner is not None and owner.entry_id != self.context.get("entry_id"):
            self._abort_if_unique_id_configured()

    async def _async_try(self, data: Mapping[str, Any], topics: TopicConfig | None = None) -> MqttVersion:
        """Return the version of MQTT that works, with these topics if there are any.

        Raises:
            FieldError: none does; at the field that is wrong, if that can be told.

        """
        settings = BrokerSettings.from_data(data)
        hold_s = 0.0
        if is_own_id(settings.client_id):
            # With an id of its own the try drives nobody out, least of all the entry that is being changed
            settings = replace(settings, client_id=new_client_id())
        elif self.source == SOURCE_USER:
            hold_s = HOLD_S
        try:
            context = await settings.async_ssl_context(self.hass)
            if topics is None:
                return await async_find_version(settings, context, hold_s)
            await async_probe(settings, context, topics.subscriptions())
        except ssl.SSLError as error:
            raise FieldError(CONF_CERTIFICATE, "certificate_invalid") from error
        except BrokerError as error:
            raise FieldError(FIELD_OF_TROUBLE.get(error.trouble, "base"), error.trouble) from error
        return settings.version

    def _present(self) -> Mapping[str, Any]:
        """Return the data of the entry that is being changed; empty when there is none yet."""
        return self._get_reconfigure_entry().data if self.source == SOURCE_RECONFIGURE else {}

    def _finish(self, data: Mapping[str, Any]) -> ConfigFlowResult:
        host = data.get(CONF_HOST)
        if self.source != SOURCE_RECONFIGURE:
            return self.async_create_entry(title=host or TITLE, data=data)
        entry = self._get_reconfigure_entry()
        if host is None:
            return self.async_update_reload_and_abort(entry, data=data)
        title = host if entry.title == entry.data[CONF_HOST] else entry.title
        return self.async_update_reload_and_abort(entry, unique_id=self.unique_id, title=title, data=data)

    def _show(
        self, step_id: str, schema: Schema, values: Mapping[str, Any], errors: dict[str, str]
    ) -> ConfigFlowResult:
        return self.async_show_form(
            step_id=step_id, data_schema=self.add_suggested_values_to_schema(schema, values), errors=errors
        )
