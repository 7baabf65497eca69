"""Settings of a bath: bounds, rules, and the way of a change."""

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from btr_core import bath_config
from btr_core.bath_config import DEFAULTS, SETTING_BY_KEY, SETTINGS, SettingKind
from btr_core.errors import CommandRefusedError
from btr_core.messages import Output
from btr_core.state import ConfigSync
from tests.core.bath_story import OURS, BathStory, command_of

PLAIN = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))


def refused(call: Callable[[], object]) -> CommandRefusedError:
    with pytest.raises(CommandRefusedError) as caught:
        call()
    return caught.value


def test_the_defaults_keep_their_own_bounds_and_rules() -> None:
    """65 as target under a limit of 65 is the one default that the device itself caps."""
    for setting in SETTINGS:
        if setting.kind is not SettingKind.HOSTS:
            assert bath_config.read_changes({setting.key: setting.default}) == {setting.key: setting.default}
    assert refused(lambda: bath_config.check_rules(DEFAULTS, DEFAULTS)).reason == "target_above_limit"
    bath_config.check_rules({**DEFAULTS, "bath_setpoint.target": 64.8}, DEFAULTS)


@pytest.mark.parametrize("setting", [row for row in SETTINGS if row.low is not None], ids=lambda row: row.key)
def test_each_bound_is_inclusive_and_firm(setting: bath_config.BathSetting) -> None:
    assert setting.low is not None
    assert setting.high is not None
    for value in (setting.low, setting.high):
        assert bath_config.read_changes({setting.key: value})[setting.key] == value
    for value in (setting.low - 1, setting.high + 1):
        assert (
            refused(lambda value=value: bath_config.read_changes({setting.key: value})).reason == "setting_out_of_range"
        )


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"bath_setpoint.target": 64.9}, "target_above_limit"),
        ({"temp_limitout_max": 50, "bath_setpoint.target": 50.0}, "target_above_limit"),
        ({"temp_limitout_min": 60, "temp_limitout_max": 60, "bath_setpoint.target": 40}, "outlet_limits_crossed"),
        ({"temp_limitin_min": 60, "temp_limitin_max": 55}, "core_limits_crossed"),
        ({"safety.tank_temp_max": 65}, "tank_below_bath_limit"),
        ({"pump_adaptive.delta_on_min": 26}, "pump_thresholds_crossed"),
        (
            {"pump_adaptive.hyst_nom": 10, "pump_adaptive.delta_on_min": 8, "pump_adaptive.delta_on_max": 12},
            "pump_hysteresis_too_wide",
        ),
        ({"bath_setpoint.target": 64.8}, None),
        ({"temp_limitout_max": 50, "bath_setpoint.target": 49.8}, None),
    ],
)
def test_rules_between_settings(changes: dict[str, float], reason: str | None) -> None:
    story = BathStory()
    if reason is None:
        story.bath.change_config(changes, story.now_s)
        return
    assert refused(lambda: story.bath.change_config(changes, story.now_s)).reason == reason
    story.passes(5)
    assert story.commands == []


@given(st.dictionaries(st.sampled_from([*SETTING_BY_KEY, "wifi.ssid", "unknown"]), PLAIN, max_size=4))
def test_any_change_is_typed_or_refused_as_a_whole(partial: dict[str, object]) -> None:
    try:
        changes = bath_config.read_changes(partial)
    except CommandRefusedError as error:
        changes = {}
        assert error.reason  # noqa: PT017
    for key, value in changes.items():
        setting = SETTING_BY_KEY[key]
        assert type(value) in {SettingKind.INTEGER: (int,), SettingKind.NUMBER: (float,)}.get(
            setting.kind, (bool, tuple)
        )
        assert setting.low is None or setting.low <= value <= setting.high  # type: ignore[operator]
    assert set(changes) in (set(), set(partial))


def test_the_names_of_the_register_are_understood_and_one_setting_has_one_value() -> None:
    changes = bath_config.read_changes({"read_interval": 30_000, "ntp_servers": ["ntp.example.org"]})
    assert changes == {"post_interval": 30_000, "ntp_host": ("ntp.example.org",)}
    twice: list[dict[str, object]] = [
        {"read_interval": 30_000, "post_interval": 30_000},
        {"bath_setpoint.hyst": 1, "bath_setpoint": {"hyst": 2}},
    ]
    for partial in twice:
        assert refused(lambda partial=partial: bath_config.read_changes(partial)).reason == "setting_twice"


