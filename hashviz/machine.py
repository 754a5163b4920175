"""What this machine can do: device, precision, threads; and how a run remembers it."""

import contextlib
import os
import platform
import subprocess
import time
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

from hashviz.models import HashNetwork, SmallNet


def pick_device(name: str = "auto") -> torch.device:
    """The accelerator if there is one, else the CPU; or the one that was asked for.

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
    """Whether bfloat16 is computed in hardware; a CPU without is up to ten times slower with it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    supported = getattr(torch.cpu, "_is_avx512_bf16_supported", bool)
    return device.type == "cpu" and bool(supported())


def pick_threads(
    model: HashNetwork, sample: UInt8[Tensor, "n _ _ _"], precision: str, *, training: bool = True
) -> int:
    """CPU threads that train (or only run) this network fastest on this machine now, by trial.

    A second thread helps on a quiet machine and costs many times over on a busy one. The number
    is kept with the run, because sums in another order give other last digits.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    if sample.device.type != "cpu" or (cores or 1) == 1 or isinstance(model.backbone, SmallNet):
        return 1  # the small network's layers last less than waking a second thread takes
    copy = deepcopy(model).train(training)
    some = sample[: max(4, min(100, 400_000 // (sample.shape[2] * sample.shape[3])))]
    seconds = {}
    for threads in (1, cores or 1):
        torch.set_num_threads(threads)
        times = []
        for _ in range(4):
            started = time.perf_counter()
            with mixed(precision, sample.device), torch.set_grad_enabled(training):
                loss = (copy if training else copy.embed)(some).float().square().mean()
            if training:
                loss.backward()
            times.append(time.perf_counter() - started)
        seconds[threads] = sorted(times)[1]
    return min(seconds, key=lambda threads: seconds[threads])


def mixed(precision: str, device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Autocast to bfloat16, or nothing."""
    if precision == "bfloat16":
        return torch.autocast(device.type, torch.bfloat16)
    return contextlib.nullcontext()


def environment(device: torch.device) -> dict[str, Any]:
    """Where and with what a run is made."""
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
    """The commit of the source, with a plus sign when files were changed since."""
    here = Path(__file__).resolve().parent
    command = ["git", "-C", str(here), "describe", "--always", "--dirty=+", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None
