"""All blueprints: Home Assistant imports them by their address, offers every input, and takes their defaults."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.automation.config import AUTOMATION_BLUEPRINT_SCHEMA
from homeassistant.components.automation.helpers import async_get_blueprints
from homeassistant.components.blueprint import models
from homeassistant.components.blueprint.importer import fetch_blueprint_from_url
from homeassistant.core import HomeAssistant
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml as yaml_util
from pytest_homeassistant_custom_component.test_util.aiohttp import AiohttpClientMocker

from custom_components.btr.core.alarm import AlarmSettings
from custom_components.btr.core.alarm_life import LEAST_SNOOZE_S, LONGEST_SNOOZE_S, SNOOZE_S
from custom_components.btr.core.state import BathCause
from tests.integration.blueprint_stories import FOLDER, imports_blueprints

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))
LEVELS = {"warning", "danger"}
PAGE = (ROOT / "docs" / "examples.md").read_text()
YAML = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def blueprint(name: str) -> models.Blueprint:
    data = yaml_util.load_yaml_dict(FOLDER / f"{name}.yaml")
    return models.Blueprint(data, expected_domain="automation", path=name, schema=AUTOMATION_BLUEPRINT_SCHEMA)


def address(name: str) -> str:
    """Return where a user finds the blueprint in the repository that the manifest names."""
    manifest = json.loads((ROOT / "custom_components" / "btr" / "manifest.json").read_text())
    return f"{manifest['documentation']}/blob/main/{(FOLDER / name).relative_to(ROOT)}.yaml"


def options(name: str, key: str) -> set[str]:
    select: dict[str, Any] = blueprint(name).inputs[key]["selector"]["select"]
    return {option["value"] for option in select["options"]}


def test_all_four_are_there() -> None:
    assert NAMES == ["bath_fault_alert", "critical_phone_alert", "cut_charger", "weekly_drill"]


@pytest.mark.parametrize("name", NAMES)
def test_every_input_is_used_explained_and_chosen_by_a_selector(name: str) -> None:
    made = blueprint(name)
    body = {key: value for key, value in made.data.items() if key != "blueprint"}
    assert yaml_util.extract_inputs(body) == set(made.inputs)
    for key, given in made.inputs.items():
        assert given["name"], key
        assert given["selector"], key
        assert given.get("description") or "text" in given["selector"], key


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_and_what_it_needs(name: str) -> None:
    made = blueprint(name)
    least = json.loads((ROOT / "hacs.json").read_text())["homeassistant"]
    assert made.metadata["homeassistant"]["min_version"] == least
    assert made.validate() is None
    assert made.name.startswith("BTR: ")
    assert len(made.metadata["description"]) > 100


@pytest.mark.parametrize("name", NAMES)
def test_only_what_is_the_users_has_no_default(name: str) -> None:
    needed = {key for key, given in blueprint(name).inputs.items() if "default" not in given}
    assert needed <= {"devices", "baths", "phones", "chargers"}


@pytest.mark.parametrize("name", NAMES)
async def test_home_assistant_imports_it_by_its_address(
    hass: HomeAssistant, aioclient_mock: AiohttpClientMocker, name: str
) -> None:
    raw = address(name).replace("https://github.com", "https://raw.githubusercontent.com").replace("/blob/", "/")
    aioclient_mock.get(raw, text=(FOLDER / f"{name}.yaml").read_text())
    imported = await fetch_blueprint_from_url(hass, address(name))
    assert imported.suggested_filename.endswith(f"/{name}")
    assert imported.blueprint.domain == "automation"


async def test_home_assistant_lists_all_of_them_beside_its_own(hass: HomeAssistant, tmp_path: Path) -> None:
    imports_blueprints(hass, tmp_path)
    assert await async_setup_component(hass, "automation", {})
    found = await async_get_blueprints(hass).async_get_blueprints()
    ours = {Path(path).stem: made for path, made in found.items() if path.startswith("btr/")}
    assert sorted(ours) == NAMES
    assert all(isinstance(made, models.Blueprint) for made in ours.values())


def test_what_can_be_chosen_is_what_there_is() -> None:
    assert options("bath_fault_alert", "causes") == {cause.value for cause in BathCause}
    assert set(blueprint("bath_fault_alert").inputs["causes"]["default"]) == options("bath_fault_alert", "causes")
    for name in ("bath_fault_alert", "critical_phone_alert", "cut_charger"):
        assert options(name, "levels") == LEVELS
    snooze = blueprint("critical_phone_alert").inputs["snooze_minutes"]
    assert snooze["default"] == SNOOZE_S / 60
    assert snooze["selector"]["number"]["min"] == LEAST_SNOOZE_S / 60
    assert snooze["selector"]["number"]["max"] == LONGEST_SNOOZE_S / 60


def test_the_picture_on_the_page_is_what_arrives() -> None:
    picture = (ROOT / "docs" / "images" / "phone-alert.svg").read_text()
    shown = " ".join(re.findall(r">([^<]+)</text>", picture))
    texts = json.loads((ROOT / "custom_components" / "btr" / "translations" / "en.json").read_text())
    reason = texts["selector"]["alarm_reason"]["options"]["temperature"]
    internal = texts["entity"]["sensor"]["temp_internal_c"]["name"]
    because = reason.format(channel=internal, value="85.0", limit=f"{AlarmSettings().internal_danger_c:.1f}")
    raised = texts["selector"]["alarm_event"]["options"]["raised"]
    assert raised.format(device="Battery cell-7", level="Danger", reason=because) in shown
    inputs = blueprint("critical_phone_alert").inputs
    for key in ("alarm_title", "acknowledge_title", "snooze_title"):
        assert inputs[key]["default"] in shown


@pytest.mark.parametrize("name", NAMES)
def test_the_page_of_examples_has_a_button_that_imports_it(name: str) -> None:
    links = re.findall(r"https://my\.home-assistant\.io/redirect/blueprint_import/\?blueprint_url=(\S+?)\)", PAGE)
    assert address(name) in links


@pytest.mark.usefixtures("world")
@pytest.mark.parametrize("text", YAML, ids=lambda text: text.splitlines()[0].removeprefix("alias: "))
async def test_home_assistant_takes_every_automation_of_the_page(hass: HomeAssistant, text: str) -> None:
    assert await async_setup_component(hass, "automation", {"automation": yaml_util.parse_yaml(text)})
    await hass.async_block_till_done()
    (state,) = hass.states.async_all("automation")
    assert state.state == "on"
    await hass.services.async_call("automation", "turn_off", {"entity_id": state.entity_id}, blocking=True)
