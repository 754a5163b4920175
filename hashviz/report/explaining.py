"""The chapters that explain: why one hit was found, what bits stand for, and how a code is fooled.

Heat maps and attacks need the network; a run without weights, or with another machine's data gone,
has the other figures.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from hashviz import metrics, plots
from hashviz.codes import distances, nearest
from hashviz.data import Dataset
from hashviz.report.naming import label_names
from hashviz.report.plates import Plate, Section
from hashviz.runs import WEIGHTS, Run

FIRST = 10
SHOWN_BITS = 2
GALLERY = 8
EPSILONS = (2, 4, 8, 16, 32, 64)
IMAGES = 2000


def network_of(run: Run) -> Any:
    """The network of a run, or None where the run was saved without or does not fit any more."""
    from hashviz.runs import RunError

    if not (run.path / WEIGHTS).is_file():
        return None
    try:
        from hashviz.methods.networks import load_model

        return load_model(run)
    except (RunError, ValueError, ModuleNotFoundError):
        return None


def explaining_sections(
    run: Run, counts: metrics.DistanceCounts, dataset: Dataset | None
) -> Iterator[Section]:
    """Why the nearest right result of a typical query was found; then what the bits know."""
    if not len(run.query_index) or not len(run.database_index):
        return
    model = network_of(run) if dataset is not None else None
    yield why_section(run, counts, dataset, model)
    yield from bits_sections(run, dataset)
    if model is not None and dataset is not None:
        yield attack_section(run, dataset, model, typical(run, counts))
        yield from scale_sections(run, dataset, model)


def typical(run: Run, counts: metrics.DistanceCounts) -> int:
    """The query in the middle of the order by average precision."""
    precision = np.nan_to_num(metrics.average_precision(counts, run.data.get("k")))
    return int(np.argsort(-precision, kind="stable")[len(precision) // 2])


def why_section(
    run: Run, counts: metrics.DistanceCounts, dataset: Dataset | None, model: Any
) -> Section:
    """One query and one hit: the bits they share, those that decide, and where they look."""
    from hashviz.explain.deciding import deciding_bits

    query = typical(run, counts)
    code = run.query_codes[query]
    far = distances(run.query_packed[query : query + 1], run.database_packed)[0]
    near = nearest(far, FIRST)
    right = [i for i in near if (run.database_labels[i] & run.query_labels[query]).any()]
    hit = int(right[0] if right else near[0])
    other = run.database_codes[hit]
    decision = deciding_bits(code, run.database_codes, hit, len(near))
    deciding = list(decision.bits or ())
    lines = -(-run.config.bits // 32)
    plates = [
        Plate(
            "The bits of query and hit",
            lambda ax: plots.bit_agreement(code, other, deciding=deciding, ax=ax),
            1.2 + 1.05 * lines,
            name="bit_agreement",
        )
    ]
    look = [
        f"Query {query} ({label_names(run, run.query_labels[query])}) and database image {hit} "
        f"({label_names(run, run.database_labels[hit])}) differ in {int(far[hit])} of "
        f"{run.config.bits} bits."
    ]
    if decision.bits is None:
        look.append(f"No flips of the query's bits drive it out of the first {len(near)}.")
    elif deciding:
        numbers = ", ".join(map(str, deciding))
        fewest = "" if decision.smallest else " (fewer may do)"
        look.append(
            f"With {'bit' if len(deciding) == 1 else 'bits'} {numbers} of the query flipped, the "
            f"hit would leave the first {len(near)}{fewest}."
        )
    if model is not None and dataset is not None:
        plates += heat_plates(run, dataset, model, query, hit, deciding)
        look.append(
            "Heat says what a place of a picture adds to the output of a bit: the two pictures of "
            "a row share the scale."
        )
    return Section(
        "Why this hit",
        plates,
        "The code of a typical query above that of one of its hits. Where they differ the cells "
        "are apart; marked are the fewest bits that decide about the hit.",
        look,
    )


def heat_plates(
    run: Run, dataset: Dataset, model: Any, query: int, hit: int, deciding: list[int]
) -> Iterator[Plate]:
    """Heat maps of a few bits on both pictures: deciding ones first, then the surest."""
    from hashviz.explain.heat import heat_maps
    from hashviz.models.encoding import encode

    pair = dataset.images[[run.query_index[query], run.database_index[hit]]]
    outputs = encode(model, pair)
    surest = np.argsort(-np.abs(outputs).min(0), kind="stable").tolist()
    bits = list(dict.fromkeys([*deciding, *surest]))[:SHOWN_BITS]
    try:
        heat = heat_maps(model, pair, bits=bits, stage=-1)  # coarse, and clear
    except ValueError:
        heat = heat_maps(model, pair, bits=bits, samples=16)

    def draw(place: int, bit: int) -> Callable[[Axes], Axes]:
        voices = (float(outputs[0, bit]), float(outputs[1, bit]))
        return lambda ax: plots.heat_on_both(
            (pair[0], pair[1]), (heat[0, place], heat[1, place]), bit=bit, outputs=voices, ax=ax
        )

    for place, bit in enumerate(bits):
        yield Plate(
            f"Where bit {bit} looks, on query and hit",
            draw(place, bit),
            4.2,
            narrow_height=2.9,
            name="heat_on_both",
        )


def bits_sections(run: Run, dataset: Dataset | None) -> Iterator[Section]:
    """The images at the ends of a bit, and what bits tell about labels and attributes."""
    rows = np.random.default_rng(0).permutation(len(run.database_index))[:IMAGES]
    known: dict[str, np.ndarray] = {
        name: run.database_labels[rows, k]
        for k, name in enumerate(run.classes)
        if 0 < run.database_labels[rows, k].sum() < len(rows)
    }
    if dataset is not None and {"shape", "color", "count"} <= dataset.attributes.keys():
        from hashviz.explain.bits import scene_variables

        chosen = run.database_index[rows]
        known |= scene_variables({k: v[chosen] for k, v in dataset.attributes.items()})
    if len(known) < 2:
        return
    found = metrics.mutual_information(run.database_codes[rows], known, permutations=100)
    surplus = np.where(found.values > found.table_limit, found.values, 0)
    shares = surplus / np.where(found.entropy > 0, found.entropy, 1)
    bit, what = np.unravel_index(int(shares.argmax()), shares.shape)
    plates = [
        Plate(
            "What each bit tells, as a share of what there is to know",
            lambda ax: plots.mutual_information(
                found.values, found.names, limit=found.table_limit, entropy=found.entropy, ax=ax
            ),
            max(2.8, min(1.3 + 0.22 * len(known), 7.0)),
            name="mutual_information",
        )
    ]
    silent = int((surplus.max(1) == 0).sum())
    look = [
        f"Bit {bit} tells most: {shares[bit, what]:.0%} of what there is to know of "
        f"'{found.names[what]}' ({surplus[bit, what]:.2f} of {found.entropy[what]:.2f} bits).",
        "Every bit tells more of some row than chance does."
        if not silent
        else f"{silent} of {run.config.bits} bits tell no more of any row than chance does.",
    ]
    sample = gallery_rows(run)
    if dataset is not None and sample is not None:
        plates.append(gallery_plate(run, dataset, *sample, int(bit)))
    yield Section(
        "What bits stand for",
        plates,
        "Mutual information between each bit and what is known of the images, as a share of the "
        "entropy of what is known; cells that stay below what shuffled images show are left pale. "
        "The pictures stand at both ends of the bit that tells most, and between them those where "
        "it cannot decide.",
        look,
    )


def gallery_rows(run: Run) -> tuple[np.ndarray, np.ndarray] | None:
    """Outputs that the run keeps, and the rows of the data set that they belong to."""
    if len(run.database_sample):
        return run.database_outputs, run.database_index[run.database_sample]
    return (run.query_outputs, run.query_index) if len(run.query_outputs) else None


def gallery_plate(
    run: Run, dataset: Dataset, outputs: np.ndarray, rows: np.ndarray, bit: int
) -> Plate:
    """The strongest, the weakest and the undecided images of a bit."""
    from hashviz.explain.bits import bit_extremes

    ends = bit_extremes(outputs, bit, GALLERY)
    plus, minus, between = (
        [dataset.images[rows[i]] for i in found]
        for found in (ends.plus, ends.minus, ends.undecided)
    )
    return Plate(
        f"Images at the ends of bit {bit}",
        lambda ax: plots.bit_gallery(plus, minus, between, bit=bit, ax=ax),
        3.6,
        narrow_height=2.4,
        name="bit_gallery",
    )


def attack_section(run: Run, dataset: Dataset, model: Any, query: int) -> Section:
    """The query changed by a few gray values so that its code becomes another one."""
    from hashviz.explain.attacks import attack_path

    picture = dataset.images[run.query_index[query]]
    own = run.query_codes[query]
    path = attack_path(model, picture, EPSILONS)
    enough = np.flatnonzero((path.codes != own).mean(1) >= 1 / 8)
    chosen = int(enough[0]) if len(enough) else -1
    epsilon, image, code = EPSILONS[chosen], path.images[chosen], path.codes[chosen]
    flipped = int((code != own).sum())
    lines = -(-run.config.bits // 32)
    return Section(
        "How easily it is fooled",
        [
            Plate(
                f"The query, changed by at most {epsilon} of 255 gray values",
                lambda ax: plots.attack(picture, image, own, code, ax=ax),
                3.9 + 0.9 * (lines - 1),
                narrow_height=3.0 + 0.8 * (lines - 1),
                width=5.6,
                name="attack",
            )
        ],
        "A few steps along the gradient change every pixel by no more than a limit, and the code "
        "by as much as they can. The limit is doubled until an eighth of the bits flips.",
        [f"With {epsilon} of 255 gray values {flipped} of {run.config.bits} bits flip."],
    )


def scale_sections(run: Run, dataset: Dataset, model: Any) -> Iterator[Section]:
    """Which scale a bit comes from, for a network that fuses several."""
    from hashviz.explain.scales import origin_of_bits, scale_contributions

    if not model.scales:
        return
    rows = run.database_index[: IMAGES // 4]
    shares = origin_of_bits(scale_contributions(model, dataset.images[rows]))
    names = [f"scale {scale}" for scale in model.scales]
    means = shares.mean(1)
    yield Section(
        "Which scale a bit comes from",
        [
            Plate(
                "Share of each scale in each bit",
                lambda ax: plots.bit_origins(shares, names, ax=ax),
                3.6,
                narrow_height=3.0,
                name="bit_origins",
            )
        ],
        "What the branch of a scale adds to an output, as a share of what the output tells about "
        "the images. A share below 0 works against the others. A branch holds what came down from "
        "the coarser stages as well, so its share is not that of the stage it is named after.",
        [f"{name} gives {mean:.0%} on average." for name, mean in zip(names, means, strict=True)],
    )
