"""quality_scale.yaml is a promise: every rule is named, and what can be looked up is looked up."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
from homeassistant.util.yaml import load_yaml_dict

from custom_components.btr import const
from tests.integration.texts import load

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "btr"
RULES: dict[str, Any] = load_yaml_dict(str(INTEGRATION / "quality_scale.yaml"))["rules"]

# The rules of Home Assistant, tier by tier
BRONZE = """action-setup appropriate-polling brands common-modules config-flow config-flow-test-coverage
    dependency-transparency docs-actions docs-conditions docs-high-level-description docs-installation-instructions
    docs-removal-instructions docs-triggers entity-event-setup entity-unique-id has-entity-name runtime-data
    test-before-configure test-before-setup unique-config-entry"""
SILVER = """action-exceptions config-entry-unloading docs-configuration-parameters docs-installation-parameters
    entity-unavailable integration-owner log-when-unavailable parallel-updates reauthentication-flow test-coverage"""
GOLD = """devices diagnostics discovery discovery-update-info docs-data-update docs-examples docs-known-limitations
    docs-supported-devices docs-supported-functions docs-troubleshooting docs-use-cases dynamic-devices entity-category
    entity-device-class entity-disabled-by-default entity-translations exception-translations icon-translations
    reconfiguration-flow repair-issues stale-devices"""
PLATINUM = "async-dependency inject-websession strict-typing"

# What cannot apply to devices that push over MQTT; anything else that is exempt has to be argued anew
EXEMPT = {"appropriate-polling", "discovery-update-info", "inject-websession"}

# Where a rule shows: a file, and what stands in it
EVIDENCE = {
    "action-setup": ("__init__.py", r"async def async_setup\(.*\n(.*\n)*?    async_setup_services\(hass\)"),
    "brands": ("brand/icon.png", ""),
    "common-modules": ("entity.py", r"class BtrEntity"),
    "config-flow": ("config_flow.py", r"async def async_step_user"),
    "config-entry-unloading": ("__init__.py", r"async def async_unload_entry"),
    "devices": ("device.py", r"serial_number=(.*\n)*.*sw_version="),
    "diagnostics": ("diagnostics.py", r"async def async_get_config_entry_diagnostics"),
    "discovery": ("config_flow.py", r"async def async_step_mqtt"),
    "entity-event-setup": ("entity.py", r"async def async_added_to_hass(.*\n)*?.*async_on_remove"),
    "entity-unique-id": ("entity.py", r"_attr_unique_id = "),
    "has-entity-name": ("entity.py", r"_attr_has_entity_name = True"),
    "reauthentication-flow": ("config_flow.py", r"async def async_step_reauth\b"),
    "reconfiguration-flow": ("config_flow.py", r"async def async_step_reconfigure"),
    "repair-issues": ("issues.py", r"async_create_issue"),
    "runtime-data": ("hub.py", r"type BtrConfigEntry = ConfigEntry\[BtrHub\]"),
    "stale-devices": ("__init__.py", r"async def async_remove_config_entry_device"),
    "strict-typing": ("py.typed", ""),
    "test-before-setup": ("__init__.py", r"raise ConfigEntryNotReady"),
    "unique-config-entry": ("config_flow.py", r"_abort_if_unique_id_configured"),
}

# What a page tells: a heading, or every one of a list
PAGES = {
    "docs-data-update": ("docs/devices.md", r"^## How data comes"),
    "docs-examples": ("docs/examples.md", r"blueprints/"),
    "docs-high-level-description": ("README.md", r"^- \*\*Battery monitor"),
    "docs-installation-instructions": ("docs/installation.md", r"^## Install"),
    "docs-installation-parameters": ("docs/installation.md", r"^## The fields"),
    "docs-configuration-parameters": ("docs/installation.md", r"^## The options"),
    "docs-known-limitations": ("docs/troubleshooting.md", r"^## Known limitations"),
    "docs-removal-instructions": ("docs/installation.md", r"^## Removal"),
    "docs-supported-devices": ("docs/devices.md", r"^# Supported devices"),
    "docs-supported-functions": ("docs/entities.md", r"^## Battery monitor"),
    "docs-troubleshooting": ("docs/troubleshooting.md", r"^## Repairs"),
    "docs-use-cases": ("docs/examples.md", r"^What people use BTR for"),
}


def test_every_rule_is_named_in_its_tier() -> None:
    """A rule can be neither forgotten nor made up."""
    named = [rule for tier in (BRONZE, SILVER, GOLD, PLATINUM) for rule in tier.split()]

    assert len(named) == 54
    assert set(RULES) == set(named)


def test_a_platinum_integration_has_nothing_left_to_do() -> None:
    """Every rule is done, or cannot apply and says why."""
    exempt = {name: rule for name, rule in RULES.items() if isinstance(rule, dict)}

    assert set(exempt) == EXEMPT
    assert all(rule["status"] == "exempt" and rule["comment"].strip() for rule in exempt.values())
    assert {rule for rule in RULES.values() if isinstance(rule, str)} == {"done"}
    assert load("manifest.json")["quality_scale"] == "platinum"


@pytest.mark.parametrize("rule", EVIDENCE)
def test_what_is_done_can_be_found(rule: str) -> None:
    """Where Home Assistant looks for it."""
    name, pattern = EVIDENCE[rule]
    path = INTEGRATION / name

    assert RULES[rule] == "done"
    assert path.is_file()
    assert not pattern or re.search(pattern, path.read_text())


@pytest.mark.parametrize("rule", PAGES)
def test_what_is_documented_has_its_page(rule: str) -> None:
    """Under the heading that a reader looks for."""
    name, pattern = PAGES[rule]

    assert RULES[rule] == "done"
    assert re.search(pattern, (ROOT / name).read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("kind", "page"), [("services", "actions"), ("triggers", "triggers"), ("conditions", "conditions")]
)
def test_every_action_trigger_and_condition_has_its_section(kind: str, page: str) -> None:
    """With each of its fields by the name that the user reads."""
    text = (ROOT / "docs" / f"{page}.md").read_text()
    missing = [key for key in load("translations/en.json")[kind] if f"btr.{key}" not in text]

    assert missing == []


def test_an_entity_of_every_platform_comes_from_the_base_entity() -> None:
    """One place for names, devices, availability and errors."""
    for platform in const.PLATFORMS:
        tree = ast.parse((INTEGRATION / f"{platform}.py").read_text())
        bases = [ast.unparse(base) for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases]
        assert any("BtrEntity" in base for base in bases), platform
