"""The documents of one cluster as plain data, for the peers whose language is Python. Needs nothing but Python."""

from __future__ import annotations

from typing import Any

Data = dict[str, Any]

# The stages of a chain: the wave of each, whose folder has what, and who has it.
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
SHARED = ("namespaces", "exposure", "policies", "workloads")
ONLY_PRIMARY, ONLY_REMOTE = ("exposure", "policies"), ("remote-secret",)
CONFIRM = "argocd.argoproj.io/sync-options"
WEBHOOKS = "admissionregistration.k8s.io"
CA = ".webhooks[]?.clientConfig.caBundle"


def files(mesh: Data, cluster: Data) -> dict[str, list[Data]]:
    """Return path -> documents; a path is relative to the cluster's folder, remote-secret's too."""
    absent = ONLY_PRIMARY if cluster["remote"] else ONLY_REMOTE
    chain = [stage for stage in WAVES if stage not in absent]
    found = {f"argocd/{WAVES[stage]:02}-{stage}.yaml": [application(mesh, cluster, stage)] for stage in chain}
    found |= {f"{stage}/kustomization.yaml": [kustomization(mesh, cluster, stage)] for stage in chain}
    found["base/istio-operator.yaml"] = [base(mesh)]
    found["control-plane/istio-operator.yaml"] = [control_plane(mesh, cluster)]
    found["east-west-gateway/istio-operator.yaml"] = [gateway(mesh, cluster)]
    found |= {f"namespaces/{each['name']}.yaml": [namespace(each)] for each in cluster["namespaces"]}
    if cluster["remote"]:
        found["namespaces/tokens.yaml"] = tokens(mesh, cluster)
    return found


def application(mesh: Data, cluster: Data, stage: str) -> Data:
    name, primary = cluster["name"], mesh["primary"]["name"]
    secret = stage == "remote-secret"
    paths = ["."] + [f"../../../bases/{stage}"] * (stage in SHARED)
    paths += [f"../../../bases/readers/{primary}"] * (stage == "namespaces" and cluster["remote"])
    source: Data = {
        "repoURL": mesh["repo"],
        "targetRevision": mesh["revision"],
        "path": f"{mesh['path']}/clusters/{primary}/remote-secrets/{name}"
        if secret
        else f"{mesh['path']}/clusters/{name}/{stage}",
    }
    if stage in RENDERED:
        source["plugin"] = {"name": mesh["plugin"]}
    options = ["FailOnSharedResource=true"]
    options += {
        "base": ["ServerSideApply=true", "Prune=confirm", "Delete=confirm"],
        "control-plane": ["RespectIgnoreDifferences=true"],
    }.get(stage, [])
    spec: Data = {
        "project": mesh["mesh"],
        "source": source,
        "destination": {
            "name": primary if secret else name,
            "namespace": mesh["demo"] if stage == "workloads" else "istio-system",
        },
        "syncPolicy": {
            "automated": {"prune": True, "selfHeal": True},
            "syncOptions": options,
            "retry": {
                "limit": -1,
                "refresh": True,
                "backoff": {"duration": "10s", "factor": 2, "maxDuration": "5m"},
            },
        },
    }
    if stage == "control-plane":
        spec["ignoreDifferences"] = differences(cluster)
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {
            "name": f"{mesh['mesh']}-{name}-{stage}",
            "namespace": mesh["argocd"],
            "labels": {"app.kubernetes.io/part-of": mesh["mesh"], "mcgen/cluster": name, "mcgen/stage": stage},
            "annotations": {
                "argocd.argoproj.io/manifest-generate-paths": ";".join(paths),
                "argocd.argoproj.io/sync-wave": str(WAVES[stage]),
            },
        },
        "spec": spec,
    }


def differences(cluster: Data) -> list[Data]:
    found = [{"group": WEBHOOKS, "kind": "MutatingWebhookConfiguration", "jqPathExpressions": [CA]}]
    if cluster["remote"]:
        slices = {"group": "discovery.k8s.io", "kind": "EndpointSlice"}
        return [*found, slices | {"jqPathExpressions": [".endpoints[]?.conditions"]}]
    paths = [CA, ".webhooks[]?.failurePolicy"]
    return [*found, {"group": WEBHOOKS, "kind": "ValidatingWebhookConfiguration", "jqPathExpressions": paths}]


def kustomization(mesh: Data, cluster: Data, stage: str) -> Data:
    found: Data = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    if stage in RENDERED:
        return found | {"resources": ["istio-operator.yaml"]}
    if stage == "remote-secret":
        annotations = {CONFIRM: "Prune=confirm,Delete=confirm"}
        return found | {"resources": ["sealed-secret.yaml"], "commonAnnotations": annotations}
    resources = [f"../../../bases/{stage}"]
    patches: list[Data] = []
    if stage == "namespaces":
        resources += [f"../../../bases/readers/{mesh['primary']['name']}"] * cluster["remote"]
        resources += [f"{each['name']}.yaml" for each in cluster["namespaces"]]
        resources += ["tokens.yaml"] * cluster["remote"]
        patches = [{"patch": network_patch(mesh, cluster)}]
    elif stage == "exposure":
        patches = [{"patch": EXPOSURE.format(cluster["name"])}]
    elif stage == "workloads":
        resources += [f"../../../bases/workloads/helloworld-{'v2' if cluster['remote'] else 'v1'}"]
        patches = [
            {"target": {"kind": kind, "name": "sleep"}, "patch": patch, "options": {"allowNameChange": True}}
            for kind, patch in workload_patches(cluster)
        ]
    return found | {"resources": resources} | ({"patches": patches} if patches else {})


