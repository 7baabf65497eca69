"""Which engine runs a model: ONNX Runtime where it can be had, NumPy everywhere else, or the one that was asked for.

ONNX Runtime is asked for at run time and never in the manifest: a requirement that cannot be installed would keep all
of BTR from being set up.
"""

import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from homeassistant.core import HomeAssistant
from homeassistant.requirements import RequirementsNotFound, async_process_requirements

from .const import DOMAIN
from .core.errors import EngineError
from .core.risk.engine import EngineName, RiskEngine, load_engine
from .memory import Memory
from .settings import EngineChoice

RUNTIME: Final = "onnxruntime==1.32.0"

_ORDER: Final[Mapping[EngineChoice, tuple[EngineName, ...]]] = MappingProxyType(
    {
        EngineChoice.AUTOMATIC: ("onnxruntime", "numpy"),
        EngineChoice.ONNXRUNTIME: ("onnxruntime", "numpy"),
        EngineChoice.NUMPY: ("numpy", "onnxruntime"),
        EngineChoice.RULES: (),
    }
)


class EngineLoader:
    """Loads models into the best engine that the choice and this machine allow."""

    def __init__(self, hass: HomeAssistant, memory: Memory, choice: EngineChoice) -> None:
        """``memory`` must be loaded; it knows whether the runtime is worth asking for."""
        self.choice = choice
        self._hass = hass
        self._memory = memory

    async def async_load(self, path: Path) -> tuple[RiskEngine, str | None]:
        """Return an engine for the model at ``path``, and why it is not the engine of the first choice.

        Raises:
            ModelCardError: model or card missing, broken, or outside the contract.
            EngineError: no engine can run it; with what each of them said.
        """
        reasons: list[str] = []
        for name in _ORDER[self.choice]:
            hindrance = await self._async_get_runtime() if name == "onnxruntime" else None
            if hindrance is not None:
                reasons.append(hindrance)
                continue
            try:
                engine = await self._hass.async_add_executor_job(load_engine, path, name)
            except EngineError as error:
                reasons.append(str(error))
            else:
                return engine, "; ".join(reasons) or None
        raise EngineError("; ".join(reasons) or "the rules alone were chosen in the options")

    async def _async_get_runtime(self) -> str | None:
        """Have ONNX Runtime installed where it can be; returns why it cannot be had, None when it can."""
        if not await self._hass.async_add_executor_job(_has_runtime_wheels):
            return "there is no ONNX Runtime for this system"
        if self._hass.config.skip_pip:
            return None
        if self._memory.runtime_refused == RUNTIME and self.choice is not EngineChoice.ONNXRUNTIME:
            return f"{RUNTIME} could not be installed before"
        try:
            await async_process_requirements(self._hass, DOMAIN, [RUNTIME], is_built_in=False)
        except RequirementsNotFound as error:
            await self._memory.async_refuse_runtime(RUNTIME)
            return str(error)
        return None


def _has_runtime_wheels() -> bool:
    """True where wheels exist. On musl a request would only log an error, so none is made there."""
    return sys.platform != "linux" or platform.libc_ver()[0] == "glibc"
