"""What a part of a method is worth: scores with the part on and off, and the pictures that change.

Everything is compared seed by seed with the whole method of the same seed, which shares its split
and its first weights. The scores of a run are kept with it, so that a switch answers at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from hashviz import metrics
from hashviz.data import DATASETS, parse
from hashviz.methods import METHODS
from hashviz.metrics.comparison import Interval, mean_interval, paired_difference, shapley_values
from hashviz.runs import RunError
from hashviz.training.ablation import GATE, MOST_PARTS, NOT_TRAINED, judge
from hashviz_demo.events import BadRequest, whole
from hashviz_demo.library import Library
from hashviz_demo.scene import Scene
from hashviz_demo.tabs.ablate.ablations import (
    Ablation,
    Switch,
    Variant,
    Words,
    at_hand,
    subsets,
    union,
)
from hashviz_demo.tabs.ablate.changes import Changed, changes


@dataclass(frozen=True)
class Choice:
    """What is shown: an ablation, what is off in it, and a seed."""

    ablation: Ablation
    off: Words
    seed: int


class Worth(NamedTuple):
    """The numbers of one run."""

    quality: float
    chance: float
    correlation: float
    useful: int | None


@dataclass(frozen=True)
class Measured:
    """A variant over its seeds, compared with the whole method."""

    variant: Variant
    quality: Mapping[int, float]
    """Mean average precision by seed."""
    mean: Interval
    paired: Mapping[int, float]
    """Difference to the whole method by seed."""
    difference: Interval
    correlation: Interval
    useful: float | None
    """Mean number of useful bits; None where no codes were kept."""

    @property
    def verdict(self) -> str:
        """Whether it holds that what is off adds to mAP."""
        return judge(Interval(-self.difference.mean, self.difference.half_width))


@dataclass(frozen=True)
class Share:
    """What one part adds to mAP, by seed and on average; None where that is not known."""

    switch: Switch
    values: Mapping[int, float]
    mean: Interval | None


@dataclass(frozen=True)
class Sentence:
    """A claim of the paper about a variant, and the verdict of these runs."""

    claim: str
    measure: str
    gain: Interval
    verdict: str


@dataclass(frozen=True)
class Board:
    """Everything the tab shows of a choice."""

    choice: Choice
    all: tuple[Ablation, ...]
    chance: float
    whole: Measured
    here: Measured | None
    """None where this combination was never run."""
    alone: tuple[Share, ...]
    """What each part costs when it alone is off."""
    shapley: tuple[Share, ...] | None
    missing: tuple[str, ...]
    """Variants that the Shapley values lack."""
    always: tuple[str, ...]
    """Terms of the loss that no switch turns off."""
    claims: tuple[Sentence, ...]
    changed: Changed | None
    note: str = ""
    """Why there are no pictures."""

    @property
    def dearest(self) -> Share | None:
        """The part that costs most on average."""
        costs = {share.mean.mean: share for share in self.alone if share.mean}
        return costs[max(costs)] if costs else None


def read_link(library: Library, scene: Scene) -> Choice | None:
    """Return what a scene shows: the ablation of its address or of its run, else a near one.

    The nearest has the data of the run, then pictures that need no files, then most parts.
    """
    there = at_hand(library)
    if not there:
        return None
    wished = scene.choice("ablation")
    config = library.open(scene.run).run.config

    def near(ablation: Ablation) -> tuple[int, ...]:
        name, here = (parse(each)[0] for each in (ablation.config.data, config.data))
        there = bool(ablation.whole.runs) and (DATASETS[name].embedded or name == here)
        linked = wished in (ablation.key, *ablation.whole.runs.values())
        return linked, ablation.has(scene.run), name == here, there, len(ablation.switches)

    ablation = max(there, key=near)
    seeds = ablation.whole.seeds
    seed = scene.choice("seed")
    number = int(seed) if seed.isascii() and seed.isdigit() and len(seed) < 9 else config.seed
    off = ablation.known(scene.choice("off"))
    if not any(map(scene.choice, ("ablation", "off", "seed"))):  # at first, one part is off
        tried = (switch.off for switch in ablation.switches if ablation.variant(switch.off))
        off = next(tried, off)
    return Choice(ablation, off, number if number in seeds else seeds[0])


def present(library: Library, scene: Scene) -> Choice:
    """Return what a scene shows.

    Raises:
        BadRequest: when there is no ablation at all.
    """
    choice = read_link(library, scene)
    if choice is None:
        raise BadRequest("There is no ablation here yet; compute one on digits.")
    return choice


def run_of(library: Library, scene: Scene, *, whole: bool) -> str:
    """Return the run behind the pictures: of the whole method, or of the variant.

    Raises:
        BadRequest: when its codes were not kept.
    """
    choice = present(library, scene)
    variant = choice.ablation.whole if whole else choice.ablation.variant(choice.off)
    if variant is None or choice.seed not in variant.runs:
        raise BadRequest("There is no run behind these numbers; choose another variant or seed.")
    return variant.runs[choice.seed]


def write_link(choice: Choice, scene: Scene) -> Scene:
    """Return the scene whose address leads back to a choice."""
    scene = scene.choose("ablation", choice.ablation.key)
    scene = scene.choose("off", ",".join(sorted(choice.off)))
    return scene.choose("seed", str(choice.seed))


def with_ablation(library: Library, key: Any) -> Choice:
    """Choose another ablation, with everything on."""
    found = next((each for each in at_hand(library) if each.key == key), None)
    if found is None:
        raise BadRequest("There is no such ablation here; reload the page.")
    return Choice(found, frozenset(), found.whole.seeds[0])


def with_switches(choice: Choice, places: Any) -> Choice:
    """Turn exactly these parts off, in place of another value of one of their settings."""
    switches = choice.ablation.switches
    if not isinstance(places, list) or len(places) > len(switches):
        raise BadRequest("The switches are sent as a list of those that are off; reload the page.")
    chosen = {whole(place, 0, len(switches) - 1, "A switch") for place in places}
    off, reached = union(switches[place] for place in chosen), union(switches)
    settings = {word.partition(":")[0] for word in off}
    others = {w for w in choice.off - reached if w.partition(":")[0] not in settings}
    return Choice(choice.ablation, off | others, choice.seed)


def with_other(choice: Choice, place: Any) -> Choice:
    """Choose a variant with another value, which no switch reaches; 0 is the whole method."""
    others = choice.ablation.others
    place = whole(place, 0, len(others), "A variant")
    off = others[place - 1].off if place else frozenset()
    return Choice(choice.ablation, off, choice.seed)


def with_seed(choice: Choice, seed: Any) -> Choice:
    """Choose another seed of those that were run."""
    seed = whole(seed, 0, 10**9, "A seed")
    if seed not in choice.ablation.whole.seeds:
        raise BadRequest(f"Seed {seed} was not run; choose a dot.")
    return Choice(choice.ablation, choice.off, seed)


def part(choice: Choice, place: Any) -> str:
    """Return the part that a visitor bets on."""
    switches = choice.ablation.switches
    return switches[whole(place, 0, len(switches) - 1, "A part")].title


def board(library: Library, scene: Scene, choice: Choice) -> Board:
    """Collect all numbers and pictures of a choice."""
    ablation = choice.ablation
    variant = ablation.variant(choice.off)
    changed, note = None, ""
    if variant is not None:
        try:
            changed = changes(library, scene, ablation, variant, choice.seed)
        except (BadRequest, RunError) as error:
            note = str(error)
    shares, missing = shapley(library, ablation)
    chance = [
        _worth(library, ablation, ablation.whole, seed).chance for seed in ablation.whole.seeds
    ]
    return Board(
        choice=choice,
        all=at_hand(library),
        chance=float(np.mean(chance)),
        whole=measured(library, ablation, ablation.whole),
        here=measured(library, ablation, variant) if variant is not None else None,
        alone=tuple(_alone(library, ablation, switch) for switch in ablation.switches),
        shapley=shares,
        missing=missing,
        always=_always(library, ablation),
        claims=_claims(library, ablation, variant),
        changed=changed,
        note=note,
    )


def measured(library: Library, ablation: Ablation, variant: Variant) -> Measured:
    """Measure a variant over its seeds, and differences over those shared with the whole method."""
    mine = {seed: _worth(library, ablation, variant, seed) for seed in variant.seeds}
    quality = {seed: worth.quality for seed, worth in mine.items()}
    whole = {
        seed: _worth(library, ablation, ablation.whole, seed).quality
        for seed in ablation.whole.seeds
        if seed in mine
    }
    useful = [worth.useful for worth in mine.values() if worth.useful is not None]
    return Measured(
        variant=variant,
        quality=quality,
        mean=mean_interval([*quality.values()]),
        paired={seed: quality[seed] - whole[seed] for seed in whole},
        difference=paired_difference([quality[seed] for seed in whole], [*whole.values()]),
        correlation=mean_interval([each.correlation for each in mine.values()]),
        useful=float(np.mean(useful)) if useful else None,
    )


def shapley(
    library: Library, ablation: Ablation
) -> tuple[tuple[Share, ...] | None, tuple[str, ...]]:
    """Return what each part adds on average over all orders, or else the missing variants.

    A network without any of its scales cannot be built, and counts as chance.
    """
    switches = ablation.switches
    if not 0 < len(switches) <= MOST_PARTS:
        return None, ()
    scores: dict[frozenset[str], dict[int, float]] = {}
    missing = []
    for gone in subsets(switches):
        off = union(gone)
        on = frozenset(switch.title for switch in switches if switch not in gone)
        variant = ablation.variant(off)
        seeds = (variant or ablation.whole).seeds
        if variant is not None:
            scores[on] = {s: _worth(library, ablation, variant, s).quality for s in seeds}
        elif ablation.nothing_left(off):
            scores[on] = {s: _worth(library, ablation, ablation.whole, s).chance for s in seeds}
        else:
            missing.append(ablation.named(off))
    if missing:
        return None, tuple(missing)
    common = sorted(set.intersection(*(set(by_seed) for by_seed in scores.values())))
    if not common:
        return None, ("the same seeds in all variants",)
    parts = [switch.title for switch in switches]
    values = {
        seed: shapley_values(parts, {on: by_seed[seed] for on, by_seed in scores.items()})
        for seed in common
    }
    by_part = [{seed: values[seed][part] for seed in common} for part in parts]
    return tuple(
        Share(switch, mine, mean_interval([*mine.values()]))
        for switch, mine in zip(switches, by_part, strict=True)
    ), ()


def _alone(library: Library, ablation: Ablation, switch: Switch) -> Share:
    variant = ablation.variant(switch.off)
    if variant is None:
        return Share(switch, {}, None)
    found = measured(library, ablation, variant)
    costs = {seed: -value for seed, value in found.paired.items()}
    return Share(switch, costs, Interval(-found.difference.mean, found.difference.half_width))


def _worth(library: Library, ablation: Ablation, variant: Variant, seed: int) -> Worth:
    """Return the numbers of one run: of its codes, or as they were kept without them."""
    opened = library.open(variant.runs[seed]) if seed in variant.runs else None
    if seed in variant.kept:
        quality, correlation = variant.kept[seed]
        useful = None
        if opened is not None:
            codes = opened.run
            useful = opened.kept("useful", lambda: metrics.useful_bits(codes.database_codes))
        return Worth(quality, ablation.chance or 0.0, correlation, useful)
    assert opened is not None

    def count() -> Worth:
        try:
            scores = opened.run.scores
        except RunError as error:
            raise BadRequest(str(error)) from None
        bits = scores["bits"]
        return Worth(
            scores["map"]["expected"],
            scores["map"]["chance"],
            bits["mean_correlation"] or 0.0,
            bits["useful"],
        )

    return opened.kept("worth", count)


def _always(library: Library, ablation: Ablation) -> tuple[str, ...]:
    """Return the terms of the loss that no switch is named after."""
    runs = ablation.whole.runs
    if not runs:
        return ()
    terms = library.open(runs[min(runs)]).run.terms
    words = {word for variant in ablation.variants for word in variant.off}
    switched = {word.partition(":")[0].removesuffix("_weight") for word in words}
    return tuple(term for term in terms if term not in switched)


def _claims(library: Library, ablation: Ablation, variant: Variant | None) -> tuple[Sentence, ...]:
    """Judge what the paper says of pairs of variants of which this one lacks the part."""
    if variant is None or not variant.off:
        return ()
    row, whole, runs = METHODS[ablation.config.method], ablation.whole, ablation.whole.runs
    worth = [_worth(library, ablation, whole, seed) for seed in whole.seeds]
    # Chance stands in for LSH, which `hashviz ablate` fits and which is hardly better.
    learned = np.mean([each.quality - each.chance for each in worth]) >= GATE
    several = DATASETS[parse(ablation.config.data)[0]].multi_label
    if runs:
        several = library.open(runs[min(runs)]).run.data.get("multi_label", several)
    sentences = []
    for claim in row.claims:
        has, lacks = (
            {**whole.options, **row.ablation.get(name, {})} for name in (claim.of, claim.than)
        )
        of = next((each for each in ablation.variants if dict(each.options) == has), None)
        applies = several or not claim.several_labels
        if of is None or has == lacks or lacks != dict(variant.options) or not applies:
            continue
        both = sorted({*of.seeds} & {*variant.seeds})
        pair = [[_worth(library, ablation, each, s) for s in both] for each in (of, variant)]
        quality = claim.measure == "map"
        better, other = ([w.quality if quality else -w.correlation for w in side] for side in pair)
        if both:
            gain = paired_difference(better, other)
            measure = "mAP" if quality else "independence of bits"
            word = judge(gain) if learned else NOT_TRAINED
            sentences.append(Sentence(claim.sentence, measure, gain, word))
    return tuple(sentences)
