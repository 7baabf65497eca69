"""What became of a command in words: which command, and why not.

The sentences are those of the errors, so that an action that fails and a notification say the same. The words of a
device for its reasons are translated; one that is not known is shown as it is, without what could be markup.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from homeassistant.core import HomeAssistant, callback
from homeassistant.exceptions import HomeAssistantError
from homeassistant.helpers.translation import async_get_cached_translations

from .const import DOMAIN
from .core.outcome import CONFIG_UPDATE, EMERGENCY, Answer, Result
from .device import AnyDevice
from .words import Words, listed

MOST_SETTINGS: Final = 6
LONGEST_REASON: Final = 80
LONGEST_VALUE: Final = 40
_MARKUP: Final = re.compile(r"[^\w .,:;()%°+=-]")


class FailureKey(StrEnum):
    """The sentences about what went wrong; the value is the translation key."""

    COMMAND_REFUSED = "command_refused"
    COMMAND_UNANSWERED = "command_unanswered"
    COMMAND_DROPPED = "command_dropped"
    SETTINGS_DIFFERENT = "settings_different"
    STOP_UNCONFIRMED = "stop_unconfirmed"
    RELEASE_UNCONFIRMED = "release_unconfirmed"
    CONNECTION_LOST = "connection_lost"
    UNLOADED = "unloaded"
    NO_ANSWER_AT_ALL = "no_answer_at_all"


_OF_STOP: Final[Mapping[tuple[str, str, Result], FailureKey]] = {
    (EMERGENCY, "on", Result.UNANSWERED): FailureKey.STOP_UNCONFIRMED,
    (EMERGENCY, "off", Result.UNANSWERED): FailureKey.RELEASE_UNCONFIRMED,
}
_OF_ANY: Final[Mapping[Result, FailureKey]] = {
    Result.REFUSED: FailureKey.COMMAND_REFUSED,
    Result.UNANSWERED: FailureKey.COMMAND_UNANSWERED,
    Result.DROPPED: FailureKey.COMMAND_DROPPED,
    Result.DIFFERENT: FailureKey.SETTINGS_DIFFERENT,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong: the sentence, and what goes into it."""

    key: FailureKey
    placeholders: Mapping[str, str]

    def error(self) -> HomeAssistantError:
        """Return it as an error, which Home Assistant translates for whoever sees it."""
        return HomeAssistantError(
            translation_domain=DOMAIN, translation_key=self.key, translation_placeholders=dict(self.placeholders)
        )

    @callback
    def text(self, hass: HomeAssistant) -> str:
        """Return the sentence in the language of Home Assistant."""
        return error_text(hass, self.error())


@callback
def error_text(hass: HomeAssistant, error: BaseException) -> str:
    """Return what an error says in the language of Home Assistant; one without a text there says it in English."""
    if not isinstance(error, HomeAssistantError) or error.translation_domain is None:
        return str(error)
    domain, key = error.translation_domain, error.translation_key
    texts = async_get_cached_translations(hass, hass.config.language, "exceptions", domain)
    text = texts.get(f"component.{domain}.exceptions.{key}.message")
    return text.format(**(error.translation_placeholders or {})) if text else str(error)


@callback
def failure_of(hass: HomeAssistant, device: AnyDevice, answer: Answer, topics: Iterable[str]) -> Failure:
    """Return what an answer means for those who asked for ``topics``."""
    words = Words(hass)
    about = {topic: answer.settings[topic] for topic in topics if topic in answer.settings}
    placeholders = {"device": device.name, "command": _command(hass, words, answer, about)}
    if answer.result is Result.DIFFERENT:
        placeholders["settings"] = _listed(hass, [_differing(words, name, *pair) for name, pair in about.items()])
    if answer.result is Result.REFUSED:
        placeholders["reason"] = _reason(hass, words, answer.reason)
    key = _OF_STOP.get((answer.command, answer.action, answer.result), _OF_ANY[answer.result])
    return Failure(key, placeholders)


@callback
def failure_title(hass: HomeAssistant, device: AnyDevice) -> str:
    """Return the title of a notification about commands to a device."""
    return Words(hass).select("command", "title", device=device.name)


def _command(hass: HomeAssistant, words: Words, answer: Answer, asked: Mapping[str, tuple[Any, Any]]) -> str:
    if answer.command == CONFIG_UPDATE:
        changes = _listed(hass, [f"{name} = {_value(value)}" for name, (value, _) in asked.items()])
        return words.select("command", "change", settings=changes)
    action = words.select("command_action", answer.action)
    if answer.command == EMERGENCY:
        return words.select("command", "emergency", action=action)
    return words.select("command", "output", output=words.select("bath_output", answer.command), action=action)


def _reason(hass: HomeAssistant, words: Words, reason: str | None) -> str:
    """Return why a device refused; our firmware lists several settings as ``name reason, name reason, 3 more``."""
    if not reason:
        return words.select("refusal", "unknown")
    if words.has("refusal", reason):
        return words.select("refusal", reason)
    return _listed(hass, [_part(words, part) for part in reason.split(", ")])


def _part(words: Words, part: str) -> str:
    name, _, reason = part.partition(" ")
    known = words.select("refusal", reason) if words.has("refusal", reason) else reason
    return _MARKUP.sub("?", f"{name}: {known}" if known != reason else part)[:LONGEST_REASON]


def _differing(words: Words, name: str, asked: Any, got: Any) -> str:
    return words.select("command", "difference", setting=name, asked=_value(asked), got=_value(got))


def _listed(hass: HomeAssistant, items: list[str]) -> str:
    shown = items[:MOST_SETTINGS]
    return listed(hass, [*shown, "…"] if len(items) > len(shown) else shown)


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return " ".join(value)[:LONGEST_VALUE]
    return "–" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value).lower()[:LONGEST_VALUE]
