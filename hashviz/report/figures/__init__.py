"""The figures of a report: every module of this folder is imported and registers its rows."""

from importlib import import_module
from pkgutil import iter_modules


def load() -> None:
    """Import all modules of this folder, so that their rows are in `registry.FIGURES`."""
    for module in iter_modules(__path__):
        import_module(f"{__name__}.{module.name}")


load()