def test_a_refusal_repeats_no_more_of_a_name_than_can_be_read() -> None:
    error = refused(lambda: bath_config.read_changes({"x" * 10_000: 1}))
    assert len(error.placeholders["key"]) == 64


@given(st.sets(st.sampled_from(sorted(SETTING_BY_KEY))))
def test_nesting_and_flattening_are_opposites(keys: set[str]) -> None:
    flat = {key: DEFAULTS[key] for key in keys}
    assert dict(bath_config.flatten(bath_config.nest(flat))) == flat
    assert all(bath_config.lookup(bath_config.nest(flat), key) == value for key, value in flat.items())


def test_changes_are_collected_for_a_second_and_sent_once() -> None:
    story = BathStory()
    story.registers()
    story.aims_at(60.0)
    story.passes(0.5)
    story.aims_at(58.0)
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    assert story.state.config_sync is ConfigSync.COLLECTING
    assert story.state.config_wanted["bath_setpoint.target"] == 58.0
    assert story.state.target_c == 65.0
    story.passes(30)
    assert story.commands == [("config", '{"temp_maxdif":12,"bath_setpoint":{"target":58.0}}')]
    assert story.sent[0][0] - 1000 == 1.0
    assert story.state.config_sync is ConfigSync.SENT


def test_the_next_register_confirms_the_change() -> None:
    story = BathStory()
    story.registers()
    story.aims_at(58.1)
    story.passes(10)
    story.registers({"bath_setpoint.target": 58.099998})
    state = story.state
    assert (state.config_sync, state.config_wanted) == (ConfigSync.CONFIRMED, {})
    assert state.target_c == pytest.approx(58.1)
    assert "config_confirmed" in story.take_events()


def test_a_register_that_says_otherwise_is_reported_as_a_difference() -> None:
    story = BathStory()
    story.registers()
    story.bath.change_config({"bath_setpoint": {"target": 58.0, "hyst": 0.5}}, story.now_s)
    story.passes(10)
    story.registers({"bath_setpoint.target": 58.0})
    state = story.state
    assert state.config_sync is ConfigSync.DIFFERENT
    assert dict(state.config_differences) == {"bath_setpoint.hyst": (0.5, 0.8)}
    assert state.target_c == 58.0
    (event,) = [event for event in story.events if event.kind == "config_different"]
    assert dict(event.data) == {"bath_setpoint.hyst": "0.5 / 0.8"}


def test_a_retained_register_from_before_is_no_difference() -> None:
    story = BathStory()
    story.registers()
    story.aims_at(58.0)
    story.passes(10)
    story.registers(retained=True)
    assert story.state.config_sync is ConfigSync.SENT


def test_a_bath_that_does_not_answer_is_reported_and_the_wish_dropped() -> None:
    story = BathStory()
    story.registers()
    story.aims_at(58.0)
    story.passes(92, TankTemp=60.0)
    state = story.state
    assert (state.config_sync, state.config_wanted, state.target_c) == (ConfigSync.UNANSWERED, {}, 65.0)
    assert "config_unanswered" in story.take_events()


def test_a_change_during_the_restart_waits_for_it() -> None:
    story = BathStory()
    story.registers()
    story.aims_at(58.0)
    story.passes(5)
    story.aims_at(57.0)
    story.passes(20)
    assert len(story.commands) == 1
    assert story.state.config_wanted["bath_setpoint.target"] == 57.0
    story.registers({"bath_setpoint.target": 58.0})
    assert story.commands[1:] == [("config", '{"bath_setpoint":{"target":57.0}}')]


def test_the_restart_after_a_change_is_no_silence() -> None:
    story = BathStory()
    story.registers({"post_interval": 5000})
    story.says(Heater=1, ts="1970-01-01 08:00:00")
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(60)
    assert story.state.online
    assert "silent_heater" not in story.take_events()


