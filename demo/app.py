"""Start the app: `python demo/app.py`, or as a Space of a hosting service for Gradio apps."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the folder works as it is, without installing

if __name__ == "__main__":
    from hashviz.cli.main import main

    raise SystemExit(main(["demo", *sys.argv[1:]]))
