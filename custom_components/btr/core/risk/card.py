"""The card that travels with a model: what it was made for, how its output is to be judged, and which file it is about.

A model without its card is refused: a threshold or a sample interval that is guessed makes a model that was never the
tested one.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, NoReturn

from ..errors import ModelCardError
from .inspect import MAX_MODEL_BYTES, ModelFacts, inspect_model

SCHEMA: Final = 1
_MAX_CARD_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Vote:
    """``k`` of the last ``n`` windows at or above ``threshold`` (probability 0..1) are needed."""

    threshold: float
    k: int
    n: int


@dataclass(frozen=True, slots=True)
class Clear:
    """A level of the model falls when every window of ``hold_s`` seconds stayed below ``threshold``."""

    threshold: float
    hold_s: float


@dataclass(frozen=True, slots=True)
class ModelCard:
    """A validated card.

    ``sequence_length`` samples of degC at ``interval_s`` seconds go in; the output is the probability of the event
    within ``horizon_s`` seconds. ``input_range_c`` is what the model was trained on. ``sha256`` is the lower-case
    digest of the model file, ``training_data_sha256`` that of its training data.
    """

    name: str
    version: str
    family: str
    sequence_length: int
    interval_s: float
    horizon_s: float
    alarm: Vote
    warning: Vote
    clear: Clear
    input_range_c: tuple[float, float]
    sha256: str
    training_data_sha256: str
    training_data_description: str
    metrics: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    schema: int = SCHEMA


class _BadValueError(Exception):
    """A value that is not what its key allows; with the key's path, the value and the rule."""

    def __init__(self, got: object, allowed: str, key: str = "") -> None:
        super().__init__(allowed)
        self.got, self.allowed, self.key = got, allowed, key


Check = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or len(value) > 4096:
        raise _BadValueError(value, "a non-empty text of at most 4096 characters")
    return value


