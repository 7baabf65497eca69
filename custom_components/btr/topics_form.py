"""The form of the topics: its fields, and what may be typed into them."""

from collections.abc import Mapping
from typing import Any

import probatio
from homeassistant.helpers.selector import BooleanSelector, TextSelector, TextSelectorConfig

from .const import CONF_BATH_ROOT, CONF_BATTERY_PREFIXES, DEFAULT_BATH_ROOT, DEFAULT_BATTERY_PREFIXES
from .core.errors import TopicError
from .core.topics import TopicConfig

# A field of the form only: in the entry it is the prefix "", which nobody could type.
CONF_ORIGINAL_NODE = "original_node"

# Optional and without default, so that what is emptied stays empty
TOPICS_SCHEMA = probatio.Schema(
    {
        probatio.Optional(CONF_BATTERY_PREFIXES): TextSelector(TextSelectorConfig(multiple=True)),
        probatio.Required(CONF_ORIGINAL_NODE): BooleanSelector(),
        probatio.Optional(CONF_BATH_ROOT): TextSelector(),
    }
)

DEFAULT_TOPICS: Mapping[str, Any] = {
    CONF_BATTERY_PREFIXES: list(DEFAULT_BATTERY_PREFIXES),
    CONF_BATH_ROOT: DEFAULT_BATH_ROOT,
}

EXACT_TOPICS: Mapping[str, Any] = {CONF_BATTERY_PREFIXES: [""], CONF_BATH_ROOT: ""}
"""What suits a broker that knows no wildcards: one original node, and no bath."""

# Where the form shows an error of the topics; what is not named concerns more than one field.
FIELD_OF_ERROR = {
    "bad_prefix": CONF_BATTERY_PREFIXES,
    "same_device_twice": CONF_BATTERY_PREFIXES,
    "two_wildcards": CONF_BATTERY_PREFIXES,
}


class FieldError(Exception):
    """Something that cannot be used, and the field of the form that holds it."""

    def __init__(self, field: str, reason: str) -> None:
        """Keep what the form needs."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


def check_topics(data: Mapping[str, Any]) -> TopicConfig:
    """Return the topics of an entry's data; raises FieldError when they cannot be used."""
    root = data[CONF_BATH_ROOT]
    try:
        if root:
            TopicConfig(battery_prefixes=(), bath_root=root)
    except TopicError as error:
        raise FieldError(CONF_BATH_ROOT, "bad_root") from error
    try:
        return TopicConfig(battery_prefixes=tuple(data[CONF_BATTERY_PREFIXES]), bath_root=root)
    except TopicError as error:
        raise FieldError(FIELD_OF_ERROR.get(error.reason, "base"), error.reason) from error


def from_form(user_input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the data of an entry: topics without blanks and outer slashes, each prefix once."""
    typed = (clean(prefix) for prefix in user_input.get(CONF_BATTERY_PREFIXES, ()))
    prefixes = dict.fromkeys(prefix for prefix in typed if prefix)
    original = [""] if user_input[CONF_ORIGINAL_NODE] else []
    return {
        CONF_BATTERY_PREFIXES: [*prefixes, *original],
        CONF_BATH_ROOT: clean(user_input.get(CONF_BATH_ROOT, "")),
    }


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
