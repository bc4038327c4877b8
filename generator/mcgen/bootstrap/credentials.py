"""Credentials become kubeconfigs: those of the pod itself, of Argo CD's cluster Secrets, and of kubeconfigs.

Nothing here asks a cluster or writes anywhere. No message holds a value: what cannot be used is named by its key.
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import TYPE_CHECKING, Any

from mcgen import names, reread
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcgen.tree import Data

_NAME = "cluster"
_FLATTEN = "embed it: kubectl config view --minify --flatten --raw"
_STATIC = "make a kubeconfig with a token of a ServiceAccount, and name it with kubeconfigSecret instead"
# Of a kubeconfig's cluster and user what is passed on: all that kubectl, istioctl and kubeseal go by without a file.
_CLUSTER_FIELDS = {
    "server", "certificate-authority-data", "insecure-skip-tls-verify", "tls-server-name", "proxy-url",
    "disable-compression",
}  # fmt: skip
_USER_FIELDS = {"token", "username", "password", "client-certificate-data", "client-key-data"}
_FILES = {"certificate-authority", "client-certificate", "client-key", "tokenFile"}


def own(server: str, folder: str) -> Data:
    """Return the kubeconfig of a pod's ServiceAccount: it names the files of its folder and holds no secret."""
    cluster = {"server": server, "certificate-authority": f"{folder}/ca.crt"}
    return _kubeconfig(cluster, {"tokenFile": f"{folder}/token"})


def from_argocd(secret: Mapping[str, Any], cluster: str) -> Data | None:
    """Return the kubeconfig of a cluster Secret of Argo CD; None when it means the cluster that Argo CD runs in.

    secret: as the API server gives it. cluster: the name under which the cluster must be registered.
    Source: argo-cd, pkg/apis/application/v1alpha1/types.go, ClusterConfig and Cluster.RawRestConfig.
    """
    if (secret.get("metadata", {}).get("labels") or {}).get(names.ARGOCD_SECRET_TYPE) != "cluster":
        raise ToolError(f"it is no cluster Secret of Argo CD: the label {names.ARGOCD_SECRET_TYPE} is not 'cluster'")
    data = {key: _decoded(secret, key) for key in ("name", "server", "config")}
    if data["name"] != cluster:
        raise ToolError(f"it is of the cluster '{data['name']}', and not of '{cluster}'")
    config = _config(data["config"])
    server = data["server"].rstrip("/")
    if not server.startswith("https://"):
        raise ToolError("its `server` is no https URL")
    user = {key: config[field] for key, field in _LOGIN if config.get(field)}
    if server == names.IN_CLUSTER_SERVER and not user:
        return None
    if server == names.IN_CLUSTER_SERVER:
        return _kubeconfig({"server": server, "certificate-authority": f"{names.ACCOUNT_FOLDER}/ca.crt"}, user)
    tls = config.get("tlsClientConfig") or {}
    for field in ("awsAuthConfig", "execProviderConfig"):
        if config.get(field):
            raise ToolError(f"it logs in with a program ({field}), which the job has not: {_STATIC}")
    found = {"server": server} | {key: tls[field] for key, field in _TLS if tls.get(field)}
    if config.get("proxyUrl"):
        found["proxy-url"] = config["proxyUrl"]
    return _kubeconfig(found, user | {key: tls[field] for key, field in _CLIENT if tls.get(field)})


_LOGIN = (("token", "bearerToken"), ("username", "username"), ("password", "password"))
_TLS = (
    ("certificate-authority-data", "caData"),
    ("insecure-skip-tls-verify", "insecure"),
    ("tls-server-name", "serverName"),
)
_CLIENT = (("client-certificate-data", "certData"), ("client-key-data", "keyData"))


def from_kubeconfig(secret: Mapping[str, Any]) -> Data:
    """Return what a Secret's kubeconfig says of its current context; raise ToolError for what cannot be used."""
    try:
        given: Any = reread.document(_decoded(secret, names.KUBECONFIG_KEY))
        name = given["current-context"]
        context = _named(given, "contexts", name)["context"]
        cluster = _named(given, "clusters", context["cluster"])["cluster"]
        user = _named(given, "users", context["user"])["user"]
        fields = {**cluster, **user}
    except (AttributeError, KeyError, TypeError, reread.Unreadable):
        # The cause may quote what is secret.
        raise ToolError(f"its `{names.KUBECONFIG_KEY}` is no kubeconfig with a current context") from None
    for field in fields:
        if field in ("exec", "auth-provider"):
            raise ToolError(f"it logs in with a program ({field}), which the job has not: use a token instead")
        if field in _FILES:
            raise ToolError(f"it names a file ({field}), which the job has not: {_FLATTEN}")
    unknown = sorted((cluster.keys() - _CLUSTER_FIELDS) | (user.keys() - _USER_FIELDS))
    if unknown:
        raise ToolError(f"it has a field that the job does not pass on: {unknown[0]}")
    if not str(cluster.get("server", "")).startswith("https://"):
        raise ToolError("its `server` is no https URL")
    return _kubeconfig(cluster, user)


def _named(given: Any, kind: str, name: str) -> Any:
    return next((entry for entry in given[kind] if entry["name"] == name), {})


def _decoded(secret: Mapping[str, Any], key: str) -> str:
    try:
        return base64.b64decode((secret.get("data") or {})[key], validate=True).decode()
    except KeyError:
        raise ToolError(f"it has no key `{key}`") from None
    except (binascii.Error, TypeError, ValueError):
        raise ToolError(f"its key `{key}` is no text") from None


def _config(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("tlsClientConfig") or {}, dict):
        raise ToolError("its key `config` is not the JSON of an Argo CD cluster")
    return found


def _kubeconfig(cluster: Mapping[str, Any], user: Mapping[str, Any]) -> Data:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": _NAME, "cluster": dict(cluster)}],
        "users": [{"name": _NAME, "user": dict(user)}],
        "contexts": [{"name": _NAME, "context": {"cluster": _NAME, "user": _NAME}}],
        "current-context": _NAME,
    }
