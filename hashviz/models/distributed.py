"""Several processes that train one network: `torchrun --nproc-per-node N -m hashviz train ...`.

Every process has the whole network and draws the same batches from the same seed, but looks at its
own share of each. What the networks say is put together again (`gather`), so that every loss sees
the batch as a whole - pairs, triplets, histograms, memories - and every process computes the same
loss. Gradients flow back through the gathering; the sum of all shares is the gradient of one
process with the whole batch, to rounding. Nothing here does anything in a process alone.

Several machines: start the same command on each, as torchrun has it, with the same data, version
and folder of runs (a shared one, or only the first process's machine has the run in the end):

    torchrun --nnodes 2 --nproc-per-node 4 --rdzv-backend c10d --rdzv-endpoint HOST:29500 \
        -m hashviz train csq --data cifar10

Processors talk through gloo. With `--device cuda` every process has a GPU of its own and tensors on
it go through NCCL: the same lines, but so far nobody ran them on GPUs; their test is skipped where
there are fewer than two. What stays one process's work: fitted methods, which are refused, and the
features of a frozen backbone, which the first process of every machine computes for all on it.
Dropout, where a backbone has it, draws in every process for its own share.
"""

import errno
import hashlib
import os
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
"""How long a process waits for another that still runs; of one that has ended it hears at once."""

T = TypeVar("T")
_asked_to_stop = False
_taking_turns = False


class Lost(ConnectionError):
    """Another process ended or does not answer, so this one cannot go on."""


def launched() -> int:
    """How many processes torchrun started, by the variables that it sets; 1 without it."""
    return int(os.environ.get("WORLD_SIZE", "1")) if "RANK" in os.environ else 1


def size() -> int:
    """How many processes work together now."""
    return dist.get_world_size() if dist.is_initialized() and not _taking_turns else 1


def rank() -> int:
    """The number of this process, from 0."""
    return dist.get_rank() if dist.is_initialized() else 0


def is_first() -> bool:
    """Whether this process is the one that prints and writes."""
    return rank() == 0


