"""The configuration of a run: frozen, typed, read from TOML, changed by ``--set section.key=value``, never guessed."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Final, get_type_hints

from .errors import ConfigError


@dataclass(frozen=True, slots=True)
class DataConfig:
    """Folder of CSV files, empty for simulation alone, and TOML of their experiments, empty to derive them."""

    recordings: str = ""
    groups: str = ""


@dataclass(frozen=True, slots=True)
class SimulationConfig:
    """Numbers of simulated traces; those of the validation have seeds of their own and are never trained on."""

    seed: int = 11
    abused: int = 1200
    benign: int = 2400
    validation_abused: int = 200
    validation_benign: int = 400


@dataclass(frozen=True, slots=True)
class WindowConfig:
    """Most windows drawn per trace, and the weight of recorded against simulated ones."""

    simulated_positives: int = 80
    simulated_negatives: int = 120
    recorded_positives: int = 300
    recorded_negatives: int = 600
    recorded_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The fit. ``negative_weight`` makes a false alarm dearer than a miss; ``folds`` of the cross-validation.

    ``forecast_weight`` is that of the second task of a network, to foretell the temperature; 0: no such task.
    """

    seed: int = 1
    epochs: int = 12
    batch_size: int = 1024
    learning_rate: float = 0.004
    weight_decay: float = 0.0001
    negative_weight: float = 2.0
    forecast_weight: float = 0.0
    folds: int = 6
    threads: int = 1


@dataclass(frozen=True, slots=True)
class NetworkConfig:
    """Size of a network: channels or units per layer, units before the output, layers, heads of attention."""

    width: int = 20
    hidden: int = 16
    layers: int = 2
    heads: int = 4


@dataclass(frozen=True, slots=True)
class TreesConfig:
    """Size of a tree ensemble: trees, greatest depth, least windows in a leaf, step of the boosting."""

    count: int = 200
    depth: int = 8
    leaf: int = 20
    learning_rate: float = 0.1


@dataclass(frozen=True, slots=True)
class AlarmConfig:
    """How probabilities become an alarm: ``k`` of ``n`` windows at 0.5; warning and clear likewise.

    ``false_per_day`` is the rate on simulated benign life, never trained on, that sets where 0.5 lies.
    """

    k: int = 3
    n: int = 4
    false_per_day: float = 0.2
    warning_threshold: float = 0.3
    warning_k: int = 3
    warning_n: int = 4
    clear_threshold: float = 0.2
    clear_hold_s: float = 30.0


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """The family to train, and the name and version that the card carries."""

    family: str = "tcn"
    name: str = "battery_risk"
    version: str = "1.0.0"


