"""Names that more than one module of the integration uses; no logic."""

from typing import Final

from homeassistant.const import Platform

DOMAIN: Final = "btr"
MANUFACTURER: Final = "BTR"

PLATFORMS: Final = (
    Platform.BINARY_SENSOR,
    Platform.BUTTON,
    Platform.CLIMATE,
    Platform.EVENT,
    Platform.NUMBER,
    Platform.SELECT,
    Platform.SENSOR,
    Platform.SWITCH,
)

# Attributes of the alarm that automations look at
ATTR_ALARM_LEVEL: Final = "alarm_level"
ATTR_ACKNOWLEDGED: Final = "acknowledged"
ATTR_DRILL: Final = "drill"

# Connection of an entry that has one of its own; what it shares with other integrations is named as there
CONF_CONNECTION: Final = "connection"
CONF_ENCRYPTION: Final = "encryption"
CONF_CERTIFICATE: Final = "certificate"
CONF_KEEPALIVE: Final = "keepalive"

# Topics and options of an entry
CONF_BATTERY_PREFIXES: Final = "battery_prefixes"
CONF_BATH_ROOT: Final = "bath_root"
CONF_UPDATE_INTERVAL: Final = "update_interval"
CONF_NEW_DEVICES: Final = "new_devices"
CONF_ENGINE: Final = "engine"
CONF_BLACK_BOX_LENGTH: Final = "black_box_length"

DEFAULT_BATTERY_PREFIXES: Final = ("btr/+", "")
DEFAULT_BATH_ROOT: Final = "compostlab/v2"
DEFAULT_UPDATE_INTERVAL_S: Final = 5.0
DEFAULT_NEW_DEVICES: Final = True

# Repair issues
ISSUE_MODEL_REFUSED: Final = "model_refused"
ISSUE_ENGINE_FAILED: Final = "engine_failed"
ISSUE_ENGINE_UNAVAILABLE: Final = "engine_unavailable"
ISSUE_MODEL_SET_ASIDE: Final = "model_set_aside"
ISSUE_BOOTED_OFFLINE: Final = "booted_offline"
ISSUE_BROKER_CERTIFICATE: Final = "broker_certificate"
ISSUE_BROKER_CLIENT_ID: Final = "broker_client_id"
ISSUE_BROKER_TOPICS: Final = "broker_topics"
