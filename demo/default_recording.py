"""The recording that is replayed when none is given: made on the spot by the simulator of the training package."""

import csv
from pathlib import Path

from btr_training.simulate import demo_recording

DEFAULT_SEED = 1


def write_default_recording(folder: Path, seed: int) -> Path:
    """Write a simulated runaway as a CSV of the training format; the file's path."""
    path = folder / "simulated_runaway.csv"
    time_s, temp_c = demo_recording(seed)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("Time", "Temperature"))
        writer.writerows(zip(time_s.tolist(), temp_c.tolist(), strict=True))
    return path
