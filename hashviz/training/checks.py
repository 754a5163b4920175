"""What is checked of the data, and said about it, before anything is trained."""

from pathlib import Path
from typing import Any

from hashviz.config import TrainConfig
from hashviz.data.base import Dataset
from hashviz.data.overview import summary
from hashviz.data.protocols import Split
from hashviz.methods import Method
from hashviz.models.weights import Weights
from hashviz.runs import Run, RunError


def remarks(dataset: Dataset, asked: TrainConfig, config: TrainConfig) -> list[str]:
    """Say what is worth knowing before training on pictures in files: how many, and their size."""
    found = [summary(dataset), *dataset.report] if "path" in dataset.attributes else []
    if config.data != asked.data:
        height, width = dataset.size
        found.append(
            f"{height}x{width} pixels, because {config.backbone} learned from such photographs; "
            "?size=64 after the data set takes less time, and finds less"
        )
    return found


def check_labels(dataset: Dataset, method: Method, data: str) -> None:
    """Refuse a method that cannot learn from such labels.

    Raises:
        ValueError: when it needs labels and there are none, or one per image and there are several.
    """
    if dataset.multi_label and not method.multi_label and dataset.labels.any():
        raise ValueError(
            f"{method.title} is for images with one label each, and {data} has several; "
            "its docstring says why. Methods for several labels: `hashviz list methods`."
        )
    if method.supervision != "none" and not dataset.labels.any():
        raise ValueError(
            f"{method.title} learns from labels, and {data} has none; "
            "use a method without supervision (itq, lsh), or put the pictures in class folders."
        )


def refuse_other_data(path: Path, data: str, dataset: Dataset, content: str) -> None:
    """Refuse to replace a run that was made from other pictures or labels.

    Raises:
        ValueError: when there is such a run.
    """
    try:
        there = Run.load(path).data
    except RunError:
        return
    made = there.get("fingerprint", content)
    if made != content:
        (height, width, *_), (high, wide) = there["image"], dataset.size
        raise ValueError(
            f"The run {path} was made from other pictures or labels ({there['images']:,} of "
            f"{height}x{width} pixels, checksum {made[:8]}) than {data} has now ({len(dataset):,} "
            f"of {high}x{wide} pixels, checksum {content[:8]}), and is not replaced; name the new "
            "one with --tag, choose another folder with --runs, or delete the old one."
        )


def describe_data(
    dataset: Dataset, parts: Split, content: str, weights: Weights | None
) -> dict[str, Any]:
    """Describe the data for the run; remarks are added to its report later."""
    return {
        "classes": list(dataset.classes),
        "multi_label": dataset.multi_label,
        "image": list(dataset.shape),
        "images": len(dataset),
        "fingerprint": content,
        "split": parts.describe(),
        "report": list(dataset.report),
        "k": parts.protocol.k,
        **({"weights": weights.about} if weights else {}),
    }


def short_classes(dataset: Dataset, parts: Split, method: Method) -> list[str]:
    """Name the classes that have fewer images than a class-aware batch asks for."""
    each = 0 if dataset.multi_label else method.per_class
    counts = dataset.labels[parts.train].sum(0)
    few = [f"{dataset.classes[c]!r} ({n})" for c, n in enumerate(counts) if 0 < n < each]
    sentence = f"A batch holds {each} images of every class; some have fewer and repeat within it: "
    return [f"{sentence}{', '.join(few)}."] if few else []
