"""The errors of the demo; each message says what was wrong, where, and what to do about it."""


class DemoError(Exception):
    """Base of every error that ends the demo with a sentence instead of a traceback."""


class RecordingError(DemoError):
    """A recording that cannot be replayed."""


class StartError(DemoError):
    """A part of the demo that did not come up."""
