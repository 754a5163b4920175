"""Several processes that train one network: `torchrun --nproc-per-node N -m hashviz train ...`.

Every process has the whole network and draws the same batches from the same seed, but computes only
its own shard of each. The outputs are gathered (`all_gather`), so that every loss sees the whole
batch - pairs, triplets, histograms, memories - and every process computes the same loss. Gradients
flow back through the gathering; their sum over all shards is the gradient of one process with the
whole batch, up to rounding. In a single process nothing here has any effect.

Several machines: start the same command on each, as torchrun describes, with the same data, version
and folder of runs (a shared one, or only the machine of the first process has the run in the end):

    torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint HOST:29500 \
        -m hashviz train csq --data cifar10

CPUs communicate through gloo. With `--device cuda` every process has its own GPU, whose tensors go
through NCCL: the same code, but so far nobody has run it on GPUs; its test is skipped where there
are fewer than two. Two things need a single process: fitted methods, which are refused, and the
features of a frozen backbone, which the first process of every machine computes for the others.
Dropout, where a backbone has it, is drawn by every process for its own shard.
"""

import errno
import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from jaxtyping import Shaped
from torch import Tensor

from hashviz.models.machine import pick_device

TIMEOUT = timedelta(minutes=30)
"""How long a process waits for another that is still running; one that ended is noticed at once."""

T = TypeVar("T")
_asked_to_stop = False
_taking_turns = False


class Lost(ConnectionError):
    """Another process ended or does not answer, so this one cannot continue."""


