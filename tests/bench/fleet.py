"""Makes a blueprint of many clusters, and the sealed remote secrets of all of its remotes, for measurements.

    python fleet.py CLUSTERS FOLDER

writes FOLDER/fleet.yaml, and FOLDER/inputs for `mcgen build --inputs`.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
from pathlib import Path
from typing import Any

import yaml

from mcgen import layout, names

NAME = "fleet"
PRIMARY = "gke-0000"
PLATFORMS = ("aks", "eks", "generic", "gke")


def blueprint(clusters: int) -> dict[str, Any]:
    """Return a mesh of one primary and `clusters` - 1 remotes on four platforms."""
    remotes = [_remote(i) for i in range(1, clusters)]
    return {
        "apiVersion": "mcgen/v1alpha1",
        "kind": "Mesh",
        "metadata": {"name": NAME, "description": f"A fleet of {clusters} clusters."},
        "gitops": {
            "repo": "https://git.example.com/platform/mesh.git",
            "revision": "production",
            "argocd": {"cluster": PRIMARY, "version": "3.5.7"},
        },
        "mesh": {"id": "mesh1", "trustDomain": "mesh.example.com"},
        "istio": {
            "version": "1.31.1",
            "hub": "registry.example.com/istio",
            "meshConfig": {"accessLogFile": "/dev/stdout", "outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}},
            "values": {"global": {"proxy": {"resources": {"requests": {"cpu": "50m", "memory": "96Mi"}}}}},
        },
        "clusters": [_primary(), *remotes],
        "namespaces": [
            {"name": "shop", "exported": True, "serviceAccounts": ["cart", "frontend"], "labels": {"team": "shop"}},
            {
                "name": "payment",
                "exported": True,
                "clusters": [PRIMARY, *(cluster["name"] for cluster in remotes[::4])],
                "annotations": {"example.com/contact": "payment@example.com"},
            },
        ],
        "demo": {"enabled": True},
        "policies": _policies(),
    }


def _primary() -> dict[str, Any]:
    return {
        "name": PRIMARY,
        "id": f"id-{PRIMARY}",
        "platform": "gke",
        "role": "primary",
        "network": "net-0000",
        "gateway": {
            "address": "203.0.113.10",
            "reserved": ["mesh-east-west"],
            "sourceRanges": ["10.0.0.0/8", "198.51.100.0/24"],
            "replicas": {"min": 3, "max": 10},
            "resources": {"requests": {"cpu": "500m", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
        },
        "bootstrap": {"context": "gke_example_europe-west3_mesh"},
    }


def _remote(i: int) -> dict[str, Any]:
    platform = PLATFORMS[i % len(PLATFORMS)]
    name = f"{platform}-{i:04}"
    gateway: dict[str, Any] = {
        "address": f"10.{100 + i // 250}.{i % 250}.10",
        "sourceRanges": ["10.0.0.0/8", f"198.51.{100 + i // 250}.{i % 250}/32"],
    }
    if platform == "generic":
        gateway["annotations"] = {"metallb.io/address-pool": f"mesh-{i:04}"}
    else:
        gateway["scheme"] = "internal"
    if i % 3 == 0:
        gateway["replicas"] = {"min": 2, "max": 4 + i % 5}
    return {
        "name": name,
        "id": f"id-{name}",
        "platform": platform,
        "role": "remote",
        "network": f"net-{i:04}",
        "gateway": gateway,
        "bootstrap": {"context": f"{name}-admin", "server": f"https://api.{name}.example.com:6443"},
    }


def _policies() -> list[dict[str, Any]]:
    return [
        {
            "name": "cart-callers",
            "namespace": "payment",
            "description": "Only the cart pays: POST, on one port.",
            "selector": {"app": "payment"},
            "rules": [
                {
                    "from": {"serviceAccounts": ["shop/cart"]},
                    "to": {"methods": ["POST"], "paths": ["/v1/payments", "/v1/payments/*"], "ports": [8080]},
                }
            ],
        },
        {"name": "nobody-deletes", "namespace": "shop", "action": "DENY", "rules": [{"to": {"methods": ["DELETE"]}}]},
        {"name": "deny-by-default", "namespace": "payment"},
    ]


def sealed_secret(cluster: str) -> dict[str, Any]:
    """Return what `kubeseal --format yaml` would give for a remote of this fleet, sealed for nobody."""
    return sealed_secret_of(f"id-{cluster}")


def sealed_secret_of(cluster_id: str) -> dict[str, Any]:
    """Return the same for any cluster, by its ID."""
    name = names.remote_secret(cluster_id)
    noise = b"\x02\0" + b"".join(hashlib.sha512(f"{cluster_id}{i}".encode()).digest() for i in range(60))
    metadata = {"name": name, "namespace": names.ISTIO_SYSTEM}
    template = {
        "annotations": {names.REMOTE_CLUSTER: cluster_id},
        "labels": {names.MULTI_CLUSTER: "true"},
        **metadata,
    }
    return {
        "apiVersion": names.SEALED_SECRET,
        "kind": "SealedSecret",
        "metadata": metadata,
        "spec": {"encryptedData": {cluster_id: base64.b64encode(noise).decode()}, "template": {"metadata": template}},
    }


def write(clusters: int, folder: Path) -> Path:
    """Write the blueprint and the sealed secrets of its remotes, and return the blueprint's path."""
    folder.mkdir(parents=True, exist_ok=True)
    mesh = blueprint(clusters)
    path = folder / "fleet.yaml"
    path.write_text(_yaml(mesh))
    for cluster in mesh["clusters"][1:]:
        secret = folder / "inputs" / layout.sealed_secret(PRIMARY, cluster["name"])
        secret.parent.mkdir(parents=True, exist_ok=True)
        secret.write_text("---\n" + _yaml(sealed_secret(cluster["name"])))
    return path


def _yaml(data: dict[str, Any]) -> str:
    return yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, width=1 << 20)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clusters", type=int)
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    print(write(arguments.clusters, arguments.folder))
