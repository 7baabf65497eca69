"""A model that must not be used changes nothing, and the user learns why."""

from dataclasses import replace
from pathlib import Path

import pytest
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import issue_registry as ir

from custom_components.btr.const import DOMAIN
from tests.integration.model_choice.choosing import AT_WORK, MODEL, RISK, SET_ASIDE, a_battery, choose, reason_of
from tests.integration.models import CARD, Engines, TestEngine, put_model
from tests.integration.stories import NODE, World


def files(folder: Path) -> list[str]:
    """Everything that is in the folder."""
    return sorted(path.name for path in folder.iterdir())


def spoil(folder: Path, how: str) -> None:
    """Make the user's model one that must not be used."""
    model, card = folder / "mine.onnx", folder / "mine.json"
    match how:
        case "no card":
            card.unlink()
        case "another file than the card's":
            put_model(folder, sha256="0" * 64)
        case "truncated":
            model.write_bytes(model.read_bytes()[:-40])
        case "too large":
            with model.open("ab") as file:
                file.truncate(6 * 1024 * 1024)
        case "a link out of the folder":
            put_model(folder.parent, "other")
            model.unlink()
            model.symlink_to(folder.parent / "other.onnx")
        case "a pickle":
            model.write_bytes(b"\x80\x04\x8c\x05posix\x8c\x06system\x93.")
        case "not a number":
            put_model(folder, source="not_a_number")
        case "external data":
            put_model(folder, source="external_data")
        case "a card with a thing too many":
            put_model(folder, pickle="scaler.pkl")


SPOILT = {
    "no card": "every model needs its card",
    "another file than the card's": "SHA-256",
    "truncated": "SHA-256",
    "too large": "6291456 bytes",
    "a link out of the folder": "link out of the folder",
    "a pickle": "SHA-256",
    "not a number": "not a number",
    "external data": "another file",
    "a card with a thing too many": "no such key",
}


@pytest.mark.parametrize("how", SPOILT)
async def test_m1_m2_a_model_that_is_refused_changes_nothing_and_the_user_learns_why(
    world: World, folder: Path, issue_registry: ir.IssueRegistry, how: str
) -> None:
    await a_battery(world)
    spoil(folder, how)
    with pytest.raises(HomeAssistantError, match=r"cannot be used|model_unusable") as refused:
        await choose(world, "mine.onnx")
    assert refused.value.translation_placeholders is not None
    assert SPOILT[how] in refused.value.translation_placeholders["reason"]
    assert SPOILT[how] in reason_of(issue_registry)
    assert world.value(MODEL) == "shipped"
    assert world.value(AT_WORK) == "rate 1"
    await a_battery(world, 1)
    assert float(world.value(RISK)) < 20


async def test_a_model_on_a_grid_too_coarse_for_any_window_is_refused(world: World, loading: Engines) -> None:
    loading.made["mine.onnx"] = TestEngine(card=replace(CARD, interval_s=30.0))
    await a_battery(world)
    with pytest.raises(HomeAssistantError) as refused:
        await choose(world, "mine.onnx")
    assert refused.value.translation_placeholders is not None
    assert "a sample every 30 s" in refused.value.translation_placeholders["reason"]
    await a_battery(world, 1)
    assert float(world.value(RISK)) < 20


async def test_m2_what_is_not_on_the_menu_cannot_be_chosen(world: World, folder: Path) -> None:
    put_model(folder.parent, "secret")
    await a_battery(world, 1)
    for name in ("../secret.onnx", str(folder.parent / "secret.onnx"), "rate.onnx", "off"):
        with pytest.raises(ServiceValidationError):
            await choose(world, name)
    assert world.value(MODEL) == "shipped"


async def test_m2_no_message_brings_a_model_or_names_one(
    world: World, folder: Path, loading: Engines, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world)
    before = files(folder)
    loaded = list(loading.loaded)
    model = (folder / "mine.onnx").read_bytes()
    for topic in ("model", "model/set", "select/model/set", "sensor", "register", "availability", "response"):
        for payload in (
            model,
            b'{"model": "mine.onnx"}',
            b"mine.onnx",
            b'{"model": "../x.onnx", "shadow_model": "on"}',
        ):
            world.says(f"{NODE}/{topic}", payload, retained=topic == "register")
    await a_battery(world, 2)
    assert files(folder) == before
    assert loading.loaded == loaded
    assert world.value(MODEL) == "shipped"
    assert world.value(AT_WORK) == "rate 1"
    assert not issue_registry.issues


async def test_a_model_that_broke_while_home_assistant_was_down_is_set_aside_at_the_start(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world)
    await choose(world, "mine.onnx")
    (folder / "mine.json").unlink()
    await world.restarts()
    assert "every model needs its card" in reason_of(issue_registry)
    await world.passes(61, step_s=30.5)
    assert world.value(MODEL) == "shipped"
    assert world.value(AT_WORK) == "rate 1"


async def test_a_repaired_model_works_again_when_it_is_chosen_again(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world)
    spoil(folder, "no card")
    with pytest.raises(HomeAssistantError):
        await choose(world, "mine.onnx")
    put_model(folder)
    await choose(world, "mine.onnx")
    assert not issue_registry.issues
    assert world.value(MODEL) == "mine.onnx"
    assert world.value(AT_WORK) == "mine 1"


async def test_an_issue_about_a_model_survives_a_restart_until_its_file_is_gone(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world, 1)
    spoil(folder, "no card")
    with pytest.raises(HomeAssistantError):
        await choose(world, "mine.onnx")
    issue = issue_registry.async_get_issue(DOMAIN, SET_ASIDE)
    assert issue is not None
    assert issue.is_persistent
    await world.restarts()
    assert issue_registry.async_get_issue(DOMAIN, SET_ASIDE) is not None
    (folder / "mine.onnx").unlink()
    await world.restarts()
    assert not issue_registry.issues


async def test_no_issue_about_a_model_is_left_when_the_entry_is_removed(
    world: World, folder: Path, issue_registry: ir.IssueRegistry
) -> None:
    await a_battery(world, 1)
    spoil(folder, "no card")
    with pytest.raises(HomeAssistantError):
        await choose(world, "mine.onnx")
    assert await world.hass.config_entries.async_remove(world.entry.entry_id)
    assert not issue_registry.issues
