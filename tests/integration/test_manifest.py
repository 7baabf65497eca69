"""The files that Home Assistant, hassfest and HACS read before any code runs.

hassfest is in no package, so its rules that concern us are restated here; its own run has the last word.
"""

import ast
import json
import re
import struct
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from homeassistant.components import mqtt
from homeassistant.const import Platform
from packaging.requirements import Requirement

from custom_components.btr.core.topics import TopicConfig

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "btr"

# Components that need not be declared, as hassfest sees it: platforms, what we implement a platform of, internal ones
INTERNAL = {"automation", "frontend", "homeassistant", "persistent_notification", "webhook", "websocket_api"}
ALWAYS_THERE = {*Platform, *(path.stem for path in INTEGRATION.glob("*.py")), *INTERNAL}

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
COLOUR_WITH_ALPHA = 6


@pytest.fixture
def manifest() -> dict[str, Any]:
    """Return the manifest as it is written, in its order."""
    content: dict[str, Any] = json.loads((INTEGRATION / "manifest.json").read_text())
    return content


def test_manifest_has_what_hacs_and_hassfest_require(manifest: dict[str, Any]) -> None:
    """Nothing is missing, nothing is claimed that is not so."""
    assert manifest["domain"] == INTEGRATION.name
    assert manifest["config_flow"] is True
    assert manifest["integration_type"] == "hub"
    assert manifest["iot_class"] == "local_push"
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["codeowners"]
    assert all(owner.startswith("@") for owner in manifest["codeowners"])
    assert manifest["issue_tracker"] == f"{manifest['documentation']}/issues"
    assert manifest["documentation"].startswith("https://")
    # Home Assistant shows custom integrations as such; what is claimed here is what quality_scale.yaml has to keep
    assert manifest["quality_scale"] == "platinum"


def test_owner_and_address_stand_in_one_place(manifest: dict[str, Any]) -> None:
    """A fork changes the manifest and nothing else of the integration."""
    owner = manifest["codeowners"][0].removeprefix("@")
    texts = [path for path in INTEGRATION.rglob("*") if path.suffix in {".py", ".json", ".yaml"}]

    assert [path.name for path in texts if owner in path.read_text()] == ["manifest.json"]


def test_version_is_that_of_the_project(manifest: dict[str, Any]) -> None:
    """HACS, pip and the change log speak of one version."""
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"] == manifest["version"]


def test_every_used_component_is_declared(manifest: dict[str, Any]) -> None:
    """Importing a component that is not declared breaks the start of Home Assistant in the wrong order."""
    declared = {*manifest.get("dependencies", ()), *manifest["after_dependencies"]}

    assert imported_components() - ALWAYS_THERE == declared


def test_mqtt_is_not_required_to_be_set_up(manifest: dict[str, Any]) -> None:
    """A missing MQTT integration is told by the flow; as a hard dependency it would keep the flow from starting."""
    assert "mqtt" in manifest["after_dependencies"]
    assert "mqtt" not in manifest.get("dependencies", ())


def test_discovery_listens_only_where_devices_speak_rarely(manifest: dict[str, Any]) -> None:
    """Home Assistant starts a flow for every new payload on these topics, so 2 Hz telemetry must not be among them."""
    assert set(manifest["mqtt"]) <= set(TopicConfig().subscriptions())
    assert not [topic for topic in manifest["mqtt"] if topic.endswith(("/sensor", "/late"))]


def test_requirements_fit_home_assistant_and_repeat_nothing_of_it(manifest: dict[str, Any]) -> None:
    """A pin other than Home Assistant's own could never be installed beside it."""
    core = {Requirement(text).name.lower() for text in metadata.requires("homeassistant") or ()}
    requirements = [Requirement(text) for text in manifest["requirements"]]

    assert [requirement.name for requirement in requirements] == ["aiomqtt", "numpy"]
    assert not core & {requirement.name for requirement in requirements}
    for requirement in requirements:
        assert requirement.specifier.contains(metadata.version(requirement.name))
        assert (pinned := constraint(requirement.name)) is None or requirement.specifier.contains(pinned)


def test_own_broker_and_home_assistants_mqtt_share_one_library(manifest: dict[str, Any]) -> None:
    """Another version of paho could not be installed beside the one of Home Assistant's MQTT."""
    (core,) = json.loads((Path(mqtt.__file__).parent / "manifest.json").read_text())["requirements"]
    ours = [Requirement(text) for text in metadata.requires("aiomqtt") or ()]
    (paho,) = (one.specifier for one in ours if one.name == "paho-mqtt")

    assert paho.contains(core.removeprefix("paho-mqtt=="))


@pytest.mark.parametrize("theme", ["", "dark_"])
@pytest.mark.parametrize(("suffix", "height"), [("", 256), ("@2x", 512)])
def test_brand_images_have_the_sizes_of_home_assistant(theme: str, suffix: str, height: int) -> None:
    """Icons are square; logos are landscape, of the same height; all are transparent."""
    icon_width, icon_height, icon_colour = png_header(INTEGRATION / "brand" / f"{theme}icon{suffix}.png")
    logo_width, logo_height, logo_colour = png_header(INTEGRATION / "brand" / f"{theme}logo{suffix}.png")

    assert (icon_width, icon_height) == (height, height)
    assert logo_height == height
    assert logo_width > logo_height
    assert icon_colour == logo_colour == COLOUR_WITH_ALPHA


def test_types_are_published() -> None:
    """Whoever imports the package gets its types."""
    assert (INTEGRATION / "py.typed").is_file()


def imported_components() -> set[str]:
    """Return the Home Assistant components that any file of the integration imports."""
    found = set()
    for path in INTEGRATION.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.ImportFrom(module="homeassistant.components", names=names):
                    found |= {alias.name for alias in names}
                case ast.ImportFrom(module=str(module)) if module.startswith("homeassistant.components."):
                    found.add(module.split(".")[2])
                case ast.Import(names=names):
                    modules = [alias.name.split(".") for alias in names]
                    found |= {parts[2] for parts in modules if parts[:2] == ["homeassistant", "components"]}
                case _:
                    pass
    return found


def constraint(package: str) -> str | None:
    """Return the version of a package that Home Assistant installs, None if it leaves it open."""
    path = metadata.distribution("homeassistant").locate_file("homeassistant/package_constraints.txt")
    found = re.search(rf"^{package}==(\S+)$", Path(str(path)).read_text(), re.MULTILINE)
    return found[1] if found else None


def png_header(path: Path) -> tuple[int, int, int]:
    """Return width, height and colour type of a PNG."""
    data = path.read_bytes()
    assert data.startswith(PNG_SIGNATURE)
    width, height, _, colour = struct.unpack(">IIBB", data[16:26])
    return width, height, colour
