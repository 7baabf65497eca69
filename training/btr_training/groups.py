"""Which recordings belong to one physical experiment: the unit that is never split between training and test."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .data import Recording
from .errors import ConfigError

SHARED_AXIS_SAMPLES = 200


@dataclass(frozen=True, slots=True)
class Groups:
    """Experiment of each recording's name, and the recordings that need care.

    ``neighbours`` are called normal but show the heat of a neighbour's event: they are neither quiet nor a runaway,
    so they serve neither as negatives around that event nor as quiet hours. ``foreign`` are channels that are not the
    temperature of a cell.
    """

    experiment: Mapping[str, str]
    neighbours: frozenset[str] = field(default_factory=frozenset)
    foreign: frozenset[str] = field(default_factory=frozenset)


def load_groups(path: Path, recordings: tuple[Recording, ...]) -> Groups:
    """Read a TOML with ``[experiments]`` name = [recordings], ``neighbours`` and ``foreign``.

    ConfigError when a recording is in two experiments or in none.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: {error}. Give a TOML with an [experiments] table") from error
    experiment: dict[str, str] = {}
    for group, names in table.get("experiments", {}).items():
        for name in names:
            if name in experiment:
                raise ConfigError(f"{path}: recording {name} is in {experiment[name]} and in {group}. Keep one")
            experiment[name] = group
    missing = sorted({recording.name for recording in recordings} - experiment.keys())
    if missing:
        raise ConfigError(f"{path}: no experiment for {', '.join(missing)}. Add them, so that no split can leak")
    return Groups(experiment, frozenset(table.get("neighbours", ())), frozenset(table.get("foreign", ())))


def derive_groups(recordings: tuple[Recording, ...]) -> Groups:
    """Group recordings that share the first samples of their time axis to the last digit.

    Sensors of one logger do; a truncated file still shares the beginning. Loggers with round time stamps can put
    strangers into one group: that wastes data but leaks nothing.
    """
    experiment: dict[str, str] = {}
    axes: dict[bytes, str] = {}
    for recording in recordings:
        time_s = recording.segments[0][0]
        axis = time_s[:SHARED_AXIS_SAMPLES].tobytes()
        experiment[recording.name] = axes.setdefault(axis, recording.name)
    return Groups(experiment)
