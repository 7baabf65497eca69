"""Pure core of BTR: protocol, signal processing, alarm and bath logic.

Nothing below this package imports Home Assistant, reads a clock, opens a socket or touches a file (a model is
read once, at load). Time comes in as an argument. It runs on Python 3.11 and newer, so that training and plain
tests import the very code that runs in Home Assistant, under the name ``btr_core``.
"""
