"""`python -m hashviz.data cifar10 --data-root data`: download one official data set."""

import argparse
import sys

from hashviz.data import DATASETS, MissingData, data_root
from hashviz.data.releases import download


def main(arguments: list[str] | None = None) -> int:
    """Download, verify, and say where the files are."""
    releases = {name: row.release for name, row in DATASETS.items() if row.release}
    parser = argparse.ArgumentParser(prog="python -m hashviz.data", description=__doc__)
    parser.add_argument("name", choices=sorted(releases))
    parser.add_argument("--data-root", help="default: HASHVIZ_DATA, then ./data")
    options = parser.parse_args(arguments)
    try:
        folder = download(releases[options.name], data_root(options.data_root))
    except MissingData as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{releases[options.name].title} is in {folder}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
