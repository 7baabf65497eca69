"""GRU with a horizon of 20 s: what the LSTM sees, with three gates instead of four and no cell beside the state.

It sees absolute temperature, standardised, and its change; what is said of that in ``lstm`` holds here too. It stands
in the comparison because a quarter fewer multiplications per sample matter on a small machine.
"""

from typing import Final

from torch import nn

from ..config import Config, NetworkConfig
from ..family import Family, Progress
from ..features import CHANNELS, Standardised
from ..neural import FittedNetwork, fit_network
from ..recurrent import RecurrentNet
from ..windows import WindowPool


def _fit(pool: WindowPool, config: Config, progress: Progress) -> FittedNetwork:
    return fit_network(_make, pool, config, progress)


def _make(config: NetworkConfig, pool: WindowPool) -> RecurrentNet:
    return RecurrentNet(Standardised(pool), nn.GRU(CHANNELS, config.width, config.layers), config.hidden)


FAMILY: Final = Family("gru", "GRU on standardised temperature and its change", _fit)
