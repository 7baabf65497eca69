"""Which recordings belong to one physical experiment: the unit that is never split between training and test."""

import json
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from .data import FloatArray, Recording
from .errors import ConfigError

BESIDE_THE_DATA: Final = "groups.toml"
AXIS_SAMPLES: Final = 200
# Sensors of one logger may each miss a sample now and then; strangers meet to the last digit by chance only.
SHARED: Final = 0.5
KEYS: Final = ("experiments", "neighbours", "foreign")


@dataclass(frozen=True, slots=True)
class Groups:
    """Experiment of each recording's name, and the recordings that need care.

    ``neighbours`` are called normal but show the heat of a neighbour's event: they are neither quiet nor a runaway,
    so they serve neither as negatives around that event nor as quiet hours. ``foreign`` are channels that are not the
    temperature of a cell: nothing is made of them. ``notes`` say where this comes from and what is named in vain.
    """

    experiment: Mapping[str, str]
    neighbours: frozenset[str] = field(default_factory=frozenset)
    foreign: frozenset[str] = field(default_factory=frozenset)
    notes: tuple[str, ...] = ()


def groups_for(folder: Path, configured: Path | None, recordings: Sequence[Recording]) -> Groups:
    """Return the groups of ``groups.toml`` beside the data, else of the configured TOML, else the derived ones."""
    beside = folder / BESIDE_THE_DATA
    if beside.is_file():
        return load_groups(beside, recordings)
    return derive_groups(recordings) if configured is None else load_groups(configured, recordings)


def load_groups(path: Path, recordings: Sequence[Recording]) -> Groups:
    """Read a TOML with ``[experiments]`` name = [recordings], ``neighbours`` and ``foreign``.

    Raises:
        ConfigError: no such file, no TOML (with its line), an unknown key, a wrong type, or a recording that is in two
            experiments or in none. Recordings that are named but not there are a note.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}. Give a TOML with an [experiments] table") from error
    unknown = sorted(table.keys() - set(KEYS))
    if unknown:
        raise ConfigError(f"{path}: unknown key {unknown[0]}. Known: {', '.join(KEYS)}")
    experiment = _experiments(path, table.get("experiments", {}))
    present = {recording.name for recording in recordings}
    missing = sorted(present - experiment.keys())
    if missing:
        raise ConfigError(f"{path}: no experiment for {', '.join(missing)}. Add them, so that no split can leak")
    special = {key: frozenset(_names(path, key, table.get(key, []))) for key in ("neighbours", "foreign")}
    for key, names in special.items():
        strangers = sorted(names - experiment.keys())
        if strangers:
            raise ConfigError(f"{path}: {key} names {strangers[0]}, which is in no experiment. Add it to one")
    absent = sorted(experiment.keys() - present)
    notes = [f"experiments of {path.name}"] + [f"named but not there: {', '.join(absent)}"] * bool(absent)
    return Groups(experiment, special["neighbours"], special["foreign"], tuple(notes))


def write_groups(folder: Path, groups: Groups) -> Path:
    """Write ``groups.toml`` beside the data, as :func:`load_groups` reads it back; return its path."""
    names: dict[str, list[str]] = {}
    for name, group in sorted(groups.experiment.items()):
        names.setdefault(group, []).append(name)
    lines = [f"{key} = {_toml_list(sorted(getattr(groups, key)))}" for key in ("neighbours", "foreign")]
    lines += ["", "[experiments]", *(f"{_toml_text(group)} = {_toml_list(names[group])}" for group in sorted(names))]
    path = folder / BESIDE_THE_DATA
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def derive_groups(recordings: Sequence[Recording]) -> Groups:
    """Group recordings whose first 200 times are the same to the last digit, at least half of them.

    Sensors of one logger share them, even when one was cut short or missed some. Each group is named after its first
    recording. Loggers with round time stamps can put strangers into one group: that wastes data but leaks nothing.
    Two runs of one rig, or a file whose beginning was cut off, have axes of their own: only a TOML can place them.
    """
    axes: list[tuple[FloatArray, list[str]]] = []
    for recording in sorted(recordings, key=lambda one: (-len(one.segments[0][0]), one.name)):
        time_s = recording.segments[0][0]
        start_s = time_s[:AXIS_SAMPLES]
        same = next((names for other_s, names in axes if np.isin(start_s, other_s).mean() >= SHARED), None)
        if same is None:
            axes.append((time_s[: 2 * AXIS_SAMPLES], [recording.name]))
        else:
            same.append(recording.name)
    experiment = {name: min(names) for _, names in axes for name in names}
    return Groups(experiment, notes=(f"{len(axes)} experiments derived from shared time axes",))


def _experiments(path: Path, table: object) -> dict[str, str]:
    """Return the experiment of each recording."""
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: experiments must be a table, not {table!r}")
    groups = {group: _names(path, f"experiments.{group}", names) for group, names in table.items()}
    counts = Counter(name for names in groups.values() for name in names)
    for name, count in counts.items():
        if count > 1:
            both = [group for group, names in groups.items() for one in names if one == name]
            raise ConfigError(f"{path}: recording {name} is in {' and in '.join(both)}. Keep one")
    return {name: group for group, names in groups.items() for name in names}


def _names(path: Path, key: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise ConfigError(f'{path}: {key} must be a list of recordings in quotes like ["001", "002"], not {value!r}')
    return value


def _toml_text(text: str) -> str:
    # JSON escapes what a basic string of TOML must escape, but for the one character DEL.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _toml_list(names: Sequence[str]) -> str:
    return f"[{', '.join(map(_toml_text, names))}]"
