"""Calls of the demo's clients: the article's own `curl helloworld/hello`, many times, and what answered."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from tests.lab.plan import LabError
from tests.lab.process import wait_for

if TYPE_CHECKING:
    from tests.lab.lab import Lab

DEMO = "multi-cluster"
# So many that one of two versions is not missed by chance: once in 2^29 rounds.
ROUND = 30
AT_ONCE = 12
MARK = "<end>"
CALL = "curl -s {option} -m 25 -w ' %{{exitcode}} %{{http_code}}{mark}' helloworld/hello"
SCRIPT = f'for i in $(seq {{count}}); do echo "$({CALL})" {{end}} done; wait'
VERSION = re.compile(r"version: (v\d)")
BOTH = {"v1", "v2"}


def ask(
    lab: Lab, cluster: str, *, head: bool = False, at_once: bool = False, client: str = "", count: int = ROUND
) -> Counter[str]:
    """Return how often the client of a cluster was given which answer; it calls one after the other, or a few at once.

    An answer is the version that gave it, else its status, or the exit code of curl where there was none: 28 is
    silence for 25 seconds. A HEAD says no version.
    client: another one than the demo's.
    """
    count, end = (AT_ONCE, "&") if at_once else (count, ";")
    script = SCRIPT.format(count=count, option="-I" if head else "", mark=MARK, end=end)
    said = lab[cluster].execute(DEMO, client or f"deployment/sleep-{cluster}", "sh", "-c", script)
    return Counter(_answer(each) for each in said.split(MARK)[:-1])


def _answer(said: str) -> str:
    version, (code, status) = VERSION.search(said), said.split()[-2:]
    if status == "000":
        return f"curl {code}"
    return version[1] if version and status == "200" else status


def obey(lab: Lab, cluster: str, wanted: set[str], *, head: bool = False, seconds: float = 300) -> None:
    """Wait until a whole round of calls is answered as wanted: the last calls on old connections obey old policies."""
    last: list[Counter[str]] = []

    def done() -> bool:
        last.append(ask(lab, cluster, head=head))
        return set(last[-1]) == wanted

    method = "HEAD" if head else "GET"
    try:
        wait_for(f"round of {method} from {cluster} with {sorted(wanted)}", done, seconds=seconds, pause=0.5)
    except LabError as error:
        raise LabError(f"{error}; last: {last[-3:]}") from error
