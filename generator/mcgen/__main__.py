"""`python -m mcgen`, and the program `mcgen`."""

from __future__ import annotations

import gc
import sys

from mcgen.cli import run


def main() -> None:
    """Run the program."""
    # The process ends with its command and makes hardly any cycles; looking for them is 6 % of a large build.
    gc.disable()
    sys.exit(run())


if __name__ == "__main__":
    main()
