"""Whether a live object has all that a generated one says; what it has besides is its own affair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.doctor.verdict import Check, finding, fine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.tree import Data

_MOST = 4


def differences(wanted: Any, live: Any, at: str = "") -> Iterator[str]:
    """Yield the places where a live value lacks or contradicts a wanted one, such as `spec.destinations[2].name`.

    Lists are compared as a whole and in order, since an entry more may mean a right more. Nothing and an empty value
    are the same: API servers drop empty ones.
    """
    if not wanted and live is None:
        return
    if isinstance(wanted, dict) and isinstance(live, dict):
        for key, value in wanted.items():
            yield from differences(value, live.get(key), f"{at}.{key}" if at else str(key))
    elif isinstance(wanted, list) and isinstance(live, list) and len(wanted) == len(live):
        for i, (value, found) in enumerate(zip(wanted, live, strict=True)):
            yield from differences(value, found, f"{at}[{i}]")
    elif wanted != live:
        yield at


def judge_object(code: str, what: str, wanted: Data, live: Data | None, *, absent: str, changed: str) -> Check:
    """Return whether a generated object is there and unchanged. absent, changed: what to do when it is not.

    Of what differs only the places are told: a live object may hold what is nobody's business.
    """
    if live is None:
        return finding(code, what, "it is not there", absent)
    places = list(differences(wanted, live))
    if places:
        return finding(code, what, f"it differs from the generated one at {shown(places)}", changed)
    return fine(what)


def shown(places: list[str]) -> str:
    """Return the first few places as words."""
    more = len(places) - _MOST
    return ", ".join(places[:_MOST]) + (f" and {more} more" if more > 0 else "")
