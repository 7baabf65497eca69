"""I4: whatever arrives, in any order and at any time. And S4: nobody can talk an alarm away or a heater on."""

import logging
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

import pytest
from homeassistant.const import STATE_ON
from homeassistant.util.dt import utcnow
from hypothesis import given, settings
from hypothesis import strategies as st

from custom_components.btr.device import BathDevice
from custom_components.btr.hub import COMPLAIN_EVERY_S, BtrHub
from tests.integration.junk import ATTACKS, OUR_BATH, TOPICS, Heard, messages
from tests.integration.leftovers import traces
from tests.integration.stories import BATH, ORIGINAL_SAMPLE, World, all_devices_speak

RUNAWAYS = ("binary_sensor.battery_thermal_runaway", "binary_sensor.battery_cell_7_thermal_runaway")
EXAMPLES = settings(max_examples=150, deadline=None, database=None)


class LogKeeper(logging.Handler):
    """When each cause was logged, by the time of the story; an exception is a cause of its own."""

    def __init__(self, world: World) -> None:
        super().__init__(logging.DEBUG)
        self.world = world
        self.at_s: dict[tuple[object, ...], list[float]] = defaultdict(list)
        self.faults: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        ours = record.name.startswith("custom_components.btr")
        if record.levelno >= logging.WARNING and (ours or record.exc_info):
            self.faults.append(record.getMessage())
        if ours:
            arguments = record.args if isinstance(record.args, tuple) else (record.args,)
            cause = (record.msg, *(str(item) for item in arguments[:2] if not isinstance(item, int)))
            self.at_s[cause].append(self.world.freezer.time_to_freeze.timestamp())

    def too_often(self) -> list[tuple[object, ...]]:
        """The causes that were logged twice within a minute."""
        return [
            cause
            for cause, times in self.at_s.items()
            if any(late - early < COMPLAIN_EVERY_S for early, late in pairwise(times))
        ]


@pytest.fixture
def log(world: World) -> Iterator[LogKeeper]:
    """All that is logged, by anybody."""
    keeper = LogKeeper(world)
    root = logging.getLogger()
    root.addHandler(keeper)
    yield keeper
    root.removeHandler(keeper)


@pytest.fixture
def hub(world: World) -> BtrHub:
    hub: BtrHub = world.entry.runtime_data
    return hub


def hear(world: World, hub: BtrHub, heard: Heard) -> None:
    """Time passes, the message comes, the hub takes its step; whatever is raised on the way ends the test."""
    world.freezer.tick(heard.after_s)
    hub._on_message(heard.topic, heard.payload, heard.retained)
    world.freezer.tick(0.5)
    hub._tick(utcnow())
    assert hub._round is not None
    hub._round.result()


async def test_i4_an_attack_on_any_topic_raises_nothing_and_fills_neither_log_nor_memory(
    world: World, hub: BtrHub, log: LogKeeper
) -> None:
    await all_devices_speak(world)
    before = traces(world.hass)["objects"]
    for round_ in range(2):
        for topic in TOPICS:
            for payload in ATTACKS.values():
                hear(world, hub, Heard(0.0, topic, payload, retained=bool(round_)))
    await world.passes(2)
    assert log.faults == []
    assert log.too_often() == []
    assert len(hub.devices) == 4
    # what lasts is the outlets that were made up, up to their limit, and the last events of each device
    assert (traces(world.hass)["objects"] - before).total() < 1000


async def test_i4_i12_s4_no_junk_ends_an_alarm_or_a_stop_or_turns_anything_on(
    world: World, hub: BtrHub, log: LogKeeper
) -> None:
    await all_devices_speak(world)
    for number in range(16):
        world.says(
            "sensor",
            {**ORIGINAL_SAMPLE, "timestamp_ms": 5_000_000 + 500 * number, "temp_internal_c": 40 + 5 * number / 2},
        )
        await world.battery_lives(0.5, 40 + 5 * number / 2)
    for number in (1, 2):
        await world.acts("switch", "turn_on", f"switch.bath_lab_{number}_emergency_stop")
    assert [world.value(runaway) for runaway in RUNAWAYS] == [STATE_ON, STATE_ON]

    @EXAMPLES
    @given(st.lists(messages(), max_size=6))
    def whatever_is_heard(heard: list[Heard]) -> None:
        world.forget_sent()
        for one in heard:
            hear(world, hub, one)
        assert [world.value(runaway) for runaway in RUNAWAYS] == [STATE_ON, STATE_ON]
        for device in hub.devices.values():
            if isinstance(device, BathDevice):
                assert device.state.emergency_wanted
        assert told_to_baths(world) <= {("emergency", "on")}

    whatever_is_heard()
    assert log.faults == []
    assert log.too_often() == []
    assert len(hub.devices) == 4


def told_to_baths(world: World) -> set[tuple[str, str]]:
    """Every command that a bath was sent, with its action."""
    orders = [sent for base in (BATH, OUR_BATH) for sent in world.sent(f"{base}/response")]
    return {(command["command"], command.get("action", "")) for order in orders for command in order["commands"]}
