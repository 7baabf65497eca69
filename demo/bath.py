"""A bath of the original protocol around a simulated tank: ``python -m demo.bath --broker HOST:PORT``.

The water reacts ``--speed`` times faster than it would; the controller's own times are real.
"""

import argparse
import json
import queue
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

from .bath_control import OUTPUTS, BathControl, Readings
from .bath_settings import DEFAULTS, Config, ControlSettings, merged
from .device import Link, broker_address, report, stop_on_signals
from .plant import Plant, PlantSettings, probe_reading

ROOT = "compostlab/v2"
DEVICE_TIME = timezone(timedelta(hours=8))
"""The original's clock is UTC+8 and says so nowhere."""
TICK_S = 0.2
RESTART_S = 2.0
FIRST_REPORT_MS = 1000
OUTLET_OFFSETS_K = (-0.12, 0.05, 0.14)
"""No two probes agree."""
SECRET = "********"


def telemetry(readings: Readings, control: BathControl, now: datetime) -> str:
    """One telemetry message."""

    def channel(code: str, value: float | None, unit: str) -> dict[str, object]:
        return {"code": code, "value": value, "unit": unit, "quality": "ok" if value is not None else "ERR"}

    channels = [channel("TempIn", readings.core_c, "℃")]
    channels += [channel(f"TempOut{n}", value, "℃") for n, value in enumerate(readings.outlets_c, 1)]
    channels += [channel("TankTemp", readings.tank_c, "℃")]
    channels += [channel(output.capitalize(), int(control.on[output]), "") for output in OUTPUTS]
    channels += [channel("EmergencyState", int(control.emergency), "")]
    return json.dumps({"schema_version": 2, "ts": _device_time(now), "channels": channels}, ensure_ascii=False)


def register(config: Config, broker: tuple[str, int], code: str, now: datetime) -> str:
    """The boot message: settings under the register's own names, passwords masked."""
    body = dict(config)
    body["read_interval"] = body.pop("post_interval")
    body["ntp_servers"] = ["ntp.example.org"]
    body["wifi"] = {"ssid": "demo", "password": SECRET}
    body["mqtt"] = {"server": broker[0], "port": broker[1], "user": "demo", "pass": SECRET, "device_code": code}
    return json.dumps({"schema_version": 2, "timestamp": _device_time(now), "ip_address": "127.0.0.1", "config": body})


def _device_time(now: datetime) -> str:
    return now.astimezone(DEVICE_TIME).strftime("%Y-%m-%d %H:%M:%S")


def measure(plant: Plant) -> Readings:
    """What the probes say."""
    return Readings(
        core_c=probe_reading(plant.core_c),
        outlets_c=[probe_reading(plant.bath_c + offset) for offset in OUTLET_OFFSETS_K],
        tank_c=probe_reading(plant.tank_c),
    )


class BathProgram:
    """Wires plant, control and connection; one instance lives from power-on to the end, through restarts."""

    def __init__(self, broker: tuple[str, int], code: str, speed: float, plant: Plant, saved: Path | None) -> None:
        """Prepare; run() starts. ``saved`` keeps the settings over a power cycle."""
        self._broker, self._code, self._speed, self._plant, self._saved = broker, code, speed, plant, saved
        self._base = f"{ROOT}/{code}"
        self._config = DEFAULTS
        if saved is not None and saved.exists():
            self._config = merged(DEFAULTS, json.loads(saved.read_text("utf-8")))
        self._inbox: queue.SimpleQueue[str] = queue.SimpleQueue()

    def run(self) -> None:
        """Boot again and again until SIGTERM."""
        stop = stop_on_signals()
        while not stop.is_set():
            self._link = Link(
                self._code,
                self._broker,
                [(f"{self._base}/response", 1)],
                lambda _topic, text: self._inbox.put(text),
                self._announce,
            )
            self._link.start()
            self._run_until_restart(stop.wait)
            self._link.drop()
            stop.wait(RESTART_S)

    def _announce(self) -> None:
        boot = register(self._config, self._broker, self._code, datetime.now(UTC))
        self._link.publish(f"{self._base}/register", boot)

    def _run_until_restart(self, wait: Callable[[float], bool]) -> None:
        began_s = last_s = time.monotonic()
        control = BathControl(ControlSettings.of(self._config), 0)
        next_report_ms = FIRST_REPORT_MS
        while not wait(TICK_S):
            now_s = time.monotonic()
            now_ms = round((now_s - began_s) * 1000)
            self._plant.advance((now_s - last_s) * self._speed, heater=control.on["heater"], pump=control.on["pump"])
            last_s = now_s
            while not self._inbox.empty():
                if self._is_restart_due(control, now_ms, self._inbox.get()):
                    report("restart")
                    return
            control.tick(now_ms)
            if now_ms >= next_report_ms:
                next_report_ms = now_ms + self._config["post_interval"]
                readings = measure(self._plant)
                control.control(now_ms, readings)
                self._link.publish(f"{self._base}/telemetry", telemetry(readings, control, datetime.now(UTC)))

    def _is_restart_due(self, control: BathControl, now_ms: int, text: str) -> bool:
        """Execute a message; whether it changed the settings, which the original applies by restarting."""
        restart = False
        for command in _commands(text):
            name = command.get("command")
            if name == "config_update":
                restart |= self._change_settings(control, command.get("config"))
                continue
            duration = command.get("duration")
            # a duration that is no unsigned integer counts as for ever
            duration_ms = duration if isinstance(duration, int) and duration > 0 else 0
            refusal = control.command(now_ms, str(name), str(command.get("action")), duration_ms)
            report("refused" if refusal else "command", command=command, reason=refusal)
        return restart

    def _change_settings(self, control: BathControl, change: object) -> bool:
        if control.emergency or not isinstance(change, Mapping):
            report("refused", command="config_update", reason="emergency" if control.emergency else "no settings")
            return False
        self._config = merged(self._config, change)
        if self._saved is not None:
            self._saved.write_text(json.dumps(self._config), "utf-8")
        report("settings", change=change)
        return True


def _commands(text: str) -> list[Mapping[str, object]]:
    """The commands of a message; none when it is not one."""
    try:
        commands = json.loads(text)["commands"]
    except ValueError, TypeError, KeyError:
        report("ignored", message=text[:80])
        return []
    return [command for command in commands if isinstance(command, dict)] if isinstance(commands, list) else []


def main(argv: Sequence[str] | None = None) -> int:
    """Run until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m demo.bath", description=__doc__)
    parser.add_argument("--broker", required=True, type=broker_address, metavar="HOST:PORT")
    parser.add_argument("--code", default="bath-1")
    parser.add_argument("--speed", type=float, default=1.0)
    parser.add_argument("--settings", type=Path, help="file that keeps the settings over a restart of this program")
    options = parser.parse_args(argv)
    plant = Plant(PlantSettings(), tank_c=41.0, bath_c=37.0, core_c=37.4)
    BathProgram(options.broker, options.code, options.speed, plant, options.settings).run()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
