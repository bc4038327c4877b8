"""README.md and RUNBOOK.md of a tree: what no manifest says, such as who runs a cluster and from where it calls."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mcgen import names

_TITLE = re.compile(
    r"^# Mesh (?P<name>\S+)\n\n(?:(?P<description>.+)\n\n)?One Istio (?P<version>\S+) mesh "
    r"\(`(?P<id>[^`]+)`, trust domain `(?P<trust>[^`]+)`\)",
    re.MULTILINE,
)
_UPGRADE = re.compile(r"^The upgrade from Istio (?P<old>\S+) to (?P<new>\S+) is at `(?P<step>[^`]+)`", re.MULTILINE)
_ESCAPE = re.compile(r"\\(.)")
_ARGOCD_CLUSTER = re.compile(r"; Argo CD's own cluster too, as `([^`]+)` with the server")
_ARGOCD_VERSION = re.compile(r"^1\. Install Argo CD (\S+) in namespace `", re.MULTILINE)
_SEALER = re.compile(
    r"^3\. \*\*Sealed Secrets\.\*\* Install its controller in .*, as `([^`]+)` in namespace `([^`]+)`", re.MULTILINE
)
_STORE = re.compile(
    r"with a (?P<kind>\w+) `(?P<name>[^`]+)`.* that may read the keys `(?P<keys>[^`]+)-CLUSTER-\.\.\.`"
    r"(?: \(property `(?P<property>[^`]+)`\))? of its own cluster"
)
_UNKNOWN = ("not known", "address not known", "as in the kubeconfig")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What both pages say of a cluster; empty where they say that it is not known.

    primary: who serves a remote. lets_in: ranges that the blueprint gives; egress,
    cidrs: from where it calls, and its pods.
    """

    name: str
    id: str
    primary: str
    platform: str
    network: str
    address: str
    context: str
    cidrs: tuple[str, ...]
    egress: tuple[str, ...]
    lets_in: tuple[str, ...]
    server: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The store of External Secrets. keys: what each of them begins with; property: empty for none."""

    kind: str
    name: str
    keys: str
    property: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """What the two pages say.

    upgrade: the version after it and its step, empty for none. sealer: the controller's name and namespace. store: of
    External Secrets, None for another backend. missing: what could not be found in them.
    """

    description: str
    version: str
    upgrade: tuple[str, str]
    rows: tuple[Row, ...]
    argocd_cluster: str
    argocd_version: str
    sealer: tuple[str, str]
    store: Store | None
    missing: tuple[str, ...]


def read(readme: str, runbook: str) -> Pages:
    """Return what the pages of a tree say."""
    title, upgrade = _TITLE.search(readme), _UPGRADE.search(readme)
    sealer, version = _SEALER.search(runbook), _ARGOCD_VERSION.search(runbook)
    cluster, store = _ARGOCD_CLUSTER.search(runbook), _STORE.search(runbook)
    rows = _rows(_table(readme, 7), _table(runbook, 7))
    missing = [what for what, found in (("title", title), ("table of clusters", rows)) if not found]
    return Pages(
        description=_ESCAPE.sub(r"\1", (title and title["description"]) or ""),
        version=title["version"] if title else "",
        upgrade=(upgrade["new"], upgrade["step"]) if upgrade else ("", ""),
        rows=rows,
        argocd_cluster=cluster[1] if cluster else "",
        argocd_version=version[1] if version else "",
        sealer=(sealer[1], sealer[2]) if sealer else ("", ""),
        store=Store(**store.groupdict("")) if store else None,
        missing=tuple(missing),
    )


def _table(text: str, columns: int) -> dict[str, list[str]]:
    """Return the first table of so many columns: the cells of each row, by the first one."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        cells = [cell.strip().strip("`") for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == columns:
            found.setdefault(cells[0], cells)
        elif found and not line.startswith("|"):
            break
    found.pop("cluster", None)
    return found


def _rows(readme: dict[str, list[str]], runbook: dict[str, list[str]]) -> tuple[Row, ...]:
    return tuple(_row(cells, runbook.get(name, [""] * 7)) for name, cells in readme.items())


def _row(told: list[str], used: list[str]) -> Row:
    name, identity, role, platform, network, address, _ = told
    calls, _, pods = used[3].partition("; its pods: ")
    return Row(
        name=name,
        id=identity,
        primary=role.removeprefix("remote of ") if role.startswith("remote of ") else "",
        platform=platform,
        network=network,
        address=_known(address),
        context=used[1],
        egress=_list(calls),
        cidrs=_list(pods),
        lets_in=_list(used[5]) if "/" in used[5] else (),
        server=_known(used[6]),
    )


def _known(text: str) -> str:
    return "" if text.startswith(_UNKNOWN) or text == names.NO_GATEWAY else text


def _list(text: str) -> tuple[str, ...]:
    return tuple(filter(None, _known(text).split(", ")))
