"""Every text that the code can ask for exists, in both languages, and none exists that nobody asks for."""

import ast
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components.sensor import SensorDeviceClass
from homeassistant.data_entry_flow import section
from homeassistant.helpers.entity import EntityDescription
from homeassistant.helpers.typing import UNDEFINED
from homeassistant.util.yaml import load_yaml_dict

from custom_components.btr import (
    alarm_services,
    bath_services,
    broker_form,
    broker_link,
    command_words,
    config_flow,
    const,
    options_flow,
    repairs,
    services,
    topics_form,
)
from custom_components.btr.broker_settings import Connection, Encryption
from custom_components.btr.core.bath_config import CROSS_RULES, SettingKind
from custom_components.btr.core.checkup import ProbeState, Trouble
from custom_components.btr.core.messages import Level
from custom_components.btr.core.outcome import ALARM_LIFE, EventKind
from custom_components.btr.core.state import BathCause, Cause
from custom_components.btr.core.topics import TopicConfig
from custom_components.btr.issues import FIXABLE
from tests.integration.texts import INTEGRATION, LANGUAGES, leaves, load, placeholders

# Reasons that the core puts together, and how
COMPOSED_REASONS = {
    "not_{}": [f"not_{kind}" for kind in SettingKind],
    "{}_invalid": ["tank_invalid", "bath_invalid"],
    "{}_over_limit": ["tank_over_limit", "bath_over_limit"],
}
# Names that are the same in Chinese
UNTRANSLATED = {"{name}", "{first}、{second}", "NumPy", "ONNX Runtime"}
# Characters that simplified Chinese writes otherwise, from the words of this subject
TRADITIONAL = set("電溫熱氣體預測設備報連線訊號狀態資網執無風險實際請確認傳")


def descriptions() -> Iterator[tuple[str, EntityDescription]]:
    """Yield every row of every entity table with its platform."""
    for platform in const.PLATFORMS:
        module = importlib.import_module(f"custom_components.btr.{platform}")
        for value in vars(module).values():
            rows = value if isinstance(value, tuple) else (value,)
            for row in rows:
                if isinstance(row, EntityDescription):
                    yield platform, row


def calls(names: set[str], folder: Path = INTEGRATION) -> Iterator[ast.Call]:
    """Yield every call of one of the functions or classes with these names."""
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                yield node


def reasons_of(call: ast.Call) -> list[str]:
    """Return the reasons that the first argument of an error can be."""
    match call.args[0]:
        case ast.Constant(value=str(reason)):
            return [reason]
        case ast.JoinedStr(values=values):
            pattern = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in values)
            return COMPOSED_REASONS[pattern]
        case ast.Attribute(attr="reason"):
            return [rule.reason for rule in CROSS_RULES]
        case other:
            raise AssertionError(f"how does {ast.unparse(other)} become a reason?")


ROWS = list(descriptions())
KEYS = {(platform, row.translation_key) for platform, row in ROWS}
EN = load("translations/en.json")
ICONS = [(platform, key) for platform, icons in load("icons.json")["entity"].items() for key in icons]


