"""The ablations at hand: runs that differ only in the parts that are on, and in the seed.

A run of `hashviz ablate` says which variant it is and which options are its own; of an older run
they are those that differ from the whole method. Each such option is one word of the address, such
as `balance_weight:0`, and a variant is the set of its words. An option that turns its part off (0,
false, none) has a switch, and so has each item of a list, such as the scales of a network; other
values are variants without a switch. Scores kept without their codes come from JSON files of
`hashviz ablate --json` beside the folders of the runs.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from itertools import chain, combinations
from pathlib import Path
from typing import Any

from hashviz.config import TrainConfig
from hashviz.methods import METHODS, method_named
from hashviz.runs import Run
from hashviz.training.ablation import OFF, WHOLE
from hashviz_demo.library import Library

Words = frozenset[str]
APART = ("seed", "options", "threads", "device", "tag", "variant", "parts")
"""What may differ between the runs of one ablation."""


@dataclass(frozen=True)
class Row:
    """A variant as it was found: its options, and its runs or scores by seed."""

    options: Mapping[str, Any]
    title: str = ""
    """What the ablation called it; empty for older runs."""
    parts: Mapping[str, Any] | None = None
    """The options that are its own; None for older runs."""
    runs: dict[int, str] = field(default_factory=dict)
    kept: Mapping[int, tuple[float, float]] = field(default_factory=dict)

    @property
    def seeds(self) -> set[int]:
        """The seeds of which something is known."""
        return {*self.runs, *self.kept}


@dataclass(frozen=True)
class Variant:
    """The runs with the same parts off."""

    off: Words
    title: str
    options: Mapping[str, Any]
    runs: Mapping[int, str]
    """Name of the run of each seed; none where only numbers were kept."""
    kept: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    """Numbers that were kept without codes: mAP and mean bit correlation by seed."""

    @property
    def seeds(self) -> list[int]:
        """The seeds of which something is known."""
        return sorted({*self.runs, *self.kept})


@dataclass(frozen=True)
class Switch:
    """A part of the method that can be turned off, and the words that say it is."""

    title: str
    off: Words
    meaning: str = ""
    """What stands in its place, where that is not just nothing."""


@dataclass(frozen=True)
class Ablation:
    """A method with its variants on one data set; the whole method comes first."""

    key: str
    config: TrainConfig
    variants: tuple[Variant, ...]
    switches: tuple[Switch, ...]
    lists: Mapping[str, frozenset[str]]
    """Settings that are lists, with all their items; a network without any item cannot be."""
    chance: float | None = None
    """Known where numbers were kept without codes."""

    @property
    def title(self) -> str:
        """As a menu shows it."""
        row = METHODS[self.config.method]
        name, _, options = self.config.data.partition("?")
        data = f"{name} ({options.replace('=', ' ')})" if options else name
        return f"{row.title} on {data}, {self.config.bits} bits"

    @property
    def whole(self) -> Variant:
        """The method as it stands."""
        return self.variants[0]

    @property
    def others(self) -> tuple[Variant, ...]:
        """Variants with other values, which no switch reaches."""
        reached = frozenset[str]().union(*(switch.off for switch in self.switches))
        return tuple(variant for variant in self.variants if not variant.off <= reached)

    def variant(self, off: Words) -> Variant | None:
        """Return the variant with these words; None where it was not run."""
        return next((each for each in self.variants if each.off == off), None)

    def has(self, run: str) -> bool:
        """Return whether the run is one of its own."""
        return any(run in variant.runs.values() for variant in self.variants)

    def known(self, text: str) -> Words:
        """Return the words of an address that mean something here."""
        words = frozenset[str]().union(*(v.off for v in self.variants))
        return words & frozenset(text.split(","))

    def named(self, off: Words) -> str:
        """Name a variant, whether it was run or not."""
        found = self.variant(off)
        if found is not None:
            return found.title
        parts = [switch.title for switch in self.switches if switch.off <= off]
        rest = off.difference(*(switch.off for switch in self.switches))
        values = [word.replace("_", " ").replace(":", " ") for word in sorted(rest)]
        return ", ".join([*(["no " + ", ".join(parts)] if parts else []), *values])

    def nothing_left(self, off: Words) -> bool:
        """Return whether every item of a list is off: such a network does not exist."""
        return any(
            all(f"{name}:{item}" in off for item in items) for name, items in self.lists.items()
        )


def at_hand(library: Library) -> tuple[Ablation, ...]:
    """Return all ablations of an app: those of its runs, then numbers whose runs are not here."""
    runs = library.runs

    def find() -> tuple[Ablation, ...]:
        known = {**library.shelf, **runs}
        found, numbers = find_ablations(known.values()), []
        own = {name for name, run in runs.items() if run is not library.shelf.get(name)}
        folders = {run.path.resolve().parents[3] for run in known.values()}
        for each, names in read_results(sorted(folders)):
            if names.isdisjoint(known):
                numbers.append(each)
            elif names.isdisjoint(own):
                found = [with_numbers(ablation, each, names) for ablation in found]
        return (*found, *numbers)

    return library.kept(f"ablations of {len(runs)} runs", find)  # runs are only ever added


def find_ablations(runs: Iterable[Run]) -> list[Ablation]:
    """Find the ablations among some runs: a whole method and a variant on one of its seeds."""
    families: dict[str, list[Run]] = {}
    for run in runs:
        if not run.name.endswith("-stopped"):
            shared = {f.name: getattr(run.config, f.name) for f in fields(run.config)}
            shared = {name: value for name, value in shared.items() if name not in APART}
            family = json.dumps([shared, run.data.get("fingerprint")])
            families.setdefault(family, []).append(run)
    found = []
    for family in families.values():
        rows: dict[str, Row] = {}
        for run in family:
            config = run.config
            row = rows.setdefault(json.dumps(config.options, sort_keys=True), Row(config.options))
            if config.variant:
                row = replace(row, title=config.variant, parts=config.parts)
                rows[json.dumps(config.options, sort_keys=True)] = row
            row.runs.setdefault(config.seed, run.name)
        if len(rows) > 1:
            names = min(rows.values(), key=standing).runs
            first = next(run for run in family if run.name == names[min(names)])
            found.append(arrange(first.name, first.config, list(rows.values())))
    return [each for each in found if each is not None]


def read_results(folders: Iterable[Path]) -> list[tuple[Ablation, set[str]]]:
    """Read the JSON files of `hashviz ablate` in these folders, with the runs that they name."""
    found = []
    for path in sorted(path for folder in folders for path in folder.glob("*.json")):
        try:
            result = json.loads(path.read_text())
            config = TrainConfig(method=result["method"], data=result["data"], bits=result["bits"])
            rows = []
            for row in result["rows"]:
                values = row["map"]["values"], row["correlation"]["values"]
                scores = {
                    int(seed): (float(quality), float(correlation))
                    for seed, quality, correlation in zip(result["seeds"], *values, strict=True)
                }
                rows.append(Row(row["options"], row["name"], row["options"], kept=scores))
            names = {name for row in result["rows"] for name in row["runs"]}
            method_named(config.method)
            made = arrange(f"file:{path.stem}", config, rows, float(result["chance"]))
        except (OSError, KeyError, TypeError, ValueError):
            continue  # a file of something else, or a damaged one
        if made is not None:
            found.append((made, names))
    return found


def with_numbers(ablation: Ablation, kept: Ablation, names: set[str]) -> Ablation:
    """Return an ablation with the key, names and numbers of the file that was kept of its runs."""
    if not any(names.issuperset(v.runs.values()) for v in ablation.variants):
        return ablation
    numbers = {json.dumps(v.options, sort_keys=True): v for v in kept.variants}

    def known(variant: Variant) -> Variant:
        same = numbers.get(json.dumps(variant.options, sort_keys=True))
        if same is None or not names.issuperset(variant.runs.values()):
            return variant
        return replace(variant, title=same.title, kept=same.kept)

    variants = tuple(known(variant) for variant in ablation.variants)
    return replace(ablation, key=kept.key, variants=variants, chance=kept.chance)


def arrange(
    key: str, config: TrainConfig, rows: Sequence[Row], chance: float | None = None
) -> Ablation | None:
    """Arrange rows as variants of the whole method, with a switch for each part off in some.

    None when no variant has a seed in common with the whole method.
    """
    rows = sorted(rows, key=standing)
    whole, lists = rows[0], lists_in(config.method, rows)
    by_words: dict[Words, Row] = {}
    for row in rows:
        parts = own_options(row, whole)
        if parts is not None and (row is whole or row.seeds & whole.seeds):
            by_words.setdefault(words(parts, lists), row)
    if len(by_words) < 2:
        return None
    bare = Ablation(key, config, (), switches_of(list(by_words), lists), lists, chance)
    known = METHODS[config.method].ablation.items()
    variants = []
    for off, row in by_words.items():
        parts = own_options(row, whole)
        title = row.title or next((name for name, options in known if dict(options) == parts), "")
        title = (title or bare.named(off)) if off else WHOLE
        variants.append(Variant(off, title, row.options, row.runs, row.kept))
    return replace(bare, variants=tuple(variants))


def standing(row: Row) -> tuple[bool, int, int, str]:
    """Rank the whole method first: by name, then by fewest parts off, then by fewest options."""
    off = sum(value in OFF for value in row.options.values())
    return row.title != WHOLE, off, len(row.options), json.dumps(row.options, sort_keys=True)


def own_options(row: Row, whole: Row) -> dict[str, Any] | None:
    """Return the options in which a variant differs; None for a variant of another whole method.

    An option that only the whole method sets has its default in the variant, written "default".
    """
    if row.parts is not None:
        return dict(row.parts) if {**whole.options, **row.parts} == dict(row.options) else None
    names = {name: row.options.get(name, "default") for name in {*row.options, *whole.options}}
    return {name: value for name, value in names.items() if whole.options.get(name) != value}


def lists_in(method: str, rows: Sequence[Row]) -> dict[str, frozenset[str]]:
    """Return the settings that list what is on and are used so in these rows, with all items.

    >>> sorted(lists_in("dmsh", [Row({"scales": "1,2"})])["scales"])
    ['1', '2', '3']
    """
    found = {}
    for name, items in METHODS[method].items.items():
        values = [row.options[name] for row in rows if name in row.options]
        if values and all(set(str(value).split(",")) <= set(items) for value in values):
            found[name] = frozenset(items)
    return found


def words(parts: Mapping[str, Any], lists: Mapping[str, frozenset[str]]) -> Words:
    """Return a word for each option that differs, or for each missing item of a list.

    >>> sorted(words({"a_weight": 0.0, "scales": "1,3"}, {"scales": frozenset("123")}))
    ['a_weight:0', 'scales:2']
    """
    found = set()
    for name, value in parts.items():
        if name in lists and value != "default":
            found |= {f"{name}:{item}" for item in lists[name] - {*value.split(",")}}
        else:
            found.add(f"{name}:{in_a_word(value)}")
    return frozenset(found)


def in_a_word(value: Any) -> str:
    """Write a value as it stands in an address, where a comma would end it.

    >>> in_a_word(0.0), in_a_word(False), in_a_word("1,2")
    ('0', 'false', '1+2')
    """
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}"
    return (value if isinstance(value, str) else json.dumps(value)).replace(",", "+")


NOTHING = {in_a_word(value) for value in OFF}


def switches_of(
    variants: Sequence[Words], lists: Mapping[str, frozenset[str]]
) -> tuple[Switch, ...]:
    """Make a switch for what is off in some variants; parts only off together share one.

    A word such as `hash_layer:linear` is off where no variant has another value of that setting.
    """
    together: dict[tuple[bool, ...], list[str]] = {}
    settings = [word.partition(":") for word in frozenset[str]().union(*variants)]
    for name, _, value in sorted(settings):
        alone = sum(other == name for other, _, _ in settings) == 1
        text = value.isalpha() and value not in ("true", "default")
        if name in lists or value in NOTHING or (alone and text):
            word = f"{name}:{value}"
            together.setdefault(tuple(word in off for off in variants), []).append(word)
    made = []
    for same in together.values():
        meanings = [
            f"{part_title(word)} is {word.partition(':')[2]}"
            for word in same
            if word.partition(":")[0] not in lists and word.partition(":")[2] not in NOTHING
        ]
        title = " + ".join(part_title(word, lists) for word in same)
        made.append(Switch(title, frozenset(same), ", ".join(meanings)))
    return tuple(sorted(made, key=lambda switch: switch.title))


def part_title(word: str, lists: Iterable[str] = ()) -> str:
    """Return the part that a word is about.

    >>> part_title("balance_weight:0"), part_title("scales:2", ["scales"])
    ('balance', 'scale 2')
    """
    name, _, value = word.partition(":")
    title = name.removesuffix("_weight").replace("_", " ")
    return f"{title.removesuffix('s')} {value}" if name in lists else title


def subsets(switches: Sequence[Switch]) -> Iterator[tuple[Switch, ...]]:
    """Yield every set of switches, smaller sets first."""
    return chain.from_iterable(combinations(switches, n) for n in range(len(switches) + 1))


def union(switches: Iterable[Switch]) -> Words:
    """Return the words that say that all of these are off."""
    return frozenset[str]().union(*(switch.off for switch in switches))
