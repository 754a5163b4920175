"""The ablations at hand: runs that differ only in the parts that are on, and in the seed.

A setting that differs from the whole method is one word, such as `balance_weight:0`; a variant is
the set of its words. What a setting says of itself when it is off (0, false, none) is a switch, and
so is each item of a list, such as the scales of a network. Other values are variants without one.
Numbers that were kept without their codes come from JSON files of `hashviz ablate --json` beside
the folders of the runs.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from hashviz.config import TrainConfig
from hashviz.methods import METHODS, method_named
from hashviz.runs import Run
from hashviz.training.ablation import OFF, WHOLE

Words = frozenset[str]
APART = ("seed", "options", "threads", "device", "tag")
"""What may differ between the runs of one ablation."""


@dataclass(frozen=True)
class Row:
    """A variant as it was found: its options, and its runs or numbers by seed."""

    options: Mapping[str, Any]
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
        return f"{row.title} on {self.config.data}, {self.config.bits} bits"

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
        """The variant with these words; None where it was not run."""
        return next((each for each in self.variants if each.off == off), None)

    def has(self, run: str) -> bool:
        """Whether the run is one of its own."""
        return any(run in variant.runs.values() for variant in self.variants)

    def known(self, text: str) -> Words:
        """The words of an address that mean something here."""
        words = frozenset[str]().union(*(v.off for v in self.variants))
        return words & frozenset(text.split(","))

    def named(self, off: Words) -> str:
        """What a variant is called, whether it was run or not."""
        found = self.variant(off)
        if found is not None:
            return found.title
        parts = [switch.title for switch in self.switches if switch.off <= off]
        rest = off.difference(*(switch.off for switch in self.switches))
        values = [word.replace("_", " ").replace(":", " ") for word in sorted(rest)]
        return ", ".join([*(["no " + ", ".join(parts)] if parts else []), *values])

    def nothing_left(self, off: Words) -> bool:
        """Whether every item of a list is off: such a network does not exist, it would guess."""
        return any(
            all(f"{name}:{item}" in off for item in items) for name, items in self.lists.items()
        )


def gathered(runs: Iterable[Run]) -> list[Ablation]:
    """The ablations among some runs: the whole method, and a variant on one of its seeds."""
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
            options = json.dumps(run.config.options, sort_keys=True)
            row = rows.setdefault(options, Row(run.config.options))
            row.runs.setdefault(run.config.seed, run.name)
        if len(rows) > 1:
            names = min(rows.values(), key=lambda row: standing(row.options)).runs
            first = next(run for run in family if run.name == names[min(names)])
            found.append(arranged(first.name, first.config, list(rows.values())))
    return [each for each in found if each is not None]


def kept(folders: Iterable[Path]) -> list[tuple[Ablation, set[str]]]:
    """What the JSON files of `hashviz ablate` in these folders say, and the runs that they name."""
    found = []
    for path in sorted(path for folder in folders for path in folder.glob("*.json")):
        try:
            result = json.loads(path.read_text())
            config = TrainConfig(method=result["method"], data=result["data"], bits=result["bits"])
            rows = [
                Row(
                    row["options"],
                    kept={
                        int(seed): (float(quality), float(correlation))
                        for seed, quality, correlation in zip(
                            result["seeds"],
                            row["map"]["values"],
                            row["correlation"]["values"],
                            strict=True,
                        )
                    },
                )
                for row in result["rows"]
            ]
            names = {name for row in result["rows"] for name in row["runs"]}
            method_named(config.method)
            made = arranged(f"file:{path.stem}", config, rows, float(result["chance"]))
        except (OSError, KeyError, TypeError, ValueError):
            continue  # a file of something else, or a damaged one
        if made is not None:
            found.append((made, names))
    return found


def arranged(
    key: str, config: TrainConfig, rows: Sequence[Row], chance: float | None = None
) -> Ablation | None:
    """Rows as variants of the first that stands, with a switch for each part that is off in some.

    None when no variant has a seed in common with the whole method.
    """
    rows = sorted(rows, key=lambda row: standing(row.options))
    whole, lists = rows[0], lists_in([row.options for row in rows])
    by_words: dict[Words, Row] = {}
    for row in rows:
        if row is whole or row.seeds & whole.seeds:
            by_words.setdefault(words(row.options, whole.options, lists), row)
    if len(by_words) < 2:
        return None
    switches = switches_of(list(by_words), lists)
    bare = Ablation(key, config, (), switches, lists, chance)
    named = METHODS[config.method].ablation.items()
    variants = []
    for off, row in by_words.items():
        rest = {k: v for k, v in row.options.items() if whole.options.get(k) != v}
        title = next((name for name, options in named if dict(options) == rest), bare.named(off))
        title = title if off else WHOLE
        variants.append(Variant(off, title, row.options, row.runs, row.kept))
    return replace(bare, variants=tuple(variants))


def standing(options: Mapping[str, Any]) -> tuple[int, int, str]:
    """Smallest for the whole method: the least is off in it, then the least is set."""
    off = sum(value in OFF for value in options.values())
    return off, len(options), json.dumps(options, sort_keys=True)


def lists_in(options: Sequence[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """The settings that are lists of numbers, with all their items.

    Only when each item is left out once is it known that they are all.

    >>> sorted(lists_in([{"scales": "1,2"}, {"scales": "1,3"}, {"scales": "2,3"}])["scales"])
    ['1', '2', '3']
    """
    found = {}
    for name in dict.fromkeys(name for row in options for name in row):
        values = [row[name] for row in options if name in row]
        if not all(isinstance(v, str) and re.fullmatch(r"\d+(,\d+)*", v) for v in values):
            continue
        chosen = {frozenset(value.split(",")) for value in values}
        items = frozenset[str]().union(*chosen)
        if len(items) > 1 and all(items - {item} in chosen for item in items):
            found[name] = items
    return found


def words(
    options: Mapping[str, Any], whole: Mapping[str, Any], lists: Mapping[str, frozenset[str]]
) -> Words:
    """What differs from the whole method, a word for each setting or missing item of a list.

    >>> sorted(words({"a_weight": 0.0, "scales": "1,3"}, {}, {"scales": frozenset("123")}))
    ['a_weight:0', 'scales:2']
    """
    found = set()
    for name in {*options, *whole}:
        if name not in options:
            found.add(f"{name}:default")
        elif name in lists:
            found |= {f"{name}:{item}" for item in lists[name] - {*options[name].split(",")}}
        elif name not in whole or options[name] != whole[name]:
            found.add(f"{name}:{in_a_word(options[name])}")
    return frozenset(found)


def in_a_word(value: Any) -> str:
    """A value as it stands in an address, where a comma would end it.

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
    """A switch for what is off in some variants; parts that are only off together share one."""
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
    """The part that a word is about.

    >>> part_title("balance_weight:0"), part_title("scales:2", ["scales"])
    ('balance', 'scale 2')
    """
    name, _, value = word.partition(":")
    title = name.removesuffix("_weight").replace("_", " ")
    return f"{title.removesuffix('s')} {value}" if name in lists else title
