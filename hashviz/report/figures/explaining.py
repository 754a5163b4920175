"""Why one hit was found, what bits stand for, and how a code is fooled.

Heat maps and attacks need the network; a run without weights has the other figures.
"""

from functools import lru_cache
from typing import Any

import numpy as np

from hashviz import metrics
from hashviz.codes import nearest
from hashviz.report.figures.retrieval import SEARCHED, best_first, distances_from
from hashviz.report.naming import label_names
from hashviz.report.registry import IMAGES, Items, Need, Subject, figure, plate
from hashviz.runs import Run

FIRST = 10
SHOWN_BITS = 2
GALLERY = 8
EPSILONS = (2, 4, 8, 16, 32, 64)
"""Gray values that an attack may change a pixel by; the smallest that succeeds is shown."""
IMAGES_ASKED = 2000

WHY, MEANING = "Why this hit", "What bits stand for"
ATTACK, ORIGIN = "How easily it is fooled", "Which scale a bit comes from"
NETWORK = Need("no network was saved, or torch is missing", lambda run, s: s.model is not None)
SCALES = Need("its network does not fuse several scales", lambda run, s: bool(s.model.scales))


KNOWN = Need("fewer than two classes divide the database", lambda run, s: len(_known(s)[1]) > 1)
OUTPUTS = Need("its outputs were not kept", lambda run, s: len(_kept(run)[0]) > 0)


