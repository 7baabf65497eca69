"""Errors of the training package; each names the place and the remedy."""

from pathlib import Path


class TrainingError(Exception):
    """Base of every error that this package raises on purpose."""


class DataError(TrainingError):
    """A recording that cannot be used as it is.

    Attributes:
        path: the file.
        line: its line, counted from 1; None when the whole file is meant.
        remedy: what the user can do about it.
    """

    def __init__(self, path: Path, line: int | None, problem: str, remedy: str) -> None:
        """Keep the parts beside the sentence, so that a caller can list them."""
        place = f"{path}" if line is None else f"{path}, line {line}"
        super().__init__(f"{place}: {problem}. {remedy}")
        self.path = path
        self.line = line
        self.remedy = remedy


class ConfigError(TrainingError):
    """A configuration with an unknown key, a wrong type or an impossible value."""