def test_tables_of_all_platforms_were_found() -> None:
    """Without this, a table that moved would make all that follows pass."""
    assert {platform for platform, _ in ROWS} == set(const.PLATFORMS)
    assert all(key for _, key in KEYS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_the_same_keys_and_placeholders(language: str) -> None:
    """A text that is missing in one language, or fills in something else, is a text that fails there."""
    own = {path: placeholders(text) for path, text in leaves(load(f"translations/{language}.json"))}

    assert own == {path: placeholders(text) for path, text in leaves(EN)}


def test_there_are_no_other_languages() -> None:
    """A half-finished language would not be noticed by the test above."""
    assert {path.stem for path in (INTEGRATION / "translations").iterdir()} == set(LANGUAGES)


@pytest.mark.parametrize(("platform", "row"), ROWS, ids=[f"{platform}.{row.key}" for platform, row in ROWS])
def test_every_entity_has_its_name_its_states_and_its_icon(platform: str, row: EntityDescription) -> None:
    """A name unless it is the device's, a text for each state of its own, an icon unless the class brings one."""
    texts = EN["entity"].get(platform, {}).get(row.translation_key, {})
    icons = load("icons.json")["entity"].get(platform, {})

    assert row.name in {None, UNDEFINED}
    assert ("name" in texts) is (row.name is UNDEFINED)
    if options := getattr(row, "options", None):
        assert set(texts["state"]) == set(options)
    if row.device_class in {None, SensorDeviceClass.ENUM}:
        assert icons[row.translation_key or ""]["default"]


def test_no_text_and_no_icon_is_left_over_from_an_entity_that_is_gone() -> None:
    """What nobody shows is deleted."""
    assert {(platform, key) for platform, texts in EN["entity"].items() for key in texts} <= KEYS
    assert set(ICONS) <= KEYS


@pytest.mark.parametrize(
    ("platform", "key"), [(p, k) for p, icons in load("icons.json")["entity"].items() for k in icons]
)
def test_icons_are_named_and_their_states_exist(platform: str, key: str) -> None:
    """An icon for a state that has another name would never be shown."""
    icon = load("icons.json")["entity"][platform][key]
    states = {"on", "off"} | set(EN["entity"].get(platform, {}).get(key, {}).get("state", {}))

    assert all(name.startswith("mdi:") for _, name in leaves(icon))
    assert set(icon.get("state", {})) <= states


def test_every_refusal_of_the_core_can_be_told_to_the_user() -> None:
    """The hub turns the reason into a key; the text fills in nothing that the refusal does not carry."""
    refusals = list(calls({"CommandRefusedError"}, INTEGRATION / "core"))
    assert refusals
    told = set()
    for call in refusals:
        carried = {keyword.arg for keyword in call.keywords} | {"device"}
        for reason in reasons_of(call):
            told.add(f"refused_{reason}")
            message = EN["exceptions"][f"refused_{reason}"]["message"]
            assert placeholders(message) <= carried, reason

    assert told == {key for key in EN["exceptions"] if key.startswith("refused_")}


def test_every_error_has_its_text() -> None:
    """Errors that are raised with a key of their own, directly or through the hub's helper."""
    raised = set()
    for call in calls(
        {
            "ConfigEntryAuthFailed",
            "ConfigEntryError",
            "ConfigEntryNotReady",
            "HomeAssistantError",
            "ServiceValidationError",
        }
    ):
        raised |= {
            keyword.value.value
            for keyword in call.keywords
            if keyword.arg == "translation_key" and isinstance(keyword.value, ast.Constant)
        }
    raised |= {str(ast.literal_eval(call.args[0])) for call in calls({"_error", "SeriesError"})}
    raised |= set(command_words.FailureKey)

    assert raised <= EN["exceptions"].keys()
    assert {key for key in raised | set(EN["exceptions"]) if not key.startswith("refused_")} <= raised


def test_every_action_has_its_texts_its_icon_and_a_text_for_each_field_and_option() -> None:
    """What services.yaml offers is what the schema takes, and nobody has to guess what it means."""
    described = load_yaml_dict(str(INTEGRATION / "services.yaml"))
    schemas = {
        "predict": services.PREDICT_SCHEMA,
        "export_recording": services.EXPORT_SCHEMA,
        "send_command": bath_services.SEND_COMMAND_SCHEMA,
        "emergency_stop": bath_services.BATHS_SCHEMA,
        "release_emergency_stop": bath_services.BATHS_SCHEMA,
        "update_config": bath_services.UPDATE_CONFIG_SCHEMA,
        "acknowledge": alarm_services.DEVICE_SCHEMA,
        "snooze": alarm_services.SNOOZE_SCHEMA,
        "run_drill": alarm_services.DEVICE_SCHEMA,
    }

    assert described.keys() == schemas.keys() == EN["services"].keys() == load("icons.json")["services"].keys()
    selections = {"why": {level.key for level in Level if level is not Level.UNKNOWN}}
    for action, schema in schemas.items():
        fields, texts = described[action]["fields"], EN["services"][action]
        assert {str(key) for key in schema.schema} == set(fields) == set(texts["fields"])
        for text in (texts, *texts["fields"].values()):
            assert text["name"]
            assert text["description"]
        for field in fields.values():
            if (select := field["selector"].get("select")) is not None:
                selections[select["translation_key"]] = set(select["options"])
    assert {key: set(EN["selector"][key]["options"]) for key in selections} == selections


def test_everything_that_becomes_of_an_alarm_can_be_said_in_a_sentence() -> None:
    """A missing text would be an error in the very moment of an alarm."""
    kinds = {*ALARM_LIFE, EventKind.CORRECTION_SENT}
    sentences, reasons = EN["selector"]["alarm_event"]["options"], EN["selector"]["alarm_reason"]["options"]

    assert set(EN["entity"]["event"]["alarm"]["state_attributes"]["event_type"]["state"]) == kinds
    corrections = {f"{EventKind.CORRECTION_SENT}_{level.key}" for level in (Level.NORMAL, Level.DANGER)}
    assert set(sentences) == {*ALARM_LIFE, *corrections, "in_drill"}
    assert set(reasons) == {*Cause, *BathCause}
    told = {"device", "level", "shown", "reason", "since", "until", "sentence"}
    assert set().union(*map(placeholders, sentences.values())) <= told
    assert set().union(*map(placeholders, reasons.values())) <= {"channel", "value", "limit", "level"}


def test_every_repair_issue_has_a_title_and_says_what_to_do() -> None:
    """An issue without a text is an empty line in the repairs; one with a flow is told by that."""
    issues = {value for name, value in vars(const).items() if name.startswith("ISSUE_")} | set(Trouble)

    assert set(EN["issues"]) == issues
    for key, texts in EN["issues"].items():
        assert set(texts) == {"title", "fix_flow" if key in FIXABLE else "description"}, key


def test_every_step_and_end_of_a_repair_flow_has_its_text() -> None:
    """What the flows of repairs.py show, and nothing else."""
    flows = {key: repairs.FIXES[key] for key in FIXABLE}
    assert repairs.FIXES.keys() == FIXABLE
    for key, flow in flows.items():
        texts = EN["issues"][key]["fix_flow"]
        source = "".join(inspect.getsource(part) for part in flow.__mro__ if part.__module__ == repairs.__name__)
        steps = set(re.findall(r'step_id="(\w+)"', source)) or {"init"}
        assert set(texts["step"]) == steps, key
        assert set(texts["abort"]) == set(re.findall(r'reason="(\w+)"', source)), key
        menu = re.search(r"menu_options=(\[.+?\])", source)
        assert set(texts["step"].get("init", {}).get("menu_options", ())) == set(
            ast.literal_eval(menu[1]) if menu else ()
        )


def test_what_is_known_of_a_probe_can_be_said() -> None:
    """The words that a repair issue is put together of."""
    assert set(EN["selector"]["probe_state"]["options"]) == set(ProbeState)
    assert {name for text in EN["selector"]["probe_state"]["options"].values() for name in placeholders(text)} == {
        "probe"
    }
    assert placeholders(EN["selector"]["list"]["options"]["comma"]) == {"first", "second"}


@pytest.mark.parametrize(
    ("part", "step", "schema"),
    [
        ("config", "homeassistant_mqtt", topics_form.TOPICS_SCHEMA),
        ("config", "topics", topics_form.TOPICS_SCHEMA),
        ("config", "reconfigure", topics_form.TOPICS_SCHEMA),
        *(("config", connection.value, schema) for connection, schema in broker_form.BROKER_SCHEMAS.items()),
        ("config", "reauth_confirm", broker_form.REAUTH_SCHEMA),
        ("config", "reauth_key", broker_form.REAUTH_KEY_SCHEMA),
        ("options", "init", options_flow.OPTIONS_SCHEMA),
    ],
)
def test_every_field_of_every_form_has_a_label_and_a_description(part: str, step: str, schema: Any) -> None:
    """Nobody has to guess what a field means, nor a folded part of a form."""
    texts = EN[part]["step"][step]
    parts = {key.schema: field.schema for key, field in schema.schema.items() if isinstance(field, section)}
    forms = [(schema, texts), *((inner, texts["sections"][name]) for name, inner in parts.items())]

    for form, its in forms:
        fields = {key.schema for key in form.schema} - parts.keys()
        assert set(its["data"]) == set(its["data_description"]) == fields
    assert texts["title"]
    assert all(texts["sections"][name]["name"] for name in parts)
    assert set(texts.get("sections", ())) == parts.keys()


def test_every_way_a_flow_can_end_has_its_text() -> None:
    """Steps, aborts and errors of the flow, by what its code says."""
    source = ast.parse(Path(config_flow.__file__).read_text())
    aborts = {
        keyword.value.value
        for node in ast.walk(source)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "async_abort"
        for keyword in node.keywords
        if isinstance(keyword.value, ast.Constant)
    }
    steps = {node.name for node in ast.walk(source) if isinstance(node, ast.AsyncFunctionDef)}
    topics = {reason for call in calls({"TopicError"}) for reason in reasons_of(call)} - {"unknown_device"}
    fields = {call.args[1].value for call in calls({"FieldError"}) if isinstance(call.args[1], ast.Constant)}

    assert set(EN["config"]["abort"]) == aborts | {"already_configured", "reauth_successful", "reconfigure_successful"}
    assert set(EN["config"]["error"]) == topics | fields | set(broker_link.Trouble) | {"no_answer"}
    assert {f"async_step_{step}" for step in EN["config"]["step"]} == {
        name for name in steps if name.startswith("async_step_")
    } - {"async_step_mqtt", "async_step_reauth"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_connection_and_encryption_has_its_name(language: str) -> None:
    """A menu or a list shows names, not keys."""
    texts = load(f"translations/{language}.json")
    menu, kinds = texts["config"]["step"]["user"], {config_flow.HOME_ASSISTANT_MQTT, *Connection}

    assert set(menu["menu_options"]) == set(menu["menu_option_descriptions"]) == kinds
    assert set(texts["selector"]["encryption"]["options"]) == set(Encryption)


def test_example_topics_in_the_texts_are_the_real_ones() -> None:
    """What the form explains is what is subscribed to."""
    described = EN["config"]["step"]["homeassistant_mqtt"]["data_description"]
    topics = TopicConfig()

    assert "`sensor`" in described["original_node"]
    assert "sensor" in topics.subscriptions()
    (example,) = re.findall(r"`([^`]+/telemetry)`", described["bath_root"])
    assert topics.route(example) is not None


@pytest.mark.parametrize("language", LANGUAGES)
def test_texts_keep_the_rules_of_hassfest(language: str) -> None:
    """No HTML, no address, no blanks around, no placeholder in single quotes, keys in lower case."""
    for path, text in leaves(load(f"translations/{language}.json")):
        assert text == text.strip(), path
        assert text, path
        assert not re.search(r"<[a-z/][^>]*>", text), path
        assert not re.search(r"(https?|ftp|mqtts?)://|www\.", text), path
        assert not re.search(r"'\{\w+\}'", text), path
        for key in path:
            assert re.fullmatch(r"[a-z0-9]+([_-][a-z0-9]+)*", key), path


def test_chinese_is_written_in_chinese() -> None:
    """Every text is translated, with Chinese punctuation beside Chinese characters, none of them traditional."""
    han = r"[\u4e00-\u9fff]"
    for path, text in leaves(load("translations/zh-Hans.json")):
        assert text in UNTRANSLATED or re.search(han, text), path
        assert not re.search(f"{han}[,;:!?()]|[,;:!?()]{han}", text), path
        assert not set(text) & TRADITIONAL, path
