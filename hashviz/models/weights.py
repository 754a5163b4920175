"""The weights a backbone starts from: a file, a run, or the published ones; nothing is downloaded.

A run remembers name and checksum, and needs the file no more: its own weights are complete.
"""

import os
import pickle
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from hashviz.data import with_size
from hashviz.files import sha256
from hashviz.models.networks import BACKBONES, HashNetwork
from hashviz.models.torchvision import Torchvision
from hashviz.runs import WEIGHTS, Run, RunError, find_run

DOWNLOADS = "https://download.pytorch.org/models"
CHECKSUM = re.compile(r"-([0-9a-f]{8})\.[a-z]+$")
PHOTOGRAPH = 224
"""Pixels a side of the photographs that published networks learned from."""
VARIANTS = {
    "50f06c2ff7d63c054c851492769039fc2d80bc51f4f7dcbbb884d7d498aae4bb": "mobilenet_v2_tf",
}
"""Files known by their sha256 to need a variant of the network whose names they carry."""


@dataclass(frozen=True)
class Weights:
    """Weights that were found: where they are, and what a run remembers of them."""

    path: Path
    name: str
    """Name of the file, or of the run; never the folders it lies in."""
    sha256: str
    run: Run | None = None

    @property
    def about(self) -> dict[str, str]:
        """What the run's data remember: enough to find the same file again."""
        return {"name": self.name, "sha256": self.sha256}

    @property
    def short(self) -> str:
        """Name and checksum, as the configuration of a run keeps them."""
        return f"{self.name}@{self.sha256[:12]}"


def find_weights(weights: str | None, backbone: str) -> Weights | None:
    """What `--weights` names: nothing, the published ImageNet file, a file, or a run.

    Raises:
        ValueError: when it is not there, or is not what its name promises.
    """
    if weights in (None, "none"):
        return None
    if weights == "imagenet":
        return find_imagenet(backbone)
    path = Path(weights).expanduser()
    if path.is_file():
        refuse_vectors(path)
        found = Weights(path, path.name, sha256(path))
        check_name(found)
        return found
    try:
        run = find_run(weights, os.environ.get("HASHVIZ_RUNS", "runs"))
    except RunError as error:
        if path.is_dir():
            raise
        raise ValueError(
            f"There are no weights {weights!r}; give none, imagenet, a file, or a run of "
            "`hashviz list runs`."
        ) from error
    run.verify(WEIGHTS)
    return Weights(run.path / WEIGHTS, run.name, sha256(run.path / WEIGHTS), run)


def refuse_vectors(path: Path) -> None:
    """Refuse arrays of NumPy, which hold features and no network that makes them.

    Raises:
        ValueError: with what can be done with them.
    """
    with path.open("rb") as file:
        is_array = file.read(6) == b"\x93NUMPY" or path.suffix.lower() == ".npz"
    if is_array:
        raise ValueError(
            f"{path.name!r} holds arrays, not the weights of a network: --weights and --features "
            "take imagenet, a state dict, or a run. Vectors of your own are hashed in Python: "
            "encoder = method_named('itq').load()(vectors, labels, bits, seed), and codes that "
            "you have are scored by `hashviz score`."
        )


def find_imagenet(backbone: str) -> Weights:
    """The published weights, in torch's own cache folder.

    Raises:
        ValueError: when the network has none, the file is absent or its checksum is wrong.
    """
    published = {name: row.published for name, row in BACKBONES.items() if row.published}
    if backbone not in published:
        raise ValueError(
            f"There are no ImageNet weights for the backbone {backbone!r}; "
            f"choose from {', '.join(sorted(published))}."
        )
    folder = Path(torch.hub.get_dir()) / "checkpoints"
    for name in published[backbone]:
        if (folder / name).is_file():
            found = Weights(folder / name, name, sha256(folder / name))
            check_name(found)
            return found
    name = published[backbone][0]
    raise ValueError(
        f"The ImageNet weights of {backbone} are not on this machine, and nothing is downloaded "
        f"unasked; put {DOWNLOADS}/{name} ({BACKBONES[backbone].megabytes} MB) into {folder}, or "
        "give --weights FILE."
    )


def check_name(weights: Weights) -> None:
    r"""Compare a file with the checksum that its name carries, as torch hub's files do.

    Eight hexadecimal digits after a hyphen are one; of digits alone they may be a date, and count
    only in a name that is published.

    Raises:
        ValueError: when they differ.

    >>> [found.group(1) for found in map(CHECKSUM.search, ("resnet20-12fca82f.th", "my-net.pt"))
    ...  if found]
    ['12fca82f']
    """
    is_published = any(weights.name in row.published for row in BACKBONES.values())
    carried = CHECKSUM.search(weights.name)
    if carried is None or not (is_published or re.search("[a-f]", carried[1])):
        return
    promised = carried[1]
    if not weights.sha256.startswith(promised):
        again = f"; get it again from {DOWNLOADS}/{weights.name}" if is_published else ""
        raise ValueError(
            f"The file {weights.name!r} is damaged or not what its name says: its sha256 begins "
            f"with {weights.sha256[: len(promised)]}{again}."
        )


def fitting_backbone(weights: Weights | None, backbone: str | None) -> str | None:
    """The backbone that the weights ask for: the run's own, or a variant known by checksum.

    Where none is given, the name of a file may begin with it.

    Raises:
        ValueError: when a run's backbone is another than the one asked for.
    """
    if weights is None:
        return backbone
    if weights.run is not None:
        theirs = weights.run.config.backbone
        if backbone not in (None, theirs):
            raise ValueError(
                f"The run {weights.name} has the backbone {theirs!r}, got {backbone!r}; "
                "leave --backbone out."
            )
        return theirs
    backbone = backbone or named_in(weights.name)
    variant = VARIANTS.get(weights.sha256)
    if variant is not None and backbone == variant.removesuffix("_tf"):
        return variant
    return backbone


