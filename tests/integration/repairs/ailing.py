"""The words in which devices that need repair are told of."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from homeassistant.core import HomeAssistant
from homeassistant.helpers import issue_registry as ir
from homeassistant.util import dt as dt_util

from custom_components.btr.const import DOMAIN
from tests.integration.stories import BATH, NODE, ORIGINAL_SAMPLE, OUR_SAMPLE, World, bath_telemetry

CELL = "battery_cell-7"
LAB = "bath_lab-1"
CHINESE = "出水口 2 温度（没有可用的值）、水箱温度（没有可用的值）"  # noqa: RUF001
UTC_PLUS_8 = timedelta(hours=8)


class Issues:
    """What the user sees under *Repairs*."""

    def __init__(self, hass: HomeAssistant, registry: ir.IssueRegistry) -> None:
        self.hass = hass
        self.registry = registry

    def __call__(self, trouble: str, about: str = CELL) -> ir.IssueEntry | None:
        return self.registry.async_get_issue(DOMAIN, f"{trouble}_{about}")

    def told(self, trouble: str, about: str = CELL) -> dict[str, str]:
        issue = self(trouble, about)
        assert issue is not None, list(self.registry.issues)
        assert issue.learn_more_url
        assert issue.learn_more_url.endswith("/docs/troubleshooting.md#repairs")
        assert not issue.is_fixable
        return dict(issue.translation_placeholders or {})

    @property
    def all(self) -> set[str]:
        return {issue_id for _, issue_id in self.registry.issues}


class Node:
    """A node that speaks every ten seconds, which is the slowest rhythm that counts as being there."""

    STEP_S = 10.0

    def __init__(self, world: World, topic: str = f"{NODE}/sensor", booted_s: float = 1000.0, **fields: Any) -> None:
        self.world = world
        self.topic = topic
        self.up_s = booted_s
        self.fields = fields
        self.count = 0

    def says(self, **fields: Any) -> None:
        self.count += 1
        sample = ORIGINAL_SAMPLE if self.topic == "sensor" else {**OUR_SAMPLE, "seq": self.count}
        wobble = {"temp_internal_c": 25 + self.count % 7 / 10, "humidity_percent": 45 + self.count % 5 / 10}
        sample = {**sample, "timestamp_ms": round(self.up_s * 1000), **wobble, **self.fields, **fields}
        self.world.says(self.topic, {name: value() if callable(value) else value for name, value in sample.items()})

    async def lives(self, minutes: float, **fields: Any) -> None:
        for _ in range(round(minutes * 60 / self.STEP_S)):
            self.up_s += self.STEP_S
            self.says(**fields)
            await self.world.passes(self.STEP_S, self.STEP_S)


async def both_live(first: Node, second: Node, minutes: float) -> None:
    for _ in range(round(minutes * 60 / Node.STEP_S)):
        for node in (first, second):
            node.up_s += Node.STEP_S
            node.says()
            await first.world.passes(Node.STEP_S / 2, Node.STEP_S / 2)


def ts(slow: timedelta = timedelta(0)) -> str:
    """The time as a bath writes it."""
    return f"{dt_util.utcnow() + UTC_PLUS_8 - slow:%Y-%m-%d %H:%M:%S}"


async def bath_lives(world: World, minutes: int, say: Callable[[], dict[str, Any]], topic: str = BATH) -> None:
    """A bath speaks once a minute."""
    for _ in range(minutes):
        world.says(f"{topic}/telemetry", say())
        await world.passes(60, 30)


def at_time(**channels: Any) -> dict[str, Any]:
    """An original bath whose clock is right."""
    return {**bath_telemetry(**channels), "ts": ts()}
