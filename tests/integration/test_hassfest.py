"""What hassfest checks of an integration, as far as it can be checked without it; its own run has the last word.

hassfest is in no package, so its rules are restated here, by Home Assistant's own validators where there are any.
"""

import ast
import json
import re
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hass_frontend
import probatio
import pytest
from homeassistant.const import CONF_SELECTOR
from homeassistant.core import HomeAssistant
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers import selector
from homeassistant.util.yaml import load_yaml_dict
from probatio import All, In, Optional, Required, Schema
from probatio import Any as OneOf

from custom_components.btr import CONFIG_SCHEMA, async_setup, condition, config_flow, const, trigger
from tests.integration.stories import World
from tests.integration.texts import LANGUAGES, leaves, load, placeholders

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "btr"
EN = load("translations/en.json")
ICONS = load("icons.json")
MDI_LIST = Path(hass_frontend.__file__).parent / "static" / "mdi" / "iconList.json"
MDI = {f"mdi:{icon['name']}" for icon in json.loads(MDI_LIST.read_text())}

# --- the manifest

MANIFEST = Schema(
    {
        Required("domain"): INTEGRATION.name,
        Required("name"): str,
        Optional("after_dependencies"): [str],
        Required("codeowners"): All([cv.matches_regex(r"^@[\w-]+$")], probatio.Length(min=1)),
        Optional("config_flow"): bool,
        Optional("dependencies"): [str],
        Required("documentation"): All(probatio.Url(), cv.matches_regex(r"^https://(?!www\.home-assistant\.io)")),
        Optional("import_executor"): bool,
        Required("integration_type"): In(["device", "hub", "service"]),
        Required("iot_class"): In(["local_push"]),
        Required("issue_tracker"): probatio.Url(),
        Optional("loggers"): [str],
        Optional("mqtt"): [str],
        Optional("quality_scale"): In(["bronze", "silver", "gold", "platinum"]),
        Required("requirements"): [cv.matches_regex(r"^[\w.-]+(==|>=)[\d.]+$")],
        Optional("single_config_entry"): bool,
        Required("version"): cv.matches_regex(r"^\d+\.\d+\.\d+$"),
    }
)


def test_the_manifest_has_no_key_that_home_assistant_does_not_know() -> None:
    """The schema is closed: a word too many fails the validation, a wrong one the loading."""
    manifest = load("manifest.json")

    MANIFEST(manifest)
    assert not set(manifest.get("dependencies", ())) & set(manifest["after_dependencies"])


def test_what_the_manifest_promises_is_there() -> None:
    """A flow for the discovery, a schema for the YAML that nobody writes, and what a platinum integration has."""
    manifest = load("manifest.json")

    assert manifest["quality_scale"] == "platinum"
    for name in ("diagnostics.py", "quality_scale.yaml", "py.typed", "brand/icon.png"):
        assert (INTEGRATION / name).is_file()
    assert hasattr(config_flow.BtrConfigFlow, "async_step_mqtt")
    assert async_setup
    assert CONFIG_SCHEMA({}) == {}


# --- the texts


def _text(value: Any) -> str:
    text = cv.string_with_no_html(value)
    for _, name, _, _ in string.Formatter().parse(text):
        if name is not None and not name.isidentifier():
            raise probatio.Invalid(f"{name!r} is no name")
    return text


def _plain(value: Any) -> str:
    if placeholders(_text(value)):
        raise probatio.Invalid("nothing is filled in here")
    return str(value)