def named_in(file: str) -> str | None:
    """The network whose name a file of weights begins with, the longest if several do.

    >>> named_in("mobilenet_v2-b0353104.pth"), named_in("mine.pt")
    ('mobilenet_v2', None)
    """
    return max((name for name in BACKBONES if file.startswith(name)), key=len, default=None)


def suited(data: str, weights: Weights | None, backbone: str) -> str:
    """The specification of a data set, with the size of pictures that such weights are used to.

    That is a run's own, or 224 for networks that are published for photographs; other networks
    take what the data set has. A size that is given stays, and so do data sets of one size.

    >>> suited("folder:pictures", None, "mobilenet_v2"), suited("digits", None, "mobilenet_v2")
    ('folder:pictures', 'digits')
    """
    if weights is not None and weights.run is not None:
        return with_size(data, weights.run.data["image"][0])
    row = BACKBONES.get(backbone.removesuffix("_tf"))
    if weights is None or row is None or not row.published:
        return data
    return with_size(data, PHOTOGRAPH)


def load_weights(model: HashNetwork, weights: Weights, name: str = "") -> None:
    """Give the backbone of that name its weights; from a run also how its images were normalised.

    Raises:
        ValueError: when the file cannot be read safely or does not fit the backbone.
    """
    state = read_state(weights)
    backbone = model.backbone.core
    try:
        if weights.run is not None:
            load_run(model, state, weights.name)
        elif isinstance(backbone, Torchvision):
            # The published ViT carries names from before torchvision renamed its MLP.
            renamed = {
                n.replace("mlp.linear_1.", "mlp.0.").replace("mlp.linear_2.", "mlp.3."): tensor
                for n, tensor in state.items()
                if not n.startswith(backbone.classifier)
            }
            load_fitting(backbone.net, renamed, weights.name)
        else:
            load_fitting(backbone, state, weights.name)
    except ValueError as error:
        if weights.run is not None or not name:
            raise
        told = str(error).replace("the backbone", f"the backbone {name!r}", 1)
        raise ValueError(f"{told} Another network is named by --backbone.") from None


def load_run(model: HashNetwork, state: Mapping[str, Tensor], source: str) -> None:
    """Load the backbone of a run, and how its images were normalized.

    Raises:
        ValueError: when the run's backbone is another, or has a layer before it that this lacks.
    """
    parts = ("backbone.", "mean", "std")
    named = {n.removeprefix("model."): t for n, t in state.items() if n.startswith("model.")}
    given = {name: tensor for name, tensor in named.items() if name.startswith(parts)}
    core = next(n for n, module in model.named_modules() if module is model.backbone.core)
    wanted = {f"backbone.{name}" for name in model.backbone.core.state_dict()}
    if core != "backbone" and wanted <= given.keys():
        parts = (core + ".", "mean", "std")
        given = {n.replace("backbone.", parts[0], 1): tensor for n, tensor in given.items()}
    elif core == "backbone" and wanted <= {f"backbone.{n.split('.', 2)[-1]}" for n in given}:
        raise ValueError(
            f"The run {source} has a layer before its backbone, which has only seen what that "
            "layer shows; start from a run of another method."
        )
    load_fitting(model, given, source, parts)


def read_state(weights: Weights) -> dict[str, Tensor]:
    """The tensors of a file by name; code that a pickle may carry is never run.

    Raises:
        ValueError: when the file holds anything but tensors.
    """
    if weights.path.suffix == ".safetensors":
        from safetensors import SafetensorError
        from safetensors.torch import load_file

        try:
            return load_file(weights.path)
        except SafetensorError as error:
            raise ValueError(f"The weights {weights.name!r} are damaged: {error}.") from error
    try:
        state = torch.load(weights.path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise ValueError(
            f"The weights {weights.name!r} are damaged, or hold more than tensors; code in a file "
            "is never run. Save the network's state_dict()."
        ) from error
    is_named = isinstance(state, dict) and all(isinstance(name, str) for name in state)
    if not is_named or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise ValueError(
            f"The weights {weights.name!r} are no state dict: names and tensors, nothing else. "
            "Save the network's state_dict()."
        )
    return state


def load_fitting(
    module: nn.Module,
    state: Mapping[str, Tensor],
    source: str,
    parts: tuple[str, ...] = ("",),
) -> None:
    """Load a state dict whose names and shapes are exactly the module's (or of its parts).

    Raises:
        ValueError: one sentence with what is missing, what is too much, and which shapes differ.
    """
    expected = {n: t for n, t in module.state_dict().items() if n.startswith(parts)}
    missing = [n for n in expected if n not in state and not n.endswith("num_batches_tracked")]
    extra = [name for name in state if name not in expected]
    shapes = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in state and state[name].shape != tensor.shape
    ]
    problems = {"expected and missing": missing, "found and not known": extra, "shape": shapes}
    told = [f"{what}: {some(names)}" for what, names in problems.items() if names]
    if told:
        raise ValueError(f"The weights {source!r} do not fit the backbone; {'; '.join(told)}.")
    module.load_state_dict(dict(state), strict=False)


def some(names: list[str]) -> str:
    """The first few of many names.

    >>> some(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + rest
