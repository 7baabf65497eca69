"""The fit, readable from top to bottom: any network, one pool of windows, the same weights for the same seed."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from .config import TrainConfig
from .windows import AHEAD, LENGTH, WindowPool

Progress = Callable[[int, int, float], None]

# Share of the windows that get noise, converter steps of 0.25 K or a value held for 1 s on top of what their sensor
# does. Lasting jumps belong to benign life alone: put on every window they cost two seconds of lead.
NOISY_SHARE, NOISE_K = 0.3, 0.12
STEPPED_SHARE, STEP_K = 0.1, 0.25
HELD_SHARE = 0.1
# Change in K that counts half, for each time ahead.
AHEAD_SCALE_K = (2.0, 4.0, 8.0, 16.0)


def fit(net: nn.Module, pool: WindowPool, config: TrainConfig, progress: Progress) -> None:
    """Train ``net`` (windows (N, 60) to logits (N,)) in place on every window of the pool.

    Deterministic for one start, seed and thread count. ``progress`` is told (epoch, epochs, mean loss).
    """
    torch.set_num_threads(config.threads)
    torch.use_deterministic_algorithms(True)
    rng = np.random.default_rng((config.seed, 5))
    net.train()
    forecast = Forecast(net, pool) if config.forecast_weight > 0.0 else None
    parameters = [*net.parameters(), *(forecast.head.parameters() if forecast else ())]
    optimiser = torch.optim.AdamW(parameters, lr=config.learning_rate, weight_decay=config.weight_decay)
    batches = max(1, len(pool) // config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=batches * config.epochs, pct_start=0.15
    )
    loss_of = nn.BCEWithLogitsLoss(reduction="none")
    flat = torch.from_numpy(pool.flat)
    span = torch.arange(LENGTH)
    for epoch in range(config.epochs):
        order = rng.permutation(len(pool))
        total = 0.0
        for batch in range(batches):
            index = order[batch * config.batch_size : (batch + 1) * config.batch_size]
            windows = flat[torch.from_numpy(pool.starts[index])[:, None] + span]
            labels = torch.from_numpy(pool.labels[index])
            weights = torch.from_numpy(pool.weights[index]) * torch.where(labels > 0, 1.0, config.negative_weight)
            loss = (loss_of(net(disturb(rng, windows)), labels) * weights).sum() / weights.sum()
            if forecast:
                loss = loss + config.forecast_weight * forecast.loss(index, weights)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        progress(epoch + 1, config.epochs, total / batches)
    if forecast:
        forecast.remove()


class Forecast:
    """A second task beside the label: how the temperature goes on, read from the state that the last layer reads.

    A label says the same of a rise that ends and of one that grows; the temperatures ahead tell them apart. It shapes
    the state and is gone after the fit: the network has no more weights than without it.
    """

    def __init__(self, net: nn.Module, pool: WindowPool) -> None:
        """Listen to the last dense layer of ``net``."""
        last = [layer for layer in net.modules() if isinstance(layer, nn.Linear)][-1]
        self.head = nn.Linear(last.in_features, len(AHEAD))
        scaled = torch.from_numpy(pool.ahead_k) / torch.tensor(AHEAD_SCALE_K)
        self._known = torch.isfinite(scaled)
        self._wanted = nn.functional.softsign(torch.nan_to_num(scaled))
        self._listener = last.register_forward_pre_hook(self._listen)

    def loss(self, index: NDArray[np.int64], weights: Tensor) -> Tensor:
        """Return the weighted mean square error for the windows that the network has just answered."""
        rows = torch.from_numpy(index)
        error = (self.head(self._state) - self._wanted[rows]) ** 2 * self._known[rows]
        mean: Tensor = (error.mean(dim=1) * weights).sum() / weights.sum()
        return mean

    def remove(self) -> None:
        """Leave the network as it was found."""
        self._listener.remove()

    def _listen(self, _layer: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        self._state = inputs[0]


def disturb(rng: np.random.Generator, windows: Tensor) -> Tensor:
    """Return the windows with the sensor faults of the shares above; shape (N, 60) and unit stay."""
    count = len(windows)
    chance = torch.from_numpy(rng.random((3, count, 1)))
    sigma_k = torch.from_numpy(rng.random((count, 1), dtype=np.float32)) * NOISE_K
    noise = torch.from_numpy(rng.standard_normal((count, LENGTH), dtype=np.float32)) * sigma_k
    windows = torch.where(chance[0] < NOISY_SHARE, windows + noise, windows)
    windows = torch.where(chance[1] < HELD_SHARE, windows[:, torch.arange(LENGTH) // 2 * 2], windows)
    return torch.where(chance[2] < STEPPED_SHARE, torch.round(windows / STEP_K) * STEP_K, windows)
