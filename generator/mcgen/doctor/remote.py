"""What is asked of a remote: the identity with which its primary's istiod reads it, and its API server's address."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.bootstrap import kube, rotation
from mcgen.doctor.ask import Client, Question
from mcgen.doctor.compare import judge_object
from mcgen.doctor.installed import what
from mcgen.doctor.verdict import Check, finding, fine
from mcgen.manifests import readers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mcgen.bootstrap.kube import TokenSecret
    from mcgen.pairs import Pair
    from mcgen.tree import Data

SERVER = "API server's address in its remote secret"


def questions(pairs: Sequence[Pair], client: Client) -> Iterator[Question]:
    """Yield the questions to a cluster that others read. pairs: who reads it, who serves it first."""
    for pair in pairs:
        yield from _identities(pair, client)
    # All who read it are told the same address.
    for pair in pairs[:1]:
        yield Question(whats=(SERVER,), ask=partial(_server, client, pair))


def _identities(pair: Pair, client: Client) -> Iterator[Question]:
    for document in readers.objects(pair):
        yield Question(whats=(what(document),), ask=partial(_reader, client, pair, document))
    for suffix in pair.tokens:
        yield Question(whats=(token_what(pair, suffix),), ask=partial(_token, client, pair, suffix))
    if old := rotation.before(pair.tokens[0]):
        yield Question(whats=(revoked_what(pair, old),), ask=partial(_revoked, client, pair, old))


def token_what(pair: Pair, suffix: str) -> str:
    """Return the name of the check of a token Secret."""
    return f"Secret {names.reader_token(pair.consumer.name, suffix)}"


def judge_token(pair: Pair, suffix: str, found: TokenSecret | None) -> Check:
    """Return whether a token Secret is there, filled, of the reader and of this cluster."""
    title, reader = token_what(pair, suffix), names.reader(pair.consumer.name, suffix)
    if found is None:
        return finding("MC721", title, "it is not there", _sync(pair))
    if found.account != reader:
        words = f"it is of the account '{found.account}', and not of {reader}"
        return finding("MC721", title, words, f"delete it; Argo CD makes it again ({_sync(pair)})")
    # A tree that was synced before Secrets said whose they are says nothing.
    if found.cluster not in ("", pair.remote.name):
        words = f"it says that this is the cluster '{found.cluster}'"
        advice = "the context, or the cluster's registration in Argo CD, leads to another cluster: compare both"
        return finding("MC721", title, words, advice)
    if not found.filled:
        return finding("MC721", title, "it holds no token", "find out why the cluster's controller manager fills none")
    return fine(title)


def revoked_what(pair: Pair, suffix: str) -> str:
    """Return the name of the check that a revoked token is gone."""
    return f"Secret {names.reader_token(pair.consumer.name, suffix)}, revoked"


def judge_revoked(pair: Pair, suffix: str, found: TokenSecret | None) -> Check:
    """Return whether the token before the present one is gone: it goes with its account, which Argo CD prunes."""
    title = revoked_what(pair, suffix)
    if found is None:
        return fine(title, "gone")
    return finding("MC724", title, "it is still there, and its token still opens the cluster", _sync(pair))


def judge_server(pair: Pair, server: str) -> Check:
    """Return whether the address that goes into the remote secret can be one of this cluster for others."""
    if not kube.is_loopback(server):
        return fine(SERVER, server)
    words = f"{server} leads each machine to itself: istiod in {pair.consumer.name} reaches nothing there"
    advice = f"set clusters[].bootstrap.server, then `mcgen bootstrap --reseal {pair.remote.name}`"
    return finding("MC723", SERVER, words, advice)


def _reader(client: Client, pair: Pair, document: Data) -> Iterator[Check]:
    live = client.get(document["kind"].lower(), document["metadata"]["name"], document["metadata"].get("namespace", ""))
    changed = f"istiod's rights come from the tree: {_sync(pair)}"
    yield judge_object("MC720", what(document), document, live, absent=_sync(pair), changed=changed)


def _token(client: Client, pair: Pair, suffix: str) -> Iterator[Check]:
    name = names.reader_token(pair.consumer.name, suffix)
    yield judge_token(pair, suffix, kube.token_secret(client.access, name, timeout=client.timeout))


def _revoked(client: Client, pair: Pair, suffix: str) -> Iterator[Check]:
    name = names.reader_token(pair.consumer.name, suffix)
    yield judge_revoked(pair, suffix, kube.token_secret(client.access, name, timeout=client.timeout))


def _server(client: Client, pair: Pair) -> Iterator[Check]:
    # The secret itself is none of the doctor's business.
    yield judge_server(pair, pair.remote.server or kube.server(client.access))


def _sync(pair: Pair) -> str:
    return f"let Argo CD sync stage namespaces of {pair.remote.name}"
