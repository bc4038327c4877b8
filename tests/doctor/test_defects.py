"""mcgen doctor finds each defect, with its code, and nothing else."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from mcgen import names
from mcgen.manifests.setup_argocd import release
from tests import healthy
from tests.answers import KUBESEAL, Answers
from tests.doctor.live import (
    APPLICATION,
    BLUEPRINT,
    CONTROLLER,
    DEPLOYMENT,
    INJECTOR,
    REGISTERED,
    TOKEN,
    TOKEN_ANSWER,
    change,
    config,
    doctor,
    images,
    not_fine,
    pod,
    rename,
)
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable


def with_config(config: str) -> object:
    """Return Argo CD's Secret of aks with another way to log in."""
    secret = healthy.credential("aks", "https://aks.example.com")
    secret["data"]["config"] = b64encode(config.encode()).decode()
    return secret


def test_all_fine(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    said = doctor(capsys, code=0)
    assert not_fine(said) == []
    assert said["fine"] == len(said["checks"]) == 46
    (line,) = {check["line"] for check in said["checks"] if check["cluster"] == "aks"}
    assert "name: aks" in (CHECKOUT / BLUEPRINT).read_text().splitlines()[line - 1]


DEFECTS: dict[str, tuple[Callable[[Answers], object], tuple[str, str, str]]] = {
    "no health check": (
        lambda live: config(live, **{APPLICATION: None}),
        ("Argo CD", "argocd-cm: health of Applications", "MC701"),
    ),
    "changed Lua": (
        lambda live: config(live, **{INJECTOR: 'return {status = "Healthy"}\n'}),
        ("Argo CD", "argocd-cm: health of Istio's injector", "MC701"),
    ),
    "EndpointSlice excluded": (
        lambda live: config(live, resource__exclusions=release("3.5").exclusions),
        ("Argo CD", "argocd-cm: resource.exclusions", "MC702"),
    ),
    "everything excluded by a pattern": (
        lambda live: config(live, resource__exclusions="- apiGroups: ['discovery*']\n"),
        ("Argo CD", "argocd-cm: resource.exclusions", "MC702"),
    ),
    "EndpointSlice not included": (
        lambda live: config(live, resource__inclusions="- kinds: [Pod]\n"),
        ("Argo CD", "argocd-cm: resource.exclusions", "MC702"),
    ),
    "exclusions that are no YAML": (
        lambda live: config(live, resource__exclusions="- [\n"),
        ("Argo CD", "argocd-cm: resource.exclusions", "MC702"),
    ),
    "no folders for plugins": (
        lambda live: change(live, "gke", "configmap", "argocd-cmd-params-cm", lambda d: d["data"].popitem()),
        ("Argo CD", "argocd-cmd-params-cm: reposerver.plugin.use.manifest.generate.paths", "MC703"),
    ),
    "the setting of plugins' folders is not handed over": (
        lambda live: change(live, *DEPLOYMENT, lambda d: pod(d)["containers"][0].pop("env")),
        ("Argo CD", "argocd-cmd-params-cm: reposerver.plugin.use.manifest.generate.paths", "MC703"),
    ),
    "no plugin configuration": (
        lambda live: live.remove("gke", "configmap", "mcgen-istio-1.31"),
        ("Argo CD", "plugin mcgen-istio-1.31: configuration", "MC704"),
    ),
    "an old plugin configuration": (
        lambda live: change(
            live,
            *DEPLOYMENT,
            lambda d: d["spec"]["template"]["metadata"]["annotations"].update({"mcgen/mcgen-istio-1.31": "0"}),
        ),
        ("Argo CD", "plugin mcgen-istio-1.31: configuration", "MC704"),
    ),
    "another plugin configuration": (
        lambda live: change(
            live, "gke", "configmap", "mcgen-istio-1.31", lambda d: d["data"].update({"plugin.yaml": ""})
        ),
        ("Argo CD", "plugin mcgen-istio-1.31: configuration", "MC704"),
    ),
    "a plugin without its istioctl": (
        lambda live: rename(live, "mcgen-istio-1-31-istioctl", "istioctl"),
        ("Argo CD", "plugin mcgen-istio-1.31: istioctl", "MC704"),
    ),
    "an istioctl that comes there otherwise": (
        lambda live: change(live, *DEPLOYMENT, lambda d: pod(d)["initContainers"][0].update(command=["cp"])),
        ("Argo CD", "plugin mcgen-istio-1.31: istioctl", "MC704"),
    ),
    "a kubeseal that does not run": (
        lambda live: live.set("none", "kubeseal", "version.error", "cannot execute\n"),
        ("", "kubeseal", "MC732"),
    ),
    "no sidecar": (
        lambda live: rename(live, "mcgen-istio-1-31", "mcgen-istio-1-30"),
        ("Argo CD", "plugin mcgen-istio-1.31: sidecar", "MC704"),
    ),
    "a sidecar with more rights": (
        lambda live: change(
            live, *DEPLOYMENT, lambda d: pod(d)["containers"][1]["securityContext"].update(runAsUser=0)
        ),
        ("Argo CD", "plugin mcgen-istio-1.31: sidecar", "MC704"),
    ),
    "a sidecar without its volume": (
        lambda live: change(live, *DEPLOYMENT, lambda d: pod(d)["volumes"].pop()),
        ("Argo CD", "plugin mcgen-istio-1.31: sidecar", "MC704"),
    ),
    "istioctl of another minor": (
        lambda live: images(live, "istioctl:1.31.1", "istioctl:1.30.4"),
        ("Argo CD", "plugin mcgen-istio-1.31: istioctl", "MC704"),
    ),
    "another Argo CD": (
        lambda live: images(live, "v3.5.7", "v3.4.13"),
        ("Argo CD", "Argo CD's version", "MC705"),
    ),
    "an Argo CD of the future": (
        lambda live: images(live, "v3.5.7", "v4.0.0"),
        ("Argo CD", "Argo CD's version", "MC705"),
    ),
    "no AppProject": (
        lambda live: live.remove("gke", "appproject", "gke-aks"),
        ("Argo CD", "AppProject gke-aks", "MC706"),
    ),
    "an AppProject from before a cluster was added": (
        lambda live: change(live, "gke", "appproject", "gke-aks", lambda d: d["spec"]["destinations"].pop()),
        ("Argo CD", "AppProject gke-aks", "MC706"),
    ),
    "a root of another branch": (
        lambda live: change(
            live, "gke", "application", "gke-aks-root", lambda d: d["spec"]["source"].update(targetRevision="old")
        ),
        ("Argo CD", "Application gke-aks-root", "MC706"),
    ),
    "an old admission policy": (
        lambda live: change(
            live,
            "gke",
            "validatingadmissionpolicy",
            "mcgen-gke-aks-applications",
            lambda d: d["spec"]["variables"][1].update(expression="[]"),
        ),
        ("Argo CD", "ValidatingAdmissionPolicy mcgen-gke-aks-applications", "MC707"),
    ),
    "an admission policy without its binding": (
        lambda live: live.remove("gke", "validatingadmissionpolicybinding", "mcgen-gke-aks-applications"),
        ("Argo CD", "ValidatingAdmissionPolicy mcgen-gke-aks-applications", "MC707"),
    ),
    "a cluster under another name": (
        lambda live: live.set(*REGISTERED, "gke\thttps://kubernetes.default.svc\nazure\thttps://aks.example.com\n"),
        ("Argo CD", "cluster 'aks' is registered", "MC708"),
    ),
    "Argo CD's own cluster by another server": (
        lambda live: live.set(*REGISTERED, "gke\thttps://gke.example.com\naks\thttps://aks.example.com\n"),
        ("Argo CD", "cluster 'gke' is registered", "MC708"),
    ),
    "a remote that leads to Argo CD's own cluster": (
        lambda live: live.set(
            *REGISTERED, "gke\thttps://kubernetes.default.svc\naks\thttps://kubernetes.default.svc\n"
        ),
        ("Argo CD", "cluster 'aks' is registered", "MC708"),
    ),
    "no bootstrap job": (
        lambda live: live.remove("gke", "cronjob", "gke-aks-bootstrap"),
        ("Argo CD", "bootstrap job: CronJob gke-aks-bootstrap", "MC740"),
    ),
    "a bootstrap job that may read every Secret": (
        lambda live: change(live, "gke", "role", "gke-aks-bootstrap", lambda d: d["rules"][0].update(resourceNames=[])),
        ("Argo CD", "bootstrap job: Role gke-aks-bootstrap", "MC740"),
    ),
    "a bootstrap job without rights in its own cluster": (
        lambda live: live.remove("gke", "role", names.BOOTSTRAP_ROLE),
        ("gke", f"bootstrap job: Role {names.BOOTSTRAP_ROLE}", "MC740"),
    ),
    "no key for Git": (
        lambda live: live.set("gke", "secret", "mcgen-bootstrap-git", "known_hosts\n"),
        ("Argo CD", "bootstrap job: Secret argocd/mcgen-bootstrap-git", "MC741"),
    ),
    "no Secret for Git": (
        lambda live: live.remove("gke", "secret", "mcgen-bootstrap-git"),
        ("Argo CD", "bootstrap job: Secret argocd/mcgen-bootstrap-git", "MC741"),
    ),
    "no credential": (
        lambda live: live.remove("gke", "secret", "cluster-aks"),
        ("Argo CD", "bootstrap job: Secret argocd/cluster-aks", "MC742"),
    ),
    "a credential of another cluster": (
        lambda live: live.set("gke", "secret", "cluster-aks", healthy.credential("eks", "https://eks.example.com")),
        ("Argo CD", "bootstrap job: Secret argocd/cluster-aks", "MC742"),
    ),
    "a credential that needs a program": (
        lambda live: live.set(
            "gke", "secret", "cluster-aks", with_config('{"execProviderConfig": {"command": "argocd-k8s-auth"}}')
        ),
        ("Argo CD", "bootstrap job: Secret argocd/cluster-aks", "MC742"),
    ),
    "no controller": (
        lambda live: live.remove("gke", "service", CONTROLLER),
        ("gke", "sealed-secrets controller kube-system/sealed-secrets-controller", "MC710"),
    ),
    "a controller that is not ready": (
        lambda live: live.set(
            "gke",
            "endpointslices",
            f"kubernetes.io/service-name={CONTROLLER}",
            {"items": [{"endpoints": [{"conditions": {"ready": False}}]}]},
        ),
        ("gke", "sealed-secrets controller kube-system/sealed-secrets-controller", "MC710"),
    ),
    "no key for a sealed file": (
        lambda live: live.set("gke", "kubeseal", "validate.error", "error: unable to decrypt sealed secret: x\n"),
        ("gke", "sealed remote secret of aks", "MC712"),
    ),
    "no reader": (
        lambda live: live.remove("aks", "serviceaccount", "istio-reader-gke-1"),
        ("aks", "ServiceAccount istio-reader-gke-1", "MC720"),
    ),
    "a reader with more rights": (
        lambda live: change(
            live, "aks", "clusterrole", "istio-reader-gke", lambda d: d["rules"][1]["verbs"].append("*")
        ),
        ("aks", "ClusterRole istio-reader-gke", "MC720"),
    ),
    "a reader bound to another role": (
        lambda live: change(
            live, "aks", "clusterrolebinding", "istio-reader-gke-1", lambda d: d["roleRef"].update(name="admin")
        ),
        ("aks", "ClusterRoleBinding istio-reader-gke-1", "MC720"),
    ),
    "no token": (
        lambda live: live.remove("aks", "secret", TOKEN),
        ("aks", f"Secret {TOKEN}", "MC721"),
    ),
    "an empty token": (
        lambda live: live.set("aks", "secret", TOKEN, TOKEN_ANSWER.replace("filled", "")),
        ("aks", f"Secret {TOKEN}", "MC721"),
    ),
    "the token of another cluster": (
        lambda live: live.set("aks", "secret", TOKEN, TOKEN_ANSWER.replace("|aks|", "|eks|")),
        ("aks", f"Secret {TOKEN}", "MC721"),
    ),
    "another network": (
        lambda live: change(
            live, "aks", "namespace", "istio-system", lambda d: d["metadata"]["labels"].update({names.NETWORK: "n"})
        ),
        ("aks", "Namespace istio-system", "MC722"),
    ),
    "no control plane named": (
        lambda live: change(live, "aks", "namespace", "istio-system", lambda d: d["metadata"].pop("annotations")),
        ("aks", "Namespace istio-system", "MC722"),
    ),
    "a loopback address": (
        lambda live: live.set("aks", "view", "list", "https://127.0.0.1:6443"),
        ("aks", "API server's address in its remote secret", "MC723"),
    ),
    "an old Kubernetes": (
        lambda live: live.set("aks", "raw", "version", {"gitVersion": "v1.31.9-aks.1"}),
        ("aks", "Kubernetes version", "MC730"),
    ),
    "another istiod": (
        lambda live: live.set("gke", "pods", "app=istiod", "a discovery=pilot:1.31.1\nb discovery=pilot:1.30.4\n"),
        ("gke", "istiod's version", "MC731"),
    ),
    "no istiod": (
        lambda live: live.set("gke", "pods", "app=istiod", ""),
        ("gke", "istiod's version", "MC731"),
    ),
    "a proxy that is ahead": (
        lambda live: live.set("aks", "pods", "istio=eastwestgateway", "a istio-proxy=proxyv2:1.32.0\n"),
        ("aks", "version of the east-west gateway", "MC731"),
    ),
    "another istioctl": (
        lambda live: (live.folder / "istioctl").write_text("1.30.0\n"),
        ("", "istioctl", "MC732"),
    ),
    "no kubeseal that runs": (
        lambda live: (live.programs / "kubeseal").write_text('#!/bin/sh\n[ "$1" != --version ] || exit 1\n' + KUBESEAL),
        ("", "kubeseal", "MC732"),
    ),
    "another address": (
        lambda live: live.set("gke", "service", names.EAST_WEST_GATEWAY, healthy.gateway("203.0.113.11")),
        ("gke", "address of Service istio-eastwestgateway", "MC733"),
    ),
    "no address": (
        lambda live: live.remove("gke", "service", names.EAST_WEST_GATEWAY),
        ("gke", "address of Service istio-eastwestgateway", "MC733"),
    ),
    "two names for one cluster": (
        lambda live: live.set("aks", "namespace", "kube-system", "uid-of-gke"),
        ("aks", "a cluster of its own", "MC734"),
    ),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found_and_nothing_else(defect: str, live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    make, expected = DEFECTS[defect]
    make(live)
    said = doctor(capsys, code=1)
    assert not_fine(said) == [expected]
    (found,) = (check for check in said["checks"] if check["verdict"] == "finding")
    assert found["message"]
    assert found["advice"]
