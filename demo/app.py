"""Start the app: `python demo/app.py`; on a hosting service for Gradio apps, see README.md."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # the app of this folder, not an installed one


def arguments() -> list[str]:
    """Return the command: `hashviz demo`, open to the network where a service asks for that."""
    hosted = os.environ.get("GRADIO_SERVER_NAME") == "0.0.0.0"
    port = os.environ.get("GRADIO_SERVER_PORT", "7860")
    return ["demo", "--port", port, *(["--lan", "--no-browser"] if hosted else [])]


if __name__ == "__main__":
    from hashviz.cli.main import main

    raise SystemExit(main([*arguments(), *sys.argv[1:]]))
