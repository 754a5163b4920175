"""What each command does, by family; imported when a command runs, with the imports it needs."""

WRONG_INPUT: tuple[type[Exception], ...] = (ValueError, FileNotFoundError, PermissionError)
"""Errors that the person at the keyboard can mend."""

EXTRAS = {
    "gradio": "demo",
    "umap": "umap",
    "faiss": "search",
    "numba": "speed",
    "torchvision": "data",
    "scipy": "data",
}


def missing_package(error: ModuleNotFoundError) -> str:
    """Which extra brings the package that is missing."""
    extra = EXTRAS.get((error.name or "").partition(".")[0])
    way_out = f"pip install 'hashviz[{extra}]'" if extra else f"pip install {error.name}"
    return f"This needs the package {error.name!r}, which is not installed: {way_out}"