def _digest(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 64 or not set(value) <= set("0123456789abcdef"):
        raise _BadValueError(value, "64 lower-case hexadecimal digits")
    return value


def _integer(low: int, high: int) -> Check:
    def check(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise _BadValueError(value, f"an integer from {low} to {high}")
        return value

    return check


def _number(low: float, high: float) -> Check:
    def check(value: Any) -> float:
        if type(value) not in (int, float) or not low <= value <= high:
            raise _BadValueError(value, f"a number from {low:g} to {high:g}")
        return float(value)

    return check


def _range_c(value: Any) -> tuple[float, float]:
    bound = _number(-273.15, 5000.0)
    if not isinstance(value, list) or len(value) != 2:
        raise _BadValueError(value, "a list of two temperatures in degC, the lower first")
    low, high = bound(value[0]), bound(value[1])
    if low >= high:
        raise _BadValueError(value, "a list of two temperatures in degC, the lower first")
    return low, high


def _metrics(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _BadValueError(value, "an object")
    return MappingProxyType(value)


def _object(checks: Mapping[str, Check]) -> Callable[[Any], dict[str, Any]]:
    """Return a check for an object that has exactly these keys."""

    def check(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise _BadValueError(value, f"an object with the keys {', '.join(checks)}")
        for key in value.keys() - checks.keys():
            raise _BadValueError(value[key], f"no such key; known keys are {', '.join(checks)}", str(key))
        checked = {}
        for key, check_value in checks.items():
            if key not in value:
                raise _BadValueError("nothing", "this key is required", key)
            try:
                checked[key] = check_value(value[key])
            except _BadValueError as error:
                raise _BadValueError(error.got, error.allowed, f"{key}.{error.key}" if error.key else key) from error
        return checked

    return check


_VOTE: Final = _object({"threshold": _number(0.0, 1.0), "k": _integer(1, 32), "n": _integer(1, 32)})
_CARD: Final = _object(
    {
        "schema": _integer(SCHEMA, SCHEMA),
        "name": _text,
        "version": _text,
        "family": _text,
        "sequence_length": _integer(2, 4096),
        "interval_s": _number(0.05, 60.0),
        "horizon_s": _number(0.5, 86_400.0),
        "alarm": _VOTE,
        "warning": _VOTE,
        "clear": _object({"threshold": _number(0.0, 1.0), "hold_s": _number(0.0, 3600.0)}),
        "input_range_c": _range_c,
        "training_data": _object({"sha256": _digest, "description": _text}),
        "metrics": _metrics,
        "sha256": _digest,
    }
)


def parse_card(text: str | bytes, source: str) -> ModelCard:
    """Return the card in ``text``; ``source`` names it in errors.

    Raises:
        ModelCardError: naming the key, what was there, and what is allowed. Unknown and missing keys are errors.
    """
    try:
        raw = json.loads(text, parse_constant=_refuse_constant, parse_float=_finite, object_pairs_hook=_unique_keys)
        checked = _CARD(raw)
        training = checked.pop("training_data")
        card = ModelCard(
            **{key: checked[key] for key in checked if key not in ("alarm", "warning", "clear")},
            alarm=Vote(**checked["alarm"]),
            warning=Vote(**checked["warning"]),
            clear=Clear(**checked["clear"]),
            training_data_sha256=training["sha256"],
            training_data_description=training["description"],
        )
        _check_together(card)
    except _BadValueError as error:
        key = error.key or "the card"
        raise ModelCardError(f"{source}: {key} is {repr(error.got)[:80]}, allowed is: {error.allowed}") from error
    except (ValueError, RecursionError) as error:
        raise ModelCardError(
            f"{source}: is not a JSON object in UTF-8 ({str(error)[:120]}); write the card again"
        ) from error
    return card


def load_card(path: Path) -> ModelCard:
    """Return the card in the file ``path``; raise ModelCardError when it is missing, unreadable or wrong."""
    try:
        if path.stat().st_size > _MAX_CARD_BYTES:
            raise ModelCardError(f"{path}: is larger than {_MAX_CARD_BYTES} bytes and so is not a model card")
        return parse_card(path.read_bytes(), str(path))
    except OSError as error:
        raise ModelCardError(
            f"{path}: cannot be read ({error.strerror}); every model needs its card beside it"
        ) from error


def verify(model_bytes: bytes, card: ModelCard) -> ModelFacts:
    """Return what the model file is, once it is the card's file and within the contract of model.md.

    Raises:
        ModelCardError: wrong size, digest, operator, opset, shape or metadata, each in words. No inference session
            exists yet.
    """
    if len(model_bytes) > MAX_MODEL_BYTES:
        raise ModelCardError(f"model {card.name}: {len(model_bytes)} bytes, allowed are at most {MAX_MODEL_BYTES}")
    digest = sha256(model_bytes).hexdigest()
    if digest != card.sha256:
        raise ModelCardError(
            f"model {card.name}: SHA-256 of the file is {digest}, the card says {card.sha256}; "
            "the file is damaged or belongs to another card, copy both again"
        )
    facts = inspect_model(model_bytes, card.name, card.sequence_length)
    said: dict[str, float] = {
        "sequence_length": card.sequence_length,
        "sample_interval_s": card.interval_s,
        "threshold": card.alarm.threshold,
        "consecutive": card.alarm.k,
    }
    for key, expected in said.items():
        got = facts.metadata.get(key)
        if got is None or not _is_number(got, expected):
            raise ModelCardError(f"model {card.name}: metadata {key} is {str(got)[:40]!r}, the card says {expected:g}")
    return facts


def _is_number(text: str, expected: float) -> bool:
    try:
        return math.isclose(float(text), expected, rel_tol=1e-6)
    except ValueError:
        return False


def _check_together(card: ModelCard) -> None:
    for key, vote in (("alarm", card.alarm), ("warning", card.warning)):
        if vote.k > vote.n:
            raise _BadValueError(vote.k, f"at most n, which is {vote.n}", f"{key}.k")
    if card.warning.threshold > card.alarm.threshold:
        raise _BadValueError(card.warning.threshold, "at most alarm.threshold", "warning.threshold")
    if card.clear.threshold > card.warning.threshold:
        raise _BadValueError(card.clear.threshold, "at most warning.threshold", "clear.threshold")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is too large")
    return value


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found
