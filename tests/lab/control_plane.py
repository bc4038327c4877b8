"""The programs of an API server: etcd, kube-apiserver and its controllers, with their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.lab.catalogue import TOOLS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab.plan import ClusterPlan

ETCD = "http://127.0.0.1:2379"


def etcd(folder: Path) -> list[str]:
    """Return etcd's command line; it may lose what a crash of the machine catches in flight."""
    return [
        "etcd",
        f"--data-dir={folder}/etcd",
        f"--listen-client-urls={ETCD}",
        f"--advertise-client-urls={ETCD}",
        "--listen-peer-urls=http://127.0.0.1:2380",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def api_server(cluster: ClusterPlan, folder: Path) -> list[str]:
    """Return kube-apiserver's command line."""
    keys = folder / "pki"
    return [
        f"{TOOLS}/kube-apiserver",
        f"--etcd-servers={ETCD}",
        "--secure-port=6443",
        "--bind-address=0.0.0.0",
        f"--advertise-address={cluster.api_address}",
        f"--tls-cert-file={keys}/server.crt",
        f"--tls-private-key-file={keys}/server.key",
        f"--client-ca-file={keys}/ca.crt",
        f"--service-account-key-file={keys}/sa.pub",
        f"--service-account-signing-key-file={keys}/sa.key",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={cluster.services}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        f"--kubelet-client-certificate={keys}/admin.crt",
        f"--kubelet-client-key={keys}/admin.key",
        "--kubelet-preferred-address-types=InternalIP",
        # How it names callers to the API servers behind it (metrics-server).
        f"--requestheader-client-ca-file={keys}/ca.crt",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={keys}/front-proxy.crt",
        f"--proxy-client-key-file={keys}/front-proxy.key",
    ]


def controller_manager(folder: Path) -> list[str]:
    """Return kube-controller-manager's command line; the bridge plugin gives pods their addresses, so it need not."""
    keys = folder / "pki"
    return [
        f"{TOOLS}/kube-controller-manager",
        f"--kubeconfig={keys}/controller-manager.kubeconfig",
        f"--service-account-private-key-file={keys}/sa.key",
        f"--root-ca-file={keys}/ca.crt",
        "--use-service-account-credentials=true",
        "--leader-elect=false",
        "--secure-port=0",
        "--controllers=*,-node-ipam-controller",
    ]


def scheduler(folder: Path) -> list[str]:
    """Return kube-scheduler's command line."""
    return [
        f"{TOOLS}/kube-scheduler",
        f"--kubeconfig={folder}/pki/scheduler.kubeconfig",
        "--leader-elect=false",
        "--secure-port=0",
        "--authentication-skip-lookup",
    ]
