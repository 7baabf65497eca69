"""The repair issues about devices: raised by what devices say, and withdrawn when it is put right."""

from datetime import timedelta
from unittest.mock import patch

from homeassistant.helpers import translation
from homeassistant.util import dt as dt_util

from custom_components.btr.core.checkup import KNOWN_SCHEMA
from custom_components.btr.core.messages import DeviceKind
from tests.integration.repairs.ailing import (
    CELL,
    CHINESE,
    LAB,
    Issues,
    Node,
    at_time,
    bath_lives,
    both_live,
    ts,
)
from tests.integration.stories import (
    BATH,
    BATTERY_REGISTER,
    NODE,
    OUR_SAMPLE,
    World,
    bath_telemetry,
)

# --- a newer schema


async def test_a_node_of_a_newer_schema_is_told_and_read_all_the_same(world: World, issues: Issues) -> None:
    newer = KNOWN_SCHEMA[DeviceKind.BATTERY] + 1
    world.says(f"{NODE}/register", {**BATTERY_REGISTER, "schema": newer}, retained=True)
    node = Node(world)
    await node.lives(1.1)

    assert issues.told("newer_schema") == {"device": "Battery cell-7", "version": str(newer), "known": "1"}
    assert world.value("binary_sensor.battery_cell_7_sensor_fault") == "off"

    world.says(f"{NODE}/register", BATTERY_REGISTER)
    await node.lives(1.1)
    assert issues("newer_schema") is None


async def test_a_bath_tells_its_schema_in_every_message(world: World, issues: Issues) -> None:
    await bath_lives(world, 2, lambda: {**at_time(), "schema_version": 3})
    assert issues.told("newer_schema", LAB)["version"] == "3"

    await bath_lives(world, 2, at_time)
    assert issues("newer_schema", LAB) is None


# --- two devices with one id


async def test_two_nodes_with_one_id_are_told_until_only_one_is_left(world: World, issues: Issues) -> None:
    first, second = Node(world), Node(world, booted_s=90_000)
    await both_live(first, second, 2.1)
    assert issues.told("shared_id") == {"device": "Battery cell-7"}

    await first.lives(6.1)
    assert issues("shared_id") is None


async def test_two_original_nodes_on_one_broker_are_told(world: World, issues: Issues) -> None:
    await both_live(Node(world, "sensor"), Node(world, "sensor", booted_s=90_000), 2.1)

    assert issues.told("shared_id", "battery_battery") == {"device": "Battery"}


async def test_a_node_that_reboots_wraps_and_sends_late_samples_is_one_node(world: World, issues: Issues) -> None:
    node = Node(world, booted_s=4_294_900)
    for _ in range(8):
        await node.lives(0.5)
        world.says(f"{NODE}/late", {**OUR_SAMPLE, "timestamp_ms": 5, "seq": 0})
        node.up_s, node.count = 3.0, 0
    await node.lives(5.1)

    assert issues("shared_id") is None


async def test_two_original_baths_with_one_code_are_told(world: World, issues: Issues) -> None:
    for _ in range(12):
        await bath_lives(world, 1, at_time)
        world.says(f"{BATH}/telemetry", at_time(TempIn=21, TempOut1=22, TempOut2=22.5, TankTemp=20.5, Heater=0))
        await world.passes(10, 10)

    assert issues.told("shared_id", LAB) == {"device": "Bath lab-1"}


async def test_two_baths_of_ours_with_one_code_are_told(world: World, issues: Issues) -> None:
    for count in range(12):
        await bath_lives(world, 1, lambda count=count: {**at_time(), "seq": count, "uptime_s": 500 + count * 90})
        world.says(f"{BATH}/telemetry", {**at_time(), "seq": 900 + count, "uptime_s": 70_000 + count * 90})
        await world.passes(30, 30)

    assert issues.told("shared_id", LAB) == {"device": "Bath lab-1"}


async def test_messages_that_a_bath_kept_over_an_outage_are_its_own(world: World, issues: Issues) -> None:
    """Twelve of them come between the new ones: of an original by their time, of ours by their mark."""
    for count in range(14):
        await bath_lives(world, 1, lambda count=count: {**at_time(), "seq": 100 + count, "uptime_s": 9000 + 60 * count})
        old = bath_telemetry(TempIn=21, TempOut1=22, TempOut2=22.5, TankTemp=20.5)
        late = {"seq": count, "uptime_s": 3000 + 60 * count, "late": True, "ts": ts(timedelta(hours=2))}
        world.says(f"{BATH}/telemetry", {**old, **late})
        world.says("compostlab/v2/lab-2/telemetry", at_time())
        world.says("compostlab/v2/lab-2/telemetry", {**old, "ts": ts(timedelta(hours=2))})
    await world.passes(60, 30)

    assert not {issue for issue in issues.all if issue.startswith("shared_id")}


# --- the clock


async def test_a_bath_whose_clock_is_wrong_is_told_until_it_is_right(world: World, issues: Issues) -> None:
    await bath_lives(world, 9, lambda: {**bath_telemetry(), "ts": ts(timedelta(hours=1))})
    assert issues("clock_wrong", LAB) is None
    await bath_lives(world, 4, lambda: {**bath_telemetry(), "ts": ts(timedelta(hours=1))})
    assert issues.told("clock_wrong", LAB) == {"device": "Bath lab-1", "minutes": "60"}

    await bath_lives(world, 3, at_time)
    assert issues("clock_wrong", LAB) is None


