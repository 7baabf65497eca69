"""From windows of temperature to a probability of runaway: model cards, what a model file may be, and the engines."""
