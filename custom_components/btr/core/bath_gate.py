"""What a bath is not told, and why: the reasons that it would have itself, and those that nobody could see past."""

from .bath_emergency import EmergencyStop
from .bath_known import BathKnowledge
from .bath_readings import BathReadings
from .errors import CommandRefusedError
from .messages import Output


class BathGate:
    """Checks a command against what is known of the bath; each method returns when nothing is in its way."""

    def __init__(self, known: BathKnowledge, readings: BathReadings, emergency: EmergencyStop) -> None:
        """Look at the given parts; nothing is changed in them."""
        self._known = known
        self._readings = readings
        self._emergency = emergency

    def check_free(self, *, online: bool) -> None:
        """Refuse what a stopped bath would ignore or what nobody could see the effect of.

        Raises:
            CommandRefusedError: ``emergency_engaged``, ``device_offline``, ``emergency_unknown`` before telemetry has
                told of the stop, or ``device_deaf`` for an original that booted without network.

        """
        if self._emergency.wanted or self._emergency.seen:
            raise CommandRefusedError("emergency_engaged")
        if not online:
            raise CommandRefusedError("device_offline")
        if self._emergency.seen is None:
            raise CommandRefusedError("emergency_unknown")
        if self._known.is_deaf:
            raise CommandRefusedError("device_deaf")

    def check_on(self, output: Output, *, online: bool) -> None:
        """Refuse to switch on what is not free, and to heat what is too hot or of unknown temperature.

        Raises:
            CommandRefusedError: as `check_free`; for the heater also ``tank_invalid``, ``tank_over_limit``,
                ``bath_invalid`` or ``bath_over_limit``.

        """
        self.check_free(online=online)
        if output is Output.HEATER:
            _check_cool("tank", self._readings.tank_c, self._known.number("safety.tank_temp_max"))
            _check_cool("bath", self._readings.bath_c, self._known.number("temp_limitout_max"))


def _check_cool(medium: str, celsius: float | None, limit_c: float) -> None:
    if celsius is None:
        raise CommandRefusedError(f"{medium}_invalid")
    if celsius >= limit_c:
        raise CommandRefusedError(f"{medium}_over_limit", temperature=f"{celsius:.1f}", limit=f"{limit_c:g}")
