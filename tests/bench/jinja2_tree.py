"""The script that a team would write instead of mcgen, to measure mcgen against: templates, a loop, files.

    python jinja2_tree.py BLUEPRINT INPUTS OUT

It checks nothing, writes every file at every run, and knows only what the fleet of `fleet.py` uses. It writes
clusters/, argocd/install and argocd/applicationsets as mcgen does; README, bases and argocd/setup, which do not
grow with the fleet in number, are left out.
"""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

WAVES = {
    "namespaces": 0,
    "remote-secret": 10,
    "base": 15,
    "control-plane": 20,
    "east-west-gateway": 30,
    "exposure": 40,
    "policies": 50,
    "workloads": 60,
}
RENDERED = ("base", "control-plane", "east-west-gateway")
BASES = ("namespaces", "exposure", "policies", "workloads")
ONLY_PRIMARY, ONLY_REMOTE = ("exposure", "policies"), ("remote-secret",)
DATA_PORTS = [("status-port", 15021), ("tls", 15443)]
ISTIOD_PORTS = [("tls-istiod", 15012), ("tls-webhook", 15017)]
CLUSTER_KINDS = [
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
]
NAMESPACE_KINDS = [
    ("", "ConfigMap"),
    ("", "Secret"),
    ("", "Service"),
    ("", "ServiceAccount"),
    ("apps", "Deployment"),
    ("autoscaling", "HorizontalPodAutoscaler"),
    ("batch", "Job"),
    ("bitnami.com", "SealedSecret"),
    ("discovery.k8s.io", "EndpointSlice"),
    ("networking.istio.io", "Gateway"),
    ("networking.istio.io", "VirtualService"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("policy", "PodDisruptionBudget"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("security.istio.io", "AuthorizationPolicy"),
    ("security.istio.io", "PeerAuthentication"),
]


class Tree:
    """Writes rendered templates below a folder."""

    def __init__(self, out: str) -> None:
        self.out = out
        folder = os.path.join(os.path.dirname(__file__), "templates")
        environment = Environment(
            loader=FileSystemLoader(folder), undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
        )
        self.templates = {name: environment.get_template(name) for name in environment.list_templates()}

    def write(self, path: str, template: str, context: dict[str, Any]) -> None:
        path = os.path.join(self.out, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w") as file:
            file.write(self.templates[template].render(context))


def main(blueprint: str, inputs: str, out: str) -> None:
    with open(blueprint) as file:
        data = yaml.safe_load(file)
    tree = Tree(out)
    name = data["metadata"]["name"]
    primary = next(cluster for cluster in data["clusters"] if cluster["role"] == "primary")
    shared = {
        "blueprint": f"blueprints/{name}.yaml",
        "mesh": name,
        "mesh_id": data["mesh"]["id"],
        "trust_domain": data["mesh"]["trustDomain"],
        "gitops": data["gitops"],
        "argocd": "argocd",
        "path": f"output/{name}",
        "istio": data["istio"],
        "minor": data["istio"]["version"].rpartition(".")[0],
        "clusters": data["clusters"],
        "primary": primary,
        "namespaces": [*data["namespaces"], {"name": "multi-cluster"}],
        "demo": "multi-cluster",
        "rendered": RENDERED,
        "bases": BASES,
        "cluster_kinds": CLUSTER_KINDS,
        "namespace_kinds": NAMESPACE_KINDS,
    }
    write_argocd(tree, shared)
    for cluster in data["clusters"]:
        write_cluster(tree, shared, cluster)
    shutil.copytree(inputs, out, dirs_exist_ok=True)


def write_argocd(tree: Tree, shared: dict[str, Any]) -> None:
    tree.write("argocd/install/projects.yaml", "projects.yaml.j2", shared)
    tree.write("argocd/install/root.yaml", "root.yaml.j2", shared)
    for role, wave in (("primary", 10), ("remote", 20)):
        members = [cluster for cluster in shared["clusters"] if cluster["role"] == role]
        name = {"primary": "primaries", "remote": "remotes"}[role]
        context = {**shared, "role": name, "wave": wave, "members": members}
        tree.write(f"argocd/applicationsets/{name}.yaml", "application-set.yaml.j2", context)


def write_cluster(tree: Tree, shared: dict[str, Any], cluster: dict[str, Any]) -> None:
    name = cluster["name"]
    remote = cluster["role"] == "remote"
    local = [namespace for namespace in shared["namespaces"] if name in namespace.get("clusters", ())]
    context = {
        **shared,
        "cluster": cluster,
        "remote": remote,
        "local": local,
        "gateway": {"replicas": {}, "resources": {}, "scheme": "public", "reserved": [], **cluster["gateway"]},
        "ports": DATA_PORTS if remote else DATA_PORTS + ISTIOD_PORTS,
    }
    for stage, wave in WAVES.items():
        if stage in (ONLY_PRIMARY if remote else ONLY_REMOTE):
            continue
        folder = f"clusters/{name}/{stage}"
        if stage == "remote-secret":
            folder = f"clusters/{shared['primary']['name']}/remote-secrets/{name}"
        step = {**context, "stage": stage, "wave": wave, "folder": folder}
        tree.write(f"clusters/{name}/argocd/{wave:02}-{stage}.yaml", "cluster/application.yaml.j2", step)
        template = "rendered" if stage in RENDERED else stage
        tree.write(f"{folder}/kustomization.yaml", f"cluster/{template}.yaml.j2", step)
        if stage in RENDERED:
            tree.write(f"{folder}/istio-operator.yaml", f"cluster/{stage}-operator.yaml.j2", step)
    for namespace in local:
        path = f"clusters/{name}/namespaces/{namespace['name']}.yaml"
        tree.write(path, "cluster/namespace.yaml.j2", {**context, "namespace": namespace})
    if remote:
        tree.write(f"clusters/{name}/namespaces/tokens.yaml", "cluster/tokens.yaml.j2", context)


if __name__ == "__main__":
    main(*sys.argv[1:])