@lru_cache(maxsize=1)
def _hit(s: Subject) -> tuple[int, int, Any]:
    """Return a typical query, its nearest right result, and the bits that decide about that."""
    from hashviz.explain.deciding import deciding_bits

    run, order = s.run, best_first(s)[0]
    query = int(order[len(order) // 2])
    near = nearest(distances_from(run, query), FIRST)
    right = [i for i in near if (run.database_labels[i] & run.query_labels[query]).any()]
    hit = int(right[0] if right else near[0])
    return query, hit, deciding_bits(run.query_codes[query], run.database_codes, hit, len(near))


@figure("run", WHY, "the bits of a query and a hit, and those that decide", SEARCHED)
def bit_agreement(s: Subject) -> Items:
    """Show one query and one hit: the bits they share, and those that decide."""
    run, (query, hit, decision) = s.run, _hit(s)
    code, other, bits = run.query_codes[query], run.database_codes[hit], run.config.bits
    deciding, high = list(decision.bits or ()), 1.2 + 1.05 * -(-bits // 32)
    yield plate("The bits of query and hit", high, code, other, deciding=deciding)
    yield f"Query {query}: {label_names(run, run.query_labels[query])}."
    yield f"Database image {hit}: {label_names(run, run.database_labels[hit])}."
    yield f"They differ in {int((code != other).sum())} of {bits} bits."
    first = min(FIRST, len(run.database_index))
    if decision.bits is None:
        yield f"No flips of the query's bits drive it out of the first {first}."
    elif deciding:
        fewest = "" if decision.smallest else " (fewer may do)"
        bits = f"bit{'s' * (len(deciding) > 1)} {', '.join(map(str, deciding))}"
        yield f"With {bits} of the query flipped, the hit would leave the first {first}{fewest}."


@figure("run", WHY, "where a bit looks, on a query and a hit", NETWORK, IMAGES, SEARCHED)
def heat_on_both(s: Subject) -> Items:
    """Show the heat maps of a few bits on both pictures: deciding ones first, then the surest."""
    from hashviz.explain.heat import heat_maps
    from hashviz.models.encoding import encode

    query, hit, decision = _hit(s)
    pair = s.images[[s.run.query_index[query], s.run.database_index[hit]]]
    outputs = encode(s.model, pair)
    surest = np.argsort(-np.abs(outputs).min(0), kind="stable").tolist()
    bits = list(dict.fromkeys([*(decision.bits or ()), *surest]))[:SHOWN_BITS]
    try:
        heat = heat_maps(s.model, pair, bits=bits, stage=-1)  # coarse, and clear
    except ValueError:
        heat = heat_maps(s.model, pair, bits=bits, samples=16)
    for place, bit in enumerate(bits):
        title, arrays = f"Where bit {bit} looks, on query and hit", (pair, heat[:, place])
        own = tuple(outputs[:, bit].tolist())
        yield plate(title, (4.2, 2.9), *map(tuple, arrays), bit=bit, outputs=own)
    yield "Heat says what a place of a picture adds to the output of a bit, on one scale for both."


@lru_cache(maxsize=1)
def _known(s: Subject) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return some images of the database, and the labels and attributes in which they differ."""
    run = s.run
    rows = np.random.default_rng(0).permutation(len(run.database_index))[:IMAGES_ASKED]
    known: dict[str, np.ndarray] = {
        name: run.database_labels[rows, k]
        for k, name in enumerate(run.classes)
        if 0 < run.database_labels[rows, k].sum() < len(rows)
    }
    attributes = s.dataset.attributes if s.dataset is not None and len(rows) else {}
    if {"shape", "color", "count"} <= attributes.keys():
        from hashviz.explain.bits import scene_variables

        chosen = run.database_index[rows]
        known |= scene_variables({k: v[chosen] for k, v in attributes.items()})
    return rows, known


@lru_cache(maxsize=1)
def _information(s: Subject) -> tuple[metrics.MutualInformation, np.ndarray, np.ndarray]:
    """Return what bits tell, and what of it is above chance: in bits, and as a share."""
    rows, known = _known(s)
    found = metrics.mutual_information(s.run.database_codes[rows], known, permutations=100)
    surplus = np.where(found.values > found.table_limit, found.values, 0)
    return found, surplus, surplus / np.where(found.entropy > 0, found.entropy, 1)


@figure("run", MEANING, "what each bit tells about labels and attributes", KNOWN)
def mutual_information(s: Subject) -> Items:
    """Show what bits tell about labels and attributes, and which tells most."""
    found, surplus, shares = _information(s)
    bit, what = np.unravel_index(int(shares.argmax()), shares.shape)
    high = max(2.8, min(1.3 + 0.22 * len(found.names), 7.0))
    title = "What each bit tells, as a share of what there is to know"
    options = {"limit": found.table_limit, "entropy": found.entropy}
    yield plate(title, high, found.values, found.names, **options)
    amount = f"{surplus[bit, what]:.2f} of {found.entropy[what]:.2f} bits"
    yield f"Bit {bit} tells most: {shares[bit, what]:.0%} of '{found.names[what]}' ({amount})."
    silent = int((surplus.max(1) == 0).sum())
    some = f"{silent} of {s.run.config.bits} bits tell no more of any row"
    yield f"{some if silent else 'Every bit tells more of some row'} than chance does."


@figure("run", MEANING, "images at the ends of the bit that tells most", KNOWN, OUTPUTS, IMAGES)
def bit_gallery(s: Subject) -> Items:
    """Show the strongest, the weakest and the undecided images of the bit that tells most."""
    from hashviz.explain.bits import bit_extremes

    shares, (outputs, rows) = _information(s)[2], _kept(s.run)
    bit = int(shares.argmax() // shares.shape[1])
    ends, images = bit_extremes(outputs, bit, GALLERY), s.images
    shown = [[images[rows[i]] for i in some] for some in (ends.plus, ends.minus, ends.undecided)]
    yield plate(f"Images at the ends of bit {bit}", (3.6, 2.4), *shown, bit=bit)


def _kept(run: Run) -> tuple[np.ndarray, np.ndarray]:
    """Return outputs that the run keeps, and the rows of the data set that they belong to."""
    if len(run.database_sample):
        return run.database_outputs, run.database_index[run.database_sample]
    return run.query_outputs, run.query_index


@figure("run", ATTACK, "a query changed a little, and its code", NETWORK, IMAGES, SEARCHED)
def attack(s: Subject) -> Items:
    """Show the query changed by a few gray values so that its code becomes another one."""
    from hashviz.explain.attacks import attack_path

    query, bits = _hit(s)[0], s.run.config.bits
    picture, own = s.images[s.run.query_index[query]], s.run.query_codes[query]
    path = attack_path(s.model, picture, EPSILONS)
    flipped = (path.codes != own).sum(1)
    enough = np.flatnonzero(flipped >= bits / 8)
    chosen = int(enough[0]) if len(enough) else -1
    epsilon, more = EPSILONS[chosen], -(-bits // 32) - 1
    title = f"The query, changed by at most {epsilon} of 255 gray values"
    arrays = picture, path.images[chosen], own, path.codes[chosen]
    yield plate(title, (3.9 + 0.9 * more, 3.0 + 0.8 * more), *arrays, width=5.6)
    yield f"With {epsilon} of 255 gray values {flipped[chosen]} of {bits} bits flip."


@figure("run", ORIGIN, "which scale of a network a bit comes from", NETWORK, SCALES, IMAGES)
def bit_origins(s: Subject) -> Items:
    """Show which scale a bit comes from, for a network that fuses several."""
    from hashviz.explain.scales import origin_of_bits, scale_contributions

    images = s.images[s.run.database_index[: IMAGES_ASKED // 4]]
    shares = origin_of_bits(scale_contributions(s.model, images))
    names = [f"scale {scale}" for scale in s.model.scales]
    yield plate("Share of each scale in each bit", (3.6, 3.0), shares, names)
    for name, mean in zip(names, shares.mean(1), strict=True):
        yield f"{name} gives {mean:.0%} on average."
