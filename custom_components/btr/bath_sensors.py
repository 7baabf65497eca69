"""The sensors of a bath: what it measures, what its control does, what its heater has done."""

from homeassistant.components.sensor import SensorDeviceClass, SensorStateClass
from homeassistant.const import EntityCategory, UnitOfEnergy, UnitOfRatio, UnitOfTime

from .core.state import BathState, ConfigSync
from .gate import Band
from .sensor_rows import PERCENT_BAND, BtrSensorDescription, common, difference, scaled, temperature

MAX_OUTLETS = 16
MODES = ["setpoint", "n_curve", "off"]
# As our firmware names what decides about its outputs
REASONS = [
    "emergency",
    "safe_mode",
    "fault_latched",
    "bath_over_limit",
    "bath_invalid",
    "tank_invalid",
    "tank_over_limit",
    "gap_too_wide",
    "heater_max_on",
    "manual",
    "core_invalid",
    "switched_off",
    "heating",
    "preheating",
    "pumping",
    "satisfied",
    "guard",
]


def _outlet(number: int) -> BtrSensorDescription[BathState]:
    return temperature(
        f"outlet_{number}_c",
        lambda state: state.outlets_c.get(number),
        has_fn=lambda state: number in state.outlets_c,
        translation_key="outlet_c",
        placeholders={"number": str(number)},
    )


def _mode(state: BathState) -> str | None:
    """What the firmware says, else what its settings make it do."""
    if state.mode in MODES:
        return state.mode
    return None if state.setpoint_mode is None else MODES[not state.setpoint_mode]


def _reason(state: BathState) -> str | None:
    """A newer firmware may have reasons that nobody here knows the words for."""
    return state.reason if state.reason in REASONS else None


BATH_SENSORS: tuple[BtrSensorDescription[BathState], ...] = (
    temperature("core_c", lambda state: state.core_c, has_fn=lambda state: state.core_c is not None),
    *(_outlet(number) for number in range(1, MAX_OUTLETS + 1)),
    temperature("bath_c", lambda state: state.bath_c),
    temperature("tank_c", lambda state: state.tank_c),
    difference("tank_minus_bath_k", lambda state: state.tank_minus_bath_k),
    BtrSensorDescription(
        key="mode",
        translation_key="mode",
        device_class=SensorDeviceClass.ENUM,
        options=MODES,
        value_fn=_mode,
    ),
    BtrSensorDescription(
        key="reason",
        translation_key="reason",
        device_class=SensorDeviceClass.ENUM,
        options=REASONS,
        value_fn=_reason,
        has_fn=lambda state: state.reason is not None,
    ),
    difference(
        "boost_k",
        lambda state: state.boost_k,
        has_fn=lambda state: state.boost_k is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    difference(
        "d_on_k",
        lambda state: state.d_on_k,
        has_fn=lambda state: state.d_on_k is not None,
        entity_category=EntityCategory.DIAGNOSTIC,
    ),
    BtrSensorDescription(
        key="next_aeration_at",
        translation_key="next_aeration_at",
        device_class=SensorDeviceClass.TIMESTAMP,
        value_fn=lambda state: state.next_aeration_at,
        band=Band(absolute=5.0),
    ),
    BtrSensorDescription(
        key="heater_on_s",
        translation_key="heater_on_s",
        device_class=SensorDeviceClass.DURATION,
        native_unit_of_measurement=UnitOfTime.SECONDS,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=0,
        value_fn=lambda state: round(state.heater_on_s),
        band=Band(absolute=30.0),
    ),
    BtrSensorDescription(
        key="heater_cycles",
        translation_key="heater_cycles",
        state_class=SensorStateClass.TOTAL_INCREASING,
        value_fn=lambda state: state.heater_cycles,
        band=Band(absolute=1.0),
    ),
    BtrSensorDescription(
        key="heater_energy_kwh",
        translation_key="heater_energy_kwh",
        device_class=SensorDeviceClass.ENERGY,
        native_unit_of_measurement=UnitOfEnergy.KILO_WATT_HOUR,
        state_class=SensorStateClass.TOTAL_INCREASING,
        suggested_display_precision=2,
        value_fn=lambda state: scaled(state.heater_energy_kwh, 1, 3),
        band=Band(absolute=0.01),
    ),
    BtrSensorDescription(
        key="duty_cycle",
        translation_key="duty_cycle",
        native_unit_of_measurement=UnitOfRatio.PERCENTAGE,
        state_class=SensorStateClass.MEASUREMENT,
        suggested_display_precision=0,
        value_fn=lambda state: scaled(state.duty_cycle, 100, 1),
        band=PERCENT_BAND,
    ),
    BtrSensorDescription(
        key="config_sync",
        translation_key="config_sync",
        device_class=SensorDeviceClass.ENUM,
        options=[sync.value for sync in ConfigSync],
        entity_category=EntityCategory.DIAGNOSTIC,
        value_fn=lambda state: state.config_sync.value,
    ),
    *common(lambda state: state.last_message_at, lambda state: state.malformed_messages),
)