EXPOSURE = """\
apiVersion: networking.istio.io/v1
kind: Gateway
metadata:
  name: istiod-gateway
  namespace: istio-system
spec:
  selector:
    mcgen/cluster: {}
"""


def network_patch(mesh: Data, cluster: Data) -> str:
    text = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: istio-system\n  labels:\n"
    text += f"    topology.istio.io/network: {cluster['network']}\n"
    if cluster["remote"]:
        text += f"  annotations:\n    topology.istio.io/controlPlaneClusters: {mesh['primary']['id']}\n"
    return text


def workload_patches(cluster: Data) -> list[tuple[str, str]]:
    def replaced(path: str) -> str:
        return f"- op: replace\n  path: {path}\n  value: sleep-{cluster['name']}\n"

    name, account = replaced("/metadata/name"), replaced("/spec/template/spec/serviceAccountName")
    return [("ServiceAccount", name), ("Deployment", name + account)]


def operator(mesh: Data, name: str, profile: str, rest: Data) -> Data:
    return {
        "apiVersion": "install.istio.io/v1alpha1",
        "kind": "IstioOperator",
        "metadata": {"name": name, "namespace": "istio-system"},
        "spec": {"profile": profile, "hub": mesh["hub"], "tag": mesh["tag"], **rest},
    }


def base(mesh: Data) -> Data:
    values = {"global": {"enableReaderRBAC": False}}
    return operator(mesh, "base", "empty", {"components": {"base": {"enabled": True}}, "values": values})


def control_plane(mesh: Data, cluster: Data) -> Data:
    rest: Data = {"components": {"base": {"enabled": False}}}
    if cluster["webhookAnnotations"]:
        rest["unvalidatedValues"] = {"sidecarInjectorWebhookAnnotations": cluster["webhookAnnotations"]}
    shared: Data = {"enableReaderRBAC": False, **mesh["global"]}
    if cluster["remote"]:
        path = f"/inject/cluster/{cluster['id']}/net/{cluster['network']}"
        shared["remotePilotAddress"] = mesh["primary"]["address"]
        rest["values"] = {"global": shared, "istiodRemote": {"injectionPath": path}}
        return operator(mesh, "control-plane", "remote", rest)
    shared |= {
        "meshID": mesh["meshId"],
        "multiCluster": {"clusterName": cluster["id"]},
        "network": cluster["network"],
        "networkPolicy": {"enabled": True},
        "externalIstiod": True,
    }
    pilot = {"autoscaleMin": 2, "seccompProfile": {"type": "RuntimeDefault"}}
    rest["meshConfig"] = {"trustDomain": mesh["trustDomain"], **mesh["meshConfig"]}
    rest["values"] = {"global": shared, "pilot": pilot}
    return operator(mesh, "control-plane", "minimal", rest)


def gateway(mesh: Data, cluster: Data) -> Data:
    network = cluster["network"]
    k8s: Data = {
        "env": [{"name": "ISTIO_META_REQUESTED_NETWORK_VIEW", "value": network}],
        "hpaSpec": {"minReplicas": cluster["replicas"]["min"], "maxReplicas": cluster["replicas"]["max"]},
        "service": {"ports": cluster["ports"], "loadBalancerSourceRanges": cluster["ranges"]},
        "serviceAnnotations": cluster["annotations"],
    }
    if cluster["resources"]:
        k8s["resources"] = cluster["resources"]
    ingress = {
        "name": "istio-eastwestgateway",
        "enabled": True,
        "label": {
            "app": "istio-eastwestgateway",
            "istio": "eastwestgateway",
            "mcgen/cluster": cluster["name"],
            "topology.istio.io/network": network,
        },
        "k8s": k8s,
    }
    values = {
        "global": {"networkPolicy": {"enabled": True}},
        "gateways": {"istio-ingressgateway": {"injectionTemplate": "gateway"}},
    }
    return operator(
        mesh, "east-west-gateway", "empty", {"components": {"ingressGateways": [ingress]}, "values": values}
    )


def namespace(given: Data) -> Data:
    labels = {
        "istio-injection": "enabled",
        "pod-security.kubernetes.io/enforce": "privileged",
        "pod-security.kubernetes.io/warn": "restricted",
        **given["labels"],
    }
    annotations = {CONFIRM: "Prune=confirm,Delete=confirm", **given["annotations"]}
    metadata = {"name": given["name"], "labels": labels, "annotations": annotations}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def tokens(mesh: Data, cluster: Data) -> list[Data]:
    role = f"istio-reader-{mesh['primary']['name']}"
    name, group = f"{role}-1", "rbac.authorization.k8s.io"
    annotations = {"kubernetes.io/service-account.name": name, "mcgen/cluster": cluster["name"]}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "istio-system"}},
        {
            "apiVersion": f"{group}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": name},
            "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": name, "namespace": "istio-system"}],
        },
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{name}-token", "namespace": "istio-system", "annotations": annotations},
            "type": "kubernetes.io/service-account-token",
        },
    ]
