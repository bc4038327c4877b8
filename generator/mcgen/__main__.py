"""`python -m mcgen`, and the program `mcgen`."""

from __future__ import annotations

import sys

from mcgen.cli import run


def main() -> None:
    """Run the program."""
    sys.exit(run())


if __name__ == "__main__":
    main()
