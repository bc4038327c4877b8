"""Whether argocd/setup gives the waves their meaning: health checks, exclusions, render plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from mcgen import layout, reread
from mcgen.manifests import setup_health
from mcgen.manifests.setup_settings import CONFIG, EXCLUSIONS_KEY
from mcgen.order import finding, objects
from mcgen.order.table import HEALTH, By

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.order.finding import Findings
    from mcgen.tree import Data

HOME = f"{layout.SETUP}/"
_SHIPPED: dict[str, Callable[[], str]] = {
    setup_health.APPLICATION_KEY: setup_health.application,
    setup_health.INJECTOR_KEY: setup_health.injector_webhook,
}
_NEEDED = (*(row.key for row in HEALTH.values() if row.by is By.SETUP), EXCLUSIONS_KEY)
_EXCLUDED = "it keeps Argo CD away from EndpointSlices, and a remote's istiod Service needs one"


class Carrier(NamedTuple):
    """A file that sets keys of argocd-cm: what is wrong with each ('' for nothing), and whether it is a patch."""

    path: str
    keys: dict[str, str]
    patch: bool


class Setup:
    """Collects what argocd/setup sets."""

    def __init__(self) -> None:
        self._carriers: list[Carrier] = []
        self._applied: set[str] | None = None
        self.plugins: set[str] = set()

    def add(self, path: str, document: Any) -> None:
        """Take in one document; raise objects.MalformedError when it cannot be read."""
        try:
            self._add(path, document)
        except (AttributeError, KeyError, TypeError, reread.Unreadable) as error:
            raise objects.MalformedError(f"it cannot be read as a part of the setup ({error})") from error

    def _add(self, path: str, document: Data) -> None:
        kind = document.get("kind")
        if kind == "ConfigMap":
            data = document["data"]
            if document["metadata"]["name"] == CONFIG:
                self._carriers.append(Carrier(path, _judged(data), patch=True))
            if "plugin.yaml" in data:
                plugin = reread.document(data["plugin.yaml"])
                self.plugins.add(plugin["metadata"]["name"])
        elif kind == "Component":
            self._applied = {HOME + patch["path"] for patch in document.get("patches") or () if "path" in patch}
        elif kind is None and "configs" in document:
            self._carriers.append(Carrier(path, _judged(document["configs"].get("cm") or {}), patch=False))

    def check(self, findings: Findings) -> None:
        """Add a finding for each key that a way of installing it leaves out, or sets to something else."""
        for key in _NEEDED:
            if not any(carrier.patch and key in carrier.keys for carrier in self._carriers):
                findings.add(finding.SETUP, layout.SETUP, f"no patch of {CONFIG} sets '{key}'")
            for carrier in self._carriers:
                if not carrier.patch and key not in carrier.keys:
                    findings.add(finding.SETUP, carrier.path, f"it does not set '{key}'")
                elif wrong := carrier.keys.get(key):
                    findings.add(finding.SETUP, carrier.path, f"'{key}': {wrong}")
        for carrier in self._carriers:
            if carrier.patch and carrier.keys and self._applied is not None and carrier.path not in self._applied:
                findings.add(finding.SETUP, carrier.path, f"{layout.KUSTOMIZATION} does not apply this patch")


def _judged(data: Data) -> dict[str, str]:
    return {key: _wrong(key, data[key]) for key in _NEEDED if key in data}


def _wrong(key: str, value: Any) -> str:
    if key in _SHIPPED:
        return "" if value == _SHIPPED[key]() else "it is not the check that mcgen ships"
    return _EXCLUDED if any(_excludes(entry) for entry in reread.document(value) or ()) else ""


def _excludes(entry: Data) -> bool:
    groups, kinds = entry.get("apiGroups") or ["*"], entry.get("kinds") or ["*"]
    return bool({"*", "discovery.k8s.io"} & set(groups) and {"*", "EndpointSlice"} & set(kinds))
