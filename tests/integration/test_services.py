"""The actions: what the model says of a series, and a recording that training can read."""

import logging
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from homeassistant.const import Platform, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import device_registry as dr
from homeassistant.helpers import entity_registry as er
from homeassistant.helpers.recorder import DATA_INSTANCE
from homeassistant.setup import async_setup_component
from homeassistant.util.dt import utcnow

from btr_training.data import Recording, read_recording
from custom_components.btr import recordings, services
from custom_components.btr.const import DOMAIN
from custom_components.btr.core.errors import EngineError
from custom_components.btr.core.messages import DeviceKey, DeviceKind
from custom_components.btr.core.risk.rule_engine import RuleEngine
from custom_components.btr.hub import BtrHub
from custom_components.btr.risk_monitor import RiskMonitor, Role
from tests.integration.models import put_model
from tests.integration.stories import World, bath_telemetry

TEMPERATURE = "sensor.battery_cell_7_internal_temperature"
QUIET = [25.0] * 80
RUNAWAY = [25.0] * 60 + [25.0 + 2.0 * count for count in range(40)]


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """The recorder's fixture wants to be there before Home Assistant, and a log of every SQL statement takes time."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.SENSOR, Platform.BINARY_SENSOR)


@pytest.fixture
async def home(recorder_mock: Any, world: World, tmp_path: Path) -> World:
    """BTR beside a recorder, with a configuration folder of its own."""
    world.hass.config.config_dir = str(tmp_path)
    return world


def device(world: World, identifier: str = "battery_cell-7") -> str:
    """Return the id of a device in the registry."""
    devices = dr.async_entries_for_config_entry(dr.async_get(world.hass), world.entry.entry_id)
    return next(device.id for device in devices if (DOMAIN, identifier) in device.identifiers)


async def ask(world: World, **data: Any) -> dict[str, Any]:
    """The user calls `btr.predict`."""
    answer: Any = await world.hass.services.async_call(DOMAIN, "predict", data, blocking=True, return_response=True)
    return dict(answer)


async def export(world: World, **data: Any) -> dict[str, Any]:
    """The user calls `btr.export_recording`."""
    data = {"device_id": device(world), **data}
    answer: Any = await world.hass.services.async_call(
        DOMAIN, "export_recording", data, blocking=True, return_response=True
    )
    return dict(answer)


def samples(recording: Recording) -> dict[float, float]:
    """What training sees of a file: time in s to degC."""
    return {
        time_s: temp_c
        for times, temps in recording.segments
        for time_s, temp_c in zip(times.tolist(), temps.tolist(), strict=True)
    }


def files(world: World) -> list[Path]:
    """The recordings that are there."""
    return list(Path(world.hass.config.path("btr_recordings")).glob("*"))


# --- predict


async def test_a_quiet_series_is_normal_and_a_runaway_is_danger_with_the_reason_in_words(home: World) -> None:
    quiet, runaway = await ask(home, series=QUIET), await ask(home, series=RUNAWAY)

    assert quiet["level"] == quiet["highest_level"] == "normal"
    assert quiet["probability"] < 0.2
    assert quiet["windows"] == len(quiet["probabilities"]) == 21
    assert runaway["level"] == runaway["highest_level"] == "danger"
    assert runaway["probability"] == runaway["highest_probability"] > 0.5
    assert runaway["probabilities"][-1] == {"time": 49.5, "probability": runaway["probability"]}
    assert 30 < runaway["highest_level_time"] < 40
    assert runaway["why"].startswith("2 of 3 successive windows had a probability of 50 % or more, which is danger")
    assert "{" not in quiet["why"] + runaway["why"]


async def test_the_reason_is_told_in_the_language_of_home_assistant(home: World) -> None:
    home.hass.config.language = "zh-Hans"

    assert "因此是危险" in (await ask(home, series=RUNAWAY))["why"]


async def test_rows_with_times_are_put_on_the_grid_of_the_model(home: World) -> None:
    rows = [{"time": f"2026-11-22T12:00:{count:02}", "temperature": 25.0} for count in range(60)]

    assert (await ask(home, series=rows))["windows"] == 60


async def test_a_long_series_is_answered_by_the_highest_of_each_stretch(home: World) -> None:
    answer = await ask(home, series=[*RUNAWAY, *[25.0] * 2000])

    assert answer["windows"] == 2041
    assert len(answer["probabilities"]) <= services.MOST_LISTED
    assert max(row["probability"] for row in answer["probabilities"]) == answer["highest_probability"] > 0.5
    assert (answer["level"], answer["highest_level"]) == ("normal", "danger")


async def test_the_last_minutes_of_a_battery_come_from_the_recorder(home: World) -> None:
    await home.battery_lives(90)
    quiet = await ask(home, device_id=device(home), minutes=1)
    await home.battery_lives(20, lambda time_s: 25.0 + 3 * time_s)
    runaway = await ask(home, device_id=device(home), minutes=1)

    assert (quiet["level"], runaway["level"]) == ("normal", "danger")
    assert runaway["model"] == quiet["model"]
    assert runaway["engine"] == "onnxruntime"


async def test_a_model_of_the_users_own_can_be_asked_by_its_name(models_folder: Path, home: World) -> None:
    name = put_model(models_folder, "mine", version="7")
    answer = await ask(home, series=RUNAWAY, model=name)

    assert answer["model"] == {"name": "mine", "version": "7"}
    assert (await ask(home, series=RUNAWAY))["model"]["name"] != "mine"


async def test_a_battery_is_judged_by_the_model_that_was_chosen_for_it(models_folder: Path, home: World) -> None:
    name = put_model(models_folder, "mine")
    await home.battery_lives(60)
    hub: BtrHub = home.entry.runtime_data
    await hub.risk.async_choose(DeviceKey(DeviceKind.BATTERY, "cell-7"), Role.ACTIVE, name)

    assert (await ask(home, device_id=device(home)))["model"]["name"] == "mine"


async def test_a_prediction_never_runs_on_the_event_loop(home: World) -> None:
    threads = []

    def predict(engine: RuleEngine, windows: Any) -> Any:
        threads.append(threading.current_thread())
        return np.zeros(len(windows), np.float32)

    with (
        patch.object(RiskMonitor, "async_open", return_value=RuleEngine()),
        patch.object(RuleEngine, "predict", predict),
    ):
        await ask(home, series=QUIET)
    assert threads
    assert threading.main_thread() not in threads


async def test_an_engine_without_an_answer_is_an_error_with_its_reason(home: World) -> None:
    rules = patch.object(RiskMonitor, "async_open", return_value=RuleEngine())
    with rules, patch.object(RuleEngine, "predict", side_effect=EngineError("it is out of order")):
        error = await refused(ask(home, series=QUIET))

    assert error.translation_key == "no_answer"
    assert "it is out of order" in str(error)


# --- export


async def test_training_reads_what_was_exported(home: World) -> None:
    await home.battery_lives(60, 25.0)
    await home.battery_lives(30, lambda time_s: 25.0 + 0.2 * time_s)
    answer = await export(home, minutes=5)

    recording = read_recording(Path(answer["path"]))
    seen = samples(recording)
    assert Path(answer["path"]).parent == Path(home.hass.config.path("btr_recordings"))
    assert not recording.runaway
    assert len(seen) == answer["rows"]
    assert answer["duration"] == max(seen) - min(seen)
    assert answer["duration"] == pytest.approx(90, abs=6)
    end_s = 300.0
    for time_s, temp_c in seen.items():
        assert temp_c == pytest.approx(25.0 + 0.2 * max(0.0, time_s - (end_s - 30)), abs=1.2)
    assert seen[max(seen)] == pytest.approx(30.8, abs=1.2)


async def test_degrees_fahrenheit_of_the_user_are_degrees_celsius_in_the_file(home: World) -> None:
    await home.battery_lives(1)
    er.async_get(home.hass).async_update_entity_options(
        TEMPERATURE, "sensor", {"unit_of_measurement": UnitOfTemperature.FAHRENHEIT}
    )
    await home.battery_lives(60, 30.0)
    assert float(home.value(TEMPERATURE)) == pytest.approx(86.0)

    seen = samples(read_recording(Path((await export(home, minutes=1))["path"])))
    assert set(list(seen.values())[1:]) == {30.0}


async def test_silence_is_a_gap_and_not_a_temperature(home: World) -> None:
    await home.battery_lives(20)
    await home.battery_is_silent(180)
    await home.battery_lives(20)

    seen = sorted(samples(read_recording(Path((await export(home, minutes=5))["path"]))))
    gaps = [after - before for before, after in pairwise(seen) if after - before > 10]
    assert gaps == [pytest.approx(180, abs=20)]


async def test_an_alarm_in_the_period_makes_it_a_runaway_unless_the_user_knows_better(home: World) -> None:
    await home.battery_lives(30)
    before = await export(home, minutes=1)
    await home.battery_lives(10, lambda time_s: 40.0 + 5.0 * time_s)
    after, denied = await export(home, minutes=1), await export(home, minutes=1, runaway=False)
    claimed = await export(home, minutes=1, runaway="true", channel="ambient")

    assert [answer["runaway"] for answer in (before, after, denied, claimed)] == [False, True, False, True]
    for answer in (before, after, denied, claimed):
        assert read_recording(Path(answer["path"])).runaway is answer["runaway"]
    assert "_ambient_" in claimed["path"]


async def test_the_last_alarm_is_exported_with_the_quiet_before_it(home: World) -> None:
    await home.battery_lives(60)
    await home.battery_lives(10, lambda time_s: 40.0 + 5.0 * time_s)
    await home.battery_lives(90, 25.0)

    with patch.object(services, "AFTER_ALARM", timedelta(minutes=1)):
        answer = await export(home, last_alarm=True)
    seen = samples(read_recording(Path(answer["path"])))
    assert answer["runaway"] is True
    assert max(seen.values()) > 70
    raised_s = 600.0
    assert next(iter(seen)) == pytest.approx(raised_s - 65, abs=6)
    assert max(seen) == pytest.approx(raised_s + 60, abs=6)


async def test_a_period_of_the_past_is_exported(home: World) -> None:
    start = utcnow()
    await home.battery_lives(30, 25.0)
    await home.battery_lives(30, 45.0)

    answer = await export(home, start=start, end=start + timedelta(seconds=30))
    seen = samples(read_recording(Path(answer["path"])))
    assert set(seen.values()) == {25.0}
    assert max(seen) <= 30


async def test_the_black_box_is_read_as_far_as_it_goes_back_and_the_recorder_before(home: World) -> None:
    await home.battery_lives(60, lambda time_s: 25.0 + time_s / 100)
    begins = utcnow()
    await home.restarts()
    await home.battery_lives(30, lambda time_s: 26.0 + time_s / 100)
    ends = utcnow()

    box = await export(home, start=begins, end=ends)
    both = await export(home, start=begins - timedelta(seconds=50), end=ends)
    before = await export(home, start=begins - timedelta(seconds=50), end=begins - timedelta(seconds=1))

    assert [answer["source"] for answer in (box, both, before)] == ["black_box", "both", "recorder"]
    fine = samples(read_recording(Path(box["path"])))
    assert list(fine) == [0.5 * count for count in range(60)]
    assert list(fine.values()) == [round(26.0 + time_s / 100, 2) for time_s in fine]
    joined = samples(read_recording(Path(both["path"])))
    assert [time_s - 50 for time_s in joined if time_s >= 50] == list(fine)
    assert 5 < sum(time_s < 50 for time_s in joined) < 30
    assert box["recordings"] == []


async def test_a_file_that_is_there_is_never_overwritten(home: World) -> None:
    await home.battery_lives(20)
    first, second, third = [await export(home, minutes=1) for _ in range(3)]

    assert len({first["path"], second["path"], third["path"]}) == 3
    assert second["path"].endswith("_2.csv")
    assert len({path.read_bytes() for path in files(home)}) == 1


async def test_a_recording_can_be_exported_without_asking_for_an_answer(home: World) -> None:
    await home.battery_lives(20)
    data = {"device_id": device(home), "minutes": 1}
    await home.hass.services.async_call(DOMAIN, "export_recording", data, blocking=True)

    assert len(files(home)) == 1


async def test_a_disk_that_is_full_leaves_no_half_a_file(home: World) -> None:
    await home.battery_lives(20)
    with patch.object(recordings, "as_csv", side_effect=OSError(28, "No space left on device")):
        error = await refused(export(home, minutes=1))

    assert error.translation_key == "recording_not_written"
    assert "No space left on device" in str(error)
    assert files(home) == []


# --- a wrong call


async def refused(call: Any) -> HomeAssistantError:
    """Return the error of a call, which has its text and everything that the text fills in."""
    with pytest.raises(HomeAssistantError) as error:
        await call
    message = str(error.value)
    assert message != error.value.translation_key
    assert not re.search(r"\{[a-z]+\}", message)
    return error.value


WRONG_PREDICTIONS: list[tuple[dict[str, Any], str]] = [
    ({}, "series_or_device"),
    ({"series": QUIET, "device_id": "battery_cell-7"}, "series_or_device"),
    ({"series": []}, "series_empty"),
    ({"series": [25.0, "hot"]}, "series_bad_temperature"),
    ({"series": [{"time": 0}]}, "series_bad_row"),
    ({"series": [{"time": "noon", "temperature": 25}]}, "series_bad_time"),
    ({"series": [{"time": 0, "temperature": 25}] * 2}, "series_not_rising"),
    ({"series": [25.0] * 20_000}, "series_too_long"),
    ({"series": [25.0] * 59}, "series_too_short"),
    ({"series": QUIET, "model": "crystal ball"}, "no_model"),
    ({"device_id": "bath_lab-1"}, "not_a_battery"),
    ({"device_id": "battery_cell-8"}, "nothing_recorded"),
    ({"device_id": "battery_cell-7"}, "series_too_short"),
]
NOON = "2026-11-22T12:00:00+00:00"
WRONG_EXPORTS: list[tuple[dict[str, Any], str]] = [
    ({}, "one_period"),
    ({"minutes": 5, "last_alarm": True}, "one_period"),
    ({"minutes": 5, "end": NOON}, "one_period"),
    ({"last_alarm": True}, "no_alarm"),
    ({"start": "2026-11-22T12:00:04+00:00", "end": NOON}, "period_backwards"),
    ({"start": "2027-01-01T12:00:00+00:00"}, "period_backwards"),
    ({"start": "2026-11-01T12:00:00+00:00"}, "period_too_long"),
    ({"start": "2026-11-21T12:00:00+00:00", "end": "2026-11-21T13:00:00+00:00"}, "nothing_recorded"),
    ({"minutes": 5, "device_id": "bath_lab-1"}, "not_a_battery"),
]


async def test_i9_every_wrong_call_is_refused_with_a_text_that_says_why(home: World, subtests: pytest.Subtests) -> None:
    home.says("compostlab/v2/lab-1/telemetry", bath_telemetry())
    home.says("btr/cell-8/sensor", {"timestamp_ms": 500, "temp_ambient_c": 25.0})
    await home.battery_lives(12)

    for action, calls in ((ask, WRONG_PREDICTIONS), (export, WRONG_EXPORTS)):
        for wrong, key in calls:
            with subtests.test(f"{action.__name__} {key}"):
                named = {"device_id": device(home, wrong["device_id"])} if "device_id" in wrong else {}
                error = await refused(action(home, **{**wrong, **named}))
                assert isinstance(error, ServiceValidationError)
                assert error.translation_key == key
    assert files(home) == []


async def test_i9_a_folder_that_cannot_be_written_is_an_error(home: World, tmp_path: Path) -> None:
    await home.battery_lives(20)
    (tmp_path / "btr_recordings").write_text("a file in the way")

    assert (await refused(export(home, minutes=1))).translation_key == "recording_not_written"


async def test_i9_an_entity_that_is_disabled_has_no_past(home: World) -> None:
    await home.battery_lives(5)
    er.async_get(home.hass).async_update_entity(TEMPERATURE, disabled_by=er.RegistryEntryDisabler.USER)

    assert (await refused(ask(home, device_id=device(home)))).translation_key == "no_entity"


@pytest.fixture
def no_recorder(home: World) -> Iterator[None]:
    """The user runs Home Assistant without a recorder."""
    recorder = home.hass.data.pop(DATA_INSTANCE)
    yield
    home.hass.data[DATA_INSTANCE] = recorder


async def test_i9_without_a_recorder_there_is_no_past_but_a_series_is_judged(home: World, no_recorder: None) -> None:
    await home.battery_lives(5)

    assert (await refused(ask(home, device_id=device(home)))).translation_key == "no_recorder"
    assert (await refused(export(home, minutes=5))).translation_key == "no_recorder"
    assert (await ask(home, series=QUIET))["level"] == "normal"


async def test_i9_a_recorder_that_hangs_is_an_error_in_time(home: World) -> None:
    with patch.object(home.hass.data[DATA_INSTANCE], "async_block_till_done", side_effect=TimeoutError):
        await home.battery_lives(5)
        assert (await refused(export(home, minutes=5))).translation_key == "no_recorder"


async def test_actions_are_there_before_any_entry_and_say_that_none_is_loaded(hass: HomeAssistant) -> None:
    assert await async_setup_component(hass, DOMAIN, {})

    call = hass.services.async_call(DOMAIN, "predict", {"series": QUIET}, blocking=True, return_response=True)
    assert (await refused(call)).translation_key == "not_loaded"
