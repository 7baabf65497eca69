"""What a headless demo reports, and whether it is what was expected."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from .recording import Recording
from .watch import Seen


@dataclass(frozen=True, slots=True)
class Summary:
    """The verdict over one headless run; times are seconds of the recording."""

    recording: Recording
    seen: Seen
    expect_alarm: bool
    log_problems: Sequence[str]
    devices: str

    @property
    def lead_s(self) -> float | None:
        """How long before the hottest moment the alarm came."""
        return None if self.seen.alarm_s is None else self.recording.peak_s - self.seen.alarm_s

    @property
    def failures(self) -> tuple[str, ...]:
        """What was expected and not seen, in words; empty when all is well."""
        seen = self.seen
        lead_s = self.lead_s
        checks = (
            (self.expect_alarm and seen.alarm_s is None, "no alarm was raised"),
            (self.expect_alarm and lead_s is not None and lead_s < 0, "the alarm came after the hottest moment"),
            (
                self.expect_alarm and lead_s is not None and not seen.node_warned,
                "the node showed no danger by itself and was not corrected",
            ),
            (not self.expect_alarm and seen.alarm_s is not None, "an alarm was raised"),
            (not seen.bath_followed, "the bath did not take over its new target, or did not follow it"),
        )
        return tuple(text for failed, text in checks if failed)

    def as_json(self) -> str:
        """One line with everything."""
        return json.dumps(
            {
                "passed": not self.failures,
                "failures": self.failures,
                "expect": "alarm" if self.expect_alarm else "quiet",
                "devices": self.devices,
                "recording": self.recording.name,
                "skipped_rows": self.recording.skipped_rows,
                "peak_s": self.recording.peak_s,
                "peak_c": round(self.recording.peak_c, 2),
                "lead_s": self.lead_s,
                **self.seen.as_dict(),
                "log_problems": list(self.log_problems),
            }
        )

    def as_table(self) -> str:
        """The same for people."""
        seen = self.seen
        own = "no danger by itself" if seen.own_danger_s is None else f"danger by itself at {seen.own_danger_s:g} s"
        rows = (
            ("devices", self.devices),
            (
                "recording",
                f"{self.recording.name}, hottest {self.recording.peak_c:.1f} °C at {self.recording.peak_s:g} s",
            ),
            ("alarm", "none" if seen.alarm_s is None else f"at {seen.alarm_s:g} s, cause {seen.alarm_cause}"),
            ("model", "-" if seen.risk_percent is None else f"risk {seen.risk_percent:g} % then, by {seen.engine}"),
            ("lead", "-" if self.lead_s is None else f"{self.lead_s:g} s before the hottest moment"),
            ("node", own),
            ("correction", "none" if seen.corrected_s is None else f"shown by the node at {seen.corrected_s:g} s"),
            (
                "bath",
                f"asked {seen.bath_asked_c} °C, reported {seen.bath_reported_c} °C, rose {seen.bath_rose_k or 0:g} K",
            ),
            ("log", f"{len(self.log_problems)} errors or warnings of btr"),
            ("result", "; ".join(self.failures) or "as expected"),
        )
        return "\n".join(f"  {name:<11} {value}" for name, value in rows)
