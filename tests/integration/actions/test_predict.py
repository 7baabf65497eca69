"""`btr.predict`: what the model says of a series, and of the last minutes of a battery."""

import threading
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from custom_components.btr import services
from custom_components.btr.core.errors import EngineError
from custom_components.btr.core.messages import DeviceKey, DeviceKind
from custom_components.btr.core.risk.rule_engine import RuleEngine
from custom_components.btr.hub import BtrHub
from custom_components.btr.risk_monitor import RiskMonitor, Role
from tests.integration.actions.calls import QUIET, RUNAWAY, ask, device, refused
from tests.integration.models import put_model
from tests.integration.stories import World


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
