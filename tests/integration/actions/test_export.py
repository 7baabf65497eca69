"""`btr.export_recording`: a recording that training can read."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

import pytest
from homeassistant.const import UnitOfTemperature
from homeassistant.helpers import entity_registry as er
from homeassistant.util.dt import utcnow

from btr_training.data import read_recording
from custom_components.btr import recordings, services
from custom_components.btr.const import DOMAIN
from tests.integration.actions.calls import TEMPERATURE, device, export, files, refused, samples
from tests.integration.stories import World


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
