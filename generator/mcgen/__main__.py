"""`python -m mcgen`, and the program `mcgen`."""

from __future__ import annotations

import gc
import os
import sys


def main() -> None:
    """Run the program."""
    # The process ends with its command and makes hardly any cycles; looking for them is 6 % of a large build.
    gc.disable()
    # Where a terminal cannot show a character (LC_ALL=C, Latin-1), its escape is better than no answer.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            # It was closed (`>&-`): what is written to it finds nobody.
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115, PTH123 - to the end
        getattr(sys, name).reconfigure(errors="backslashreplace")
    try:
        # Imported here, so that an interrupt finds somebody who can say so.
        from mcgen.cli import run

        sys.exit(run())
    except KeyboardInterrupt:
        sys.stderr.write("mcgen: interrupted\n")
        sys.exit(130)


if __name__ == "__main__":
    main()
