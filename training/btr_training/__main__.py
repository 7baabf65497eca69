"""``btr-train``: parsing of the command line only."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import TrainingError

if TYPE_CHECKING:
    from .contest import Entry
    from .scale_out import Workers


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return 0, or 2 with the reason on stderr when the input is at fault."""
    options = _parser().parse_args(arguments)
    try:
        options.run_command(options)
    except TrainingError as error:
        print(f"btr-train: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="btr-train", description="Recordings or simulation in, evaluated ONNX model out."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    simulate = commands.add_parser("simulate", help="write simulated recordings as CSV")
    simulate.add_argument("folder", type=Path)
    simulate.add_argument("--abused", type=int, default=20)
    simulate.add_argument("--benign", type=int, default=20)
    simulate.add_argument("--seed", type=int, default=1)
    simulate.set_defaults(run_command=_simulate)
    demo = commands.add_parser("demo-recording", help="write the demo's recording as CSV")
    demo.add_argument("file", type=Path)
    demo.add_argument("--seed", type=int, default=1)
    demo.set_defaults(run_command=_demo_recording)
    steps = (
        ("prepare", "read and check the data, say what was done to each file", _prepare),
        ("train", "train the final model and one per fold, into the run folder", _train),
        ("evaluate", "judge a trained run, write metrics.json", _evaluate),
        ("export", "write the final model and its card to --to", _export),
        ("reproduce", "prepare, train, evaluate and export in one go", _reproduce),
    )
    for name, text, command in steps:
        step = commands.add_parser(name, help=text)
        step.add_argument("--config", type=Path, help="TOML; without it the defaults")
        step.add_argument("--run", type=Path, default=Path("runs/default"), help="run folder")
        step.add_argument("--to", type=Path, help="model file to write, for example models/battery_risk.onnx")
        _add_common(step, command)
    compare = commands.add_parser("compare", help="train and judge several configurations, name the winner")
    compare.add_argument("configs", type=Path, nargs="+", metavar="TOML", help="one contestant each")
    compare.add_argument("--run", type=Path, default=Path("runs/compare"), help="folder of all their runs")
    compare.add_argument("--seeds", type=_seeds, default=(1,), help="for example 1,2,3")
    _add_common(compare, _compare)
    sweep = commands.add_parser("sweep", help="the same for every combination of some settings")
    sweep.add_argument("--config", type=Path, help="TOML; without it the defaults")
    sweep.add_argument("--grid", action="append", required=True, metavar="SECTION.KEY=VALUE,VALUE")
    sweep.add_argument("--run", type=Path, default=Path("runs/sweep"), help="folder of all runs")
    sweep.add_argument("--seeds", type=_seeds, default=(1,), help="for example 1,2,3")
    _add_common(sweep, _sweep)
    report = commands.add_parser("report", help="write what a judged run is worth, as HTML and Markdown")
    report.add_argument("--run", type=Path, default=Path("runs/default"), help="run folder")
    report.add_argument("--to", type=Path, help="HTML file to write; the Markdown goes beside it")
    report.add_argument("--compare", type=Path, metavar="JSON", help="compare.json to tell of as well")
    report.add_argument(
        "--card", type=Path, nargs=2, metavar=("CARD.json", "PAGE.md"), help="also write the page about this model"
    )
    report.set_defaults(run_command=_report)
    return parser


def _add_common(step: argparse.ArgumentParser, command: Callable[[argparse.Namespace], None]) -> None:
    """Add what every command that trains or judges takes."""
    step.add_argument("--set", action="append", default=[], metavar="SECTION.KEY=VALUE", dest="changes")
    step.add_argument("--jobs", type=int, default=1, help="processes at a time")
    step.add_argument("--ray", metavar="ADDRESS", help="run the tasks on this Ray cluster; 'local' starts one")
    step.set_defaults(run_command=command)


def _seeds(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _simulate(options: argparse.Namespace) -> None:
    from .recordings import write_simulated
    from .simulate import simulate_abuse, simulate_benign

    traces = simulate_abuse(options.seed, options.abused) + simulate_benign(options.seed, options.benign)
    for path in write_simulated(options.folder, traces):
        print(path.name)


def _demo_recording(options: argparse.Namespace) -> None:
    from .data import write_recording
    from .simulate import demo_recording

    write_recording(options.file, *demo_recording(options.seed))


def _prepare(options: argparse.Namespace) -> None:
    from .config import load_config
    from .prepared import prepare

    prepared = prepare(load_config(options.config, options.changes), _workers(options))
    for name, notes in prepared.notes.items():
        print(f"{name}: {'; '.join(notes)}")
    kinds = {
        kind: [trace for trace in prepared.recorded if trace.kind == kind] for kind in ("runaway", "heated", "benign")
    }
    for kind, traces in kinds.items():
        print(f"recorded {kind}: {len(traces)} traces, {sum(trace.hours for trace in traces):.1f} h")
    print(f"simulated: {len(prepared.simulated)} traces, {sum(trace.hours for trace in prepared.simulated):.1f} h")
    print(f"recordings sha256: {prepared.recordings_sha256}")


def _train(options: argparse.Namespace) -> None:
    from .config import load_config
    from .pipeline import run_training
    from .prepared import prepare

    config = load_config(options.config, options.changes)
    workers = _workers(options)
    run_training(config, options.run, prepare(config, workers), workers)


def _evaluate(options: argparse.Namespace) -> None:
    from .config import load_config
    from .evaluate import evaluate_run
    from .pipeline import METRICS, write_json
    from .prepared import prepare_recordings

    record = _record(options.run)
    config = load_config(options.run / "config.toml", options.changes)
    recorded, digest, _ = prepare_recordings(config)
    if digest != record["recordings_sha256"]:
        raise TrainingError(
            f"{options.run} was trained on other recordings or groups, so what its folds left out is not known of "
            "these. Train another --run folder"
        )
    metrics = evaluate_run(options.run, record, recorded, config.evaluation, _workers(options))
    write_json(options.run / METRICS, metrics)
    print(json.dumps({key: metrics.get(key) for key in ("summary", "quiet", "nuisance", "speed_ms")}, indent=2))


def _export(options: argparse.Namespace) -> None:
    from .card import make_card, write_model
    from .config import load_config
    from .evaluate import card_metrics
    from .pipeline import FINAL, METRICS

    if options.to is None:
        raise TrainingError("export: say where with --to, for example --to models/battery_risk.onnx")
    record = _record(options.run)
    config = load_config(options.run / "config.toml")
    path = options.run / METRICS
    metrics = card_metrics(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
    if metrics and metrics["nuisance"].get("seed", config.evaluation.choosing_seed) == config.evaluation.choosing_seed:
        raise TrainingError(
            f"{path} was told on the nuisance that contests choose by, which is no result. "
            f"Judge the run anew: btr-train evaluate --run {options.run}"
        )
    model = (options.run / f"{FINAL}.onnx").read_bytes()
    write_model(options.to, model, make_card(config, model, record["models"][FINAL]["windows_sha256"], metrics))
    print(f"{options.to}: {len(model)} bytes")


def _reproduce(options: argparse.Namespace) -> None:
    _train(options)
    _evaluate(argparse.Namespace(**{**vars(options), "changes": []}))
    _export(options)


def _compare(options: argparse.Namespace) -> None:
    from .contest import entries_of_files

    _contest(options, entries_of_files(options.configs, options.changes))


def _sweep(options: argparse.Namespace) -> None:
    from .contest import entries_of_grid

    _contest(options, entries_of_grid(options.config, options.changes, options.grid))


def _contest(options: argparse.Namespace, entries: "Sequence[Entry]") -> None:
    from .contest import as_markdown, run_contest

    table = run_contest(entries, options.run, options.seeds, _workers(options))
    print(as_markdown(table), end="")
    print(f"winner: {table['winner']}")


def _report(options: argparse.Namespace) -> None:
    from .report import write_card_page, write_report

    if options.to is None and options.card is None:
        raise TrainingError("report: say where with --to, for example --to runs/default/report.html")
    if options.to is not None:
        write_report(options.run, options.to, options.compare)
        print(f"{options.to}: {options.to.stat().st_size} bytes")
    if options.card is not None:
        write_card_page(*options.card)
        print(f"{options.card[1]}: written from {options.card[0]}")


def _workers(options: argparse.Namespace) -> "Workers":
    from .scale_out import Workers

    return Workers(options.jobs, options.ray)


def _record(run: Path) -> dict[str, Any]:
    path = run / "run.json"
    if not path.is_file():
        raise TrainingError(f"{run} holds no run.json. Train first, or give the folder with --run")
    record: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return record


if __name__ == "__main__":
    sys.exit(main())
