"""The bath as a climate entity: HEAT is the setpoint mode of the device, AUTO its n-curve.

OFF is there only where the firmware says that it can: an original cannot be turned off, and a mode that does not turn
the heater off would be a lie.
"""

from dataclasses import dataclass
from typing import Any

from homeassistant.components.climate import (
    ATTR_HVAC_MODE,
    ClimateEntity,
    ClimateEntityDescription,
    ClimateEntityFeature,
    HVACAction,
    HVACMode,
)
from homeassistant.const import ATTR_TEMPERATURE, PRECISION_TENTHS, Platform, UnitOfTemperature
from homeassistant.core import HomeAssistant
from homeassistant.helpers.entity_platform import AddConfigEntryEntitiesCallback

from .core.bath_config import CONTROL_ENABLED, OFF_MODE, TARGET_MARGIN_K, lookup
from .core.messages import DeviceKind, Output
from .core.state import BathState
from .device import BathDevice
from .entity import BtrDescription, BtrEntity, add_entities
from .hub import BtrConfigEntry

# Changes that came one after the other would each wait for the answer to the one before, and never be one message
PARALLEL_UPDATES = 0

# The limits of an original device as it is delivered, until it tells its own
LOWEST_TARGET_C = 25.0
HIGHEST_TARGET_C = 65.0


@dataclass(frozen=True, slots=True)
class BathView:
    """What the entity shows of a bath; ``has_off`` is whether its firmware can turn its control off."""

    current_c: float | None
    target_c: float | None
    mode: HVACMode | None
    action: HVACAction | None
    min_c: float
    max_c: float
    has_off: bool


@dataclass(frozen=True, kw_only=True)
class BtrClimateDescription(ClimateEntityDescription, BtrDescription[BathState]):
    """The row of the climate table."""


def _action(state: BathState) -> HVACAction | None:
    if state.emergency_wanted or state.emergency:
        return HVACAction.OFF
    heater = state.outputs.get(Output.HEATER)
    if heater is False and _mode(state) is HVACMode.OFF:
        return HVACAction.OFF
    return None if heater is None else (HVACAction.HEATING if heater else HVACAction.IDLE)


def _has_off(state: BathState) -> bool:
    return state.register is not None and OFF_MODE in state.register.capabilities


def _mode(state: BathState) -> HVACMode | None:
    if _has_off(state) and lookup(state.config, CONTROL_ENABLED) is False:
        return HVACMode.OFF
    if state.setpoint_mode is None:
        return None
    return HVACMode.HEAT if state.setpoint_mode else HVACMode.AUTO


def _limit_c(state: BathState, key: str, default_c: float) -> float:
    limit = lookup(state.config, key)
    return float(limit) if isinstance(limit, int | float) else default_c


def _view(state: BathState) -> BathView:
    """The target wanted while a change is on its way, else the one the device reported."""
    return BathView(
        current_c=None if state.bath_c is None else round(state.bath_c, 1),
        target_c=state.config_wanted.get("bath_setpoint.target", state.target_c),
        mode=_mode(state),
        action=_action(state),
        min_c=_limit_c(state, "temp_limitout_min", LOWEST_TARGET_C),
        max_c=_limit_c(state, "temp_limitout_max", HIGHEST_TARGET_C) - TARGET_MARGIN_K,
        has_off=_has_off(state),
    )


BATH_CLIMATE = BtrClimateDescription(key="bath", translation_key="bath", name=None, value_fn=_view)


async def async_setup_entry(
    hass: HomeAssistant, entry: BtrConfigEntry, async_add_entities: AddConfigEntryEntitiesCallback
) -> None:
    """Add the climate entity of every bath."""
    add_entities(hass, entry, async_add_entities, Platform.CLIMATE, {DeviceKind.BATH: (BATH_CLIMATE,)}, BathClimate)


class BathClimate(BtrEntity[BathState], ClimateEntity):
    """Temperature and mode of a bath."""

    device: BathDevice
    _attr_precision = PRECISION_TENTHS
    _attr_target_temperature_step = 0.1
    _attr_temperature_unit = UnitOfTemperature.CELSIUS

    @property
    def _view(self) -> BathView:
        view: BathView = self._value or _view(self.device.state)
        return view

    @property
    def hvac_modes(self) -> list[HVACMode]:
        """The modes of the device, as its register tells them."""
        return [*([HVACMode.OFF] if self._view.has_off else ()), HVACMode.HEAT, HVACMode.AUTO]

    @property
    def supported_features(self) -> ClimateEntityFeature:
        """A target; turning off and on where the device can."""
        switch = ClimateEntityFeature.TURN_OFF | ClimateEntityFeature.TURN_ON
        return ClimateEntityFeature.TARGET_TEMPERATURE | (switch if self._view.has_off else ClimateEntityFeature(0))

    @property
    def current_temperature(self) -> float | None:
        """Median of the outlet probes, degC."""
        return self._view.current_c

    @property
    def target_temperature(self) -> float | None:
        """Setpoint, degC; the n-curve has none."""
        return None if self._view.mode is HVACMode.AUTO else self._view.target_c

    @property
    def hvac_mode(self) -> HVACMode | None:
        """What the device's settings say; None before it told them."""
        return self._view.mode

    @property
    def hvac_action(self) -> HVACAction | None:
        """What the heater really does."""
        return self._view.action

    @property
    def min_temp(self) -> float:
        """Lower limit of the target from the device's settings, degC."""
        return self._view.min_c

    @property
    def max_temp(self) -> float:
        """Upper limit of the target from the device's settings, degC."""
        return self._view.max_c

    async def async_set_temperature(self, **kwargs: Any) -> None:
        """Ask for a target, and for a mode when one comes along; both travel in one change of settings."""
        target_c, mode = kwargs.get(ATTR_TEMPERATURE), kwargs.get(ATTR_HVAC_MODE)
        if mode is not None:
            # Home Assistant checks the mode only in the action that sets nothing else
            self._valid_mode_or_raise("hvac", mode, self.hvac_modes)
        await self._async_change(mode, {} if target_c is None else {"bath_setpoint.target": target_c})

    async def async_set_hvac_mode(self, hvac_mode: HVACMode) -> None:
        """Ask for setpoint control, the n-curve, or none."""
        await self._async_change(hvac_mode, {})

    async def async_turn_on(self) -> None:
        """Ask for the mode from before it was turned off."""
        await self._async_change(None, {CONTROL_ENABLED: True})

    async def async_turn_off(self) -> None:
        """Ask for no control; safety goes on."""
        await self._async_change(HVACMode.OFF, {})

    async def _async_change(self, mode: HVACMode | None, change: dict[str, bool | float]) -> None:
        if mode is not None and self._view.has_off:
            change[CONTROL_ENABLED] = mode != HVACMode.OFF
        if mode in {HVACMode.HEAT, HVACMode.AUTO}:
            change["bath_setpoint.enabled"] = mode == HVACMode.HEAT
        # What a person holds on would go on
        held = (Output.HEATER, Output.PUMP) if mode == HVACMode.OFF else ()
        await self.hub.commands.async_change_config(self.device, change, resume=held)
