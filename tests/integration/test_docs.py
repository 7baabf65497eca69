"""The user's pages: links lead somewhere, and what they say of forms, limits and engines is what the code does."""

import json
import re
from pathlib import Path

import pytest

from custom_components.btr.broker_form import DEFAULT_PORTS
from custom_components.btr.broker_link import ANSWER_S
from custom_components.btr.broker_settings import DEFAULT_KEEPALIVE_S, Connection
from custom_components.btr.core.alarm import AlarmSettings
from custom_components.btr.core.alarm_life import LEAST_SNOOZE_S, LONGEST_SNOOZE_S, REMIND_S, SNOOZE_S
from custom_components.btr.core.bath_settings import BathSettings
from custom_components.btr.own_broker import LONGEST_PAUSE_S

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs").glob("*.md"))
EN = json.loads((ROOT / "custom_components" / "btr" / "translations" / "en.json").read_text())


def page(name: str) -> str:
    """Return one page with its lines joined, so that a sentence is found wherever it is broken."""
    return " ".join((ROOT / "docs" / f"{name}.md").read_text().split())


def anchors(path: Path) -> set[str]:
    """Return the anchors that the headings of a page make."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_there_are_pages() -> None:
    assert len(PAGES) >= 7


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_links_between_pages_lead_somewhere(path: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", path.read_text()):
        linked = (path.parent / target).resolve() if target else path
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), f"{target}#{anchor}"


def test_every_field_and_option_is_explained_by_its_label() -> None:
    labels = [*EN["config"]["step"]["reconfigure"]["data"].values(), *EN["options"]["step"]["init"]["data"].values()]

    assert [label for label in labels if f"| {label} |" not in page("installation")] == []


def test_every_field_of_an_own_broker_is_explained_by_its_label_and_its_default() -> None:
    text, steps = page("installation"), EN["config"]["step"]
    forms = [steps[connection] for connection in Connection]
    labels = {text for form in forms for part in (form, form["sections"]["advanced"]) for text in part["data"].values()}

    assert [label for label in labels if f"| {label} |" not in text] == []
    assert [label for label in steps["user"]["menu_options"].values() if f"| {label} |" not in text] == []
    for port in DEFAULT_PORTS.values():
        assert f"| Port | {port} |" in text
    assert f"| Keepalive | {DEFAULT_KEEPALIVE_S} s |" in text
    assert f"pauses of {LONGEST_PAUSE_S:g} s at most" in text
    assert f"does not confirm within {ANSWER_S:g} s" in text


def test_limits_of_the_alarm_are_those_of_the_code() -> None:
    text, alarm = page("alarms-and-corrections"), AlarmSettings()

    internal = f"| from {alarm.internal_warning_c:g} °C | from {alarm.internal_danger_c:g} °C |"
    ambient = f"| from {alarm.ambient_warning_c:g} °C | from {alarm.ambient_danger_c:g} °C |"
    rate = f"| {alarm.rate_warning_c_per_s:g} °C/s | {alarm.rate_danger_c_per_s:g} °C/s |"
    assert f"Internal temperature {internal}" in text
    assert f"Ambient temperature {ambient}" in text
    assert f"for {alarm.rate_hold_s:g} s, above {alarm.rate_warm_c:g} °C" in text
    assert f"a rise of {alarm.rate_rise_k:g} K {rate}" in text
    assert f"infrared count above {alarm.smoke_limit:g}" in text
    assert f"the level has been normal for {alarm.clear_hold_s:g} s" in text
    assert f"ends by itself after {alarm.warning_clear_s / 60:g} minutes" in text
    assert f"every {REMIND_S / 60:g} minutes" in text
    assert f"holds reminders back for {SNOOZE_S / 60:g} minutes" in text
    assert f"for {LEAST_SNOOZE_S / 60:g} to {LONGEST_SNOOZE_S / 60:g}." in text
    assert f"first {alarm.gas_warm_up_s / 60:g} minutes" in text


def test_figures_of_the_bath_are_those_of_the_code() -> None:
    text, bath = page("bath"), BathSettings()

    assert f"a lease of {bath.lease_s / 60:g} minutes" in text
    assert f"for {bath.max_manual_heater_s / 3600:g} hours at most" in text
    assert f"less than {bath.no_gain_k:g} K in {bath.no_gain_s / 60:g} minutes" in text
    assert f"more than {bath.stuck_rise_k:g} K in {bath.stuck_window_s / 60:g} minutes" in text
    alarms = page("alarms-and-corrections")
    assert f"Tank or bath {bath.over_limit_k:g} K or more above its limit" in alarms
    assert f"no fault has been seen for {bath.alarm_clear_s:g} s" in alarms
    assert f"more than {bath.probe_spread_k:g} K from the others" in text


def test_the_limits_of_safety_stand_near_the_top() -> None:
    assert "not a certified fire detector" in page("installation")[:200]
