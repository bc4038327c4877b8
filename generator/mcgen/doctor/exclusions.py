"""Which kinds Argo CD keeps away from, and how to take EndpointSlice off that list.

Source: util/settings/filtered_resource.go and resources_filter.go of Argo CD: an entry without groups, kinds or
clusters means all of them; where there are inclusions, everything else is left out.
"""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from mcgen import reread
from mcgen.emit import emit
from mcgen.manifests.setup_settings import EXCLUSIONS_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.tree import Data

GROUP, KIND = "discovery.k8s.io", "EndpointSlice"
INCLUSIONS_KEY = "resource.inclusions"

_LINE = re.compile(rf"^[ \t]*-[ \t]+(['\"]?){KIND}\1[ \t]*(?:#.*)?\n?", re.MULTILINE)


class Unreadable(Exception):  # noqa: N818 - what it is
    """The value is no list of entries: Argo CD does not take it either."""


def withheld(data: Mapping[str, str]) -> str:
    """Return by what the settings of argocd-cm keep Argo CD away from EndpointSlices, empty when they do not."""
    try:
        excluding = [entry for entry in entries(data.get(EXCLUSIONS_KEY, "")) if excludes(entry)]
        included = entries(data.get(INCLUSIONS_KEY, ""))
    except Unreadable as error:
        return f"it cannot be read ({error})"
    if excluding:
        clusters = [name for entry in excluding for name in entry.get("clusters") or ()]
        where = f" (in clusters {', '.join(map(str, clusters))})" if clusters else ""
        return f"it keeps Argo CD away from EndpointSlices{where}, and a remote's istiod Service needs one"
    if included and not any(excludes(entry) for entry in included):
        return f"{INCLUSIONS_KEY} does not name EndpointSlices, so Argo CD leaves them alone"
    return ""


def lifted(text: str) -> str:
    """Return a value of resource.exclusions without EndpointSlice, all else as it was, comments too where possible.

    Raises Unreadable for a value that is no list, or that excludes EndpointSlice by a pattern.
    """
    wanted = [entry for entry in map(_without, entries(text)) if entry is not None]
    if any(excludes(entry) for entry in wanted):
        raise Unreadable("it excludes EndpointSlice by a pattern: name the kinds that you mean")
    shorter = _LINE.sub("", text)
    try:
        if entries(shorter) == wanted:
            return shorter
    except Unreadable:
        pass
    return emit([wanted]) if wanted else ""  # type: ignore[list-item]


def entries(text: str) -> list[Data]:
    """Return the entries of a list of exclusions or inclusions; raise Unreadable."""
    try:
        found: Any = reread.document(text)
    except reread.Unreadable as error:
        raise Unreadable("it is no YAML") from error
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise Unreadable("it is no list of entries")
    return found


def excludes(entry: Data) -> bool:
    """Return whether an entry is about EndpointSlices."""
    groups, kinds = entry.get("apiGroups") or (), entry.get("kinds") or ()
    of_group = not groups or any(fnmatchcase(GROUP, str(group)) for group in groups)
    return of_group and (not kinds or "*" in kinds or KIND in kinds)


def _without(entry: Data) -> Data | None:
    """Return an entry without EndpointSlice; None when nothing is left of it, as no kinds would mean all of them."""
    if not excludes(entry) or KIND not in (entry.get("kinds") or ()):
        return entry
    kinds = [kind for kind in entry["kinds"] if kind != KIND]
    return {**entry, "kinds": kinds} if kinds else None
