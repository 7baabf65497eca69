"""Two numeric columns out of a CSV file that some logger or spreadsheet wrote, or the first line that is wrong.

Plain files go through numpy at full speed. What numpy refuses is read again line by line: quotes and decimal commas are
understood there, and anything else gets its line number.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .errors import DataError

COLUMNS: Final = ("Time", "Temperature")
# Where the comma is the decimal mark, spreadsheets put a semicolon or a tab between the columns.
DELIMITERS: Final = (",", ";", "\t")
# Beyond these a value is damage: times may be milliseconds since 1970, sensors report 65 535 when they fail.
LARGEST: Final = (1e13, 1e6)
FORMAT_REMEDY: Final = "Write a header line 'Time,Temperature' and then one 'seconds,degC' pair per line"
ENCODING_REMEDY: Final = "Save it again as 'CSV UTF-8'"
LINE_REMEDY: Final = "Delete the line or repair the value"
# Python's float() also takes '1_000', 'nan' and the digits of other scripts; a recording holds none of them.
NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layout:
    """Delimiter, number of columns, and the places of Time and Temperature among them."""

    delimiter: str
    width: int
    places: tuple[int, int]


def read_table(path: Path, content: bytes) -> tuple[FloatArray, FloatArray]:
    """Return times in s and temperatures in degC as they stand in the file: finite, at least two, in file order.

    Raises:
        DataError: with file, line and remedy.
    """
    text = _decode(path, content)
    header, _, body = text.partition("\n")
    layout = _find_columns(path, header)
    if not body.strip():
        raise DataError(path, 2, "there is a header but no sample", "Record at least two samples")
    table = _read_plain(body, layout)
    if table is None:
        table = np.array(list(_read_line_by_line(path, body, layout)), dtype=np.float64).reshape(-1, 2)
    if len(table) < 2:
        raise DataError(path, 2, "a single sample is not a recording", "Record at least two samples")
    return table[:, 0].copy(), table[:, 1].copy()


def _decode(path: Path, content: bytes) -> str:
    """Return the text with one kind of line end, without a byte order mark."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DataError(path, line, "the file is not UTF-8 text", ENCODING_REMEDY) from error
    if "\x00" in text:
        line = text.count("\n", 0, text.index("\x00")) + 1
        problem = "there are NUL bytes: UTF-16 text, or a logger that lost its power while it wrote"
        raise DataError(path, line, problem, f"{ENCODING_REMEDY}, or delete the damaged lines")
    if not text.strip():
        raise DataError(path, 1, "the file is empty", FORMAT_REMEDY)
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _find_columns(path: Path, header: str) -> Layout:
    wanted = [column.casefold() for column in COLUMNS]
    readings = {
        delimiter: [name.strip().strip('"').strip().casefold() for name in header.split(delimiter)]
        for delimiter in DELIMITERS
    }
    delimiter = max(DELIMITERS, key=lambda one: sum(name in readings[one] for name in wanted))
    names = readings[delimiter]
    missing = [column for column in COLUMNS if column.casefold() not in names]
    if missing:
        problem = f"the header has no column {' or '.join(missing)}, it is {header.strip()[:60]!r}"
        raise DataError(path, 1, problem, FORMAT_REMEDY)
    for column in COLUMNS:
        if names.count(column.casefold()) > 1:
            raise DataError(path, 1, f"there are two columns {column}", "Keep one sensor per file")
    return Layout(delimiter, len(names), (names.index(wanted[0]), names.index(wanted[1])))


def _read_plain(body: str, layout: Layout) -> FloatArray | None:
    """Return float64 (rows, 2), or None when a closer look is needed."""
    numbers = body if layout.delimiter == "," else body.replace(",", ".")
    try:
        table: FloatArray = np.loadtxt(
            io.StringIO(numbers), delimiter=layout.delimiter, usecols=layout.places, ndmin=2, comments=None
        )
    except ValueError:
        return None
    # A decimal comma between commas makes two cells of one number, and every row would still be read.
    as_wide_as_the_header = body.count(layout.delimiter) == len(table) * (layout.width - 1)
    return table if as_wide_as_the_header and (np.abs(table) <= LARGEST).all() else None


def _read_line_by_line(path: Path, body: str, layout: Layout) -> Iterator[tuple[float, float]]:
    """Yield the samples; raise DataError at the first row that is none."""
    rows = csv.reader(body.split("\n"), delimiter=layout.delimiter)
    while True:
        line = rows.line_num + 2
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise DataError(path, line, f"the line cannot be read ({error})", FORMAT_REMEDY) from error
        if any(cell.strip() for cell in cells):
            yield _sample(path, line, cells, layout)


def _sample(path: Path, line: int, cells: list[str], layout: Layout) -> tuple[float, float]:
    if len(cells) > layout.width:
        problem = f"there are {len(cells)} cells under {layout.width} columns"
        raise DataError(path, line, problem, "Where the comma is the decimal mark, separate the columns by ';'")
    time_s, temp_c = (
        _number(path, line, name, cells[place] if place < len(cells) else None, largest)
        for name, place, largest in zip(COLUMNS, layout.places, LARGEST, strict=True)
    )
    return time_s, temp_c


def _number(path: Path, line: int, name: str, cell: str | None, largest: float) -> float:
    if cell is None:
        raise DataError(path, line, f"{name} is missing", FORMAT_REMEDY)
    text = cell.strip().replace(",", ".")
    if not NUMBER.fullmatch(text):
        raise DataError(path, line, f"{name} is {cell.strip()[:40]!r}, not a finite number", LINE_REMEDY)
    value = float(text)
    if not abs(value) <= largest:
        raise DataError(path, line, f"{name} is {cell.strip()[:40]}, beyond {largest:g}", LINE_REMEDY)
    return value
