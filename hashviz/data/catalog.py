"""The data sets and protocols that there are, and how a specification names one."""

import os
import pkgutil
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from hashviz.config import unknown
from hashviz.data import readers
from hashviz.data.draws import HOLDOUT, Protocol
from hashviz.data.rows import DatasetRow


def collect() -> tuple[dict[str, DatasetRow], dict[str, Protocol]]:
    """Return the rows and protocols of all readers: embedded sets first, those with a path last.

    Raises:
        ValueError: when two protocols have the same name.
    """
    rows: dict[str, DatasetRow] = {}
    for module in pkgutil.iter_modules(readers.__path__):
        rows |= import_module(f"{readers.__name__}.{module.name}").ROWS
    rows = dict(sorted(rows.items(), key=lambda item: (not item[1].embedded, item[1].takes_path)))
    protocols = {HOLDOUT.name: HOLDOUT}
    for name, row in rows.items():
        for key, protocol in row.protocols.items():
            if key in protocols:
                raise ValueError(f"Protocols have different names, got {key!r} twice.")
            protocols[key] = replace(protocol, name=key, dataset=name)
    return rows, protocols


DATASETS, PROTOCOLS = collect()


def data_root(explicit: Path | str | None = None) -> Path:
    """Return where official files lie: the argument, then HASHVIZ_DATA, then ./data."""
    return Path(explicit or os.environ.get("HASHVIZ_DATA") or "data").expanduser()


def body_and_query(spec: str) -> tuple[str, str]:
    """Split a specification at the question mark; a path may contain one of its own.

    >>> body_and_query("folder:who?/pictures?size=96"), body_and_query("folder:who?")
    (('folder:who?/pictures', 'size=96'), ('folder:who?', ''))
    """
    body, mark, query = spec.rpartition("?")
    return (body, query) if mark and "=" in query else (spec, "")


def with_size(spec: str, size: int) -> str:
    """Return the specification with a size in pixels, if it has that option and leaves it open.

    >>> with_size("folder:a", 224), with_size("folder:a?size=96", 224), with_size("digits", 224)
    ('folder:a?size=224', 'folder:a?size=96', 'digits')
    """
    query = body_and_query(spec)[1]
    given = {pair.partition("=")[0] for pair in query.split("&")}
    if "size" not in parse(spec)[2] or "size" in given:
        return spec
    return f"{spec}{'&' if query else '?'}size={size}"


def parse(spec: str) -> tuple[str, str, dict[str, int]]:
    """Return name, path and options of a specification, all options filled in.

    >>> parse("scenes?images=100")
    ('scenes', '', {'images': 100, 'seed': 0})
    """
    body, query = body_and_query(spec)
    name, _, path = body.partition(":")
    if name not in DATASETS:
        raise unknown("data set", name, DATASETS)
    if bool(path) != DATASETS[name].takes_path:
        example = f"{name}:PATH" if DATASETS[name].takes_path else name
        came = "needs a path" if DATASETS[name].takes_path else "takes no path"
        raise ValueError(f"The data set {name!r} {came}, got {spec!r}; write {example}.")
    options = dict(DATASETS[name].options)
    for pair in query.split("&") if query else ():
        key, _, value = pair.partition("=")
        if key not in options:
            known = ", ".join(sorted(options)) or "none"
            raise ValueError(f"Unknown option {key!r} of {name!r}; choose from {known}.")
        if not value.isdecimal():
            raise ValueError(f"The option {key!r} is a whole number, got {value!r}.")
        options[key] = int(value)
    return name, path, options
