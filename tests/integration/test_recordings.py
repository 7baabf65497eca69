"""The black box: what led to an alarm is a file that training can read, and a disk that fails breaks no alarm."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError

from btr_training.data import read_recording
from custom_components.btr import recordings
from custom_components.btr.core.recording import black_box_channel, file_name
from custom_components.btr.recordings import age_out, list_names
from tests.integration.stories import World

SAVE = "button.battery_cell_7_save_recording"
ACKNOWLEDGE = "button.battery_cell_7_acknowledge_alarm"
DRILL = "switch.battery_cell_7_drill"
FULL = OSError(28, "No space left on device")


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.BUTTON, Platform.SWITCH)


@pytest.fixture
def options() -> dict[str, Any]:
    """The shortest black box: half a minute after an alarm it is written."""
    return {"black_box_length": 1}


def files(world: World) -> list[Path]:
    """The recordings that are there, by name."""
    folder: Path = world.entry.runtime_data.recordings.folder
    return sorted(folder.iterdir()) if folder.exists() else []


def names(world: World) -> list[str]:
    """Channel and end of the name of each recording."""
    return [path.name.removeprefix("temp_data_cell-7_") for path in files(world)]


def heat(time_s: float) -> float:
    """A cell that runs away."""
    return min(40.0 + 5.0 * time_s, 200.0)


async def test_what_led_to_a_danger_is_written_once_with_the_runaway_in_it(world: World) -> None:
    await world.battery_lives(20, 25.0)
    await world.battery_lives(15, heat)
    assert files(world) == []
    await world.battery_lives(60, lambda time_s: heat(15.0 + time_s))
    (battery,) = world.entry.runtime_data.devices.values()
    assert battery.state.alarm.active

    assert names(world) == [
        "ambient-blackbox_20261122T120000_exception.csv",
        "internal-blackbox_20261122T120000_exception.csv",
    ]
    assert files(world)[1].read_text().startswith("Time,Temperature\n0.000,25.00\n0.500,25.00\n")
    recording = read_recording(files(world)[1])
    ((times_s, temps_c),) = recording.segments
    assert recording.runaway
    assert times_s.tolist() == [0.5 * count for count in range(len(times_s))]
    assert temps_c[:40].tolist() == [25.0] * 40
    assert temps_c[40:70].tolist() == pytest.approx([heat(count / 2) for count in range(30)], abs=0.01)
    assert 50 <= times_s[-1] <= 60
    assert world.entry.runtime_data.counters["recordings_written"] == 2


async def test_a_warning_is_nothing_to_record(world: World) -> None:
    await world.battery_lives(100, lambda time_s: min(46.0 + time_s / 10, 52.0))
    (battery,) = world.entry.runtime_data.devices.values()
    assert battery.state.alarm.record.is_open
    assert not battery.state.alarm.record.is_latched
    assert files(world) == []


@pytest.mark.parametrize("options", [{"black_box_length": 10}])
async def test_a_danger_that_is_over_before_it_was_written_is_no_runaway(world: World) -> None:
    await world.battery_lives(5, 25.0)
    (battery,) = world.entry.runtime_data.devices.values()
    await world.battery_lives(10, heat)
    await world.acts("button", "press", ACKNOWLEDGE)
    await world.battery_lives(100, lambda time_s: max(25.0, 85.0 - 2 * time_s))

    assert not battery.state.alarm.active
    assert names(world) == ["ambient-blackbox_20261122T120000.csv", "internal-blackbox_20261122T120000.csv"]


@pytest.mark.parametrize("ending", ["unload", "stop"])
async def test_i10_an_unload_or_a_stop_during_an_alarm_loses_nothing(
    hass: HomeAssistant, world: World, ending: str
) -> None:
    await world.battery_lives(10, 25.0)
    await world.battery_lives(10, heat)
    folder = world.entry.runtime_data.recordings.folder
    if ending == "unload":
        assert await hass.config_entries.async_unload(world.entry.entry_id)
    else:
        await hass.async_stop(force=True)

    (internal,) = folder.glob("*_internal-blackbox_*_exception.csv")
    assert read_recording(internal).segments[0][1].max() > 80


async def test_a_danger_goes_on_to_be_recorded_after_a_restart(world: World) -> None:
    """Given a restart a few seconds after a danger, the time before it and the time after it are both written."""
    await world.battery_lives(10, 25.0)
    await world.battery_lives(10, heat)
    await world.restarts()
    assert len(files(world)) == 2
    await world.battery_lives(5, 90.0)
    assert len(files(world)) == 2
    await world.passes(30, step_s=5)
    assert len(files(world)) == 4
    await world.passes(90, step_s=10)
    assert len(files(world)) == 4, "once"


async def test_a_danger_of_long_ago_is_not_recorded_at_every_restart(world: World) -> None:
    await world.battery_lives(10, 25.0)
    await world.battery_lives(10, heat)
    await world.passes(3700, step_s=100)
    before = len(files(world))
    await world.restarts()
    await world.battery_lives(2, 60.0)
    await world.passes(60, step_s=10)
    assert len(files(world)) == before


async def test_an_alarm_goes_on_over_a_full_disk_with_one_line_in_the_log(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.battery_lives(20, 25.0)
    with patch.object(recordings, "as_csv", side_effect=FULL):
        await world.battery_lives(50, heat)

    (battery,) = world.entry.runtime_data.devices.values()
    assert battery.state.alarm.active
    assert files(world) == []
    assert world.entry.runtime_data.counters["recordings_failed"] == 1
    assert [record.levelname for record in caplog.records if "No space left" in record.getMessage()] == ["WARNING"]


async def test_a_drill_writes_nothing(world: World) -> None:
    await world.battery_lives(20, 25.0)
    await world.acts("switch", "turn_on", DRILL)
    await world.battery_lives(100, 25.0)

    assert files(world) == []


async def test_the_user_saves_a_recording_whenever_it_is_worth_it(world: World) -> None:
    await world.battery_lives(90, lambda time_s: 25.0 + time_s / 10)
    await world.acts("button", "press", SAVE)
    await world.acts("button", "press", SAVE)

    assert names(world) == [
        "ambient-blackbox_20261122T120030.csv",
        "ambient-blackbox_20261122T120030_2.csv",
        "internal-blackbox_20261122T120030.csv",
        "internal-blackbox_20261122T120030_2.csv",
    ]
    recording = read_recording(files(world)[2])
    assert not recording.runaway
    assert len(recording.segments[0][0]) == 120


async def test_i9_a_recording_that_cannot_be_saved_is_an_error_with_its_reason(world: World) -> None:
    await world.battery_lives(5)
    with patch.object(Path, "replace", side_effect=FULL), pytest.raises(HomeAssistantError) as error:
        await world.acts("button", "press", SAVE)
    assert error.value.translation_key == "recording_not_written"
    assert "No space left on device" in str(error.value)
    assert files(world) == []

    await world.restarts()
    with pytest.raises(HomeAssistantError) as error:
        await world.acts("button", "press", SAVE)
    assert error.value.translation_key == "nothing_to_save"


async def test_a_device_that_is_deleted_is_written_no_more(world: World) -> None:
    await world.battery_lives(10, 25.0)
    await world.battery_lives(8, heat)
    await world.passes(20)
    hub = world.entry.runtime_data
    (battery,) = hub.devices.values()
    assert hub.forget(battery.key)
    await world.passes(60)
    assert files(world) == []


# --- what is kept


def put(folder: Path, number: int, *, runaway: bool = False, channel: str | None = None) -> Path:
    """A recording of a kilobyte, the older the smaller its number."""
    start = datetime.fromisoformat(f"2026-01-{number:02}T00:00:00+00:00")
    path = folder / file_name("cell-7", channel or black_box_channel("internal"), start, runaway=runaway)
    path.write_bytes(b"x" * 1000)
    os.utime(path, (number, number))
    return path


async def test_what_a_power_cut_left_half_written_is_swept(world: World) -> None:
    await world.battery_lives(5)
    folder = world.entry.runtime_data.recordings.folder
    folder.mkdir()
    for name in (".temp_data_cell-7_internal-blackbox_20260101T000000.csv.part", ".mine.part", "temp_data_mine.part"):
        (folder / name).touch()
    await world.acts("button", "press", SAVE)

    left = [path.name for path in files(world) if path.name.endswith(".part")]
    assert left == [".mine.part", "temp_data_mine.part"], "what is not ours stays"


def test_the_oldest_go_first_a_runaway_last_and_what_the_user_exported_never(tmp_path: Path) -> None:
    runaway, exported = put(tmp_path, 1, runaway=True), put(tmp_path, 2, channel="internal")
    quiet = [put(tmp_path, number) for number in range(3, 8)]

    assert age_out(tmp_path, most_files=4) == 2
    assert sorted(tmp_path.iterdir()) == sorted([runaway, exported, *quiet[2:]])
    assert age_out(tmp_path, most_bytes=2500) == 2
    assert sorted(tmp_path.iterdir()) == sorted([runaway, exported, quiet[-1]])
    assert age_out(tmp_path, keep=[quiet[-1]], most_files=1) == 1
    assert sorted(tmp_path.iterdir()) == sorted([exported, quiet[-1]])
    assert age_out(tmp_path, keep=[quiet[-1]], most_files=0) == 0


def test_the_newest_are_listed_first_and_only_those_of_the_battery(tmp_path: Path) -> None:
    old, new = put(tmp_path, 1, runaway=True), put(tmp_path, 2)
    put(tmp_path, 3, channel="internal")
    (tmp_path / new.name.replace("cell-7", "cell-77")).touch()

    assert list_names(tmp_path, "cell-7") == [new.name, old.name]
    assert list_names(tmp_path / "missing", "cell-7") == []