def _key(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", value):
        raise probatio.Invalid(f"{value!r} is no key")
    return value


_NAMED = {Required("name"): _text, Required("description"): _text}
_FIELDS = {Optional("fields"): {_key: _NAMED}}
_STATES = {_key: _plain}
_LABELS = {str: _text}
_STEP = {
    Optional("title"): _text,
    Optional("description"): _text,
    Optional("data"): _LABELS,
    Optional("data_description"): _LABELS,
    Optional("menu_options"): _LABELS,
    Optional("menu_option_descriptions"): _LABELS,
    Optional("submit"): _text,
    Optional("sections"): {
        str: {
            Optional("name"): _text,
            Optional("description"): _text,
            Optional("data"): _LABELS,
            Optional("data_description"): _LABELS,
        }
    },
}
_FLOW = {
    Optional("flow_title"): _text,
    Required("step"): {str: _STEP},
    Optional("error"): _LABELS,
    Optional("abort"): _LABELS,
    Optional("progress"): _LABELS,
    Optional("create_entry"): _LABELS,
}
_ISSUE = OneOf(
    {Required("title"): _text, Required("description"): _text}, {Required("title"): _text, Required("fix_flow"): _FLOW}
)
_ENTITY = {
    Optional("name"): _text,
    Optional("state"): _STATES,
    Optional("state_attributes"): {_key: {Optional("name"): _plain, Optional("state"): _STATES}},
    Optional("unit_of_measurement"): _plain,
}
TEXTS = Schema(
    {
        Optional("title"): _text,
        Optional("config"): _FLOW,
        Optional("options"): _FLOW,
        Optional("selector"): {cv.slug: {Optional("options"): {_key: _text}, Optional("choices"): {_key: _text}}},
        Optional("system_health"): {Optional("info"): {_key: _text}},
        Optional("issues"): {str: _ISSUE},
        Optional("device"): {_key: {Optional("name"): _text}},
        Optional("entity"): {cv.slug: {_key: _ENTITY}},
        Optional("exceptions"): {cv.slug: {Required("message"): _text}},
        Optional("services"): {_key: {**_NAMED, **_FIELDS, Optional("sections"): {_key: {Required("name"): _text}}}},
        Optional("triggers"): {cv.slug: {**_NAMED, **_FIELDS}},
        Optional("conditions"): {cv.slug: {**_NAMED, **_FIELDS}},
    }
)


def flows(texts: Any) -> Iterator[dict[str, Any]]:
    """Yield every step of every flow, and every section in it."""
    if isinstance(texts, dict):
        for key, value in texts.items():
            if key in {"step", "sections"}:
                yield from value.values()
            yield from flows(value)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_texts_have_the_shape_that_home_assistant_reads(language: str) -> None:
    """A text in another place would never be shown."""
    TEXTS(load(f"translations/{language}.json"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_description_of_a_field_belongs_to_a_field(language: str) -> None:
    """And every section has its own."""
    for step in flows(load(f"translations/{language}.json")):
        assert set(step.get("data_description", ())) <= set(step.get("data", ()))


# --- the icons

_ICON = In(MDI)
_ICON_STATES = {_key: _ICON}
_ICON_OF = {Optional("default"): _ICON, Optional("state"): _ICON_STATES}
ICON_FILE = Schema(
    {
        Optional("entity"): {
            cv.slug: {
                _key: {
                    **_ICON_OF,
                    Optional("state_attributes"): {_key: {Required("default"): _ICON, Required("state"): _ICON_STATES}},
                }
            }
        },
        Optional("services"): {_key: {Required("service"): _ICON, Optional("sections"): _ICON_STATES}},
        Optional("triggers"): {cv.slug: {Required("trigger"): _ICON}},
        Optional("conditions"): {cv.slug: {Required("condition"): _ICON}},
    }
)


def test_every_icon_is_one_that_the_frontend_has() -> None:
    """An icon that does not exist is an empty place."""
    ICON_FILE(ICONS)


def test_no_state_has_the_icon_that_it_would_have_anyway() -> None:
    """Home Assistant falls back to the default by itself."""
    for keys in ICONS["entity"].values():
        for key, icon in keys.items():
            for part in (icon, *icon.get("state_attributes", {}).values()):
                assert part.get("default") not in part.get("state", {}).values(), key


# --- actions, triggers and conditions: the YAML, the code, the texts and the icons say the same

_FIELD = {
    Optional("example"): cv.match_all,
    Optional("default"): cv.match_all,
    Optional("required"): bool,
    Optional("advanced"): bool,
    Optional("context"): {str: str},
    Required(CONF_SELECTOR): selector.validate_selector,
}
_TARGET = {Optional("target"): OneOf(None, selector.TargetSelector.CONFIG_SCHEMA)}
DESCRIBED = Schema({cv.slug: OneOf(None, {**_TARGET, Optional("fields"): {_key: _FIELD}})})


async def _codes(hass: HomeAssistant, kind: str) -> set[str]:
    if kind == "triggers":
        return set(await trigger.async_get_triggers(hass))
    if kind == "conditions":
        return set(await condition.async_get_conditions(hass))
    return set(hass.services.async_services_for_domain(const.DOMAIN))


@pytest.mark.parametrize("kind", ["services", "triggers", "conditions"])
async def test_what_is_described_is_what_there_is(world: World, kind: str) -> None:
    """One list in four places."""
    # What starts with a dot is only there to be repeated
    written = load_yaml_dict(str(INTEGRATION / f"{kind}.yaml"))
    described = {key: about for key, about in written.items() if not key.startswith(".")}

    DESCRIBED(described)
    assert set(described) == await _codes(world.hass, kind)
    assert set(described) == set(EN[kind]) == set(ICONS[kind])
    for key, about in described.items():
        fields = (about or {}).get("fields", {})
        assert set(fields) == set(EN[kind][key].get("fields", {})), key
        for name, field in fields.items():
            (chosen,) = field[CONF_SELECTOR].values()
            if isinstance(chosen, dict) and (group := chosen.get("translation_key")):
                options = {one["value"] if isinstance(one, dict) else one for one in chosen.get("options", ())}
                assert options <= set(EN["selector"][group]["options"]), f"{key}.{name}"


def test_every_group_of_choices_is_used() -> None:
    """What nobody offers or says is deleted."""
    sources = [*INTEGRATION.rglob("*.py"), *INTEGRATION.glob("*.yaml")]
    texts = "".join(path.read_text() for path in sources)

    assert [group for group in EN["selector"] if not re.search(rf"\b{group}\b", texts)] == []


# --- platforms


def test_every_platform_says_how_many_may_act_at_once() -> None:
    """Nothing for what only reads, one for what commands."""
    for platform in const.PLATFORMS:
        tree = ast.parse((INTEGRATION / f"{platform}.py").read_text())
        assigned = [ast.unparse(node.targets[0]) for node in tree.body if isinstance(node, ast.Assign)]
        assert "PARALLEL_UPDATES" in assigned, platform


def test_no_text_is_longer_than_a_screen() -> None:
    """A description is read, or it is none."""
    for path, text in leaves(EN):
        assert len(text) <= 700, path
