"""The settings of the simulated bath: the original's names, defaults and manners of reading a change."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

Config = dict[str, Any]

DEFAULTS: Config = {
    "post_interval": 5000,
    "temp_limitout_max": 65,
    "temp_limitin_max": 70,
    "temp_limitout_min": 25,
    "temp_limitin_min": 25,
    "temp_maxdif": 13,
    "bath_setpoint": {"enabled": True, "target": 38.0, "hyst": 0.8},
    "aeration_timer": {"enabled": True, "interval": 120_000, "duration": 30_000},
    "safety": {"tank_temp_max": 90.0},
    "heater_guard": {"min_on_ms": 5000, "min_off_ms": 5000},
    "pump_adaptive": {"delta_on_min": 6.0, "delta_on_max": 25.0, "hyst_nom": 3.0, "ncurve_gamma": 1.3},
    "pump_learning": {"step_up": 0.5, "step_down": 0.2, "max": 10.0, "progress_min": 0.05},
    "curves": {"in_diff_ncurve_gamma": 2.0},
}
"""The original's, but for what a visitor would wait for: frequent reports, short guards and aeration, a mild target."""


def merged(config: Config, change: Mapping[str, Any]) -> Config:
    """The settings with the change in them; what is unknown or of the wrong type is left out, as the original does it.

    Where the settings hold an integer only an integer literal is taken, so 60.0 is not.
    """
    result = copy.deepcopy(config)
    for key, value in change.items():
        old = result.get(key)
        if isinstance(old, dict):
            if isinstance(value, dict):
                result[key] = merged(old, value)
        elif _fits(old, value):
            result[key] = float(value) if isinstance(old, float) else value
    return result


def _fits(old: object, value: object) -> bool:
    if isinstance(old, bool) or isinstance(value, bool):
        return isinstance(old, bool) and isinstance(value, bool)
    if isinstance(old, int):
        return isinstance(value, int)
    return isinstance(old, float) and isinstance(value, int | float)


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """What control reads of the settings: temperatures in degC, differences in K, times in ms."""

    out_max_c: float
    in_min_c: float
    in_max_c: float
    max_difference_k: float
    setpoint_mode: bool
    target_c: float
    hysteresis_k: float
    tank_max_c: float
    min_on_ms: int
    min_off_ms: int
    delta_on_min_k: float
    delta_on_max_k: float
    nominal_hysteresis_k: float
    delta_gamma: float
    step_up_k: float
    step_down_k: float
    boost_max_k: float
    progress_min_k: float
    difference_gamma: float
    aeration_timer: bool
    aeration_interval_ms: int
    aeration_duration_ms: int

    @classmethod
    def of(cls, config: Config) -> Self:
        """Read them, with the original's caps on target and hysteresis."""
        setpoint, pump, learning = config["bath_setpoint"], config["pump_adaptive"], config["pump_learning"]
        aeration = config["aeration_timer"]
        return cls(
            out_max_c=config["temp_limitout_max"],
            in_min_c=config["temp_limitin_min"],
            in_max_c=config["temp_limitin_max"],
            max_difference_k=config["temp_maxdif"],
            setpoint_mode=setpoint["enabled"],
            target_c=min(setpoint["target"], config["temp_limitout_max"] - 0.2),
            hysteresis_k=max(setpoint["hyst"], 0.1),
            tank_max_c=config["safety"]["tank_temp_max"],
            min_on_ms=config["heater_guard"]["min_on_ms"],
            min_off_ms=config["heater_guard"]["min_off_ms"],
            delta_on_min_k=pump["delta_on_min"],
            delta_on_max_k=pump["delta_on_max"],
            nominal_hysteresis_k=pump["hyst_nom"],
            delta_gamma=pump["ncurve_gamma"],
            step_up_k=learning["step_up"],
            step_down_k=learning["step_down"],
            boost_max_k=learning["max"],
            progress_min_k=learning["progress_min"],
            difference_gamma=config["curves"]["in_diff_ncurve_gamma"],
            aeration_timer=aeration["enabled"],
            aeration_interval_ms=aeration["interval"],
            aeration_duration_ms=aeration["duration"],
        )
