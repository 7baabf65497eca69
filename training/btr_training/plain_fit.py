"""The peer of the shipped fit: its network and its windows, by the loop that every introduction to PyTorch shows.

No sensor faults put on the windows, no second task, no weights, no schedule: the bare work. For the benchmark only:
``python -m btr_training.plain_fit CONFIG`` prints what ``btr_training.cost`` prints.
"""

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from .config import Config
from .cost import main
from .families.tcn import RiskNet
from .family import Progress
from .windows import LENGTH, WindowPool


def fit(pool: WindowPool, config: Config, progress: Progress) -> RiskNet:
    """Return the trained network; the same number of passes and the same batches as the shipped fit."""
    sizes = config.train
    torch.set_num_threads(sizes.threads)
    torch.manual_seed(sizes.seed)
    net = RiskNet(config.network.width, config.network.hidden)
    windows = pool.flat[pool.starts[:, None] + np.arange(LENGTH)]
    pairs = TensorDataset(torch.from_numpy(windows), torch.from_numpy(pool.labels))
    batches = DataLoader(pairs, batch_size=sizes.batch_size, shuffle=True)
    loss_of = nn.BCEWithLogitsLoss()
    optimiser = torch.optim.AdamW(net.parameters(), lr=sizes.learning_rate)
    for epoch in range(sizes.epochs):
        total = 0.0
        for some, labels in batches:
            optimiser.zero_grad()
            loss = loss_of(net(some), labels)
            loss.backward()
            optimiser.step()
            total += loss.item()
        progress(epoch + 1, sizes.epochs, total / len(batches))
    return net


if __name__ == "__main__":
    main(fit)
