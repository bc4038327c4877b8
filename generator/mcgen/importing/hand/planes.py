"""Control planes: values and meshConfig that all share, patches for those of some clusters, what is not offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from mcgen import names
from mcgen.changes.leaves import same
from mcgen.importing import differences, findings, secrets
from mcgen.importing.documents import items, mapping, word
from mcgen.importing.hand.clusters import east_west
from mcgen.rules.istio import OWNED_MESH_CONFIG, OWNED_VALUES, instead_of
from mcgen.stages import CONTROL_PLANE
from mcgen.tree import at

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.importing.documents import Document
    from mcgen.importing.hand.context import Context, Seen
    from mcgen.tree import Data, DataPath

_KNOWN = {"profile", "hub", "tag", "revision", "meshConfig", "values", "components", "namespace"}
# Read into fields of the blueprint elsewhere, or the same in every mesh of mcgen.
_READ: set[tuple[str, ...]] = {
    ("global", "hub"),
    ("global", "tag"),
    ("global", "meshID"),
    ("global", "multiCluster", "clusterName"),
    ("global", "network"),
    ("global", "externalIstiod"),
    ("global", "remotePilotAddress"),
    ("global", "trustDomain"),
    ("istiodRemote", "injectionPath"),
    ("istiodRemote", "injectionURL"),
    ("global", "configCluster"),
    ("istiodRemote", "enabled"),
    ("profile",),
    ("pilot", "env", "EXTERNAL_ISTIOD"),
    ("gateways", names.INGRESS_GATEWAY, "injectionTemplate"),
    ("global", "networkPolicy", "enabled"),
    ("global", "enableReaderRBAC"),
    ("global", "proxy", "privileged"),
    ("defaultRevision",),
}
_READ_CONFIG: set[tuple[str, ...]] = {("trustDomain",), ("defaultConfig", "meshId")}
_PROFILES = {"default": "", "minimal": "", "remote": "", "empty": "", "stable": ""}
# In the place of the field that says something instead.
_KEY = "a key"
_ADVICE = "keep it beside the mesh (a folder and an Application of your own), put it under `patches`, or drop it"


class _Plane(NamedTuple):
    cluster: Seen
    document: Document
    values: Data
    config: Data


def read(context: Context) -> None:
    """Read all control planes."""
    planes = [_plane(context, cluster) for cluster in context.clusters.values()]
    _privileged(context)
    # A remote that says nothing more is content with what the others say.
    said = [each for each in planes if each.values or not each.cluster.remote]
    nothing: list[Data] = [{}] * len(planes)
    values = differences.shared([each.values for each in said], nothing[: len(said)])
    primaries = [each for each in planes if not each.cluster.remote]
    config = differences.shared([each.config for each in primaries], nothing[: len(primaries)])
    context.draft.put(("istio", "values"), values)
    context.draft.put(("istio", "meshConfig"), config)
    rest: list[tuple[str, Data]] = []
    for each in planes:
        spec: Data = {}
        if more := differences.beyond(each.values, values):
            spec["values"] = more
        if more := differences.beyond(each.config, {} if each.cluster.remote else config):
            spec["meshConfig"] = more
        if kubernetes := _kubernetes(each.document):
            spec["components"] = {"pilot": {"k8s": kubernetes}}
        if spec:
            rest.append((each.cluster.name, spec))
    _patches(context, rest)


def _kubernetes(document: Document) -> Data:
    return mapping(document.at("spec", "components", "pilot", "k8s"))


def _patches(context: Context, rest: list[tuple[str, Data]]) -> None:
    """Write a patch for what not all control planes share, one for all clusters that say the same."""
    patches = []
    while rest:
        _, spec = rest[0]
        clusters = [name for name, other in rest if same(spec, other)]
        rest = [(name, other) for name, other in rest if name not in clusters]
        where = {} if len(clusters) == len(context.clusters) else {"clusters": clusters}
        head = {"apiVersion": names.ISTIO_OPERATOR, "kind": "IstioOperator", "metadata": {"name": CONTROL_PLANE}}
        patches.append(
            {"stage": CONTROL_PLANE, **where, "target": {"kind": "IstioOperator"}, "patch": head | {"spec": spec}}
        )
    known = context.draft.data.get("patches", [])
    context.draft.put(("patches",), [*known, *patches])


def _plane(context: Context, cluster: Seen) -> _Plane:
    document, *others = cluster.planes
    for other in others:
        context.tell(
            findings.DIFFERS,
            other,
            ("spec",),
            f'a second control plane of "{cluster.name}"; {document.file} is imported',
            "import the one that stays; another revision comes with `mcgen upgrade`",
        )
    spec = mapping(document.at("spec"))
    cluster.ingress = _ingress(spec)
    _unknown(context, document, spec)
    values, left = _kept(mapping(spec.get("values")), _READ, OWNED_VALUES)
    config, more = _kept(mapping(spec.get("meshConfig")), _READ_CONFIG, OWNED_MESH_CONFIG)
    for name, owned in (("values", left), ("meshConfig", more)):
        for path, field in owned:
            if field == _KEY:
                message, advice = "a private key is not imported", "put it into a Secret, and make this one worthless"
                context.tell(findings.SECRET, document, ("spec", name, *path), message, advice)
                continue
            context.tell(
                findings.SETTING,
                document,
                ("spec", name, *path),
                f"spec.{name}.{'.'.join(path)} is set by mcgen",
                instead_of(field),
            )
    return _Plane(cluster, document, values, config)


def _ingress(spec: Data) -> bool:
    """Return whether a control plane comes with Istio's ingress gateway: by its profile, unless it says otherwise."""
    given = [
        each
        for each in items(at(spec, "components", "ingressGateways"))
        if word(each.get("name")) in ("", names.INGRESS_GATEWAY) and not east_west(each)
    ]
    default = (
        spec.get("profile", "default") in ("default", "demo", "stable") and at(spec, "values", "profile") != "remote"
    )
    return bool(given[0].get("enabled", default)) if given else default


