"""The actions: ask the model about a series of temperatures, save a recording, and those of alarms and baths.

Registered once, whatever entries there are. A wrong call ends in a translated error that says what to change.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import probatio
from homeassistant.const import ATTR_DEVICE_ID
from homeassistant.core import HomeAssistant, ServiceCall, ServiceResponse, SupportsResponse, callback
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
from homeassistant.helpers import config_validation as cv
from homeassistant.helpers.translation import async_get_translations
from homeassistant.util import dt as dt_util

from .alarm_services import async_setup_alarm_services
from .bath_services import async_setup_bath_services
from .const import DOMAIN
from .core.errors import EngineError, ModelCardError, SeriesError
from .core.hindsight import Hindsight, longest_s, look_back
from .core.risk.card import Clear
from .core.risk.engine import RiskEngine
from .core.series import Sample, read_series
from .device import BatteryDevice
from .history import async_alarm_starts, async_temperatures
from .hub import BtrHub
from .model_shelf import SHIPPED
from .recordings import CHANNELS, list_names, not_written, write_new
from .risk_monitor import RiskMonitor, Role
from .targets import async_find_device

ATTR_CHANNEL: Final = "channel"
ATTR_END: Final = "end"
ATTR_LAST_ALARM: Final = "last_alarm"
ATTR_MINUTES: Final = "minutes"
ATTR_MODEL: Final = "model"
ATTR_RUNAWAY: Final = "runaway"
ATTR_SERIES: Final = "series"
ATTR_START: Final = "start"
AUTO: Final = "auto"
INTERNAL: Final = "internal"

MOST_LISTED: Final = 600
LONGEST_EXPORT: Final = timedelta(days=7)
# What a recording of an event needs to be of use for training: the quiet before, and the event
BEFORE_ALARM: Final = timedelta(minutes=10)
AFTER_ALARM: Final = timedelta(minutes=10)
ALARMS_SINCE: Final = timedelta(days=30)

PREDICT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Optional(ATTR_SERIES): list,
        probatio.Optional(ATTR_DEVICE_ID): cv.string,
        probatio.Optional(ATTR_MINUTES, default=10): probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=120)),
        probatio.Optional(ATTR_MODEL): cv.string,
    }
)
EXPORT_SCHEMA: Final = probatio.Schema(
    {
        probatio.Required(ATTR_DEVICE_ID): cv.string,
        probatio.Optional(ATTR_MINUTES): probatio.All(probatio.Coerce(int), probatio.Range(min=1, max=7 * 24 * 60)),
        probatio.Optional(ATTR_START): cv.datetime,
        probatio.Optional(ATTR_END): cv.datetime,
        probatio.Optional(ATTR_LAST_ALARM, default=False): cv.boolean,
        probatio.Optional(ATTR_CHANNEL, default=INTERNAL): probatio.In(CHANNELS),
        probatio.Optional(ATTR_RUNAWAY, default=AUTO): probatio.Any(AUTO, cv.boolean),
    }
)


class _Battery(NamedTuple):
    """A battery monitor that an action is about, and its hub."""

    hub: BtrHub
    device: BatteryDevice


@callback
def async_setup_services(hass: HomeAssistant) -> None:
    """Register every action."""
    register = hass.services.async_register
    register(DOMAIN, "predict", _async_predict, PREDICT_SCHEMA, SupportsResponse.ONLY)
    register(DOMAIN, "export_recording", _async_export, EXPORT_SCHEMA, SupportsResponse.OPTIONAL)
    async_setup_alarm_services(hass)
    async_setup_bath_services(hass)


async def _async_predict(call: ServiceCall) -> ServiceResponse:
    """Return what the model says of a series that was given, or of the last minutes of a device."""
    hass, raw, device_id = call.hass, call.data.get(ATTR_SERIES), call.data.get(ATTR_DEVICE_ID)
    if (raw is None) is (device_id is None):
        raise _error("series_or_device")
    battery = None if device_id is None else _battery(hass, device_id)
    risk = (battery.hub if battery else _any_hub(hass)).risk
    chosen = risk.chosen(battery.device.key, Role.ACTIVE) if battery else SHIPPED
    engine = await _async_open(risk, call.data.get(ATTR_MODEL, chosen))
    samples: tuple[Sample, ...] | None = None
    if battery is not None:
        end = dt_util.utcnow()
        samples = await _async_samples(hass, battery, INTERNAL, end - timedelta(minutes=call.data[ATTR_MINUTES]), end)

    def judge() -> Hindsight:
        most_s = longest_s(engine.card)
        return look_back(samples or read_series(raw or [], engine.card.interval_s, most_s), engine)

    try:
        seen = await hass.async_add_executor_job(judge)
    except SeriesError as error:
        raise ServiceValidationError(
            translation_domain=DOMAIN, translation_key=error.reason, translation_placeholders=error.placeholders
        ) from error
    except EngineError as error:
        raise HomeAssistantError(
            translation_domain=DOMAIN, translation_key="no_answer", translation_placeholders={"reason": str(error)}
        ) from error
    return await _async_answer(hass, seen, engine)


async def _async_answer(hass: HomeAssistant, seen: Hindsight, engine: RiskEngine) -> ServiceResponse:
    card = engine.card
    return {
        "probability": _rounded(seen.probabilities[-1]),
        "level": seen.level.key,
        "why": await _async_why(hass, seen, card.clear),
        "highest_probability": _rounded(seen.probabilities.max()),
        "highest_level": seen.highest_level.key,
        "highest_level_time": round(seen.highest_level_s, 3),
        "windows": len(seen.times_s),
        "probabilities": [
            {"time": round(time_s, 3), "probability": _rounded(risk)} for time_s, risk in seen.peaks(MOST_LISTED)
        ],
        "model": {"name": card.name, "version": card.version},
        "engine": engine.name,
    }


async def _async_why(hass: HomeAssistant, seen: Hindsight, clear: Clear) -> str:
    """Return the reason of the level as a sentence in the language of Home Assistant."""
    texts = await async_get_translations(hass, hass.config.language, "selector", [DOMAIN])
    return texts[f"component.{DOMAIN}.selector.why.options.{seen.level.key}"].format(
        probability=_percent(seen.probabilities[-1]),
        k=seen.vote.k,
        n=seen.vote.n,
        threshold=_percent(seen.vote.threshold),
        clear=_percent(clear.threshold),
        hold=f"{clear.hold_s:g}",
    )


async def _async_export(call: ServiceCall) -> ServiceResponse:
    """Write one temperature of a device over a period as a CSV file for training, and return where it is."""
    hass, data = call.hass, call.data
    battery = _battery(hass, data[ATTR_DEVICE_ID])
    start, end = await _async_period(hass, battery, data)
    samples, source = await _async_finest(hass, battery, data[ATTR_CHANNEL], start, end)
    runaway = data[ATTR_RUNAWAY]
    if runaway == AUTO:
        runaway = bool(await async_alarm_starts(hass, battery.device, start, end))
    folder, device_id = battery.hub.recordings.folder, battery.device.key.id

    def write() -> tuple[str, list[str]]:
        path = write_new(folder, device_id, data[ATTR_CHANNEL], start, samples, runaway=runaway)
        return str(path), list_names(folder, device_id)

    try:
        path, recordings = await hass.async_add_executor_job(write)
    except OSError as error:
        raise not_written(folder, error) from error
    return {
        "path": path,
        "rows": len(samples),
        "duration": round(samples[-1].time_s - samples[0].time_s, 3),
        "runaway": runaway,
        "source": source,
        "recordings": list(recordings),
    }


async def _async_finest(
    hass: HomeAssistant, battery: _Battery, channel: str, start: datetime, end: datetime
) -> tuple[tuple[Sample, ...], str]:
    """Return a period from the black box as far as that goes back and from the recorder before, and what it is from."""
    tape = battery.device.monitor.black_box.tape()
    if tape is None or tape.begins_at >= end:
        return await _async_samples(hass, battery, channel, start, end), "recorder"
    fine = tape.samples(CHANNELS[channel], start, end)
    if tape.begins_at <= start and len(fine) >= 2:
        return fine, "black_box"
    coarse = await async_temperatures(hass, battery.device, CHANNELS[channel], start, end)
    box_s = (tape.begins_at - start).total_seconds()
    samples = (*(sample for sample in coarse if sample.time_s < box_s), *fine)
    if len(samples) < 2:
        raise _nothing_recorded(battery, start, end)
    return samples, "both" if len(samples) > len(fine) > 0 else "black_box" if fine else "recorder"


async def _async_samples(
    hass: HomeAssistant, battery: _Battery, channel: str, start: datetime, end: datetime
) -> tuple[Sample, ...]:
    """Return what was recorded; nothing, or a single value, is an error."""
    samples = await async_temperatures(hass, battery.device, CHANNELS[channel], start, end)
    if len(samples) < 2:
        raise _nothing_recorded(battery, start, end)
    return samples


def _nothing_recorded(battery: _Battery, start: datetime, end: datetime) -> ServiceValidationError:
    return _error("nothing_recorded", device=battery.device.name, start=_shown(start), end=_shown(end))


async def _async_period(hass: HomeAssistant, battery: _Battery, data: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """Return the period that was asked for, in one of the three ways to ask, and not beyond now."""
    asked = [name for name in (ATTR_MINUTES, ATTR_START, ATTR_LAST_ALARM) if data.get(name)]
    if len(asked) != 1 or (ATTR_END in data and asked != [ATTR_START]):
        raise _error("one_period")
    now = dt_util.utcnow()
    if asked == [ATTR_LAST_ALARM]:
        raised = await async_alarm_starts(hass, battery.device, now - ALARMS_SINCE, now)
        if not raised:
            raise _error("no_alarm", device=battery.device.name, days=str(ALARMS_SINCE.days))
        return raised[-1] - BEFORE_ALARM, min(raised[-1] + AFTER_ALARM, now)
    if asked == [ATTR_MINUTES]:
        return now - timedelta(minutes=data[ATTR_MINUTES]), now
    start, end = dt_util.as_utc(data[ATTR_START]), min(dt_util.as_utc(data.get(ATTR_END, now)), now)
    if start >= end:
        raise _error("period_backwards", start=_shown(start), end=_shown(end))
    if end - start > LONGEST_EXPORT:
        raise _error("period_too_long", days=str(LONGEST_EXPORT.days))
    return start, end


def _battery(hass: HomeAssistant, device_id: str) -> _Battery:
    """Return the battery monitor that is meant; a bath is refused."""
    hub, device = async_find_device(hass, device_id)
    if isinstance(device, BatteryDevice):
        return _Battery(hub, device)
    raise _error("not_a_battery", device=device.name)


def _any_hub(hass: HomeAssistant) -> BtrHub:
    """Return a hub to ask where no device says which; all have the same files to choose from."""
    entries = hass.config_entries.async_loaded_entries(DOMAIN)
    if not entries:
        raise _error("not_loaded")
    hub: BtrHub = entries[0].runtime_data
    return hub


async def _async_open(risk: RiskMonitor, model: str) -> RiskEngine:
    """Return an engine of its own for one call, so that a long series keeps no battery waiting."""
    try:
        return await risk.async_open(model)
    except (ModelCardError, EngineError) as error:
        raise _error("no_model", model=model, reason=str(error)) from error


def _error(key: str, **placeholders: str) -> ServiceValidationError:
    return ServiceValidationError(translation_domain=DOMAIN, translation_key=key, translation_placeholders=placeholders)


def _rounded(probability: float) -> float:
    return round(float(probability), 4)


def _percent(probability: float) -> str:
    return f"{100 * float(probability):.3g}"


def _shown(at: datetime) -> str:
    return dt_util.as_local(at).isoformat(" ", "seconds")
