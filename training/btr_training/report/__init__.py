"""The report of a run as one HTML file and as Markdown, and the page about a shipped model."""

from dataclasses import replace
from pathlib import Path

from . import background, incidents, results
from .card_page import card_page
from .contest_section import contest
from .document import Block, Document, Gallery, Section
from .plots import with_own_ids
from .render import to_html, to_markdown
from .source import Source, read_source

__all__ = ["card_page", "report_of", "write_card_page", "write_report"]


def write_report(run: Path, target: Path, compare: Path | None = None) -> None:
    """Write the report of a run folder to ``target`` and, with the suffix ``.md``, beside it.

    It holds stretches of the recordings, so it stays as private as they are.

    Raises:
        TrainingError: the run, or the table of ``compare``, is missing or incomplete.
    """
    document = report_of(read_source(run, compare))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(to_html(document), encoding="utf-8")
    target.with_suffix(".md").write_text(to_markdown(document), encoding="utf-8")


def write_card_page(card: Path, target: Path) -> None:
    """Write the page about a model from its card; TrainingError when there is no card."""
    target.write_text(to_markdown(card_page(card)), encoding="utf-8")


def report_of(source: Source) -> Document:
    """Return the whole report."""
    sections = [results.summary(source)]
    if source.contest is not None:
        sections.append(contest(source.contest))
    sections += [
        results.methods(source),
        results.robustness(source),
        results.nuisance(source),
        results.windows(source),
        incidents.events(source),
        incidents.false_alarms(source),
        results.training(source),
        background.data(source),
        background.configuration(source),
        background.limits(),
        background.reproduce(source),
    ]
    model = source.config["model"]
    lead = f"Model {model['name']} {model['version']}, family {model['family']}: what it was measured to do, and not."
    return Document("Report of a risk model", lead, _with_own_ids(sections))


def _with_own_ids(sections: list[Section]) -> tuple[Section, ...]:
    """Return the sections with every picture's ids made unique on the page."""
    count = 0

    def renamed(block: Block) -> Block:
        nonlocal count
        if not isinstance(block, Gallery):
            return block
        pictures = []
        for picture in block.pictures:
            count += 1
            pictures.append(replace(picture, svg=with_own_ids(picture.svg, count)))
        return replace(block, pictures=tuple(pictures))

    return tuple(replace(section, blocks=tuple(map(renamed, section.blocks))) for section in sections)
