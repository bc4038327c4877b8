"""Where every pair stands: from the tree, and from the clusters as far as they answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.backends import EXTERNAL_SECRETS
from mcgen.bootstrap import access, kube, replicas
from mcgen.bootstrap.made import MADE
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import each
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from mcgen.bootstrap.outcome import Options
    from mcgen.facts import Certificate
    from mcgen.load import Loaded
    from mcgen.mesh import Mesh
    from mcgen.pairs import Pair

UNKNOWN = "unknown"
_SOON = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where one pair stands; "unknown" where a cluster did not answer, empty where there is nothing.

    age: of the token in whole days. fingerprint, not_after: of the certificate that the file was sealed with.
    unsealed: True, False or unknown as text. istiod: such as "2 of 2 synced". why: what did not answer.
    """

    consumer: str
    remote: str
    state: str
    token: str
    age: int | None
    fingerprint: str
    not_after: str
    unsealed: str
    istiod: str
    next: str
    why: tuple[str, ...] = ()


@dataclass(slots=True)
class _Live:
    """What clusters say of a pair."""

    secret: kube.TokenSecret | None = None
    unsealed: str = UNKNOWN
    istiod: str = UNKNOWN
    synced: bool = False
    asked_remote: bool = False
    why: tuple[str, ...] = ()


def standings(loaded: Loaded, options: Options) -> list[Standing]:
    """Return where every pair of a mesh stands, in the order of the blueprint; clusters are asked several at once."""
    mesh, known, retry = loaded.mesh, loaded.inputs.facts.certificates, Retry(options.retries)
    pairs = {(pair.consumer.name, pair.remote.name): pair for pair in mesh.all_pairs}

    def ask(who: tuple[str, str]) -> Standing:
        return standing(mesh, pairs[who], known.get(who[0]), options, retry)

    found = dict(each(ask, pairs, options.jobs, retry))
    return [found[who] for who in pairs]


def signing(mesh: Mesh, options: Options) -> str:
    """Return the command that gives primaries the CA that they wait for, empty where none does."""
    if not mesh.unsigned:
        return ""
    following = " --new-ca FOLDER" if mesh.rotation else ""
    return f"{options.command} --ca FOLDER{following}{_push(mesh)}"


def _push(mesh: Mesh) -> str:
    return " --push COMMAND" if mesh.secrets.name == EXTERNAL_SECRETS else ""


def standing(mesh: Mesh, pair: Pair, known: Certificate | None, options: Options, retry: Retry) -> Standing:
    """Return where a pair stands; nothing that a cluster fails to say is an error."""
    live = _Live()
    for ask in (_ask_remote, _ask_consumer, _ask_istiod):
        try:
            retry(lambda ask=ask: ask(mesh, pair, options, live))  # type: ignore[misc]
        except ToolError as error:
            live.why += (str(error),)
    state = _state(pair, mesh.secrets.backend.DONE)
    used = pair.held.certificate if pair.held else ""
    return Standing(
        consumer=pair.consumer.name,
        remote=pair.remote.name,
        state=state,
        token=pair.held.token or pair.tokens[0] if pair.held else "",
        age=_age(live.secret.created) if live.secret else None,
        fingerprint=used,
        not_after=known.not_after if known and known.fingerprint == used else "",
        unsealed=live.unsealed if pair.held else "",
        istiod=live.istiod if pair.held else "",
        next="nothing: it leaves the mesh" if pair.leaves else _next(mesh, pair, state, live, known, options.command),
        why=live.why,
    )


def _state(pair: Pair, done: str) -> str:
    """Return the state of a pair; done: what has become of a secret that is in its place."""
    if not pair.held:
        return f"not {done}"
    if len(pair.tokens) == 1:
        return done
    return f"rotating, new token {done}" if pair.held.token == pair.tokens[-1] else f"rotating, to be {done}"


def _ask_remote(_mesh: Mesh, pair: Pair, options: Options, live: _Live) -> None:
    way = access.of(pair.remote, options.kubeconfigs)
    # The one to be used from now on, also while the sealed file still holds the one before.
    name = names.reader_token(pair.consumer.name, pair.tokens[-1])
    live.secret = kube.token_secret(way, name, timeout=options.timeout)
    live.asked_remote = True


def _ask_consumer(mesh: Mesh, pair: Pair, options: Options, live: _Live) -> None:
    if not pair.held:
        return
    way, made = access.of(pair.consumer, options.kubeconfigs), MADE[mesh.secrets.name]
    where = (names.remote_secret(pair.remote.id), f"--namespace={names.ISTIO_SYSTEM}")
    try:
        found = kube.kubectl(
            way, "get", made.resource, *where, f"--output=go-template={made.template}", timeout=options.timeout
        )
    except kube.NoAnswer as error:
        if error.why is not kube.Why.NOT_FOUND:
            raise
        live.unsealed = "not applied"
        return
    live.unsealed = made.read(found.strip(), pair)


def _ask_istiod(_mesh: Mesh, pair: Pair, options: Options, live: _Live) -> None:
    if not pair.held:
        return
    way = access.of(pair.consumer, options.kubeconfigs)
    found = replicas.replicas(way, pair.remote.id, options)
    good = sum(replica.status == "synced" for replica in found)
    live.istiod = f"{good} of {len(found)} synced"
    live.synced = bool(found) and good == len(found)


def _age(created: str) -> int:
    return max(0, (datetime.now(UTC) - datetime.fromisoformat(created)).days)


def _next(mesh: Mesh, pair: Pair, state: str, live: _Live, known: Certificate | None, command: str) -> str:
    done = mesh.secrets.backend.DONE
    make = f"{command}{_push(mesh)}"
    if state in (f"not {done}", f"rotating, to be {done}"):
        if live.secret and live.secret.filled:
            return make
        if live.asked_remote:
            return f"commit, until Argo CD has synced stage namespaces of {pair.remote.name}"
        return f"reach {pair.remote.name}, then {make}"
    if live.unsealed == "no":
        remedy = MADE[mesh.secrets.name].remedy
        return remedy.format(consumer=pair.consumer.name, command=command, remote=pair.remote.name)
    if live.unsealed in ("not applied", "not yet"):
        return "commit, and let Argo CD sync"
    if state.startswith("rotating"):
        return f"{command} --revoke {pair.remote.name}"
    if live.istiod == UNKNOWN or live.unsealed == UNKNOWN:
        return "reach the clusters to know more"
    if not live.synced:
        return f"find out why istiod cannot read {pair.remote.name}: mcgen doctor"
    if known and _expires_soon(known.not_after):
        return "nothing (the sealing certificate expires soon; the controller makes a new one by itself)"
    return "nothing"


def _expires_soon(day: str) -> bool:
    return (datetime.fromisoformat(f"{day}T00:00:00+00:00") - datetime.now(UTC)).days < _SOON
