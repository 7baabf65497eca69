"""LSTM with a horizon of 60 s: the network of ``lstm``, asked for three times the warning.

A window is positive when the rise of 5 K comes within 60 s. After a nail or a crush there is nothing to see that
early, so many of its positives look like rest, and the price is false alarms: the comparison shows which.
"""

from typing import Final

from ..family import Family
from .lstm import fit_lstm

FAMILY: Final = Family("lstm_60s", "the LSTM with a label that looks 60 s ahead", fit_lstm, horizon_s=60.0)