def test_a_wish_outlives_the_restart_that_we_caused() -> None:
    story = BathStory()
    story.registers()
    story.bath.set_output(Output.PUMP, True, story.now_s)
    story.passes(60, Pump=1)
    story.bath.change_config({"temp_maxdif": 12}, story.now_s)
    story.passes(10)
    story.take_commands()
    story.registers({"temp_maxdif": 12})
    assert story.commands == [("pump", "on")]


def test_the_mode_of_the_bath_is_a_setting() -> None:
    story = BathStory()
    story.registers()
    story.bath.change_config({"bath_setpoint": {"enabled": False}}, story.now_s)
    story.passes(2)
    assert story.commands == [("config", '{"bath_setpoint":{"enabled":false}}')]


def test_no_change_is_taken_offline_or_under_a_stop() -> None:
    story = BathStory()
    story.bath.set_emergency(True, story.now_s)
    assert refused(lambda: story.aims_at(58.0)).reason == "emergency_engaged"
    offline = BathStory(running=False)
    assert refused(lambda: offline.aims_at(58.0)).reason == "device_offline"


def test_a_stop_drops_a_change_that_was_not_sent_and_says_so() -> None:
    """The restart after the change would release the stop of an original."""
    story = BathStory()
    story.registers()
    story.aims_at(58.0)
    story.bath.set_emergency(True, story.now_s)
    story.passes(30)
    assert {name for name, _ in story.commands} == {"emergency"}
    state = story.state
    assert state.config_sync is ConfigSync.DIFFERENT
    assert dict(state.config_differences) == {"bath_setpoint.target": (58.0, 65.0)}


def test_a_refusal_of_the_change_is_a_difference() -> None:
    story = BathStory()
    story.registers(capabilities=OURS)
    story.aims_at(58.0)
    story.passes(2)
    (sent,) = story.sent
    story.hears("ack", {"id": command_of(sent[1])["id"], "result": "refused", "reason": "over_cap"})
    assert story.state.config_sync is ConfigSync.DIFFERENT
    story.step()
    assert "command_refused" in story.take_events()


def test_settings_that_were_kept_over_a_restart_are_known_at_once() -> None:
    story = BathStory()
    story.registers({"bath_setpoint.target": 55.0})
    kept = json.loads(json.dumps(story.state.config, default=dict))
    again = BathStory(running=False)
    again.hears("register", {"config": kept}, retained=True)
    assert again.state.config == story.state.config
    assert again.state.target_c == 55.0
    assert not again.state.online


def test_a_bath_that_reports_an_impossible_interval_is_still_watched() -> None:
    story = BathStory()
    story.registers({"post_interval": 10_000_000})
    assert bath_config.lookup(story.state.config, "post_interval") == 10_000_000
    story.passes(276)
    assert not story.state.online


def test_a_register_that_says_nothing_of_settings_takes_none_away() -> None:
    story = BathStory()
    story.registers({"bath_setpoint.target": 58.0})
    story.hears("register", {"schema_version": 2, "ip_address": "192.0.2.18"})
    story.step()
    assert story.state.target_c == 58.0


def test_a_number_that_nothing_can_store_is_no_setting() -> None:
    story = BathStory()
    story.registers({"aeration_timer.interval": 10**20, "temp_maxdif": 1e300})
    assert "interval" not in story.state.config["aeration_timer"]
    assert "temp_maxdif" not in story.state.config


@pytest.mark.parametrize("waiting", [7, 4])
def test_a_change_that_has_to_wait_its_turn_is_not_taken_for_sent(waiting: int) -> None:
    """A stop drops what waits; the bath must not be thought to restart then, which would excuse its silence.

    It waits behind other messages, or because four have just left.
    """
    story = BathStory()
    story.registers({"aeration_timer.enabled": False})
    story.aims_at(58.0)
    story.passes(0.5)
    if waiting == 7:
        story.bath.set_emergency(False, story.now_s)
    else:
        for output in Output:
            story.bath.resume_automatic(output, story.now_s)
        story.step()
        story.bath.resume_automatic(Output.PUMP, story.now_s)
        story.step()
    story.passes(0.5)
    assert story.state.config_sync is ConfigSync.COLLECTING
    story.bath.set_emergency(True, story.now_s)
    story.step()
    assert story.state.config_sync is ConfigSync.DIFFERENT
    story.passes(5)
    assert "config" not in {name for name, _ in story.commands}
