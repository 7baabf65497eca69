"""An event of an alarm in one sentence: what, where and why, in the language of Home Assistant.

The texts are in the translation files, with the names of the channels that the entities have. Home Assistant keeps the
texts of its own language loaded, so a sentence is put together without waiting.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce
from typing import Final, NamedTuple

from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers.translation import async_get_cached_translations
from homeassistant.util import dt as dt_util

from .const import DOMAIN
from .core.messages import Level
from .core.outcome import Event, EventKind, Scalar
from .core.state import BathCause, Cause

# A sentence is an attribute, and no attribute is over 1 KiB; Chinese takes three bytes a character.
LONGEST_NAME: Final = 60


class _Form(NamedTuple):
    """How a value and its limit are written."""

    digits: int
    factor: float = 1.0


_FORMS: Final[Mapping[str, _Form]] = {
    Cause.TEMPERATURE: _Form(1),
    Cause.RATE: _Form(1, 60.0),
    Cause.SMOKE: _Form(0),
    Cause.GAS: _Form(0),
    Cause.MODEL: _Form(0, 100.0),
    Cause.SILENCE: _Form(0),
    BathCause.TANK_OVER_LIMIT: _Form(1),
    BathCause.BATH_OVER_LIMIT: _Form(1),
}
_WHOLE: Final = _Form(0)


@callback
def alarm_message(hass: HomeAssistant, device: str, event: Event) -> str:
    """Return what happened to the alarm of ``device``, the name that the user knows, in one sentence."""
    words = Words(hass)
    data = event.data
    level = Level.NORMAL.key if data["level"] is None else str(data["level"])
    key = f"{event.kind}_{level}" if event.kind == EventKind.CORRECTION_SENT else event.kind
    sentence = words.select(
        "alarm_event",
        key,
        device=device[:LONGEST_NAME],
        level=words.state("level", level),
        shown=words.state("level", str(data.get("shown"))),
        reason=words.reason(data),
        since=_clock(data.get("since")),
        until=_clock(data.get("until")),
    )
    is_marked = data.get("drill") and event.kind != EventKind.DRILL
    return words.select("alarm_event", "in_drill", sentence=sentence) if is_marked else sentence


@callback
def emergency_message(hass: HomeAssistant, device: str, event: Event) -> str:
    """Return what happened to the emergency stop of ``device`` in one sentence."""
    return Words(hass).select("emergency_event", event.kind, device=device[:LONGEST_NAME])


@callback
def probe_names(hass: HomeAssistant, probes: Mapping[str, str]) -> str:
    """Return the names of probes with what is known of each; by channel, the key of its state."""
    words = Words(hass)
    return listed(hass, [words.select("probe_state", probes[name], probe=words.channel(name)) for name in probes])


@callback
def listed(hass: HomeAssistant, items: Sequence[str]) -> str:
    """Return texts as a list, with the comma of the language."""
    words = Words(hass)
    return reduce(lambda first, second: words.select("list", "comma", first=first, second=second), items)


class Words:
    """The texts of the integration in the language of Home Assistant."""

    def __init__(self, hass: HomeAssistant) -> None:
        language = hass.config.language
        self._selector = async_get_cached_translations(hass, language, "selector", DOMAIN)
        self._entity = async_get_cached_translations(hass, language, "entity", DOMAIN)

    def select(self, group: str, key: str, **placeholders: str) -> str:
        """Return a text, or what goes into it while the texts of a new language are still being loaded."""
        text = self._selector.get(f"component.{DOMAIN}.selector.{group}.options.{key}")
        return text.format(**placeholders) if text else " ".join((key, *placeholders.values()))

    def has(self, group: str, key: str) -> bool:
        """Whether there is a text."""
        return f"component.{DOMAIN}.selector.{group}.options.{key}" in self._selector

    def state(self, sensor: str, state: str) -> str:
        """Return the text of a state of a sensor, or the state itself."""
        return self._entity.get(f"component.{DOMAIN}.entity.sensor.{sensor}.state.{state}", state)

    def reason(self, data: Mapping[str, Scalar]) -> str:
        """Return why there is an alarm; ``data`` is that of its event."""
        cause = str(data["cause"])
        form = _FORMS.get(cause, _WHOLE)
        return self.select(
            "alarm_reason",
            cause,
            channel=self.channel(str(data.get("channel"))),
            value=_number(data.get("value"), form),
            limit=_number(data.get("limit"), form),
            level=self.state("level", str(data["level"])),
        )

    def channel(self, channel: str) -> str:
        """Return the name of the entity that shows the channel, or what the device calls it."""
        key, _, number = channel.rpartition("_")
        sensor, number = ("outlet_c", number) if key == "outlet" else (channel, "")
        name = self._entity.get(f"component.{DOMAIN}.entity.sensor.{sensor}.name")
        return name.format(number=number) if name else channel


def _number(value: Scalar, form: _Form) -> str:
    return f"{value * form.factor:.{form.digits}f}" if isinstance(value, int | float) else "–"


def _clock(text: Scalar) -> str:
    at = dt_util.parse_datetime(text) if isinstance(text, str) else None
    return dt_util.as_local(at).strftime("%H:%M") if isinstance(at, datetime) else "–"
