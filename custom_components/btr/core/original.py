"""The grade of an original node, recomputed from its fields.

Its `status` is what it shows, a correction of ours included, so it can be our own echo. The grade counts channels
over their limits, which is a poor measure (H1, H5), but it is what the node's lamp and buzzer follow.
"""

from collections.abc import Mapping
from typing import Final

from .messages import Level

# Limits of the original firmware; a channel counts when it is above.
_ABOVE: Final = {
    "temp_ambient_c": 50.0,
    "temp_internal_c": 50.0,
    "humidity_percent": 80.0,
    "mq2_ppm": 100.0,
    "mq4_ppm": 100.0,
    "mq8_ppm": 200.0,
    "mq7_ppm": 500.0,
    "max30105_smoke": 750.0,
    "max30105_temp_c": 50.0,
}
# The raw VOC signal falls with more VOC; 0 is a failed sensor, which the original counts all the same.
_VOC_BELOW: Final = 200.0
_DANGER_COUNT: Final = 3
# Humidity is weather and the VOC limit was never a measured one: alone they are no evidence.
_CONTEXT: Final = frozenset({"humidity_percent", "voc_index"})


def channels_over(readings: Mapping[str, float | None]) -> tuple[str, ...]:
    """Return the channels that an original node counts, from its readings as sent; None is not counted."""
    over = [name for name, limit in _ABOVE.items() if (value := readings.get(name)) is not None and value > limit]
    voc = readings.get("voc_index")
    if voc is not None and voc < _VOC_BELOW:
        over.append("voc_index")
    return tuple(over)


def grade(over: tuple[str, ...]) -> Level:
    """Return the node's own grade for the channels that it counts: none NORMAL, one or two WARNING, three DANGER."""
    if not over:
        return Level.NORMAL
    return Level.DANGER if len(over) >= _DANGER_COUNT else Level.WARNING


def without_context(over: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of the counted channels that say something about a cell."""
    return tuple(name for name in over if name not in _CONTEXT)
