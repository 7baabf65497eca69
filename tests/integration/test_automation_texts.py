"""What the editor of automations shows of our triggers and conditions is what the code takes, in both languages."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.const import Platform
from homeassistant.core import HomeAssistant
from homeassistant.helpers import condition, selector, trigger
from homeassistant.helpers import config_validation as cv
from homeassistant.setup import async_setup_component
from homeassistant.util import yaml
from probatio import Optional, Schema
from pytest_homeassistant_custom_component.typing import WebSocketGenerator

from custom_components.btr.condition import CONDITIONS
from custom_components.btr.trigger import TRIGGERS
from tests.integration.stories import World

INTEGRATION = Path(__file__).parents[2] / "custom_components" / "btr"
CODE: dict[str, dict[str, Any]] = {"triggers": dict(TRIGGERS), "conditions": dict(CONDITIONS)}
DESCRIBED = {
    kind: {key: value for key, value in yaml.load_yaml_dict(str(INTEGRATION / f"{kind}.yaml")).items() if key[0] != "."}
    for kind in CODE
}
KEYS = [(kind, key) for kind, keys in CODE.items() for key in keys]
PAGES = {kind: (INTEGRATION.parents[1] / "docs" / f"{kind}.md").read_text() for kind in CODE}
ICONS = json.loads((INTEGRATION / "icons.json").read_text())
# What hassfest takes
STRICT = Schema(
    {
        Optional("target"): selector.TargetSelector.CONFIG_SCHEMA,
        Optional("fields"): {
            str: {
                Optional("default"): object,
                Optional("required"): bool,
                Optional("selector"): selector.validate_selector,
            }
        },
    }
)
ABOVE = {"type": "above", "value": {"number": 50}}


@pytest.fixture
def platforms() -> tuple[Platform, ...]:
    return (Platform.EVENT,)


def texts(language: str) -> dict[str, Any]:
    """The texts of a language."""
    read: dict[str, Any] = json.loads((INTEGRATION / "translations" / f"{language}.json").read_text())
    return read


def options_of(kind: str, key: str, options: dict[str, Any]) -> dict[str, Any]:
    """What the code makes of options that a user chose."""
    domain = DESCRIBED[kind][key]["target"]["entity"][0]["domain"]
    taken: dict[str, Any] = CODE[kind][key]._schema({"target": {"entity_id": f"{domain}.x"}, "options": options})
    return dict(taken["options"])


@pytest.mark.parametrize("kind", list(CODE))
def test_code_description_icons_and_texts_have_the_same_keys(kind: str) -> None:
    """Nothing is offered that is not there, and nothing is there that is not offered."""
    name = kind.removesuffix("s")
    assert set(DESCRIBED[kind]) == set(CODE[kind]) == set(ICONS[kind])
    assert all(set(icon) == {name} and icon[name].startswith("mdi:") for icon in ICONS[kind].values())
    for language in ("en", "zh-Hans"):
        assert set(texts(language)[kind]) == set(CODE[kind])


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_a_description_is_what_the_code_takes(kind: str, key: str) -> None:
    """The defaults of the editor are the defaults of the code, and every field is an option of it."""
    description = STRICT(DESCRIBED[kind][key])
    fields: dict[str, Any] = description.get("fields", {})
    assert all(entity["integration"] == "btr" for entity in description["target"]["entity"])
    defaults = {name: field["default"] for name, field in fields.items() if "default" in field and name != "for"}
    rest: dict[str, Any] = {"threshold": ABOVE} if "threshold" in fields else {}
    rest |= {name: ["danger"] for name in fields if name not in defaults and name not in {"for", "threshold"}}
    taken = options_of(kind, key, rest)
    assert {name: taken[name] for name in defaults} == defaults
    assert set(taken) == set(fields) - {"for"}
    if "for" in fields:
        assert "for" in options_of(kind, key, {**rest, "for": {"minutes": 1}})


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_every_field_and_every_choice_has_its_text_and_can_be_chosen(kind: str, key: str, language: str) -> None:
    """Nobody has to guess, and no choice is refused."""
    told, fields = texts(language)[kind][key], DESCRIBED[kind][key].get("fields", {})
    assert told["name"]
    assert told["description"]
    assert set(told.get("fields", {})) == set(fields)
    for name, field in fields.items():
        assert told["fields"][name]["name"]
        assert told["fields"][name]["description"]
        if (select := field["selector"].get("select")) is not None:
            assert set(texts(language)["selector"][select["translation_key"]]["options"]) == set(select["options"])
            assert options_of(kind, key, {name: select["options"]})[name] == select["options"]


async def test_home_assistant_reads_every_description(hass: HomeAssistant, world: World) -> None:
    """Its own reader takes the files as they are."""
    read = {
        "triggers": await trigger.async_get_all_descriptions(hass),
        "conditions": await condition.async_get_all_descriptions(hass),
    }
    for kind, key in KEYS:
        description = read[kind][f"btr.{key}"]
        assert description is not None
        assert description["target"]["entity"][0]["integration"] == "btr"
        assert set(description["fields"]) == set(DESCRIBED[kind][key].get("fields", {}))


@pytest.mark.parametrize("kind", list(CODE))
async def test_the_editor_is_offered_all_of_them(
    hass: HomeAssistant, world: World, hass_ws_client: WebSocketGenerator, kind: str
) -> None:
    """As the frontend asks for them."""
    assert await async_setup_component(hass, "websocket_api", {})
    client = await hass_ws_client()
    await client.send_json_auto_id({"type": f"{kind.removesuffix('s')}_platforms/subscribe"})
    assert (await client.receive_json())["success"]
    offered = (await client.receive_json())["event"]
    assert {key for key in offered if key.startswith("btr.")} == {f"btr.{key}" for key in CODE[kind]}
    for key in CODE[kind]:
        assert set(offered[f"btr.{key}"]["fields"]) == set(DESCRIBED[kind][key].get("fields", {}))


def examples(kind: str) -> list[dict[str, Any]]:
    """The triggers or conditions of ours in the YAML of their page."""
    name, found = kind.removesuffix("s"), []
    pending: list[Any] = [yaml.parse_yaml(block) for block in re.findall(r"```yaml\n(.*?)```", PAGES[kind], re.DOTALL)]
    while pending:
        part = pending.pop()
        if isinstance(part, dict) and str(part.get(name, "")).startswith("btr."):
            found.append(part)
        elif isinstance(part, dict | list):
            pending.extend(part.values() if isinstance(part, dict) else part)
    return found


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_each_has_a_section_with_its_options_and_an_example(kind: str, key: str) -> None:
    """The page is complete: the name of the editor, the key, and every option by both its names."""
    told = texts("en")[kind][key]
    head, _, rest = PAGES[kind].partition(f"\n## {told['name']} (`btr.{key}`)\n")
    section = rest.split("\n## ")[0]
    assert f": btr.{key}\n" in section
    common = head if kind == "conditions" else ""
    for name, field in told.get("fields", {}).items():
        assert f"| `{name}` | {field['name']} |" in section + common


@pytest.mark.parametrize("kind", list(CODE))
async def test_every_example_of_the_pages_is_taken(hass: HomeAssistant, world: World, kind: str) -> None:
    """As Home Assistant takes it from an automation."""
    found = examples(kind)
    assert {example[kind.removesuffix("s")] for example in found} == {f"btr.{key}" for key in CODE[kind]}
    if kind == "triggers":
        assert len(await trigger.async_validate_trigger_config(hass, cv.TRIGGER_SCHEMA(found))) == len(found)
    else:
        for example in found:
            assert await condition.async_validate_condition_config(hass, example)