@contextmanager
def joined(device: str = "auto", timeout: timedelta = TIMEOUT) -> Iterator[None]:
    """Work together with the other processes that torchrun started; alone, or again, do nothing.

    Once in the life of a process, around all that it trains. The first Ctrl-C (or the SIGTERM that
    torchrun makes of it) is only noted: `together` stops all processes at the same step. The second
    one ends the process.

    Raises:
        ValueError: when there are more processes than GPUs, or the device has no way to share.
        Lost: when another process ended or stopped answering.
    """
    if launched() == 1 or dist.is_initialized():
        yield
        return
    backend = _claim(pick_device(device).type)
    handlers = {s: signal.signal(s, _note) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        dist.init_process_group(backend, timeout=timeout)
        yield
        dist.destroy_process_group()
    except RuntimeError as error:
        if not _is_about_others(error):
            raise
        raise Lost(
            errno.ECONNABORTED,
            f"Process {os.environ['RANK']} of {launched()} (counted from 0) stops: another one "
            "ended or does not answer, and its own message says why. Start them all again.",
        ) from error
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _claim(kind: str) -> str:
    """The way to talk from that kind of device, of which this process takes its own."""
    if kind == "cpu":
        return "gloo"
    if kind != "cuda":
        raise ValueError(
            f"Several processes train on processors (--device cpu) or on GPUs of their own (cuda), "
            f"got {kind!r}."
        )
    local, there = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if local >= there:
        raise ValueError(
            f"Every process trains on a GPU of its own: this machine has {there}, and torchrun "
            f"started process {local} (counted from 0) on it; take --nproc-per-node {there}, or "
            "--device cpu."
        )
    torch.cuda.set_device(local)
    return "cpu:gloo,cuda:nccl"


def _note(number: int, frame: Any) -> None:
    """A first signal is remembered, a second one acts as ever."""
    del frame
    global _asked_to_stop
    _asked_to_stop = True
    signal.signal(number, signal.SIG_DFL)


def _is_about_others(error: RuntimeError) -> bool:
    return isinstance(error, dist.DistError) or "gloo" in str(error) or "NCCL" in str(error)


def shares(total: int) -> list[slice]:
    """The part of each process of so many things: in order, of lengths that differ by 1 at most.

    >>> shares(5)
    [slice(0, 5, None)]
    """
    n = size()
    return [slice(total * r // n, total * (r + 1) // n) for r in range(n)]


def share(batch: int) -> slice:
    """The part of a batch that is for this process.

    Raises:
        ValueError: when a process would have nothing.
    """
    if batch < size():
        raise ValueError(
            f"Every process takes at least one image of a batch, got {batch} images for {size()} "
            "processes; take a larger --batch-size, or fewer processes."
        )
    return shares(batch)[rank() % size()]


def parts(total: int, step: int) -> list[slice]:
    """The part of each process of so many images, in whole runs of `step`; one part if too few.

    >>> parts(5, 2)
    [slice(0, 5, None)]
    """
    steps = -(-total // step)
    if steps < size():
        return [slice(0, total)]
    return [slice(s.start * step, min(s.stop * step, total)) for s in shares(steps)]


class _Gather(torch.autograd.Function):
    """All parts, one after the other; the gradient is what all processes derive, added up.

    Every process derives the gradient of the same loss, so the sum is `size()` times the gradient
    of a process alone. The mean over processes that DistributedDataParallel then takes of the
    weights' gradients, each from its own share, makes the right one of it.
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


def gather(part: Shaped[Tensor, "some ..."], lengths: Sequence[int]) -> Shaped[Tensor, "all ..."]:
    """What the processes have, of those lengths, as one tensor in every one of them.

    Gradients pass: a part gets the sum of what all processes derive for it.
    """
    whole: Tensor = _Gather.apply(part, lengths)  # type: ignore[assignment]
    return whole


def anyone(says_so: bool) -> bool:
    """Whether at least one process says so; all get the same answer."""
    if size() == 1:
        return says_so
    votes = torch.tensor([float(says_so)])
    dist.all_reduce(votes)
    return bool(votes > 0)


def _wait_for_all() -> None:
    anyone(False)


def together(steps: Iterable[T]) -> Iterator[T]:
    """The steps, until one process was asked to stop: then all stop before the same one.

    Raises:
        KeyboardInterrupt: when that is so; alone, Python itself raises it at once.
    """
    global _asked_to_stop
    for step in steps:
        if anyone(_asked_to_stop):
            _asked_to_stop = False
            raise KeyboardInterrupt
        yield step


def agree(about: str) -> None:
    """Refuse to go on when the processes do not say the same about what they train.

    Raises:
        ValueError: in all of them.
    """
    if size() == 1:
        return
    mine = int.from_bytes(hashlib.sha256(about.encode()).digest()[:7], "big")
    said = gather(torch.tensor([mine]), [1] * size()).tolist()
    others = [str(number) for number, one in enumerate(said) if one != said[0]]
    if others:
        raise ValueError(
            "All processes train with the same pictures and settings, and go on from the same "
            f"state; processes {', '.join(others)} differ from process 0. Give every machine the "
            "same data, version of hashviz and folder of runs."
        )


def level(modules: Iterable[torch.nn.Module]) -> None:
    """Give every process the state of the first one, so that no rounding drives them apart."""
    if size() == 1:
        return
    for module in modules:
        for tensor in (t for t in (*module.parameters(), *module.buffers()) if t.numel()):
            whole = tensor.data.contiguous()
            dist.broadcast(whole, 0)
            tensor.data.copy_(whole)


@contextmanager
def in_turn() -> Iterator[None]:
    """The first process of every machine goes first: what it keeps on the disk the others read."""
    global _taking_turns
    first_here, several = int(os.environ.get("LOCAL_RANK", "0")) == 0, size() > 1
    if several and not first_here:
        _wait_for_all()
    _taking_turns = several
    try:
        yield
    finally:
        _taking_turns = False
    if several and first_here:
        _wait_for_all()


def once(write: Callable[[], T], read: Callable[[], T]) -> T:
    """The first process writes; when that is done, the others read."""
    written = write() if is_first() else None
    if size() > 1:
        _wait_for_all()
    return read() if written is None else written
