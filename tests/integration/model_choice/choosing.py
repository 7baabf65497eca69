"""What the stories of the user's own models have in common: entities, the choice, a battery that is quiet."""

from homeassistant.helpers import issue_registry as ir

from custom_components.btr.const import DOMAIN
from tests.integration.stories import World

MODEL = "select.battery_cell_7_model"
ENGINE = "sensor.battery_cell_7_inference_engine"
AT_WORK = "sensor.battery_cell_7_model"
RISK = "sensor.battery_cell_7_runaway_risk"
LEVEL = "sensor.battery_cell_7_risk_level"
RUNAWAY = "binary_sensor.battery_cell_7_thermal_runaway"
SET_ASIDE = "model_set_aside_mine.onnx"


async def choose(world: World, option: str, entity_id: str = MODEL) -> None:
    """The user chooses a model."""
    await world.acts("select", "select_option", entity_id, option=option)


async def a_battery(world: World, seconds: float = 40) -> None:
    """A quiet battery, long enough for every model."""
    await world.battery_lives(seconds)
    assert world.value(LEVEL) == "normal"


def reason_of(registry: ir.IssueRegistry, issue_id: str = SET_ASIDE) -> str:
    """Why the user is told that a model is not used."""
    issue = registry.async_get_issue(DOMAIN, issue_id)
    assert issue is not None
    assert issue.translation_placeholders is not None
    return issue.translation_placeholders["reason"]
