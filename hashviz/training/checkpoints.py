"""A training that was killed resumes where it was: its state after an epoch, in one file.

The file holds everything that the next epoch depends on - weights, buffers, the optimizers' state,
the random number generators - so that the final codes are those of a training that was never
interrupted, bit for bit, on the same machine with the same number of threads. It is not a pickle,
it appears whole or not at all, and a flipped bit in it is detected. It lies beside the future run,
is written every ten seconds at most, and is deleted once the run is saved.
"""

import hashlib
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor, nn

from hashviz.files import write_file
from hashviz.training.events import Epoch

EVERY = 10.0
"""Least seconds between two files; epochs in between are not kept."""


class Checkpoint:
    """The state of one training, kept on disk; `key` identifies the training."""

    def __init__(self, path: Path, key: Mapping[str, Any]) -> None:
        self.path = path
        self.key = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
        self.reached = (0, 0, 0.0)
        """Completed epochs and steps, and their seconds."""
        self.history: list[Epoch] = []
        self.watched: list[UInt8[np.ndarray, "images bytes"]] = []
        """Packed codes of the watched images after every epoch."""
        self.threads: int | None = None
        self.trouble: tuple[str, ...] = ()
        self._tensors: dict[str, Tensor] = {}
        self._parts = nn.ModuleDict()
        self._optimizers: Sequence[torch.optim.Optimizer] = ()
        self._generator = torch.Generator()
        self._written = time.monotonic()
        self._read()

    def begin(
        self,
        model: nn.Module,
        loss: nn.Module,
        optimizers: Sequence[torch.optim.Optimizer],
        generator: torch.Generator,
    ) -> tuple[int, int, float]:
        """Track the state of these, restored from the file if there is one. Return `reached`."""
        self._parts = nn.ModuleDict({"model": model, "loss": loss})
        self._optimizers, self._generator = optimizers, generator
        if self._tensors:
            with torch.no_grad():
                for name, tensor in self._state().items():
                    tensor.copy_(self._tensors[name])
            for place, optimizer in enumerate(optimizers):
                state = optimizer.state_dict()  # empty, as it has made no step
                for name, tensor in self._tensors.items():
                    kind, _, rest = name.partition(f".{place}.")
                    if kind == "optimizer":
                        number, _, what = rest.partition(".")
                        state["state"].setdefault(int(number), {})[what] = tensor
                optimizer.load_state_dict(state)
            generator.set_state(self._tensors["generator"])
            torch.set_rng_state(self._tensors["random"])
            self._tensors = {}
        return self.reached

    def save(self, *, now: bool = False) -> None:
        """Write the state after an epoch, unless the last file is young and `now` is false.

        A disk that is full or read-only is no reason to lose the training: `trouble` says so, and
        it is not tried again.
        """
        from safetensors.torch import save

        if not now and (time.monotonic() - self._written < EVERY or self.trouble):
            return
        tensors = {name: tensor.detach().cpu() for name, tensor in self._state().items()}
        for place, optimizer in enumerate(self._optimizers):
            for number, state in optimizer.state_dict()["state"].items():
                for name, value in state.items():
                    tensors[f"optimizer.{place}.{number}.{name}"] = torch.as_tensor(value).cpu()
        tensors["generator"], tensors["random"] = self._generator.get_state(), torch.get_rng_state()
        tensors |= {f"watched.{e}": torch.from_numpy(codes) for e, codes in enumerate(self.watched)}
        about = {
            "key": self.key,
            "reached": self.reached,
            "history": [asdict(epoch) for epoch in self.history],
            "threads": self.threads,
        }
        whole = {name: tensor.contiguous().clone() for name, tensor in tensors.items()}
        content = save(whole, {"about": json.dumps(about)})
        try:
            write_file(self.path, hashlib.sha256(content).digest() + content)
        except OSError as error:
            self.trouble = (f"The training could not be kept while it ran: {error}.",)
        self._written = time.monotonic()

    def clear(self) -> None:
        """Delete the file: the run is saved, or the training failed."""
        self.path.unlink(missing_ok=True)

    def _read(self) -> None:
        """Read what was kept of the same training; ignore the file of another one.

        Raises:
            ValueError: when the file is damaged.
        """
        from safetensors.torch import load

        if not self.path.is_file():
            return
        content = self.path.read_bytes()
        check, content = content[:32], content[32:]
        if hashlib.sha256(content).digest() != check:
            raise ValueError(
                f"The kept state {str(self.path)!r} of a training is damaged; delete it to restart."
            )
        size = int.from_bytes(content[:8], "little")
        about = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["about"])
        if about["key"] != self.key:
            return
        tensors = load(content)
        self.reached, self.threads = tuple(about["reached"]), about["threads"]
        self.history = [Epoch(**row) for row in about["history"]]
        count = sum(name.startswith("watched.") for name in tensors)
        self.watched = [tensors.pop(f"watched.{epoch}").numpy() for epoch in range(count)]
        self._tensors = tensors

    def _state(self) -> dict[str, Tensor]:
        """Return weights and buffers by name, including those that a run does not keep."""
        return dict(self._parts.named_parameters()) | dict(self._parts.named_buffers())