async def test_a_bath_whose_clock_is_never_set_is_told_but_not_at_boot(world: World, issues: Issues) -> None:
    await bath_lives(world, 8, bath_telemetry)
    assert issues("clock_unset", LAB) is None
    await bath_lives(world, 4, bath_telemetry)
    assert issues.told("clock_unset", LAB) == {"device": "Bath lab-1"}

    await bath_lives(world, 1, at_time)
    assert issues("clock_unset", LAB) is None


async def test_a_node_of_ours_says_itself_whether_its_clock_is_set(world: World, issues: Issues) -> None:
    node = Node(world, utc="unsynced")
    await node.lives(11.1)
    assert issues.told("clock_unset") == {"device": "Battery cell-7"}

    node.fields["utc"] = lambda: int(dt_util.utcnow().timestamp()) - 1800
    await node.lives(11.1)
    assert issues("clock_unset") is None
    assert issues.told("clock_wrong")["minutes"] == "30"


async def test_an_original_node_has_no_clock_to_be_wrong(world: World, issues: Issues) -> None:
    await Node(world, "sensor").lives(11.1)

    assert not {issue for issue in issues.all if issue.startswith("clock")}


# --- probes


async def test_a_probe_that_stays_broken_is_named_with_what_is_known_of_it(world: World, issues: Issues) -> None:
    node = Node(world, "sensor", temp_internal_c=988.79)
    await node.lives(4)
    assert issues("probe_failed", "battery_battery") is None
    await node.lives(3.1)
    told = issues.told("probe_failed", "battery_battery")
    assert told == {"device": "Battery", "probes": "Internal temperature (wire broken or unplugged)"}

    node.fields = {"temp_internal_c": -242.02, "max30105_smoke": "nan"}
    await node.lives(6.1)
    told = issues.told("probe_failed", "battery_battery")
    assert told["probes"] == "Smoke signal (no usable value), Internal temperature (short circuit)"

    node.fields = {}
    await node.lives(3.1)
    assert issues("probe_failed", "battery_battery") is None


async def test_probes_of_a_bath_are_named(world: World, issues: Issues) -> None:
    await bath_lives(world, 8, lambda: at_time(TempOut2=-127, TankTemp=None))
    told = issues.told("probe_failed", LAB)
    assert told["probes"] == "Outlet 2 temperature (no usable value), Tank temperature (no usable value)"

    await bath_lives(world, 4, at_time)
    assert issues("probe_failed", LAB) is None


async def test_the_names_are_in_the_language_of_home_assistant(world: World, issues: Issues) -> None:
    translation.async_setup(world.hass)
    await world.hass.config.async_update(language="zh-Hans")
    await world.hass.async_block_till_done()
    await bath_lives(world, 8, lambda: at_time(TempOut2=-127, TankTemp=None))

    assert issues.told("probe_failed", LAB)["probes"] == CHINESE


async def test_a_thermometer_that_repeats_itself_while_the_air_warms_is_told(world: World, issues: Issues) -> None:
    node = Node(world, temp_internal_c=25.0)
    node.fields["temp_ambient_c"] = lambda: round(20 + node.count / 3, 2)
    with patch("custom_components.btr.core.probe_watch.FROZEN_S", 180):
        await node.lives(4.1)

    assert issues.told("probe_failed")["probes"] == "Internal temperature (the same value for half an hour)"
    assert issues.all & {f"shared_id_{CELL}"} == set()


# --- the last will


async def test_devices_without_a_last_will_are_told_once_and_all_together(world: World, issues: Issues) -> None:
    """An issue for each would be noise: it is how the original firmware is."""
    about = world.entry.entry_id
    node = Node(world, "sensor")
    world.says(f"{BATH}/telemetry", at_time())
    await node.lives(9)
    assert issues("no_last_will", about) is None
    for _ in range(3):
        world.says(f"{BATH}/telemetry", at_time())
        await node.lives(1)

    assert issues.told("no_last_will", about) == {"devices": "Bath lab-1, Battery"}
    assert not {issue for issue in issues.all if "will" in issue} - {f"no_last_will_{about}"}


async def test_a_device_of_ours_whose_last_will_is_not_heard_is_told(world: World, issues: Issues) -> None:
    world.says(f"{NODE}/register", BATTERY_REGISTER, retained=True)
    node = Node(world)
    await node.lives(11.1)
    assert issues.told("will_unheard") == {"device": "Battery cell-7"}

    world.says(f"{NODE}/availability", "online", retained=True)
    await node.lives(1.1)
    assert issues("will_unheard") is None


async def test_a_last_will_that_comes_before_the_device_is_known_counts(world: World, issues: Issues) -> None:
    """Retained messages come in any order."""
    world.says(f"{NODE}/availability", "online", retained=True)
    world.says(f"{NODE}/register", BATTERY_REGISTER, retained=True)
    await Node(world).lives(12)

    assert not {issue for issue in issues.all if "will" in issue}
