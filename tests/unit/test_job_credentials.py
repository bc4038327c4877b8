"""What Secrets hold becomes kubeconfigs, or is refused with a word that is no secret."""

from __future__ import annotations

import base64
import json
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml

from mcgen.bootstrap import credentials, ways
from mcgen.problems import ToolError
from tests.job.repository import cluster_secret

SECRET = "not-for-your-eyes"


def argocd(server: str = "https://aks.example.com", **config: Any) -> dict[str, Any]:
    secret = cluster_secret("aks", **config)
    secret["data"]["server"] = base64.b64encode(server.encode()).decode()
    return secret


def parts(kubeconfig: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
    assert kubeconfig is not None
    return kubeconfig["clusters"][0]["cluster"], kubeconfig["users"][0]["user"]


def test_a_pods_own_account_is_named_by_its_files() -> None:
    cluster, user = parts(credentials.own("https://10.0.0.1:443", "/there"))
    assert cluster == {"server": "https://10.0.0.1:443", "certificate-authority": "/there/ca.crt"}
    assert user == {"tokenFile": "/there/token"}


def test_every_field_of_argo_cd_has_its_place() -> None:
    tls = {"insecure": False, "serverName": "api", "caData": "Y2E=", "certData": "Y2VydA==", "keyData": "a2V5"}
    secret = argocd(bearerToken="", username="u", password="p", tlsClientConfig=tls, proxyUrl="http://proxy:3128")
    cluster, user = parts(credentials.from_argocd(secret, "aks"))
    assert cluster == {
        "server": "https://aks.example.com",
        "certificate-authority-data": "Y2E=",
        "tls-server-name": "api",
        "proxy-url": "http://proxy:3128",
    }
    assert user == {
        "username": "u",
        "password": "p",
        "client-certificate-data": "Y2VydA==",
        "client-key-data": "a2V5",
    }


def test_insecure_stays_insecure() -> None:
    cluster, _ = parts(credentials.from_argocd(argocd(tlsClientConfig={"insecure": True}), "aks"))
    assert cluster == {"server": "https://aks.example.com", "insecure-skip-tls-verify": True}


@pytest.mark.parametrize("server", ["https://kubernetes.default.svc", "https://kubernetes.default.svc/"])
def test_argo_cds_own_cluster_is_the_pods(server: str) -> None:
    assert credentials.from_argocd(argocd(server, bearerToken=""), "aks") is None
    cluster, user = parts(credentials.from_argocd(argocd(server, bearerToken=SECRET), "aks"))
    assert cluster["certificate-authority"] == "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"
    assert user == {"token": SECRET}


def other(**data: str) -> dict[str, Any]:
    secret = argocd()
    secret["data"] |= {key: base64.b64encode(value.encode()).decode() for key, value in data.items()}
    return secret


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (argocd(execProviderConfig={"command": "x", "env": {"A": SECRET}}), "a program (execProviderConfig)"),
        (argocd(awsAuthConfig={"clusterName": SECRET}), "a program (awsAuthConfig)"),
        (other(name="eks"), "it is of the cluster 'eks', and not of 'aks'"),
        (other(server="http://aks"), "no https URL"),
        (other(config=f"{{{SECRET}"), "not the JSON"),
        (other(config=json.dumps([SECRET])), "not the JSON"),
        (other(config=json.dumps({"tlsClientConfig": SECRET})), "not the JSON"),
        (argocd() | {"data": {}}, "no key `name`"),
        (argocd() | {"data": None}, "no key `name`"),
        (argocd() | {"data": {"name": f"{SECRET}!"}}, "its key `name` is no text"),
        (argocd() | {"metadata": {"name": "x"}}, "no cluster Secret of Argo CD"),
    ],
)
def test_what_cannot_be_used_of_argo_cd(secret: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolError) as caught:
        credentials.from_argocd(secret, "aks")
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def kubeconfig(
    cluster: dict[str, Any] | None = None, user: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    given = {
        "current-context": "it",
        "contexts": [{"name": "else", "context": {}}, {"name": "it", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://aks.example.com"} | (cluster or {})}],
        "users": [{"name": "no", "user": {"exec": {}}}, {"name": "u", "user": {"token": SECRET} | (user or {})}],
    } | more
    return text(yaml.safe_dump(given))


def text(content: str) -> dict[str, Any]:
    return {"data": {"kubeconfig": base64.b64encode(content.encode()).decode()}}


def test_of_a_kubeconfig_only_the_current_context_is_kept() -> None:
    cluster, user = parts(credentials.from_kubeconfig(kubeconfig({"certificate-authority-data": "Y2E="})))
    assert cluster == {"server": "https://aks.example.com", "certificate-authority-data": "Y2E="}
    assert user == {"token": SECRET}


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        (kubeconfig(user={"exec": {"command": SECRET}}), "a program (exec)"),
        (kubeconfig(user={"auth-provider": {"name": SECRET}}), "a program (auth-provider)"),
        (kubeconfig(user={"tokenFile": f"/{SECRET}"}), "a file (tokenFile)"),
        (kubeconfig(user={"client-key": f"/{SECRET}"}), "a file (client-key)"),
        (kubeconfig({"certificate-authority": "/ca"}), "a file (certificate-authority)"),
        (kubeconfig(user={"as": SECRET}), "does not pass on: as"),
        (kubeconfig({"server": "http://aks"}), "no https URL"),
        (kubeconfig(clusters=[]), "no kubeconfig with a current context"),
        (kubeconfig(users=[]), "no kubeconfig with a current context"),
        (text(f"a: [{SECRET}"), "no kubeconfig with a current context"),
        (text(SECRET), "no kubeconfig with a current context"),
        ({"data": {"config": ""}}, "no key `kubeconfig`"),
    ],
)
def test_what_cannot_be_used_of_a_kubeconfig(secret: dict[str, Any], words: str) -> None:
    with pytest.raises(ToolError) as caught:
        credentials.from_kubeconfig(secret)
    assert words in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_what_is_in_memory_is_read_as_often_as_one_likes_and_written_by_nobody() -> None:
    with ExitStack() as stack:
        descriptor = stack.enter_context(ways.in_memory(b"content"))
        path = Path(f"/dev/fd/{descriptor}")
        assert [path.read_bytes(), path.read_bytes()] == [b"content"] * 2
        with pytest.raises(PermissionError):
            os.write(descriptor, b"x")
        with pytest.raises(PermissionError):
            os.truncate(descriptor, 0)
        assert "memfd:kubeconfig" in os.readlink(f"/proc/self/fd/{descriptor}")
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)


def test_a_pod_knows_its_api_server() -> None:
    given = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}
    assert ways.pod(given).server == "https://10.0.0.1:443"
    assert ways.pod(given | {"KUBERNETES_SERVICE_HOST": "fd00::1"}).server == "https://[fd00::1]:443"
    with pytest.raises(ToolError, match="this is no pod"):
        ways.pod({})
