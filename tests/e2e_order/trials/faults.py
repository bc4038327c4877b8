"""What goes wrong around a mesh, on purpose."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from tests.lab import argocd
from tests.lab.plan import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.e2e_order.trials.draw import Fault
    from tests.lab.cluster import Cluster


def kill(home: Cluster, controller: str) -> None:
    """Kill a controller of Argo CD without a warning; Kubernetes starts it again."""
    label = f"--selector=app.kubernetes.io/name=argocd-{controller}"
    home.kubectl("delete", "pods", label, f"--namespace={argocd.NAMESPACE}", "--force", "--grace-period=0")


@contextmanager
def killing(home: Cluster, faults: Sequence[Fault]) -> Iterator[None]:
    """Kill controllers at their moments, inside; those whose moment has not come at the end are killed then."""
    over = threading.Event()

    def work() -> None:
        start = time.monotonic()
        for fault in faults:
            over.wait(max(0, fault.after - (time.monotonic() - start)))
            # The API server may be away.
            with suppress(LabError):
                kill(home, fault.controller)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        # What comes next is not to begin with a controller that is not back yet.
        argocd.ready(home)


def checks_removed(home: Cluster, setup: str) -> list[str]:
    """Return the commands with which the setup's README undoes the health checks."""
    from tests.lab import handbook

    words = ("### Health of Applications", "### Health of Istio's injector")
    return [handbook.block(setup, after) for after in words]
