"""Questions to live clusters, asked with kubectl: only what is needed comes back, and never a secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mcgen import names, proc
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from mcgen.bootstrap.access import Access

_UNREACHABLE = re.compile(
    r"unable to connect|connection refused|was refused|i/o timeout|timed out|timeout|no route to host|no such host"
    r"|connection reset|network is unreachable|\bEOF\b|ServiceUnavailable|TooManyRequests|InternalError",
    re.IGNORECASE,
)
_LOOPBACK = ("localhost", "127.", "[::1]", "0.0.0.0")  # noqa: S104 - names, and nothing is bound
# Of klog: severity and day.
_LOG_LINE = re.compile(rb"[IWEF][0-9]{4} ")
_NO_CONTEXT = re.compile(r"context \S+ does not exist|context was not found|current-context|no configuration")
_FORBIDDEN = re.compile(r"\(Forbidden\)|\(Unauthorized\)|must be logged in|provide credentials", re.IGNORECASE)

# A token Secret without its data: what it is, whose it is, since when, and whether it has been filled.
_TOKEN = (
    "{{.type}} {{with .metadata.annotations}}"
    f'{{{{with index . "{names.SERVICE_ACCOUNT_NAME}"}}}}{{{{.}}}}{{{{end}}}}|'
    f'{{{{with index . "{names.CLUSTER}"}}}}{{{{.}}}}{{{{end}}}}'
    "{{else}}|{{end}}|{{.metadata.creationTimestamp}}|"
    '{{with .data}}{{if index . "token"}}{{if index . "ca.crt"}}filled{{end}}{{end}}{{end}}'
)
_TOKEN_TYPE = "kubernetes.io/service-account-token"  # noqa: S105 - a type
_INGRESS = "{{range .status.loadBalancer.ingress}}{{if .ip}}{{.ip}}{{else}}{{.hostname}}{{end}} {{end}}"


class Why(StrEnum):
    """Why a cluster gave no answer."""

    NOT_FOUND = "not found"
    FORBIDDEN = "forbidden"
    UNREACHABLE = "unreachable"
    OTHER = "failed"


class NoAnswer(ToolError):  # noqa: N818 - an answer of its own kind
    """A cluster gave no answer; `why` says of which kind that is, the message has kubectl's own words."""

    def __init__(self, why: Why, message: str) -> None:
        super().__init__(message)
        self.why = why


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSecret:
    """A token Secret as far as it is no secret. account: whose; cluster: as the tree says; created: RFC 3339."""

    account: str
    cluster: str
    created: str
    filled: bool


def kubectl(access: Access, *arguments: str, timeout: float, stdin: str = "") -> str:
    """Return what kubectl prints; raise NoAnswer when it fails, ToolError when it is not there."""
    # Looking a cluster's API up takes requests of its own.
    argv = ["kubectl", *access.options, f"--request-timeout={max(1, timeout / 3):.0f}s", *arguments]
    try:
        done = proc.run(argv, timeout=timeout, stdin=stdin.encode(), pass_fds=access.descriptors)
    except proc.TimedOut as error:
        raise NoAnswer(Why.UNREACHABLE, f"{access.cluster} ({access}): {error}") from error
    if done.code:
        words = proc.words(_plain(done.stderr)) or "kubectl failed"
        raise NoAnswer(why(done.words), f"{access.cluster} ({access}): {words}{hint(words)}")
    return done.stdout.decode(errors="replace")


def _plain(said: bytes) -> bytes:
    """Return what kubectl says for people: without the lines of its libraries, where there are others."""
    lines = said.splitlines()
    return b"\n".join([line for line in lines if not _LOG_LINE.match(line)] or lines)


def hint(words: str) -> str:
    """Return what to do about a failure, as far as a program's words tell."""
    if _NO_CONTEXT.search(words):
        return " (give --kubeconfig CLUSTER=FILE, or name the context in clusters[].bootstrap.context)"
    if "sealed-secrets" in words and "not found" in words:
        return " (is it installed there? addons.sealedSecrets says where it is)"
    return ""


def why(said: str) -> Why:
    """Return which kind of failure a program's words tell of."""
    if "(NotFound)" in said:
        return Why.NOT_FOUND
    if _FORBIDDEN.search(said):
        return Why.FORBIDDEN
    return Why.UNREACHABLE if _UNREACHABLE.search(said) else Why.OTHER


def token_secret(access: Access, name: str, *, timeout: float) -> TokenSecret | None:
    """Return a token Secret of istio-system, None when it is not there; raise NoAnswer."""
    try:
        found = kubectl(access, *_get("secret", name), f"--output=go-template={_TOKEN}", timeout=timeout)
    except NoAnswer as error:
        if error.why is Why.NOT_FOUND:
            return None
        raise
    kind, _, rest = found.partition(" ")
    if kind != _TOKEN_TYPE:
        raise NoAnswer(Why.OTHER, f"{access.cluster}: Secret {name} is of type {kind}, and no token Secret")
    parts = rest.split("|")
    if len(parts) != 4:
        raise NoAnswer(Why.OTHER, f"{access.cluster}: the annotations of Secret {name} are none of mcgen's")
    account, cluster, created, filled = parts
    return TokenSecret(account=account, cluster=cluster, created=created, filled=bool(filled))


def gateway_address(access: Access, *, timeout: float) -> str:
    """Return the address of a cluster's east-west gateway, empty while it has none; raise NoAnswer."""
    try:
        found = kubectl(
            access, *_get("service", names.EAST_WEST_GATEWAY), f"--output=go-template={_INGRESS}", timeout=timeout
        )
    except NoAnswer as error:
        if error.why is Why.NOT_FOUND:
            return ""
        raise
    return " ".join(found.split()[:1])


def server(access: Access) -> str:
    """Return the API server's URL in the kubeconfig; nothing is asked of the cluster."""
    template = "{{range .clusters}}{{.cluster.server}}{{end}}"
    return kubectl(access, "config", "view", "--minify", f"--output=go-template={template}", timeout=10).strip()


def is_loopback(url: str) -> bool:
    """Return whether the URL of an API server leads each machine to itself."""
    return urlsplit(url).netloc.rpartition("@")[2].startswith(_LOOPBACK)


def _get(kind: str, name: str) -> tuple[str, ...]:
    return ("get", kind, name, f"--namespace={names.ISTIO_SYSTEM}")
