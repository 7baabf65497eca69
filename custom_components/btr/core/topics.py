"""Which MQTT topics belong to which device, and back.

The only place that knows how topics are built. Routing is by table and never by guess: a topic that does not match
exactly is not ours, and every device has exactly one topic base, so that a command cannot reach another device.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from .errors import TopicError
from .messages import DeviceKey, DeviceKind

DEFAULT_BATTERY_ID = "battery"
"""Id of the original battery node, whose topics carry none."""

MAX_ID_LENGTH = 64
MAX_PREFIX_LENGTH = 200

BATTERY_LEAVES = ("sensor", "register", "availability", "ack", "late")
"""Leaves that a battery node with a prefix publishes."""

BARE_BATTERY_LEAVES = ("sensor",)
"""The only leaf taken from the original without prefix: the others would be far too common as top-level topics."""

BATH_LEAVES = ("telemetry", "register", "availability", "ack")
"""Leaves that a bath publishes."""

CORRECTION_LEAF = "statue"
"""The leaf a battery node listens to; the spelling is part of the protocol."""

COMMAND_LEAF = "response"
"""The leaf a bath listens to."""


@dataclass(frozen=True, slots=True)
class Route:
    """Where a topic leads: the device, the leaf, and the topic base before the leaf ("" for the original battery)."""

    device: DeviceKey
    leaf: str
    base: str


@dataclass(frozen=True)
class TopicConfig:
    """The configured topics of one connection.

    Args:
        battery_prefixes: prefixes of battery nodes. One may hold a ``+`` level, which is then the device's id; a prefix
            without gives one device whose id is the prefix with ``_`` for ``/``; "" is the original without prefix.
        bath_root: what stands before a bath's code; "" where there is no bath, or where the broker knows no wildcard.

    Raises:
        TopicError: a prefix is no valid topic, two of them cannot be told apart, or there is none at all.

    """

    battery_prefixes: tuple[str, ...] = ("btr/+", "")
    bath_root: str = "compostlab/v2"
    _fixed: Mapping[str, str] = field(init=False, repr=False, compare=False)
    _wildcard: str | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Validate everything and build the tables."""
        object.__setattr__(self, "battery_prefixes", tuple(self.battery_prefixes))
        for prefix in self.battery_prefixes:
            _check_prefix(prefix, may_be_empty=True, may_have_plus=True)
        _check_prefix(self.bath_root, may_be_empty=True, may_have_plus=False)
        if not (self.battery_prefixes or self.bath_root):
            raise TopicError("no_topics", "neither a battery prefix nor a bath root: no device could be heard")
        wildcards = [prefix for prefix in self.battery_prefixes if "+" in prefix]
        if len(wildcards) > 1:
            raise TopicError("two_wildcards", f"only one battery prefix may hold a +, not {wildcards}")
        fixed: dict[str, str] = {}
        for prefix in self.battery_prefixes:
            if "+" in prefix:
                continue
            device_id = prefix.replace("/", "_") or DEFAULT_BATTERY_ID
            if not _is_device_id(device_id):
                raise TopicError("bad_prefix", f"battery prefix {prefix!r} gives no usable device id")
            if device_id in fixed:
                raise TopicError("same_device_twice", f"prefixes {fixed[device_id]!r} and {prefix!r} name one device")
            fixed[device_id] = prefix
        object.__setattr__(self, "_fixed", MappingProxyType(fixed))
        object.__setattr__(self, "_wildcard", wildcards[0] if wildcards else None)
        self._check_overlap()

    def subscriptions(self) -> tuple[str, ...]:
        """Every MQTT filter to subscribe to, without duplicates; none of them receives what we send."""
        return (*self._battery_filters(), *self._bath_filters())

    def route(self, topic: str) -> Route | None:
        """The device and leaf of a topic, or None if it is not one that our devices publish.

        An id that is empty, longer than `MAX_ID_LENGTH`, or holds anything unprintable or reserved makes it not ours.
        """
        base, slash, leaf = topic.rpartition("/")
        if slash and not base:
            return None
        return self._route_battery(base, leaf) or self._route_bath(base, leaf)

    def correction_topic(self, device: DeviceKey) -> str:
        """The topic a battery node listens to."""
        return self.battery_topic(device, CORRECTION_LEAF)

    def command_topic(self, device: DeviceKey) -> str:
        """The topic a bath listens to."""
        return self.bath_topic(device, COMMAND_LEAF)

    def battery_topic(self, device: DeviceKey, leaf: str) -> str:
        """Any topic of a battery node.

        Raises:
            TopicError: the device is no battery, or no configured prefix leads to it.

        """
        self._check_device(device, DeviceKind.BATTERY)
        base = self._fixed.get(device.id)
        if base is None:
            if self._wildcard is None:
                raise TopicError("unknown_device", f"no battery prefix leads to {device}")
            base = self._wildcard.replace("+", self._level_of(device.id))
        return f"{base}/{leaf}" if base else leaf

    def bath_topic(self, device: DeviceKey, leaf: str) -> str:
        """Any topic of a bath. Raises `TopicError` if the device is none, or there is no root."""
        self._check_device(device, DeviceKind.BATH)
        if not self.bath_root:
            raise TopicError("unknown_device", f"no bath root leads to {device}")
        return f"{self.bath_root}/{device.id}/{leaf}"

    def _route_battery(self, base: str, leaf: str) -> Route | None:
        if leaf not in BATTERY_LEAVES:
            return None
        for device_id, prefix in self._fixed.items():
            if base == prefix:
                known = leaf in (BATTERY_LEAVES if prefix else BARE_BATTERY_LEAVES)
                return Route(DeviceKey(DeviceKind.BATTERY, device_id), leaf, base) if known else None
        if self._wildcard is None:
            return None
        before, _, after = self._wildcard.partition("+")
        level = base[len(before) : len(base) - len(after)]
        device_id = self._id_of(level)
        if before + level + after != base or not _is_device_id(level) or not _is_device_id(device_id):
            return None
        return Route(DeviceKey(DeviceKind.BATTERY, device_id), leaf, base)

    def _route_bath(self, base: str, leaf: str) -> Route | None:
        root, _, code = base.rpartition("/")
        if leaf not in BATH_LEAVES or not root or root != self.bath_root or not _is_device_id(code):
            return None
        return Route(DeviceKey(DeviceKind.BATH, code), leaf, base)

    def _is_reserved(self, text: str) -> bool:
        return text.rstrip("_") in {device_id.rstrip("_") for device_id in self._fixed}

    def _id_of(self, level: str) -> str:
        """The level itself; one underscore more if a fixed prefix owns that id, so that two devices stay two."""
        return f"{level}_" if self._is_reserved(level) else level

    def _level_of(self, device_id: str) -> str:
        return device_id[:-1] if self._is_reserved(device_id) else device_id

    def _battery_filters(self) -> tuple[str, ...]:
        return tuple(
            f"{prefix}/{leaf}" if prefix else leaf
            for prefix in dict.fromkeys(self.battery_prefixes)
            for leaf in (BATTERY_LEAVES if prefix else BARE_BATTERY_LEAVES)
        )

    def _bath_filters(self) -> tuple[str, ...]:
        return tuple(f"{self.bath_root}/+/{leaf}" for leaf in BATH_LEAVES) if self.bath_root else ()

    def _check_overlap(self) -> None:
        for battery in self._battery_filters():
            for bath in self._bath_filters():
                if _overlap(battery.split("/"), bath.split("/")):
                    raise TopicError("kinds_overlap", f"{battery!r} and {bath!r} are the same topics for two kinds")

    @staticmethod
    def _check_device(device: DeviceKey, kind: DeviceKind) -> None:
        if device.kind is not kind or not _is_device_id(device.id):
            raise TopicError("unknown_device", f"{device} is not a {kind} with a usable id")


def _check_prefix(prefix: str, *, may_be_empty: bool, may_have_plus: bool) -> None:
    if not prefix and may_be_empty:
        return
    levels = prefix.split("/")
    plus = levels.count("+")
    if (
        not all(levels)
        or len(prefix) > MAX_PREFIX_LENGTH
        or not prefix.isprintable()
        or prefix.startswith("$")
        or "#" in prefix
        or prefix.count("+") != plus
        or plus > (1 if may_have_plus else 0)
    ):
        raise TopicError("bad_prefix", f"{prefix!r} is no usable topic: levels separated by /, none empty, no #")


def _is_device_id(text: str) -> bool:
    return (
        0 < len(text) <= MAX_ID_LENGTH
        and text.isprintable()
        and text == text.strip()
        and not text.startswith("$")
        and not any(char in "/#+" for char in text)
    )


def _overlap(left: Iterable[str], right: Iterable[str]) -> bool:
    left, right = list(left), list(right)
    return len(left) == len(right) and all("+" in (a, b) or a == b for a, b in zip(left, right, strict=True))
