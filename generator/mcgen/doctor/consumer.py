"""What is asked of a cluster for which remote secrets are sealed: its controller, its certificate, what it can open."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from mcgen import layout, names, proc, sealed
from mcgen.bootstrap import certificate
from mcgen.bootstrap.kube import NoAnswer, Why, why
from mcgen.doctor.ask import Client, Question
from mcgen.doctor.verdict import Check, finding, fine, warning

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from mcgen.addons import SealedSecrets
    from mcgen.bootstrap.certificate import Certificate
    from mcgen.load import Loaded
    from mcgen.mesh import Cluster, Mesh
    from mcgen.pairs import Pair
    from mcgen.tree import Data

CERTIFICATE, AUTHORITY = "sealing certificate", "sealed CA"
# cmd/kubeseal and pkg/kubeseal of sealed-secrets: what `--validate` says when the controller has no key for it.
_CLOSED = "unable to decrypt sealed secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known of a consumer's certificate by its fingerprint.

    fact: what was last sealed with; others: consumer by fingerprint, of the other ones. pinned: the blueprint's,
    empty when it names none; source: where that stands.
    """

    fact: str = ""
    others: Mapping[str, str]
    pinned: str = ""
    source: str = ""


def questions(loaded: Loaded, cluster: Cluster, client: Client, folder: Path) -> Iterator[Question]:
    """Yield the questions to a consumer. folder: the blueprint's, to which a certificate's file is relative."""
    mesh, addon = loaded.mesh, loaded.mesh.sealed_secrets
    yield Question(whats=(controller_what(addon),), ask=partial(_controller, client, mesh))
    yield Question(whats=(CERTIFICATE,), ask=partial(_certificate, loaded, cluster, client, folder))
    files = loaded.inputs.files
    if cluster.authority:
        path = layout.sealed_authority(cluster.name)
        again = f"mcgen bootstrap --ca FOLDER --reseal {cluster.name}"
        used = sealed.annotation(loaded.inputs.authorities[cluster.name], names.CERTIFICATE)
        what = _Sealed(what=AUTHORITY, certificate=used, again=again)
        yield Question(whats=(AUTHORITY,), ask=partial(_opens, client, addon, what, files[path]))
    for pair in mesh.all_pairs:
        if pair.consumer.name == cluster.name and pair.held and pair.is_read:
            path = layout.sealed_secret(cluster.name, pair.remote.name)
            again = f"mcgen bootstrap --reseal {pair.remote.name}"
            what = _Sealed(what=sealed_what(pair), certificate=pair.held.certificate, again=again)
            yield Question(whats=(what.what,), ask=partial(_opens, client, addon, what, files[path]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sealed:
    """A sealed file. what: the name of its check; certificate: the certificate that it names; again: seals it again."""

    what: str
    certificate: str
    again: str


def controller_what(addon: SealedSecrets) -> str:
    """Return the name of the check of the controller."""
    return f"sealed-secrets controller {addon.namespace}/{addon.controller}"


def sealed_what(pair: Pair) -> str:
    """Return the name of the check of a sealed file."""
    return f"sealed remote secret of {pair.remote.name}"


def judge_controller(addon: SealedSecrets, service: Data | None, slices: Sequence[Data]) -> Check:
    """Return whether the controller's Service is there and something ready serves it, whatever runs that."""
    what = controller_what(addon)
    if service is None:
        remedy = "let Argo CD sync stage sealed-secrets" if addon.managed else "install it"
        advice = f"{remedy}; if it runs elsewhere, say where in addons.sealedSecrets"
        return finding("MC710", what, "there is no such Service", advice)
    endpoints = [endpoint for each in slices for endpoint in each.get("endpoints") or ()]
    # None means ready: the field is optional (discovery/v1).
    ready = [each for each in endpoints if (each.get("conditions") or {}).get("ready") is not False]
    if not ready:
        advice = f"kubectl get pods --namespace {addon.namespace}, and read the logs of its pods"
        return finding("MC710", what, "nothing that is ready serves it", advice)
    return fine(what)


def judge_certificate(found: Certificate, known: Known) -> Check:
    """Return whether a consumer's certificate is the one that is known of it.

    A controller makes a new key every 30 days and keeps the old ones, so that one that is not pinned may change;
    whether what was sealed can still be opened is a check of its own.
    """
    words = f"{found.fingerprint[:19]}..., to {found.day}"
    if other := known.others.get(found.fingerprint):
        advice = "compare the contexts of the two clusters: one leads to the other, or did so at the last sealing"
        return finding("MC711", CERTIFICATE, f"it is the certificate of {other} ({words})", advice)
    if known.pinned and known.pinned != found.fingerprint:
        wrong = f"the cluster's certificate is {words}, and the pinned one ({known.source}) is {known.pinned[:19]}..."
        advice = "find out whether this is the right cluster; if its key was renewed, pin the new certificate"
        return finding("MC711", CERTIFICATE, wrong, advice)
    if known.fact and not known.pinned and known.fact != found.fingerprint:
        changed = f"it is {words}, and was {known.fact[:19]}... when secrets were last sealed"
        advice = "nothing, if the controller renewed its key and still opens the sealed files; otherwise look which "
        return warning("MC711", CERTIFICATE, changed, f"{advice}cluster the context leads to")
    return fine(CERTIFICATE, words)


def _controller(client: Client, mesh: Mesh) -> Iterator[Check]:
    addon = mesh.sealed_secrets
    service = client.get("service", addon.controller, addon.namespace)
    slices = client.all("endpointslices", f"{names.SERVICE_NAME}={addon.controller}", addon.namespace)
    yield judge_controller(addon, service, slices)


def _certificate(loaded: Loaded, cluster: Cluster, client: Client, folder: Path) -> Iterator[Check]:
    addon, facts = loaded.mesh.sealed_secrets, loaded.inputs.facts.certificates
    try:
        found = certificate.fetch(client.access, (addon.namespace, addon.controller), timeout=client.timeout)
    except certificate.Unusable as error:
        yield finding("MC711", CERTIFICATE, str(error), "restart the controller, which makes a new key, and reseal")
        return
    source = cluster.certificate
    pinned = _pinned(source, folder, client.timeout) if source else ""
    others = {each.fingerprint: name for name, each in facts.items() if name != cluster.name}
    fact = facts[cluster.name].fingerprint if cluster.name in facts else ""
    yield judge_certificate(found, Known(fact=fact, others=others, pinned=pinned, source=source))


def _pinned(source: str, folder: Path, timeout: float) -> str:
    return certificate.read(source if "://" in source else str(folder / source), timeout=timeout).fingerprint


def _opens(client: Client, addon: SealedSecrets, file: _Sealed, text: bytes) -> Iterator[Check]:
    """Ask the controller to try; it answers whether it could, and nothing of what it saw."""
    what = file.what
    argv = ["kubeseal", *client.access.options, "--validate"]
    argv += [f"--controller-namespace={addon.namespace}", f"--controller-name={addon.controller}"]
    try:
        done = proc.run(argv, timeout=client.timeout, stdin=text, pass_fds=client.access.descriptors)
    except proc.TimedOut as error:
        raise NoAnswer(Why.UNREACHABLE, f"{client.access.cluster}: {error}") from error
    if done.code == 0:
        yield fine(what)
    elif _CLOSED in done.words:
        used = f" (it says it was sealed with {file.certificate[:19]}...)" if file.certificate else ""
        yield finding(
            "MC712",
            what,
            f"the controller has no key that opens it{used}",
            f"seal it again: `{file.again}`",
        )
    else:
        raise NoAnswer(why(done.words), f"{client.access.cluster}: kubeseal --validate: {done.words or 'it failed'}")
