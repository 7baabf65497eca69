"""When the level that a node shows is corrected, and when it must not be.

Raising needs a reason, lowering needs the absence of every reason: the original node keeps a `normal` for as long as
its own DANGER lasts, so that one wrong `normal` silences a fire (H3).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from .messages import Level
from .state import AlarmState, Cause


class CorrectionMode(StrEnum):
    """What may be sent."""

    OFF = "off"
    RAISE_ONLY = "raise_only"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class CorrectionSettings:
    """How the policy acts.

    Attributes:
        mode: what may be sent.
        refresh_s: how often a level that holds is sent again; the override of our firmware expires after 60 s.
        spacing_s: least time between two messages; only `danger` over a `normal` of ours does not wait.
        calm_s: how long the model must have said NORMAL, without a break, before `normal` is sent.
    """

    mode: CorrectionMode = CorrectionMode.BOTH
    refresh_s: float = 20.0
    spacing_s: float = 2.0
    calm_s: float = 10.0

    def __post_init__(self) -> None:
        """Raise ValueError when the times are not positive or the refresh is faster than the spacing."""
        if not 0 < self.spacing_s <= self.refresh_s or self.calm_s < 0:
            raise ValueError(f"need 0 < spacing_s <= refresh_s and calm_s >= 0, got {self}")


# These forbid `normal`; the grade of an original node alone does not, it is what `normal` is there to correct.
_FORBIDDING: Final = frozenset(
    {Cause.TEMPERATURE, Cause.RATE, Cause.SMOKE, Cause.GAS, Cause.MODEL, Cause.SILENCE, Cause.SENSOR_FAULT}
)
# An echo that does not come is asked for this often at the spacing, then only with the refresh.
_ATTEMPTS: Final = 3
# An original node lets go of a level after 60 s of its own NORMAL, ours 60 s after the last message; both clocks drift.
_EXPIRES_S: Final = 65.0


@dataclass(frozen=True, slots=True)
class NodeView:
    """What the policy must know of the node.

    ``shown`` is the level it shows, ``local`` its own grade without any override (both UNKNOWN when it has not told),
    ``calm_s`` for how long a fresh estimate of the model has been NORMAL (0: it is not), ``all_judged`` False while a
    channel that its grade counts cannot be judged yet.
    """

    online: bool = False
    shown: Level = Level.UNKNOWN
    local: Level = Level.UNKNOWN
    calm_s: float = 0.0
    all_judged: bool = True


@dataclass(slots=True)
class CorrectionPolicy:
    """Decides what to send to one node.

    Attributes:
        holding: the level that the node is being held at, None when it is left alone.
        is_new: whether the level that the last :meth:`update` returned is a change and no refresh.
    """

    settings: CorrectionSettings = field(default_factory=CorrectionSettings)
    holding: Level | None = None
    is_new: bool = False
    _sent: Level | None = None
    # The last message, also one whose level is held no more: it is what the spacing counts from.
    _on_wire: Level | None = None
    _sent_s: float = float("-inf")
    _attempts: int = 0
    # When a `normal` was sent that the node may still keep, None when it surely does not.
    _masked_s: float | None = None
    _quiet_since_s: float | None = None
    _local: Level = Level.UNKNOWN

    def update(self, now_s: float, assessment: AlarmState, node: NodeView) -> Level | None:
        """Return the level to send at ``now_s`` (monotone seconds), None when there is nothing to send.

        Nothing is sent to a node that is offline.
        """
        self._local = node.local
        if not node.online:
            self._quiet_since_s = None
            return None
        self._follow_mask(now_s, node)
        may_lower = self._may_lower(assessment, node)
        if self._is_masked(node) and not may_lower and self._must_unmask(assessment, node):
            # No spacing here: while a `normal` of ours stands, the node keeps quiet about its own DANGER.
            may_hold = self.settings.mode is not CorrectionMode.OFF and assessment.level is Level.DANGER
            self.holding = Level.DANGER if may_hold else None
            if self._on_wire is not Level.DANGER or now_s - self._sent_s >= self.settings.spacing_s:
                return self._send(now_s, Level.DANGER)
            return None
        self.holding = wanted = self._wanted(assessment, node, may_lower=may_lower)
        if wanted is None:
            self._sent = None
        return self._send_if_due(now_s, wanted, node)

    def release(self) -> bool:
        """Let go of the node; True if it must be sent `danger`, because a `normal` of ours would mask its own."""
        masked = self.holding is Level.NORMAL or self._owes
        self.holding = self._sent = None
        return masked

    @property
    def _owes(self) -> bool:
        """Whether the node may keep quiet about its own level because of us."""
        return self._masked_s is not None and self._local is not Level.NORMAL

    def _follow_mask(self, now_s: float, node: NodeView) -> None:
        """Forget our `normal` once the node shows more, or has been quiet for so long that it let go by itself."""
        if node.local is not Level.NORMAL:
            self._quiet_since_s = None
        elif self._quiet_since_s is None:
            self._quiet_since_s = now_s
        if self._masked_s is None:
            if self.settings.mode is CorrectionMode.BOTH and _hides_danger(node):
                # Perhaps ours, from before a crash of Home Assistant.
                self._masked_s = now_s
            return
        # What it shows now may be from before it heard us, and a `normal` may be on its way for long.
        answers_s = self.settings.spacing_s if self._on_wire is Level.DANGER else self.settings.refresh_s
        shows = node.shown > Level.NORMAL and now_s - self._sent_s >= answers_s
        quiet_since_s = self._quiet_since_s
        expired = quiet_since_s is not None and now_s - max(quiet_since_s, self._masked_s) >= _EXPIRES_S
        if shows or expired:
            self._masked_s = None

    def _is_masked(self, node: NodeView) -> bool:
        return self.holding is Level.NORMAL or self._owes or _hides_danger(node)

    def _wanted(self, assessment: AlarmState, node: NodeView, *, may_lower: bool) -> Level | None:
        if self.settings.mode is CorrectionMode.OFF:
            return None
        if assessment.level is Level.DANGER:
            # Once sent it is held, because the echo of a DANGER of ours is no DANGER of the node's own.
            return Level.DANGER if node.shown < Level.DANGER or self.holding is Level.DANGER else None
        if may_lower and (node.shown is Level.DANGER or (self.holding is Level.NORMAL and node.local is Level.DANGER)):
            return Level.NORMAL
        return None

    def _may_lower(self, assessment: AlarmState, node: NodeView) -> bool:
        return (
            self.settings.mode is CorrectionMode.BOTH
            and node.all_judged
            and node.calm_s >= self.settings.calm_s
            and not assessment.active
            and Level.NORMAL <= assessment.level < Level.DANGER
            and not has_evidence(assessment)
        )

    def _must_unmask(self, assessment: AlarmState, node: NodeView) -> bool:
        if self.settings.mode is not CorrectionMode.BOTH:
            # Sent until the node shows it: a message of QoS 0 may be lost, and nobody would send the next one.
            return self._owes
        return has_evidence(assessment) or assessment.active or assessment.level is Level.DANGER

    def _send_if_due(self, now_s: float, wanted: Level | None, node: NodeView) -> Level | None:
        if wanted is None:
            return None
        elapsed_s = now_s - self._sent_s
        if wanted is self._sent:
            confirmed = node.shown is wanted or self._attempts >= _ATTEMPTS
            due_s = self.settings.refresh_s if confirmed else self.settings.spacing_s
        else:
            due_s = self.settings.spacing_s
        return self._send(now_s, wanted) if elapsed_s >= due_s else None

    def _send(self, now_s: float, level: Level) -> Level:
        self.is_new = level is not self._sent
        self._attempts = 1 if self.is_new else self._attempts + 1
        self._sent = self._on_wire = level
        self._sent_s = now_s
        if level is Level.NORMAL:
            self._masked_s = now_s
        return level


def _hides_danger(node: NodeView) -> bool:
    return node.local is Level.DANGER and Level.UNKNOWN < node.shown < Level.DANGER


def has_evidence(assessment: AlarmState) -> bool:
    """Return whether anything but an original node's own grade speaks against NORMAL."""
    return any(
        found.cause in _FORBIDDING or (found.cause is Cause.LOCAL_STATUS and found.level is Level.DANGER)
        for found in assessment.findings
    )
