"""The command line: list, train, score, search, index, compare, report, plot, demo and others.

This file only parses; what a command does is in another file of this folder, imported when it runs.
Results go to stdout, progress and errors to stderr. Exit status: 0 done, 1 failed, 2 wrong input,
130 interrupted.
"""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import NoReturn

from hashviz.config import TrainConfig, missing_package

ADDRESSES = (
    "Send the codes of a run's database to Milvus: a server, or the file of its embedded engine. "
    "An interrupted push resumes where it stopped."
)
EPILOG = "Every command: hashviz COMMAND --help. Start with: hashviz demo"
OWN_PICTURES = (
    "Your own pictures: folder:PATH has one folder per class, or a labels.csv with the columns "
    "path and labels (separated by ; or |), or with path and one column of 0 and 1 per class, or a "
    'labels.jsonl with lines like {"path": "a.jpg", "labels": ["sea", "sun"]}. Pictures become '
    "squares of 64 pixels, or of 224 for a network with published weights; folder:PATH?size=96 "
    "makes them 96."
)
RUN = "a folder, or a name of `hashviz list runs`"
CASTS = {"int | None": int, "float | None": float, "int": int, "float": float}


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Print the line and exit with status 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class Features(argparse.Action):
    """`--features FROM` is `--weights FROM --frozen`."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace,
        values: object, option_string: str | None = None,
    ) -> None:  # fmt: skip
        """Set both."""
        namespace.weights, namespace.frozen = values, True


def add_config(parser: argparse.ArgumentParser, *, leave_out: Sequence[str] = ()) -> None:
    """Add one option for every field of `TrainConfig`, and those of every training."""
    for f in fields(TrainConfig):
        if f.name in (*leave_out, "method", "options", "variant", "parts"):
            continue
        flag = "--" + f.name.replace("_", "-")
        kind = getattr(f.type, "__name__", str(f.type))
        if kind == "bool":
            parser.add_argument(flag, dest=f.name, action="store_true", help=f.metadata["help"])
            continue
        required = f.name == "data"
        default = None if required else f.default
        shown = "" if default in (None, "") else f" (default {default})"
        parser.add_argument(
            flag,
            dest=f.name,
            required=required,
            default=default,
            type=CASTS.get(kind if kind in CASTS else str(f.type), str),
            help=f.metadata["help"] + shown,
            metavar=f.name.upper() if required or default is None else None,
        )
    parser.add_argument(
        "--features",
        dest="weights",
        action=Features,
        default=argparse.SUPPRESS,
        metavar="FROM",
        help="learn on the features of imagenet, a file (--backbone, where its name does not begin "
        "with the network's) or a run: --weights FROM --frozen",
    )
    parser.add_argument(
        "--slim", action="store_true", help="keep codes and scores only: no weights, no outputs"
    )
    parser.add_argument(
        "--set",
        dest="options",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a setting of the method (`hashviz list methods`); may be repeated",
    )


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    common = Parser(add_help=False)
    common.add_argument("--json", action="store_true", help="one JSON value as the last line")
    common.add_argument(
        "--runs",
        type=Path,
        default=Path(os.environ.get("HASHVIZ_RUNS", "runs")),
        help="folder of runs (default: $HASHVIZ_RUNS, or runs)",
    )
    common.add_argument(
        "--data-root", type=Path, help="folder of the data sets (default: $HASHVIZ_DATA, or data)"
    )
    parser = Parser(prog="hashviz", description="Deep hashing you can see.", epilog=EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, about: str, module: str, call: str = "") -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=about, description=about, parents=[common])
        added.set_defaults(module=module, call=call or name)
        return added

    listed = "methods, datasets, protocols, backbones, centers, plots, runs"
    what = command("list", f"List what there is: {listed}.", "listing", call="listing")
    what.add_argument("what", help=listed)

    train = command("train", "Train or fit one method and save the run.", "training")
    train.epilog = OWN_PICTURES
    train.add_argument("method", help="a method of `hashviz list methods`")
    add_config(train)

    evaluate = command("evaluate", "Score the codes of a run again.", "scoring")
    evaluate.add_argument("run", help=RUN)
    evaluate.add_argument("-k", type=int, help="cut the ranking at k (default: the protocol's)")

    score = command("score", "Score anybody's codes from an .npz file.", "scoring")
    score.add_argument(
        "file",
        type=Path,
        help="arrays query_codes, query_labels, database_codes, database_labels; codes as +-1, 0/1 "
        "or bool, labels as class indices or multi-hot; or the codes.npz of a run",
    )
    score.add_argument("--sign", action="store_true", help="take the sign of real outputs")
    score.add_argument("-k", type=int, help="cut the ranking at k (default: the whole database)")

    search = command(
        "search", "Find the images of a run's database nearest to a picture.", "searching"
    )
    search.add_argument("run", help=RUN)
    search.add_argument("image", type=Path, help="any picture file")
    search.add_argument("-k", type=int, default=10, help="how many results (default 10)")
    search.add_argument("--radius", type=int, help="everything within so many bits, instead of k")
    search.add_argument(
        "--index", metavar="ADDRESS", help="where `hashviz index push` put the codes of this run"
    )

    about = "Send the codes of a run to Milvus, an engine for many machines."
    index = commands.add_parser("index", help=about, description=about)
    actions = index.add_subparsers(dest="action", metavar="ACTION", required=True)
    about = "send the codes that are not there yet"
    push = actions.add_parser("push", parents=[common], help=about, description=ADDRESSES)
    push.add_argument("run", help=RUN)
    push.add_argument("address", help="milvus://HOST:PORT/COLLECTION or milvus:FILE.db/COLLECTION")
    push.set_defaults(module="searching", call="push")

    compare = command("compare", "Compare methods: mean and interval over seeds.", "comparing")
    compare.add_argument("methods", nargs="*", help="which methods (default: all)")
    compare.add_argument("--bits", type=int, nargs="+", default=[12, 24, 36, 48])
    compare.add_argument("--seeds", type=int, default=3, help="seeds 0..N-1 (default 3)")
    add_config(compare, leave_out=("bits", "seed"))

    ablate = command("ablate", "Turn the parts of a method off, one at a time.", "comparing")
    ablate.add_argument("method", help="a trained method of `hashviz list methods`")
    ablate.add_argument("--seeds", type=int, default=5, help="seeds 0..N-1 (default 5)")
    ablate.add_argument(
        "--only", nargs="+", default=[], metavar="WORD", help="variants whose name contains a word"
    )
    ablate.add_argument(
        "--grid", nargs="*", metavar="PART", help="all combinations of the parts on and off "
        "(for `hashviz plot shapley`); which parts, or NAME=VALUE when off"
    )  # fmt: skip
    add_config(ablate, leave_out=("seed",))

    report = command("report", "Write one self-contained HTML page about a run or more.", "drawing")
    report.add_argument("run", nargs="+", help="folders, or names of `hashviz list runs`")
    report.add_argument("-o", "--output", type=Path, help="default: report.html in its derived/")

    plot = command("plot", "Write a single figure of a run, or of several.", "drawing")
    plot.add_argument("name", help="a figure of `hashviz list plots`")
    plot.add_argument(
        "run",
        nargs="+",
        help="runs, or files written by `compare --json` or `ablate --json`",
    )
    plot.add_argument(
        "-o", "--output", type=Path, required=True, help="file that ends in .png, .svg or .pdf"
    )
    plot.add_argument("--theme", help="light (default), dark, or paper: one column, text of 8 pt")
    plot.add_argument("--dark", action="store_true", help="the same as --theme dark")
    plot.add_argument(
        "--width", help="width of the file with its unit: 3.35in, 8.5cm, 85mm, or 242pt (of TeX)"
    )
    plot.add_argument(
        "--no-caption", action="store_true", help="print the sentences instead of drawing them"
    )

    demo = command(
        "demo", "Train what is missing and open the app on this machine.", "demonstrating"
    )
    demo.epilog = OWN_PICTURES
    demo.add_argument("--data", help="search these pictures: folder:PATH, or any data set")
    demo.add_argument(
        "--yes", action="store_true", help="download and train without asking at the terminal"
    )
    demo.add_argument("--bits", type=int, default=48, help="length of their codes (default 48)")
    demo.add_argument(
        "--weights", help="weights of a network that looks at them: a file, a run, imagenet or none"
    )
    demo.add_argument("--backbone", help="that network, if the name of the file does not say it")
    demo.add_argument(
        "--index", metavar="ADDRESS", help="an engine of `hashviz index push`, for the tab Scale"
    )
    demo.add_argument("--port", type=int, default=7860, help="default 7860, or the next free one")
    demo.add_argument(
        "--lan", action="store_true", help="let others in this network open it, with a password"
    )
    demo.add_argument("--no-browser", action="store_true", help="do not open a browser window")

    command(
        "doctor", "Check what is installed, what is missing, and whether it works.", "doctoring"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if arguments.version:
        from importlib.metadata import version

        print(f"hashviz {version('hashviz')}")
        return 0
    if arguments.command is None:
        parser.print_help()
        return 0
    from hashviz.cli import WRONG_INPUT

    try:
        module = importlib.import_module(f"hashviz.cli.{arguments.module}")
        getattr(module, arguments.call)(arguments)
    except KeyboardInterrupt as error:
        return complain("interrupted", *getattr(error, "__notes__", ()), status=130)
    except WRONG_INPUT as error:
        return complain(str(error), *getattr(error, "__notes__", ()), status=2)
    except ModuleNotFoundError as error:
        return complain(str(missing_package(error.name)), status=2)
    except BrokenPipeError:
        sys.stdout = None  # type: ignore[assignment]  # nobody reads on; say no more
        return 1
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        notes = getattr(error, "__notes__", ())
        return complain(f"{error.strerror or error}{where}", *notes, status=1)
    return 0


def complain(message: str, *notes: str, status: int) -> int:
    """Print one line on stderr, with the place where a stopped training was saved.

    Of several processes that torchrun started, all but the first one say which they are.
    """
    line = " ".join(message.split())
    kept = f" What was reached is saved in {notes[0]}" if notes else ""
    number = os.environ.get("RANK", "0")
    who = "hashviz" if number == "0" else f"hashviz (process {number})"
    print(f"{who}: {line}{kept}", file=sys.stderr)
    return status
