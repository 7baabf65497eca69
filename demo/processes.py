"""Child processes of the demo: each with its own log, stopped one by one by its own id."""

import asyncio
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .errors import StartError

TERMINATE_S = 20.0
"""Home Assistant writes its database at the end; it needs a few seconds for that."""

OUR_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
"""For programs of this package."""


def free_port(host: str) -> int:
    """A TCP port of ``host`` that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free_port(host: str, port: int, option: str) -> None:
    """Raise StartError when somebody listens on that port already, or it cannot be had at all."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as err:
            raise StartError(
                f"port {port} of {host} cannot be used ({err.strerror}). Choose another one with {option}, or none."
            ) from err


@dataclass(frozen=True, slots=True)
class Child:
    """A running program; its output goes to ``log``."""

    name: str
    process: asyncio.subprocess.Process
    log: Path

    @classmethod
    async def start(cls, name: str, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> Self:
        """Start the command in a session of its own, so that a Ctrl-C reaches the demo alone, which then stops it.

        Raises:
            StartError: the program does not exist or may not be run.
        """
        with log.open("ab") as output:
            try:
                process = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=output,
                    stderr=asyncio.subprocess.STDOUT,
                    env=env,
                    start_new_session=True,
                )
            except OSError as err:
                raise StartError(
                    f"{name}: {command[0]} cannot be started ({err.strerror}). Run scripts/setup."
                ) from err
        return cls(name, process, log)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self.process.returncode is None

    def tail(self, lines: int = 15) -> str:
        """The last lines of its log, indented."""
        text = self.log.read_text("utf-8", errors="replace") if self.log.exists() else ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:]) or "    (its log is empty)"

    def failure(self, what: str) -> StartError:
        """The error that says what went wrong, with the end of the log."""
        ended = "" if self.is_running else f" (it ended with status {self.process.returncode})"
        return StartError(f"{self.name}: {what}{ended}. Its log, {self.log}, ends with:\n{self.tail()}")

    async def stop(self, timeout_s: float = TERMINATE_S) -> None:
        """Ask it to end, then make it."""
        if not self.is_running:
            return
        self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), timeout_s)
        except TimeoutError:
            self.process.kill()
            await self.process.wait()


async def wait_until_listening(child: Child, host: str, port: int, timeout_s: float) -> None:
    """Return once the child accepts connections.

    Raises:
        StartError: it ended, or did not listen in time.
    """
    deadline = asyncio.get_running_loop().time() + timeout_s
    while asyncio.get_running_loop().time() < deadline:
        if not child.is_running:
            raise child.failure("did not start")
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            await asyncio.sleep(0.1)
            continue
        writer.close()
        return
    raise child.failure(f"did not listen on port {port} within {timeout_s:g} s")
