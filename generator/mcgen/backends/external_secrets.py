"""External Secrets: the Secret is with a provider, and an ExternalSecret says under which key.

The value under the key is a whole Secret as YAML, so that it says whose it is; the template takes the data out of it,
and nothing else than the Secret of the expected name. Each value that the bootstrap pushes has a key of its own, so
that a commit says which one counts, and a change of it is seen at once.

Source: github.com/external-secrets/external-secrets of the version in `names`: the definition of ExternalSecret, the
controller (pkg/controllers/externalsecret), and the templates of engine v2.
"""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from mcgen import layout, names, stages
from mcgen.backends import around
from mcgen.backends.held import Held
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.chain import Step
    from mcgen.facts import Inputs
    from mcgen.mesh import Mesh
    from mcgen.stages import Stage

KIND = ("external-secrets.io", "ExternalSecret")
DONE = "pushed"
MADE = "fetched"
# Filled in from 2.3 on, and not known before: written or left out, it is a difference with one of the two.
VARYING: tuple[str, ...] = (".spec.data[]?.remoteRef.nullBytePolicy",)

_VALUE = "secret"


def remote(inputs: Inputs, consumer: str, remote: str) -> Held | None:
    """Return what the facts say of a remote secret, None before it was pushed."""
    found = inputs.facts.pushed.get(consumer, {}).get(remote)
    return Held(token=found.token, number=found.number) if found else None


def authority(inputs: Inputs, primary: str) -> Held | None:
    """Return what the facts say of a primary's CA, None before it was pushed."""
    found = inputs.facts.authorities.get(primary)
    if found is None:
        return None
    return Held(root=found.root, trusted=(found.root,), expires=found.expires, number=found.number)


def missing(step: Step) -> str:
    """Return the note that a gate waits for."""
    what = f"the {'CA' if step.stage.name == stages.TRUST else 'remote secret'} of {step.cluster.name}"
    return f"{what} with the provider, and a note of it in {place(step)} (ExternalSecret {around.secret(step)})"


def place(step: Step) -> str:  # noqa: ARG001 - one form for all backends
    """Return the path of the facts."""
    return layout.FACTS


def described(stage: Stage) -> Stage:
    """Return a stage with what is seen of External Secrets."""
    if stage.name not in stages.SECRETS:
        return stage
    command = "mcgen bootstrap --push COMMAND" + (" --ca FOLDER" if stage.name == stages.TRUST else "")
    look = f"at a gate, push it: `{command}`; otherwise the ExternalSecret, its store, and the key in the provider"
    return replace(stage, healthy="External Secrets has fetched it from the provider", look=look)


def overlay(mesh: Mesh, step: Step) -> Iterator[File]:
    """Yield the ExternalSecret and the kustomization around it."""
    yield around.kustomization(mesh, step, layout.EXTERNAL_SECRET)
    yield File(path=f"{step.path}/{layout.EXTERNAL_SECRET}", documents=(_object(mesh, step),), origin=step.origin)


def document(mesh: Mesh, step: Step, inputs: Inputs) -> Data:  # noqa: ARG001 - one form for all backends
    """Return the ExternalSecret of a step; before anything was pushed, with the first key."""
    return _object(mesh, step)


def differences(document: Any, cluster_id: str) -> Iterator[str]:
    """Yield what keeps a document from being the ExternalSecret of a cluster's remote secret, by its Istio ID."""
    name, metadata = names.remote_secret(cluster_id), ("spec", "target", "template", "metadata")
    for path, wanted in (
        (("kind",), KIND[1]),
        (("metadata", "name"), name),
        (("metadata", "namespace"), names.ISTIO_SYSTEM),
        (("spec", "target", "name"), name),
        ((*metadata, "labels", names.MULTI_CLUSTER), "true"),
        ((*metadata, "annotations", names.REMOTE_CLUSTER), cluster_id),
    ):
        actual = reduce(lambda data, key: data.get(key) if isinstance(data, dict) else None, path, document)
        if actual != wanted:
            yield f'{".".join(path)} is "{actual}", and must be "{wanted}"'


