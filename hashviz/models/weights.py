"""The weights a backbone starts from: a file, a run, or the published ones; nothing is downloaded.

A run remembers name and checksum, and no longer needs the file: its own weights are complete.
"""

import os
import pickle
import re
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from hashviz.data import with_size
from hashviz.files import sha256
from hashviz.models.networks import BACKBONES, HashNetwork
from hashviz.models.torchvision import Torchvision
from hashviz.runs import WEIGHTS, Run, RunError, find_run

DOWNLOADS = "https://download.pytorch.org/models"
CHECKSUM = re.compile(r"-([0-9a-f]{8})\.[a-z]+$")
PHOTOGRAPH = 224
"""Side in pixels of the photographs that published networks were trained on."""
VARIANTS = {
    "50f06c2ff7d63c054c851492769039fc2d80bc51f4f7dcbbb884d7d498aae4bb": "mobilenet_v2_tf",
}
"""Files known by their sha256 to need a variant of the network whose names they use."""


@dataclass(frozen=True)
class Weights:
    """Weights that were found: where they are, and what a run remembers about them."""

    path: Path
    name: str
    """Name of the file or the run, without the folders it lies in."""
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
    """Find what `--weights` names: nothing, the published ImageNet file, a file, or a run.

    Raises:
        ValueError: when it is not there, or is not what its name promises.
    """
    if weights in (None, "none"):
        return None
    if weights == "imagenet":
        return find_imagenet(backbone)
    path = Path(weights).expanduser()
    if path.is_file():
        return weights_in(path)
    try:
        run = find_run(weights, os.environ.get("HASHVIZ_RUNS", "runs"))
    except RunError as error:
        if path.is_dir():
            raise
        raise ValueError(
            f"There are no weights {weights!r}; give none, imagenet, a file, or a run."
        ) from error
    run.verify(WEIGHTS)
    return Weights(run.path / WEIGHTS, run.name, sha256(run.path / WEIGHTS), run)


def find_imagenet(backbone: str) -> Weights:
    """Find the published weights in torch's own cache folder.

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
            return weights_in(folder / name)
    raise ValueError(
        f"The ImageNet weights of {backbone} are not on this machine, and nothing is downloaded "
        f"unasked; put {DOWNLOADS}/{published[backbone][0]} ({BACKBONES[backbone].megabytes} MB) "
        f"into {folder}, or give --weights FILE."
    )


def weights_in(path: Path) -> Weights:
    r"""Return the weights in a file, whose name may carry their checksum, as torch hub's files do.

    Eight hexadecimal digits after a hyphen are one; of digits alone they may be a date, and count
    only in a name that is published.

    Raises:
        ValueError: when the checksum differs, or the file holds arrays of NumPy, which are
            features and no network that makes them.

    >>> [found.group(1) for found in map(CHECKSUM.search, ("resnet20-12fca82f.th", "my-net.pt"))
    ...  if found]
    ['12fca82f']
    """
    with path.open("rb") as file:
        is_array = file.read(6) == b"\x93NUMPY" or path.suffix.lower() == ".npz"
    if is_array:
        raise ValueError(
            f"{path.name!r} holds arrays, not the weights of a network. Vectors of your own are "
            "hashed in Python: encoder = method_named('itq').load()(vectors, labels, bits, seed), "
            "and codes that you have are scored by `hashviz score`."
        )
    found, carried = Weights(path, path.name, sha256(path)), CHECKSUM.search(path.name)
    is_published = any(path.name in row.published for row in BACKBONES.values())
    if carried is None or not (is_published or re.search("[a-f]", carried[1])):
        return found
    if not found.sha256.startswith(carried[1]):
        again = f"; get it again from {DOWNLOADS}/{path.name}" if is_published else ""
        raise ValueError(
            f"The file {path.name!r} is damaged or not what its name says: its sha256 begins "
            f"with {found.sha256[:8]}{again}."
        )
    return found


def matching_backbone(weights: Weights | None, backbone: str | None) -> str | None:
    """Return the backbone the weights belong to: the run's own, or one known by checksum.

    Where none is given, the name of a file may begin with it: of several, the longest counts.

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
    named = (name for name in BACKBONES if weights.name.startswith(name))
    backbone = backbone or max(named, key=len, default=None)
    variant = VARIANTS.get(weights.sha256, "")
    return variant if variant and backbone == variant.removesuffix("_tf") else backbone


