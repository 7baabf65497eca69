"""What a message costs inside Home Assistant, against its own MQTT sensors: ``python -m benchmarks.message_path``.

Two real Home Assistants run one after the other on the same machine, each with the recorder on SQLite, each fed by the
same load from a process of its own through one broker on loopback.
"""

import argparse
import asyncio
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from demo.broker import Broker, start_broker

from . import report
from .contestants import Btr, Contestant, TemplateSensors
from .home import running_home
from .load import Load, running_load
from .measure import Slice, Summary, take_slice
from .nodes import PERIOD_S
from .rows import written_rows
from .tables import tables
from .usage import resident_mb

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "benchmarks" / "reports" / "message_path.json"
SETTLE_S = 20.0
SLICES = 3
TOP_ROWS = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """What to run: numbers of nodes, length of a slice, and of the long slice with one quiet node."""

    nodes: tuple[int, ...]
    slice_s: float
    quiet_s: float

    def slices_s(self, nodes: int) -> list[float]:
        """Lengths of the slices of one stage."""
        slices = [self.slice_s] * SLICES
        return [*slices, max(0.0, self.quiet_s - sum(slices))] if nodes == 1 and self.quiet_s > sum(slices) else slices


@dataclass(frozen=True, slots=True)
class Stage:
    """One number of nodes, measured; the rows are counted when Home Assistant has ended."""

    nodes: int
    slices: list[Slice]
    summary: Summary


async def measure_stage(home: Any, load: Load, nodes: int, slices_s: list[float]) -> Stage:
    """Measure the slices of one stage, which is warm already."""
    slices = [await take_slice(home, load, seconds) for seconds in slices_s]
    return Stage(nodes, slices, Summary.of(slices, home.pid))


async def measure(contestant: Contestant, plan: Plan, broker: Broker, load: Load, folder: Path) -> dict[str, Any]:
    """Everything about one contestant, as the report has it."""
    async with running_home(folder, broker) as home:
        await asyncio.sleep(SETTLE_S)
        bare_mb = resident_mb(home.pid)
        await contestant.set_up(home)
        await asyncio.sleep(SETTLE_S)
        idle = await measure_stage(home, load, 0, [plan.slice_s] * SLICES)
        stages = []
        for nodes in plan.nodes:
            print(f"{contestant.name}: {nodes} nodes", flush=True)
            await contestant.scale(home, nodes)
            load.nodes.value = nodes
            await asyncio.sleep(contestant.warm_up_s)
            stages.append(await measure_stage(home, load, nodes, plan.slices_s(nodes)))
        load.nodes.value = 0
        await asyncio.sleep(PERIOD_S)
    return {
        "name": contestant.name,
        "rss_before_set_up_mb": bare_mb,
        "idle": asdict(idle.summary) | _rows(idle, folder),
        "stages": [_stage(stage, idle, bare_mb, folder) for stage in stages],
    }


def _stage(stage: Stage, idle: Stage, bare_mb: float, folder: Path) -> dict[str, Any]:
    summary = stage.summary
    return {
        "nodes": stage.nodes,
        "seconds": [one.seconds for one in stage.slices],
        **asdict(summary),
        "cpu_s_per_1000_messages": summary.cpu_s_per_1000(idle.summary),
        "lag_p99_added_ms": summary.lag_p99_ms - idle.summary.lag_p99_ms,
        "rss_added_mb": summary.rss_mb - bare_mb,
        **_rows(stage, folder),
    }


def _rows(stage: Stage, folder: Path) -> dict[str, Any]:
    since, until = stage.slices[0].since, stage.slices[-1].until
    rows = written_rows(folder, since, until)
    per_hour = rows.total() / (until - since) * 3600
    return {
        "rows_per_hour": per_hour,
        "rows_per_node_day": per_hour * 24 / stage.nodes if stage.nodes else None,
        "rows_of": dict(rows.most_common(TOP_ROWS)),
    }


async def run(plan: Plan, contestants: list[Contestant], broker_kind: str | None) -> dict[str, Any]:
    """Both contestants, one after the other."""
    machine = report.machine()
    results = []
    with tempfile.TemporaryDirectory(prefix="btr-benchmark-") as name:
        folder = Path(name)
        broker = await start_broker(folder, broker_kind)
        try:
            with running_load(broker) as load:
                for number, contestant in enumerate(contestants):
                    results.append(await measure(contestant, plan, broker, load, folder / f"home{number}"))
        finally:
            await broker.child.stop()
    return {"machine": machine, "broker": broker.child.name, "plan": asdict(plan), "contestants": results}


CONTESTANTS: dict[str, type[Contestant]] = {"template": TemplateSensors, "btr": Btr}


def main() -> None:
    """Parse the command line, run, print the tables, write the report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.message_path", description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=(1, 10, 50, 100))
    parser.add_argument("--slice", type=float, default=10.0, metavar="S", help=f"seconds of each of {SLICES} slices")
    parser.add_argument("--quiet", type=float, default=0.0, metavar="S", help="make the stage with one node this long")
    parser.add_argument("--only", choices=CONTESTANTS, help="one contestant alone")
    parser.add_argument("--broker", help="kind of broker (default: the best there is)")
    parser.add_argument("--report", type=Path, default=REPORT)
    options = parser.parse_args()
    plan = Plan(tuple(options.nodes), options.slice, options.quiet)
    contestants = [make() for name, make in CONTESTANTS.items() if options.only in (None, name)]
    found = asyncio.run(run(plan, contestants, options.broker))
    report.write(options.report, found)
    print(tables(found))


if __name__ == "__main__":
    main()
