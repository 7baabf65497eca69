"""The figures by which a bath is watched and commanded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BathSettings:
    """Times in seconds, temperature differences in K; brackets name the row of the safety requirements."""

    lease_s: float = 600.0
    """How long one manual command holds an output; it is renewed while wanted (F10)."""
    max_manual_heater_s: float = 4 * 3600.0
    """Longest time for which the heater is held on by hand without a pause (F10)."""
    freshness_periods: float = 2.5
    """A bath is silent after this many of its reporting intervals (I1)."""
    collect_s: float = 1.0
    """How long changes of settings are collected before they are sent as one."""
    config_answer_s: float = 90.0
    """How long a bath may take to restart and register after a change of settings."""
    seen_s: float = 5.0
    """An output that is held on for this much longer than the reporting interval is surely seen on."""
    ack_s: float = 10.0
    """How long a bath that acknowledges may take for it (I9)."""
    emergency_repeat_s: float = 5.0
    """How often the emergency stop is repeated until telemetry shows it."""
    messages_per_s: int = 4
    """Our firmware drops more than five (F17)."""
    probe_spread_k: float = 5.0
    """An outlet further than this from the first median is an outlier (F7)."""
    no_gain_s: float = 600.0
    """Heating for this long must raise the tank by ``no_gain_k`` (F8)."""
    no_gain_k: float = 0.5
    stuck_settle_s: float = 120.0
    """For this long after switching off the tank may still rise: the element is hot (F9)."""
    stuck_window_s: float = 300.0
    """After settling, a rise of more than ``stuck_rise_k`` within this time means that the relay still heats (F9)."""
    stuck_rise_k: float = 0.5
    over_limit_k: float = 1.0
    """The device switches off at its limit, and the hot element goes on for a while: this far above is an alarm."""
    alarm_clear_s: float = 150.0
    """An acknowledged alarm clears after this long without a fault, which is more than two usual messages."""
    duty_window_s: float = 3600.0
    """The time over which the duty cycle is told."""
