"""The job once, as a program of its own, so that it can be traced: what `mcgen bootstrap --clone` runs in a pod.

python -m tests.e2e_job.once URL GIT_FOLDER SERVER ACCOUNT_FOLDER
"""

from __future__ import annotations

import os
import sys

from mcgen.bootstrap.outcome import Options
from mcgen.bootstrap.unattended import Order, work
from mcgen.bootstrap.ways import Pod
from mcgen.validators import choose
from tests.job.repository import BLUEPRINT


def main(url: str, git_folder: str, server: str, folder: str) -> int:
    order = Order(
        blueprint=BLUEPRINT,
        url=url,
        revision="main",
        choice=choose("embedded"),
        options=Options(retries=0),
        git_folder=git_folder,
        here=Pod(server=server, folder=folder),
    )
    return 0 if work(order, os.environ, print) else 3


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
