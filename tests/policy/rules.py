"""The rules: each takes one object and yields the places at which it gives away more than it must."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Thing = dict[str, Any]

_HOST = ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace")
_RESTRICTED = {
    ("privileged",): (False, None),
    ("allowPrivilegeEscalation",): (False,),
    ("readOnlyRootFilesystem",): (True,),
    ("runAsNonRoot",): (True,),
    ("capabilities", "drop"): (["ALL"],),
    ("capabilities", "add"): (None,),
    ("seccompProfile", "type"): ("RuntimeDefault",),
}


def pod(thing: Thing) -> Thing | None:
    """Return the pod that an object runs, None for one that runs none."""
    spec = thing.get("spec")
    if thing.get("kind") == "Pod":
        return spec
    if thing.get("kind") == "CronJob":
        spec = dig(spec, "jobTemplate", "spec")
    found = dig(spec, "template", "spec")
    return found if isinstance(found, dict) and "containers" in found else None


def dig(data: Any, *keys: str) -> Any:
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def containers(spec: Thing) -> Iterator[Thing]:
    yield from spec.get("initContainers", [])
    yield from spec["containers"]


def restricted(thing: Thing) -> Iterator[str]:
    """The pod security level `restricted`, and a root file system that cannot be written."""
    spec = pod(thing)
    if spec is None:
        return
    yield from (field for field in _HOST if spec.get(field))
    yield from (f"volume {volume['name']} of the host" for volume in spec.get("volumes", []) if "hostPath" in volume)
    for container in containers(spec):
        for path, allowed in _RESTRICTED.items():
            value = dig(container, "securityContext", *path)
            if value is None and path[0] in {"runAsNonRoot", "seccompProfile"}:
                value = dig(spec, "securityContext", *path)
            if value not in allowed:
                yield f"{container['name']}: {'.'.join(path)} is {value}"


def bounded(thing: Thing) -> Iterator[str]:
    """Requests of both, and a limit of memory; a limit of CPU would only slow what nobody else needs."""
    spec = pod(thing)
    for container in containers(spec) if spec else ():
        for path in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
            if not dig(container, "resources", *path):
                yield f"{container['name']}: no resources.{'.'.join(path)}"


def tokens(thing: Thing) -> Iterator[str]:
    """No token of a ServiceAccount is mounted where none is asked for."""
    spec = pod(thing)
    if spec is not None and spec.get("automountServiceAccountToken") is not False:
        yield "a token is mounted"


def rights(thing: Thing) -> Iterator[str]:
    """No wildcards in RBAC, and no way to more rights."""
    for rule in thing.get("rules") or [] if thing["kind"] in {"Role", "ClusterRole"} else []:
        for field in ("apiGroups", "resources", "verbs", "resourceNames", "nonResourceURLs"):
            yield from (f"{field}: {entry}" for entry in rule.get(field, []) if "*" in entry)
        yield from (f"verb {verb}" for verb in sorted({"escalate", "bind", "impersonate"} & set(rule.get("verbs", []))))


def closed(thing: Thing) -> Iterator[str]:
    """An AppProject lists what it allows."""
    if thing["kind"] != "AppProject":
        return
    spec = thing["spec"]
    for field in ("sourceRepos", "sourceNamespaces", "destinations"):
        yield from (f"{field}: {entry}" for entry in spec.get(field, []) if "*" in str(entry))
    for field in ("clusterResourceWhitelist", "namespaceResourceWhitelist"):
        entries = [{key: value for key, value in entry.items() if key != "name"} for entry in spec.get(field, [])]
        yield from (f"{field}: {entry}" for entry in entries if "*" in str(entry))


def hosts(thing: Thing) -> Iterator[str]:
    """No host stands for all."""
    if not thing.get("apiVersion", "").startswith("networking.istio.io/"):
        return
    spec = thing["spec"]
    servers = [host for server in spec.get("servers", []) for host in server.get("hosts", [])]
    yield from (f"host {host}" for host in [*spec.get("hosts", []), *servers] if host in {"*", "*/*", "*.local"})


def privileged_proxies(thing: Thing) -> Iterator[str]:
    """No proxy of the mesh is privileged."""
    if dig(thing, "spec", "values", "global", "proxy", "privileged"):
        yield "values.global.proxy.privileged"


RULES: tuple[Callable[[Thing], Iterator[str]], ...] = (
    restricted, bounded, tokens, rights, closed, hosts, privileged_proxies,
)  # fmt: skip


def judge(things: list[Thing]) -> set[tuple[str, ...]]:
    """Return (rule, kind/name, what) of everything that breaks a rule."""
    return {
        (rule.__name__, f"{thing['kind']}/{thing['metadata']['name']}", what)
        for thing in things
        for rule in RULES
        for what in rule(thing)
    }
