"""Whether a consumer has made a remote secret: what is asked of the object that its controller makes it from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen.backends import EXTERNAL_SECRETS, SEALED_SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.pairs import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """How one backend is asked.

    resource: as kubectl calls it. template: what is asked of it, read: the answer of that as yes, no, not yet or not
    applied. remedy: of a no, with {consumer}, {command} and {remote}.
    """

    resource: str
    template: str
    read: Callable[[str, Pair], str]
    remedy: str


def _unsealed(found: str, _pair: Pair) -> str:
    return {"True": "yes", "False": "no"}.get(found, "not yet")


def _fetched(found: str, pair: Pair) -> str:
    """Return whether the newest value was fetched: a condition from before a change counts for nothing."""
    key, generation, seen, ready = (*found.split("|"), "", "", "", "")[:4]
    number = pair.held.number if pair.held else 0
    if key.rpartition("-")[2] != str(number):
        return "not applied"
    if ready == "False":
        return "no"
    return "yes" if ready == "True" and seen.partition("-")[0] == generation else "not yet"


MADE: dict[str, Made] = {
    SEALED_SECRETS: Made(
        resource="sealedsecret",
        template='{{with .status}}{{range .conditions}}{{if eq .type "Synced"}}{{.status}}{{end}}{{end}}{{end}}',
        read=_unsealed,
        remedy="{consumer} cannot open it: {command} --reseal {remote}",
    ),
    # Source: externalsecret_controller.go of External Secrets; syncedResourceVersion is `<generation>-<a hash>`.
    EXTERNAL_SECRETS: Made(
        resource="externalsecrets.external-secrets.io",
        template="{{range .spec.data}}{{.remoteRef.key}}{{end}}|{{.metadata.generation}}|"
        "{{with .status}}{{.syncedResourceVersion}}|"
        '{{range .conditions}}{{if eq .type "Ready"}}{{.status}}{{end}}{{end}}{{end}}',
        read=_fetched,
        remedy="{consumer} cannot fetch it: look at the ExternalSecret and its store, or {command} --reseal {remote} "
        "--push COMMAND",
    ),
}
"""By the name of the backend."""
