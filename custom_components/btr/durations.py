"""How an action reads a length of time."""

from datetime import timedelta
from typing import Any, Final

import probatio
from homeassistant.helpers import config_validation as cv

ATTR_DURATION: Final = "duration"


def duration_between(least: timedelta, longest: timedelta) -> probatio.All[Any]:
    """Return what reads a length of time; one beyond all bounds is refused like any other that is wrong."""
    return probatio.All(_period, probatio.Range(min=least, max=longest))


def _period(value: Any) -> timedelta:
    try:
        period: timedelta = cv.time_period(value)
    except OverflowError as error:
        raise probatio.Invalid("too long for a length of time") from error
    return period
