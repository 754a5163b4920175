"""`python -m hashviz` is the command `hashviz`."""

from hashviz.cli.main import main

if __name__ == "__main__":
    raise SystemExit(main())