def remote_key(mesh: Mesh, consumer: str, remote: str, number: int) -> str:
    """Return under which key a remote secret is pushed."""
    return f"{mesh.secrets.prefix}{names.remote_key(mesh.name, consumer, remote, number)}"


def authority_key(mesh: Mesh, primary: str, number: int) -> str:
    """Return under which key the CA of a primary is pushed."""
    return f"{mesh.secrets.prefix}{names.authority_key(mesh.name, primary, number)}"


def _object(mesh: Mesh, step: Step) -> Data:
    return _authority(mesh, step) if step.stage.name == stages.TRUST else _remote(mesh, step)


def _remote(mesh: Mesh, step: Step) -> Data:
    cluster, consumer = step.cluster, step.destination.name
    pair = mesh.pair(consumer, cluster.name)
    held = (pair and pair.held) or Held(token=pair.tokens[-1] if pair else "", number=1)
    name = names.remote_secret(cluster.id)
    metadata: Data = {
        "annotations": {names.REMOTE_CLUSTER: cluster.id, names.TOKEN: held.token},
        "labels": {names.MULTI_CLUSTER: "true"},
    }
    data = {cluster.id: _taken(name, "stringData", cluster.id)}
    return _external_secret(mesh, name, remote_key(mesh, consumer, cluster.name, held.number), data, metadata)


def _authority(mesh: Mesh, step: Step) -> Data:
    held = step.cluster.authority or Held(number=1)
    key = authority_key(mesh, step.cluster.name, held.number)
    data = {each: _taken(names.AUTHORITY, "data", each) for each in names.AUTHORITY_KEYS}
    found = _external_secret(mesh, names.AUTHORITY, key, data, {})
    if held.root:
        found["metadata"]["annotations"] = {names.EXPIRES: held.expires, names.ROOT: held.root}
    return found


def _taken(name: str, section: str, key: str) -> str:
    """Return a template that takes a key out of a section of the Secret of a name, and fails for every other value.

    A key that is not there would be the text `<no value>`.
    """
    decoded = " | b64dec" if section == "data" else ""
    return (
        f"{{{{- $secret := .{_VALUE} | fromYaml -}}}}\n"
        f'{{{{- if ne $secret.metadata.name "{name}" }}}}{{{{ fail "it is another Secret" }}}}{{{{ end -}}}}\n'
        f'{{{{- if not (hasKey $secret.{section} "{key}") }}}}{{{{ fail "it has no such key" }}}}{{{{ end -}}}}\n'
        f'{{{{- index $secret.{section} "{key}"{decoded} -}}}}'
    )


def _external_secret(mesh: Mesh, name: str, key: str, data: dict[str, str], metadata: Data) -> Data:
    """Return an ExternalSecret. What its definition fills in inside of lists is written out: Argo CD compares it."""
    reference: Data = {"key": key}
    if mesh.secrets.property:
        reference["property"] = mesh.secrets.property
    reference |= {"conversionStrategy": "Default", "decodingStrategy": "None", "metadataPolicy": "None"}
    template: Data = {"engineVersion": "v2", "mergePolicy": "Replace"}
    return {
        "apiVersion": names.EXTERNAL_SECRET,
        "kind": KIND[1],
        "metadata": {"name": name, "namespace": names.ISTIO_SYSTEM},
        "spec": {
            # As the controller writes durations.
            "refreshInterval": "1h0m0s",
            "secretStoreRef": {"kind": mesh.secrets.store_kind, "name": mesh.secrets.store},
            "target": {
                "name": name,
                "creationPolicy": "Owner",
                # With any other one the controller is Ready without a Secret when the provider has no such key.
                "deletionPolicy": "Retain",
                "template": template | ({"metadata": metadata} if metadata else {}) | {"data": data},
            },
            "data": [{"secretKey": _VALUE, "remoteRef": reference}],
        },
    }
