"""One remote secret: istioctl's output goes into kubeseal, and only what is sealed comes back."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from mcgen import names, proc, sealed
from mcgen.bootstrap.kube import NoAnswer, Why, why
from mcgen.emit import emit
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcgen.bootstrap.access import Access
    from mcgen.bootstrap.certificate import Certificate
    from mcgen.bootstrap.outcome import Options
    from mcgen.pairs import Pair

HEADER = "Sealed by mcgen bootstrap. An input of the build: keep it in Git."


def istioctl(program: str, pair: Pair, remote: Access) -> list[str]:
    """Return istioctl's command line; everything is named, so that it creates and chooses nothing by itself."""
    argv = [program, "create-remote-secret", *remote.options]
    argv += [f"--name={pair.remote.id}", "--type=remote", "--create-service-account=false"]
    argv += [f"--service-account={names.reader(pair.consumer.name, pair.tokens[-1])}"]
    argv += [f"--secret-name={names.reader_token(pair.consumer.name, pair.tokens[-1])}"]
    argv += [f"--namespace={names.ISTIO_SYSTEM}", f"--istioNamespace={names.ISTIO_SYSTEM}"]
    if pair.remote.server:
        argv.append(f"--server={pair.remote.server}")
    if pair.remote.tls_server_name:
        argv.append(f"--tls-server-name={pair.remote.tls_server_name}")
    return argv


def kubeseal(certificate: str) -> list[str]:
    """Return kubeseal's command line for a certificate file; it asks no cluster."""
    return ["kubeseal", f"--cert={certificate}", "--scope=strict", "--format=yaml"]


def seal(pair: Pair, remote: Access, certificate: Certificate, options: Options) -> str:
    """Return the text of the sealed secret's file; raise ToolError with the program's own words, secrets hidden."""
    with readable(certificate.pem) as descriptor:
        made, done = proc.pipe(
            istioctl(options.istioctl, pair, remote),
            kubeseal(f"/dev/fd/{descriptor}"),
            timeout=options.timeout,
            pass_fds=(*remote.descriptors, descriptor),
        )
    # A program that dies of its neighbour's death has nothing to say about the cause.
    if made.code > 0 or (made.code and not done.code):
        words = made.words or f"exit code {made.code}"
        raise NoAnswer(why(words), f"istioctl create-remote-secret for {pair.remote.name}: {words}")
    if done.code or made.code:
        raise NoAnswer(Why.OTHER, f"kubeseal for {pair.consumer.name}: {done.words or f'exit code {done.code}'}")
    return emit([_checked(done.stdout, pair, certificate)], HEADER)


def printed(raw: bytes, what: str, differences: Callable[[Any], Iterable[str]]) -> dict[str, Any]:
    """Return the one document that kubeseal printed; raise ToolError when it is something else than it should be."""
    import yaml

    try:
        documents = [document for document in yaml.load_all(raw, Loader=yaml.CSafeLoader) if document]
    except yaml.YAMLError as error:
        raise ToolError("kubeseal printed something that is no YAML; nothing was written") from error
    if len(documents) != 1:
        raise ToolError(f"kubeseal printed {len(documents)} documents instead of one; nothing was written")
    found: dict[str, Any] = documents[0]
    for difference in differences(found):
        # The value may be anything, also what should have been sealed.
        words = proc.words(difference.encode())
        raise ToolError(f"kubeseal did not print the {what}: {words}")
    return found


def kept(document: dict[str, Any], annotations: dict[str, str], template: dict[str, Any]) -> dict[str, Any]:
    """Return what is kept of what kubeseal printed, with notes of what it was made of. template: of the Secret."""
    name = {key: template["metadata"][key] for key in ("name", "namespace")}
    return {
        "apiVersion": document["apiVersion"],
        "kind": document["kind"],
        "metadata": name | {"annotations": annotations},
        "spec": {"encryptedData": document["spec"]["encryptedData"], "template": template},
    }


def _checked(raw: bytes, pair: Pair, certificate: Certificate) -> dict[str, Any]:
    """Return the sealed secret with notes of what it was made of; raise ToolError unless it is the expected one."""
    what = f"sealed secret of {pair.remote.name}"
    return _noted(printed(raw, what, partial(sealed.differences, cluster_id=pair.remote.id)), pair, certificate)


def _noted(document: dict[str, Any], pair: Pair, certificate: Certificate) -> dict[str, Any]:
    spec = document["spec"]
    inner = spec["template"]["metadata"]
    name = {"name": inner["name"], "namespace": inner["namespace"]}
    annotations = {names.REMOTE_CLUSTER: pair.remote.id, names.TOKEN: pair.tokens[-1]}
    template: dict[str, Any] = {"metadata": name | {"labels": inner["labels"], "annotations": annotations}}
    if kind := spec["template"].get("type"):
        template["type"] = kind
    return kept(document, {names.CERTIFICATE: certificate.fingerprint}, template)


@contextmanager
def readable(content: bytes) -> Iterator[int]:
    """Yield a descriptor from which a program reads the content: kubeseal's standard input is the secret."""
    reading, writing = os.pipe()
    try:
        with os.fdopen(writing, "wb") as stream:
            # A certificate is far smaller than what a pipe holds.
            stream.write(content)
        yield reading
    finally:
        os.close(reading)
