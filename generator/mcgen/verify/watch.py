"""What becomes true in a mesh while it comes to life: objects read as statements, and the line that they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.backends import external_secrets, sealed_secrets

if TYPE_CHECKING:
    from mcgen.tree import Data

EXISTS, DELETED = "exists", "deleted"
AVAILABLE, ADDRESS, BUNDLE, ESTABLISHED = "available", "has an address", "caBundle filled", "established"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something became true of an object.

    at: seconds since the watching began. name: with its namespace, if it has one. application: of Argo CD, which
    applies the object, empty when none does. initial: it was so already when the watching began.
    """

    at: float
    cluster: str
    kind: str
    name: str
    what: str
    application: str = ""
    initial: bool = False

    def __str__(self) -> str:
        owner = f"  [{self.application}]" if self.application else ""
        return f"{self.at:8.2f} s  {self.cluster}  {self.kind} {self.name}: {self.what}{owner}"


def name(found: Data) -> str:
    """Return an object's name, with its namespace in front of it."""
    metadata = found["metadata"]
    return "/".join(filter(None, (metadata.get("namespace", ""), metadata["name"])))


def application(found: Data) -> str:
    """Return the Application that Argo CD has written into an object, empty when it has written none."""
    owner: str = (found["metadata"].get("annotations") or {}).get(names.TRACKING, "")
    return owner.partition(":")[0]


def statements(kind: str, found: Data) -> set[str]:
    """Return what is true of an object and worth a line."""
    status = found.get("status") or {}
    conditions = {each["type"]: each["status"] == "True" for each in status.get("conditions") or () if "status" in each}
    true = {EXISTS}
    match kind:
        case "Application":
            true |= _application(status)
        case "CustomResourceDefinition":
            true |= {ESTABLISHED} if conditions.get("Established") else set()
        case "Deployment":
            true |= {AVAILABLE} if conditions.get("Available") else set()
        case "Job":
            true |= {"suspended"} if conditions.get("Suspended") else set()
        case "MutatingWebhookConfiguration":
            bundles = [(webhook.get("clientConfig") or {}).get("caBundle") for webhook in found.get("webhooks") or ()]
            true |= {BUNDLE} if bundles and all(bundles) else set()
        case "ExternalSecret":
            true |= {external_secrets.MADE} if conditions.get("Ready") else set()
        case "SealedSecret":
            true |= {sealed_secrets.MADE} if conditions.get("Synced") else set()
        case "Service":
            true |= {ADDRESS} if (status.get("loadBalancer") or {}).get("ingress") else set()
    return true


def _application(status: Data) -> set[str]:
    operation = status.get("operationState") or {}
    true = {(status.get(key) or {}).get("status", "") for key in ("health", "sync")} - {""}
    if operation:
        true.add(f"sync started {operation.get('startedAt', '')}")
    if finished := operation.get("finishedAt"):
        true.add(f"sync {operation['phase'].lower()} {finished}")
    return true
