"""Many tasks on many processes or machines, through joblib; on a Ray cluster through Ray's own joblib backend."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from joblib import Parallel, delayed, parallel_config

from .errors import TrainingError

Result = TypeVar("Result")
LOCAL: Final = "local"


@dataclass(frozen=True, slots=True)
class Workers:
    """Where tasks run: ``jobs`` processes of this machine, or the Ray cluster at the address ``ray``.

    ``local`` starts a cluster of ``jobs`` processors on this machine. Every machine of a cluster needs this package
    installed, in the same version. No result depends on where it was made. An argument that is one object in many tasks
    is shared, not copied: large arrays in it are mapped from one file, read-only, and Ray stores them once.
    """

    jobs: int = 1
    ray: str | None = None

    def run(self, function: Callable[..., Result], tasks: Iterable[tuple[Any, ...]]) -> Iterator[Result]:
        """Yield ``function(*task)`` for each task, in order: each when it is done, from Ray when all are.

        Raises:
            TrainingError: Ray is wanted but not installed, or there is no cluster at the address.
        """
        calls = (delayed(function)(*task) for task in tasks)
        if self.ray is None:
            yield from Parallel(n_jobs=self.jobs, return_as="generator")(calls)
            return
        connect(self.ray, self.jobs)
        with parallel_config(backend="ray", n_jobs=-1):
            yield from Parallel()(calls)


def connect(address: str, jobs: int) -> None:
    """Join the Ray cluster at ``address`` and make it a backend of joblib; a second call changes nothing."""
    try:
        import ray
        from ray.util.joblib import register_ray
    except ImportError as error:
        raise TrainingError(f"--ray needs Ray, which is not installed ({error}). Install ray, or use --jobs") from error
    if not ray.is_initialized():
        cluster = {"num_cpus": jobs, "include_dashboard": False} if address == LOCAL else {"address": address}
        try:
            ray.init(**cluster, log_to_driver=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise TrainingError(
                f"--ray {address}: no cluster answers there ({error}). Start one with 'ray start --head'"
            ) from error
    register_ray()  # type: ignore[no-untyped-call,unused-ignore]


ONE: Final = Workers()