def with_usual_size(data: str, weights: Weights | None, backbone: str) -> str:
    """Add the image size that such weights are used to, to the name of a data set.

    That is the run's own size, or 224 for networks published for photographs; other networks take
    what the data set has. A size that is given stays, and so do data sets of a single size.

    >>> with_usual_size("folder:pictures", None, "mobilenet_v2")
    'folder:pictures'
    """
    if weights is not None and weights.run is not None:
        return with_size(data, weights.run.data["image"][0])
    row = BACKBONES.get(backbone.removesuffix("_tf"))
    if weights is None or row is None or not row.published:
        return data
    return with_size(data, PHOTOGRAPH)


def load_weights(model: HashNetwork, weights: Weights, name: str = "") -> None:
    """Give the backbone of that name its weights; from a run also how its images were normalized.

    Names and shapes must be exactly those of the network.

    Raises:
        ValueError: when the file cannot be read safely or does not fit the backbone: one sentence
            with what is missing, what is too much, and which shapes differ.
    """
    state = read_state(weights)
    module, parts = model.backbone.core, ("",)
    if weights.run is not None:
        module, (state, parts) = model, backbone_of_run(model, state, weights.name)
    elif isinstance(module, Torchvision):
        # The published ViT carries names from before torchvision renamed its MLP.
        state = {
            n.replace("mlp.linear_1.", "mlp.0.").replace("mlp.linear_2.", "mlp.3."): tensor
            for n, tensor in state.items()
            if not n.startswith(module.classifier)
        }
        module = module.net
    expected = {n: t for n, t in module.state_dict().items() if n.startswith(parts)}
    missing = [n for n in expected if n not in state and not n.endswith("num_batches_tracked")]
    extra = [name for name in state if name not in expected]
    shapes = [
        f"{name} {tuple(state[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in expected.items()
        if name in state and state[name].shape != tensor.shape
    ]
    problems = {"expected and missing": missing, "found and not known": extra, "shape": shapes}
    told = "; ".join(f"{what}: {some(names)}" for what, names in problems.items() if names)
    if told:
        backbone = f"the backbone {name!r}" if name else "the backbone"
        raise ValueError(
            f"The weights {weights.name!r} do not fit {backbone}; {told}. Another network is named "
            "by --backbone."
        )
    module.load_state_dict(state, strict=False)


def backbone_of_run(
    model: HashNetwork, state: dict[str, Tensor], source: str
) -> tuple[dict[str, Tensor], tuple[str, ...]]:
    """Return a run's backbone and normalization as `model` names them, and how the names begin.

    Raises:
        ValueError: when the run's backbone has a layer before it that this model lacks.
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
    return given, parts


def read_state(weights: Weights) -> dict[str, Tensor]:
    """Read the tensors of a file by name; code that a pickle may carry is never run.

    Raises:
        ValueError: when the file holds anything but tensors.
    """
    try:
        if weights.path.suffix == ".safetensors":
            return load_file(weights.path)
        state = torch.load(weights.path, map_location="cpu", weights_only=True)
    except (
        *(SafetensorError, pickle.UnpicklingError, RuntimeError),
        *(EOFError, ValueError, KeyError),
    ) as error:
        raise ValueError(
            f"The weights {weights.name!r} are damaged, or hold more than tensors; code in a file "
            "is never run. Save the network's state_dict()."
        ) from error
    if not isinstance(state, dict) or not all(
        isinstance(name, str) and isinstance(tensor, Tensor) for name, tensor in state.items()
    ):
        raise ValueError(
            f"The weights {weights.name!r} are not a state dict; save the network's state_dict()."
        )
    return state


def some(names: list[str]) -> str:
    """Name the first few of many.

    >>> some(["a", "b", "c", "d"])
    'a, b, c and 1 more'
    """
    rest = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + rest