@dataclass(frozen=True, slots=True)
class EvaluationConfig:
    """How much is judged.

    Hours of each kind of nuisance, whether each event is also disturbed in every way, and whether model and rules are
    fused everywhere or only in the events as they were. ``nuisance_seed`` makes the nuisance that figures are told of,
    ``choosing_seed`` that of a contest: what a model was chosen by says little of it afterwards.
    """

    nuisance_hours: float = 6.0
    nuisance_seed: int = 2029
    choosing_seed: int = 77
    robustness: bool = True
    fused_everywhere: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """All of it."""

    data: DataConfig = field(default_factory=DataConfig)
    simulation: SimulationConfig = field(default_factory=SimulationConfig)
    windows: WindowConfig = field(default_factory=WindowConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    network: NetworkConfig = field(default_factory=NetworkConfig)
    trees: TreesConfig = field(default_factory=TreesConfig)
    alarm: AlarmConfig = field(default_factory=AlarmConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    evaluation: EvaluationConfig = field(default_factory=EvaluationConfig)


def load_config(path: Path | None, changes: Sequence[str] = ()) -> Config:
    """Read a TOML file (None: the defaults) and apply ``section.key=value`` changes; ConfigError names what is wrong.

    A file may begin with ``extends = "other.toml"`` and then say only what differs.

    A relative path counts from the folder of the file that names it, in a change from the working directory; the
    result is absolute.
    """
    table = {} if path is None else _read_table(path)
    for change in changes:
        _apply(table, change)
    _resolve_paths(table, Path.cwd())
    config: Config = _build(Config, table, "")
    _check_ranges(config)
    return config


# The least value of what cannot be nothing; all other numbers may not be negative.
LEAST: Final[Mapping[str, int]] = {
    "train.folds": 2,
    "train.epochs": 1,
    "train.batch_size": 1,
    "train.threads": 1,
    "network.width": 1,
    "network.hidden": 1,
    "network.layers": 1,
    "network.heads": 1,
    "trees.count": 1,
    "trees.depth": 1,
    "trees.leaf": 1,
    "alarm.k": 1,
    "alarm.n": 1,
    "alarm.warning_k": 1,
    "alarm.warning_n": 1,
}


def _check_ranges(config: Config) -> None:
    for section, values in to_table(config).items():
        for key, value in values.items():
            least = LEAST.get(f"{section}.{key}", 0)
            if isinstance(value, int | float) and not value >= least:
                raise ConfigError(f"{section}.{key} is {value!r}, allowed is {least} or more")
    for k, n in ((config.alarm.k, config.alarm.n), (config.alarm.warning_k, config.alarm.warning_n)):
        if k > n:
            raise ConfigError(f"alarm: {k} of {n} windows can never agree; k may be n at most")
    if config.evaluation.nuisance_seed == config.evaluation.choosing_seed:
        raise ConfigError("evaluation: nuisance_seed and choosing_seed must differ, or the choice is told as a result")


def _read_table(path: Path, may_extend: bool = True) -> dict[str, Any]:
    """Return the tables of a file, laid over those of the file that its ``extends`` names."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path}: {error}") from error
    _resolve_paths(table, path.parent)
    base = table.pop("extends", None)
    if base is None:
        return table
    if not isinstance(base, str) or not may_extend:
        raise ConfigError(f"{path}: extends must name one file, which extends no other; it is {base!r}")
    below = _read_table(path.parent / base, may_extend=False)
    for section, values in table.items():
        under = below.get(section)
        below[section] = under | values if isinstance(under, dict) and isinstance(values, dict) else values
    return below


def _resolve_paths(table: dict[str, Any], folder: Path) -> None:
    """Make the paths of the data section absolute; empty ones stay empty, wrong types are left for the check."""
    data = table.get("data")
    if isinstance(data, dict):
        data |= {
            key: str((folder / value).resolve()) for key, value in data.items() if isinstance(value, str) and value
        }


def to_table(config: Config) -> dict[str, Any]:
    """Return the resolved configuration as nested tables."""
    return asdict(config)


def to_toml(config: Config) -> str:
    """Return the resolved configuration as TOML that :func:`load_config` reads back."""
    lines = []
    for section, values in to_table(config).items():
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml_value(value)}" for key, value in values.items()]
        lines.append("")
    return "\n".join(lines)


def _toml_value(value: object) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _apply(table: dict[str, Any], change: str) -> None:
    """Put ``section.key=value`` into the table; the value is TOML, or a bare text."""
    path, separator, text = change.partition("=")
    keys = path.strip().split(".")
    if not separator or len(keys) != 2:
        raise ConfigError(f"--set {change!r}: write section.key=value, for example train.epochs=5")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    section = table.setdefault(keys[0], {})
    if not isinstance(section, dict):
        raise ConfigError(f"{keys[0]} must be a table, not {section!r}")
    section[keys[1]] = value


def _build(section: type[Any], table: Mapping[str, Any], place: str) -> Any:
    """Return ``section`` from a table, refusing unknown keys and wrong types."""
    hints = get_type_hints(section)
    known = {part.name for part in fields(section)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise ConfigError(f"unknown key {place}{unknown[0]}. Known: {', '.join(sorted(known))}")
    values: dict[str, Any] = {}
    for key, value in table.items():
        wanted = hints[key]
        if isinstance(wanted, type) and is_dataclass(wanted):
            if not isinstance(value, Mapping):
                raise ConfigError(f"{place}{key} must be a table, not {value!r}")
            values[key] = _build(wanted, value, f"{place}{key}.")
        elif wanted is float and type(value) is int:
            values[key] = float(value)
        elif type(value) is not wanted:
            raise ConfigError(f"{place}{key} must be {wanted.__name__}, not {value!r}")
        else:
            values[key] = value
    return section(**values)
