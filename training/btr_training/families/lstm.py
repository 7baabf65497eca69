"""LSTM with a horizon of 20 s, after the first of the original programs.

It sees the standardised temperature and its change, cleaned as for every network, and remembers: one pass from the
oldest to the newest sample, and the last state is judged. The change is standardised on its own, so that a slow rise
is as audible as a fast one.

Unlike the causal pyramid it knows the absolute temperature. That is what the originals gave it, and the risk of it: a
network may learn at which level the recordings of one laboratory ran away instead of how they did. Only the
evaluation by experiment shows whether it did.
"""

from typing import Final

from torch import nn

from ..config import Config, NetworkConfig
from ..family import Family, Progress
from ..features import CHANNELS, Standardised
from ..neural import FittedNetwork, fit_network
from ..recurrent import RecurrentNet
from ..windows import WindowPool


def fit_lstm(pool: WindowPool, config: Config, progress: Progress) -> FittedNetwork:
    """Return an LSTM trained on the labels of the pool, however far those look ahead."""
    return fit_network(_make, pool, config, progress)


def _make(config: NetworkConfig, pool: WindowPool) -> RecurrentNet:
    return RecurrentNet(Standardised(pool), nn.LSTM(CHANNELS, config.width, config.layers), config.hidden)


FAMILY: Final = Family("lstm", "LSTM on standardised temperature and its change", fit_lstm)