def torchrun_size() -> int:
    """Return how many processes torchrun started, by the variables that it sets; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def world_size() -> int:
    """Return how many processes work together now."""
    return dist.get_world_size() if dist.is_initialized() and not _taking_turns else 1


def rank() -> int:
    """Return the number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Return whether this process is the one that prints and writes."""
    return rank() == 0


@contextmanager
def process_group(device: str = "auto", timeout: timedelta = TIMEOUT) -> Iterator[None]:
    """Join the other processes that torchrun started; in a single process do nothing.

    Used once per process, around everything that it trains. The first Ctrl-C (or the SIGTERM that
    torchrun turns it into) is only noted: `until_interrupted` stops all processes at the same step.
    The second one ends the process.

    Raises:
        ValueError: when there are more processes than GPUs, or the device has no way to share.
        Lost: when another process ended or stopped answering.
    """
    if torchrun_size() == 1 or dist.is_initialized():
        yield
        return
    backend = _pick_backend(pick_device(device).type)
    handlers = {s: signal.signal(s, _note) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        dist.init_process_group(backend, timeout=timeout)
        yield
        dist.destroy_process_group()
    except RuntimeError as error:
        if not (isinstance(error, dist.DistError) or re.search("gloo|NCCL", str(error))):
            raise
        raise Lost(
            errno.ECONNABORTED,
            f"Process {os.environ['RANK']} of {torchrun_size()} (counted from 0) stops: another "
            "one ended or does not answer, and its own message says why. Start them all again.",
        ) from error
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _pick_backend(kind: str) -> str:
    """Return the backend for a kind of device; on GPUs, claim the one of this process."""
    if kind == "cpu":
        return "gloo"
    if kind != "cuda":
        raise ValueError(f"Several processes train on --device cpu or cuda, got {kind!r}.")
    local, there = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if local >= there:
        raise ValueError(
            f"Every process trains on a GPU of its own, and this machine has {there}; "
            f"take --nproc-per-node {there}, or --device cpu."
        )
    torch.cuda.set_device(local)
    return "cpu:gloo,cuda:nccl"


def _note(number: int, frame: Any) -> None:
    """Remember the first signal; the second one has its default effect."""
    del frame
    global _asked_to_stop
    _asked_to_stop = True
    signal.signal(number, signal.SIG_DFL)


def shards(total: int) -> list[slice]:
    """Split `total` items over the processes, in order; lengths differ by 1 at most.

    >>> shards(5)
    [slice(0, 5, None)]
    """
    n = world_size()
    return [slice(total * r // n, total * (r + 1) // n) for r in range(n)]


def own_shard(batch: int) -> slice:
    """Return the shard of a batch that belongs to this process.

    Raises:
        ValueError: when a process would have nothing.
    """
    if batch < world_size():
        raise ValueError(
            f"Each process needs an image of every batch, got {batch}; take a larger --batch-size."
        )
    return shards(batch)[rank() % world_size()]


def batch_shards(total: int, step: int) -> list[slice]:
    """Split `total` images over the processes in whole batches of `step`; one shard if too few.

    >>> batch_shards(5, 2)
    [slice(0, 5, None)]
    """
    steps = -(-total // step)
    if steps < world_size():
        return [slice(0, total)]
    return [slice(s.start * step, min(s.stop * step, total)) for s in shards(steps)]


class _Gather(torch.autograd.Function):
    """Concatenate the shards of all processes; backward sums their gradients.

    Every process computes the gradient of the same loss, so the sum is `world_size()` times that
    of a single process. DistributedDataParallel then averages the weights' gradients, each from
    its own shard, over the processes, which cancels the factor.
    """

    @staticmethod
    def forward(ctx: Any, part: Tensor, lengths: Sequence[int]) -> Tensor:
        ctx.lengths = lengths
        padded = part.new_zeros(max(lengths), *part.shape[1:])
        padded[: len(part)] = part
        parts = [torch.empty_like(padded) for _ in lengths]
        dist.all_gather(parts, padded)
        return torch.cat([p[:length] for p, length in zip(parts, lengths, strict=True)])

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total.split(ctx.lengths)[rank()], None


def all_gather(part: Shaped[Tensor, "some ..."], lengths: Sequence[int]) -> Any:
    """Concatenate the tensors of all processes, of the given lengths, in every process.

    Gradients flow back: each shard gets the sum of the gradients of all processes.
    """
    return _Gather.apply(part, lengths)


def any_process(holds: bool) -> bool:
    """Return whether it is true in at least one process; all get the same answer."""
    if world_size() == 1:
        return holds
    votes = torch.tensor([float(holds)])
    dist.all_reduce(votes)
    return bool(votes > 0)


def barrier() -> None:
    """Wait until all processes are here."""
    any_process(False)


def until_interrupted(steps: Iterable[T]) -> Iterator[T]:
    """Yield the steps until one process was interrupted: then all stop before the same one.

    Raises:
        KeyboardInterrupt: when that is so; in a single process Python raises it by itself.
    """
    global _asked_to_stop
    for step in steps:
        if any_process(_asked_to_stop):
            _asked_to_stop = False
            raise KeyboardInterrupt
        yield step


def check_agreement(about: str) -> None:
    """Refuse to continue when the processes differ in what they train.

    Raises:
        ValueError: in all of them.
    """
    if world_size() == 1:
        return
    said = [about] * world_size()
    dist.all_gather_object(said, about)
    others = [str(number) for number, one in enumerate(said) if one != said[0]]
    if others:
        raise ValueError(
            "All processes need the same pictures, settings, version of hashviz and folder of "
            f"runs; processes {', '.join(others)} differ from process 0."
        )


def broadcast(modules: Iterable[torch.nn.Module]) -> None:
    """Copy the state of the first process to all, so that rounding does not drive them apart."""
    if world_size() == 1:
        return
    for module in modules:
        for tensor in (t for t in (*module.parameters(), *module.buffers()) if t.numel()):
            whole = tensor.data.contiguous()
            dist.broadcast(whole, 0)
            tensor.data.copy_(whole)


@contextmanager
def take_turns() -> Iterator[None]:
    """Let the first process of every machine go first: the others read what it keeps on disk."""
    global _taking_turns
    first_here = int(os.environ.get("LOCAL_RANK", "0")) == 0
    if not first_here:
        barrier()
    _taking_turns = True
    try:
        yield
    finally:
        _taking_turns = False
    if first_here:
        barrier()


def write_once(write: Callable[[], T], read: Callable[[], T]) -> T:
    """Let the first process write; when that is done, the others read."""
    written = write() if is_first() else None
    barrier()
    return read() if written is None else written
