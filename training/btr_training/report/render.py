"""A document as one HTML file that needs nothing else, and as Markdown without its pictures."""

import re
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from .document import Block, Cell, Code, Document, Gallery, Points, Table, Text

UNIT: Final = re.compile(r"(?<=\d) (?=(?:°C|K|s|h|ms|Hz|%)(?!\w))")
SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|])")


def to_html(document: Document) -> str:
    """Return the page; every text is escaped, pictures are our own drawing and stay as they are."""
    environment = Environment(
        loader=PackageLoader("btr_training.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"picture": Markup, "joined": _joined}
    return environment.get_template("report.html.jinja").render(document=document)


def to_markdown(document: Document) -> str:
    """Return headings, texts, tables and code; a picture leaves its caption."""
    parts = [f"# {_plain(document.title)}", _plain(document.lead)]
    for section in document.sections:
        parts.append(f"## {_plain(section.title)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(part for part in parts if part) + "\n"


def _joined(text: str) -> str:
    """Keep a number and its unit on one line."""
    return UNIT.sub("\u00a0", text)


def _block(block: Block) -> str:
    match block:
        case Text(text=text, note=note):
            return f"> {_plain(text)}" if note else _plain(text)
        case Points(items=items):
            return "\n".join(f"- {_plain(item)}" for item in items)
        case Code(text=text):
            return "\n".join(["```sh", text.replace("```", ""), "```"])
        case Gallery(pictures=pictures):
            return "\n".join(f"- Picture: {_plain(picture.caption)}" for picture in pictures)
        case Table():
            return _table(block)


def _table(block: Table) -> str:
    lines = [_row(block.head), "|" + "---|" * len(block.head), *map(_row, block.rows)]
    caption = [_plain(block.caption), ""] if block.caption else []
    return "\n".join([*caption, *lines])


def _row(cells: tuple[Cell, ...]) -> str:
    return "| " + " | ".join(_plain(cell.text) for cell in cells) + " |"


def _plain(text: str) -> str:
    """Return text on one line that Markdown takes as text and nothing else."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