def _kept(
    tree: Data, read_elsewhere: set[tuple[str, ...]], owned: dict[tuple[str, ...], str], above: tuple[str, ...] = ()
) -> tuple[Data, list[tuple[tuple[str, ...], str]]]:
    """Return what a blueprint may hand through, and the places of what mcgen sets itself, with what says it instead."""
    kept: Data = {}
    left: list[tuple[tuple[str, ...], str]] = []
    for key, value in tree.items():
        path = (*above, key)
        if path in read_elsewhere:
            continue
        if isinstance(value, dict) and value:
            inner, more = _kept(value, read_elsewhere, owned, path)
            left += more
            if inner:
                kept[key] = inner
        elif secrets.is_key(value):
            left.append((path, _KEY))
        elif any(path[: len(one)] == one for one in owned):
            left.append((path, next(field for one, field in owned.items() if path[: len(one)] == one)))
        else:
            kept[key] = value
    return kept, left


def _privileged(context: Context) -> None:
    path = ("spec", "values", "global", "proxy", "privileged")
    if any(each.planes[0].at(*path) is True for each in context.clusters.values()):
        context.draft.put(("istio", "proxy", "privileged"), value=True)


def _unknown(context: Context, document: Document, spec: Data) -> None:
    """Say what a control plane has that a mesh of mcgen cannot have."""
    for path, message, advice in (*_not_offered(spec), *_components(spec)):
        context.tell(findings.NOT_OFFERED, document, ("spec", *path), message, advice)
    for key in spec:
        if key not in _KNOWN:
            context.tell(
                findings.SETTING, document, ("spec", key), f"`{key}` of an IstioOperator has no field", _ADVICE
            )
    if spec.get("namespace", names.ISTIO_SYSTEM) != names.ISTIO_SYSTEM:
        context.tell(
            findings.NOT_OFFERED,
            document,
            ("spec", "namespace"),
            "mcgen installs Istio in istio-system only",
            "a mesh in another namespace has to be installed anew",
        )


def _not_offered(spec: Data) -> Iterator[tuple[DataPath, str, str]]:
    profile = word(spec.get("profile")) or "default"
    if "ambient" in profile:
        yield ("profile",), "mcgen builds meshes with sidecars, not ambient ones", "keep this mesh as it is installed"
    elif profile not in _PROFILES:
        message = f'of the profile "{profile}" only what this file says is imported, not what the profile adds'
        yield ("profile",), message, f"compare `istioctl profile dump {profile}` with `istioctl profile dump default`"
    external = at(spec, "values", "istiodRemote", "injectionURL")
    if external or at(spec, "values", "global", "configCluster") is True:
        path: DataPath = (
            ("values", "istiodRemote", "injectionURL") if external else ("values", "global", "configCluster")
        )
        message = "a control plane outside of the mesh's clusters (external control plane) is not offered"
        yield path, message, "keep this mesh as it is installed, or make one of its clusters a primary"


def _components(spec: Data) -> Iterator[tuple[DataPath, str, str]]:
    for name, found in mapping(spec.get("components")).items():
        path = ("components", name)
        if name in ("cni", "ztunnel") and at(found, "enabled") is True:
            what = "Istio's CNI plugin" if name == "cni" else "ztunnel (ambient)"
            advice = "install it beside the mesh, before its stages" if name == "cni" else "keep this mesh as it is"
            yield path, f"{what} is not offered: sidecars get their rules from istio-init", advice
        elif name == "egressGateways" and any(each.get("enabled", True) is not False for each in items(found)):
            yield path, "egress gateways are not offered", "keep it beside the mesh, with an Application of your own"
        elif name == "pilot":
            for key in mapping(found):
                if key not in ("enabled", "k8s"):
                    yield (*path, key), f"`{key}` of the component pilot has no field", _ADVICE
        elif name not in ("base", "ingressGateways", "egressGateways", "cni", "ztunnel"):
            yield path, f"the component `{name}` is not offered", _ADVICE
