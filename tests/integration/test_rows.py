"""I3: what a quiet node and a bath cost the recorder, beside Home Assistant's own MQTT sensors in the same run.

``python -m benchmarks.day`` runs this for a whole day of the story; here a quarter of an hour must do.
"""

import json
import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from homeassistant.components.recorder import Recorder
from homeassistant.core import HomeAssistant
from homeassistant.helpers.recorder import session_scope
from homeassistant.util.dt import utcnow
from pytest_homeassistant_custom_component.common import async_fire_mqtt_message, async_fire_time_changed
from sqlalchemy import text

from benchmarks.nodes import FIELDS, PERIOD_S, QuietNode
from custom_components.btr.hub import BtrHub
from tests.integration.stories import BATH, World, bath_telemetry

DAY_S = 86_400.0
ROWS_OF_A_DAY = 20_000
ROWS = text(
    "SELECT meta.entity_id, COUNT(*) FROM states JOIN states_meta AS meta USING (metadata_id) "
    "WHERE last_updated_ts >= :since GROUP BY meta.entity_id"
)
# A probe of a bath moves by steps of its converter; its heater is on every other ten minutes
STEP_K = 1 / 16
HEATER_S = 600.0


@dataclass(frozen=True)
class Plan:
    """Seconds with the plain sensors, and without; where it is written how many rows there are, part after part."""

    beside_s: float
    alone_s: float
    parts: int = 1
    report: Path | None = None

    @classmethod
    def of_environment(cls) -> Plan:
        """A benchmark says it in the environment."""
        if (hours := os.environ.get("BTR_ROWS_HOURS")) is None:
            return cls(beside_s=30.0, alone_s=360.0)
        return cls(300.0, float(hours) * 3600, round(float(hours)), Path(os.environ["BTR_ROWS_REPORT"]))


@pytest.fixture
def mock_recorder_before_hass(async_test_recorder: Any) -> None:
    """The recorder's fixture wants to be there before Home Assistant, and a log of every SQL statement takes time."""
    logging.getLogger("sqlalchemy.engine").setLevel(logging.WARNING)


@pytest.fixture
def _quick(hass: HomeAssistant) -> Iterator[None]:
    """Without what only helps to find out where a task comes from, and without a log of it."""
    hass.loop.set_debug(False)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


class QuietHome:
    """A node that publishes at 2 Hz and a bath once a minute, with the noise of their sensors, and nothing happens."""

    def __init__(self, world: World, recorder: Recorder) -> None:
        self.node = QuietNode(0)
        self._world = world
        self._recorder = recorder
        self._random = Random(1)
        self._count = 0

    async def lives(self, seconds: float) -> float:
        """So much time passes; returns when it began."""
        since, hub = utcnow().timestamp(), self._world.entry.runtime_data
        assert isinstance(hub, BtrHub)
        for _ in range(round(seconds / PERIOD_S)):
            time_s = self._count * PERIOD_S
            async_fire_mqtt_message(self._world.hass, self.node.topic, self.node.payload(round(time_s * 1000)))
            if time_s % 60.0 == 0.0:
                self._world.says(f"{BATH}/telemetry", self._telemetry(time_s))
                async_fire_time_changed(self._world.hass)
            self._world.freezer.tick(PERIOD_S)
            hub._tick(utcnow())
            await self._world.hass.async_block_till_done()
            self._count += 1
        return since

    async def lives_beside_plain_sensors(self, seconds: float) -> float:
        """Home Assistant's own MQTT sensors, one for each field with a value template, are there for a while."""
        sensors = {field: f"homeassistant/sensor/{field}/config" for field in FIELDS}
        for field, topic in sensors.items():
            sensor = {
                "name": field,
                "unique_id": f"plain_{field}",
                "default_entity_id": f"sensor.plain_{field}",
                "state_topic": self.node.topic,
                "value_template": f"{{{{ value_json.{field} }}}}",
            }
            async_fire_mqtt_message(self._world.hass, topic, json.dumps(sensor))
        await self._world.hass.async_block_till_done()
        since = await self.lives(seconds)
        for topic in sensors.values():
            async_fire_mqtt_message(self._world.hass, topic, "")
        await self._world.hass.async_block_till_done()
        return since

    async def rows(self, since: float) -> Counter[str]:
        """The rows of each entity that were written since then."""

        def read() -> Counter[str]:
            with session_scope(hass=self._world.hass, read_only=True) as session:
                return Counter({str(name): int(count) for name, count in session.execute(ROWS, {"since": since})})

        await self._recorder.async_block_till_done()
        return await self._recorder.async_add_executor_job(read)

    def _telemetry(self, time_s: float) -> dict[str, Any]:
        usual = {"TempIn": 45.5, "TempOut1": 55.25, "TempOut2": 55.5, "TankTemp": 70.0}
        noisy = {name: value + STEP_K * self._random.choice((-1, 0, 0, 0, 1)) for name, value in usual.items()}
        return bath_telemetry(**noisy, Heater=int(time_s % (2 * HEATER_S) < HEATER_S), Pump=0)


def of(rows: Counter[str], device: str) -> int:
    """The rows of one device."""
    return sum(count for entity, count in rows.items() if entity.partition(".")[2].startswith(device))


@pytest.mark.usefixtures("_quick")
async def test_i3_a_quiet_node_costs_a_hundredth_of_what_plain_sensors_cost(
    recorder_mock: Recorder, world: World
) -> None:
    plan = Plan.of_environment()
    home = QuietHome(world, recorder_mock)
    await home.lives(10.0)
    plain = of(await home.rows(await home.lives_beside_plain_sensors(plan.beside_s)), "plain_")
    rows: Counter[str] = Counter()
    found: dict[str, Any] = {}
    for part in range(1, plan.parts + 1):
        rows += await home.rows(await home.lives(plan.alone_s / plan.parts))
        days = plan.alone_s * part / plan.parts / DAY_S
        found = {
            "simulated_hours": days * 24,
            "battery_rows_per_day": of(rows, "battery_bench001") / days,
            "bath_rows_per_day": of(rows, "bath_lab_1") / days,
            "plain_sensors_rows_per_day": plain * DAY_S / plan.beside_s,
            "rows_of": dict(rows.most_common(20)),
        }
        if plan.report is not None:
            plan.report.write_text(json.dumps(found))
    assert 100 < found["battery_rows_per_day"] < ROWS_OF_A_DAY
    assert 100 < found["bath_rows_per_day"] < ROWS_OF_A_DAY
    assert found["plain_sensors_rows_per_day"] > 100 * found["battery_rows_per_day"]
