"""What east-west gateways let through: all Services, or those of some namespaces; and istiod, for remotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.importing import findings
from mcgen.importing.documents import items, mapping, word, words

if TYPE_CHECKING:
    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Context

_GROUP = "networking.istio.io"
_NAMESPACE = re.compile(r"\*\.([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)\.svc\.cluster\.local")
_ISTIOD = re.compile(r"istiod(-[a-z0-9-]+)?(\.istio-system(\.svc(\.cluster\.local)?)?)?")


def read(context: Context) -> None:
    """Read Gateways and VirtualServices; those of an application are not the mesh's."""
    istiod = set()
    for document in context.take("Gateway", _GROUP):
        servers = items(document.at("spec", "servers"))
        numbers = [mapping(server.get("port")).get("number") for server in servers]
        ports = {number if isinstance(number, int) else 0 for number in numbers}
        if mapping(document.at("spec", "selector")).get("istio") != names.EAST_WEST_SELECTOR["istio"]:
            _beside(context, document)
        elif ports and ports <= {names.ISTIOD_PORT, names.WEBHOOK_PORT}:
            istiod.add(document.name)
        elif ports == {names.MTLS_PORT}:
            for i, server in enumerate(servers):
                for j, host in enumerate(words(server.get("hosts"))):
                    _host(context, document, host, i, j)
        else:
            _beside(context, document)
    for document in context.take("VirtualService", _GROUP):
        gateways = words(document.at("spec", "gateways"))
        hosts = [
            word(mapping(route.get("destination")).get("host"))
            for rule in items(document.at("spec", "tls"))
            for route in items(rule.get("route"))
        ]
        if not (
            gateways and {each.rpartition("/")[2] for each in gateways} <= istiod and all(map(_ISTIOD.fullmatch, hosts))
        ):
            _beside(context, document)


def _host(context: Context, document: Document, host: str, i: int, j: int) -> None:
    plain = host.rpartition("/")[2]
    match = _NAMESPACE.fullmatch(plain)
    if plain in ("*.local", "*.svc.cluster.local", "*"):
        context.draft.put(("exposure", "profile"), "article")
    elif match:
        _export(context, match[1])
    else:
        context.tell(
            findings.SETTING,
            document,
            ("spec", "servers", i, "hosts", j),
            f'"{host}": a blueprint exports whole namespaces',
            "mark the namespace as `exported: true`, or keep this Gateway beside the mesh, in each primary",
        )


def _export(context: Context, name: str) -> None:
    spaces = list(context.draft.data.get("namespaces", []))
    if not any(each["name"] == name for each in spaces):
        spaces.append({"name": name})
    for each in spaces:
        if each["name"] == name:
            each["exported"] = True
    context.draft.put(("namespaces",), spaces)


def _beside(context: Context, document: Document) -> None:
    context.tell(
        findings.OBJECT,
        document,
        ("metadata", "name"),
        f'{document.kind} "{document.name}" is no part of the mesh itself',
        "keep it with the application that it is for, in each primary: istiod reads it nowhere else",
    )
