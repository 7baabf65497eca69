"""A report as data: sections of text, tables, pictures and code, written as HTML or as Markdown from the same words."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

GOOD, BAD, LEAKY, BEST, FAINT = "good", "bad", "leaky", "best", "faint"


@dataclass(frozen=True, slots=True)
class Cell:
    """Text of a cell; ``mark`` colours what the text says in words as well: good, bad, leaky, best or faint."""

    text: str
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph; ``note`` sets it apart as a warning."""

    text: str
    note: bool = False
    kind: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True)
class Points:
    """A list of short statements."""

    items: tuple[str, ...]
    kind: ClassVar[str] = "points"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of as many cells as ``head`` has columns; the first cell of a row names it."""

    head: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    kind: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class Picture:
    """An inline SVG whose only words are ours, what it shows in words, and a caption. ``wide`` takes the whole row."""

    svg: str
    caption: str
    wide: bool = False
    kind: ClassVar[str] = "picture"


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures side by side."""

    pictures: tuple[Picture, ...]
    kind: ClassVar[str] = "gallery"


@dataclass(frozen=True, slots=True)
class Code:
    """Lines to copy."""

    text: str
    kind: ClassVar[str] = "code"


Block = Text | Points | Table | Gallery | Code


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]

    @property
    def anchor(self) -> str:
        """The title as the target of a link within the page."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class Document:
    """A title, a sentence on what this is, and sections."""

    title: str
    lead: str
    sections: tuple[Section, ...]


def table(head: Sequence[Cell | str], rows: Sequence[Sequence[Cell | str]], caption: str = "") -> Table:
    """Return a table; ValueError when a row has more or fewer cells than the head."""
    if any(len(row) != len(head) for row in rows):
        raise ValueError(f"a row of the table {caption!r} has not {len(head)} cells")
    return Table(_cells(head), tuple(_cells(row) for row in rows), caption)


def _cells(row: Sequence[Cell | str]) -> tuple[Cell, ...]:
    return tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in row)
