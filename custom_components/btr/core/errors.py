"""The errors of the core; each message says what was wrong, where, and what to do."""


class BtrError(Exception):
    """Base of every error that the core raises on purpose."""


class CodecError(BtrError):
    """A message on one of our topics that cannot be read.

    Attributes:
        reason: short stable key such as ``not_json``, for counting and for logging once per reason.
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the counting key beside the human sentence."""
        super().__init__(detail)
        self.reason = reason


class ModelCardError(BtrError):
    """A model file or its card is missing, broken, or not what the contract allows."""


class EngineError(BtrError):
    """An inference engine cannot be built, or gave no usable answer."""


class CommandRefusedError(BtrError):
    """A command that is not sent because the device would refuse it or it would be unsafe.

    Attributes:
        reason: translation key, for example ``tank_invalid``.
        placeholders: texts for that translation.
    """

    def __init__(self, reason: str, **placeholders: str) -> None:
        """Keep key and texts, so that the boundary can translate them."""
        super().__init__(f"{reason}: {placeholders}" if placeholders else reason)
        self.reason = reason
        self.placeholders = placeholders


class SeriesError(BtrError):
    """A series of temperatures that cannot be judged.

    Attributes:
        reason: translation key, for example ``series_too_short``.
        placeholders: texts for that translation.
    """

    def __init__(self, reason: str, **placeholders: str) -> None:
        """Keep key and texts, so that the boundary can translate them."""
        super().__init__(f"{reason}: {placeholders}" if placeholders else reason)
        self.reason = reason
        self.placeholders = placeholders


class TopicError(BtrError, ValueError):
    """A configured topic that cannot be subscribed to, or that would mix up two devices.

    Attributes:
        reason: translation key, for example ``bad_prefix``.
    """

    def __init__(self, reason: str, detail: str) -> None:
        """Keep the translation key beside the human sentence."""
        super().__init__(detail)
        self.reason = reason
