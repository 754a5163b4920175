"""What this machine can do: device, precision, threads; and how a run remembers it."""

import contextlib
import os
import platform
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

from hashviz.models.backbone import Backbone
from hashviz.models.networks import Pixels, SmallNet

MOST_THREADS = 8
"""More must be requested: batches are small, and nobody has measured what more would gain."""


def pick_device(name: str = "auto") -> torch.device:
    """Return the accelerator if there is one, else the CPU; or the device asked for.

    Raises:
        ValueError: when the device asked for is not there.
    """
    there = {"cpu": True, "cuda": torch.cuda.is_available()}
    there["mps"] = torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if there["cuda"] else "mps" if there["mps"] else "cpu")
    if name not in there:
        raise ValueError(f"A device is auto, cpu, cuda or mps, got {name!r}.")
    if not there[name]:
        found = ", ".join(sorted(d for d, is_there in there.items() if is_there))
        raise ValueError(f"There is no {name} device on this machine; it has: {found}.")
    return torch.device(name)


def has_bfloat16(device: torch.device) -> bool:
    """Return whether bfloat16 runs in hardware; on other CPUs it is up to ten times slower."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    return device.type == "cpu" and bool(supported())


def pick_threads(backbone: Backbone, device: torch.device) -> int:
    """Return the number of CPU threads where none is given: OMP_NUM_THREADS, or the cores, up to 8.

    One for networks whose layers finish sooner than a second thread wakes up. It is a fixed rule
    and not a measurement, because summing in another order changes the last digits: the same
    command on the same machine gives the same codes, busy or not. The run remembers the number.
    """
    if device.type != "cpu" or isinstance(backbone, SmallNet | Pixels):
        return 1
    asked = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(cores or 1, MOST_THREADS)


def autocast(precision: str, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Compute in bfloat16, or leave the precision as it is."""
    if precision == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext()


@contextlib.contextmanager
def keep_torch_state() -> Iterator[None]:
    """Restore the caller's random state and number of threads at the end."""
    threads = torch.get_num_threads()
    try:
        with torch.random.fork_rng(devices=[]):
            yield
    finally:
        torch.set_num_threads(threads)


def environment(device: torch.device) -> dict[str, Any]:
    """Describe where and with what a run is made."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else platform.machine()
    return {
        "hashviz": _version(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "system": platform.system(),
        "device": f"{device.type} ({name})",
        "threads": torch.get_num_threads(),
        "commit": _commit(),
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("hashviz")
    except PackageNotFoundError:
        return "from source"


def _commit() -> str | None:
    """Return the commit of the source, with a plus sign when files were changed since."""
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
