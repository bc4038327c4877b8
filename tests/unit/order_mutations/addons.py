"""The addons: a controller and its CRD, and what needs them."""

from __future__ import annotations

import copy

from mcgen import names
from mcgen.order import finding
from tests.unit.order_mutations.trees import (
    SEALED,
    Tree,
    annotate,
    application,
    managed,
    move,
    mutation,
    project,
    set_wave,
)

CRD = "bases/sealed-secrets/crd.yaml"


def _beside(files: Tree, stage: str) -> None:
    """Put a SealedSecret that is no remote secret into a stage of the primary."""
    secret = copy.deepcopy(files[SEALED])
    secret[0]["metadata"]["name"] = "certificates"
    del secret[0]["spec"]["template"]
    files[f"clusters/gke/{stage}/secret.yaml"] = secret
    files[f"clusters/gke/{stage}/kustomization.yaml"][0]["resources"].append("secret.yaml")


@mutation(managed, finding.CRDS_LATE)
def sealed_secret_before_the_controller(files: Tree) -> None:
    _beside(files, "policies")
    set_wave(files, "gke", "sealed-secrets", 55)


@mutation(managed, finding.CRDS_LATE)
def sealed_secret_in_the_wave_of_the_controller(files: Tree) -> None:
    _beside(files, "sealed-secrets")


@mutation(managed, finding.MEANINGLESS)
def crd_left_out_of_the_health(files: Tree) -> None:
    _beside(files, "policies")
    annotate(files[CRD][0], "argocd.argoproj.io/ignore-healthcheck", "true")


@mutation(managed, finding.CRDS_LATE)
def controller_that_waits_for_another_chain(files: Tree) -> None:
    # The remote's secret waits for the CRD, and the chain that brings it for a namespace of the remote.
    folder = "clusters/gke/early"
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "early", "namespace": "istio-system"}}
    files[f"{folder}/kustomization.yaml"] = [{"kind": "Kustomization", "resources": ["settings.yaml"]}]
    files[f"{folder}/settings.yaml"] = [settings]
    early = copy.deepcopy(files[application("gke", "policies")][0])
    early["metadata"] |= {"name": "gke-aks-gke-early"}
    annotate(early, names.SYNC_WAVE, "3")
    annotate(early, names.GENERATE_PATHS, ".")
    early["spec"]["source"]["path"] = early["spec"]["source"]["path"].replace("policies", "early")
    early["spec"]["destination"]["name"] = "aks"
    files["clusters/gke/argocd/03-early.yaml"] = [early]


@mutation(managed, finding.NAMESPACE_LATE)
def controller_before_its_namespace(files: Tree) -> None:
    set_wave(files, "gke", "sealed-secrets", 0)


@mutation(managed, finding.NAMESPACE_LATE, finding.MAKES_NAMESPACE)
def namespace_among_the_objects_of_the_controller(files: Tree) -> None:
    move(files, "clusters/gke/namespaces/sealed-secrets.yaml", "clusters/gke/sealed-secrets")
    annotate(files["clusters/gke/sealed-secrets/sealed-secrets.yaml"][0], names.SYNC_WAVE, "1")


@mutation(managed, finding.NOT_PERMITTED)
def project_without_the_namespace_of_the_controller(files: Tree) -> None:
    project(files, "gke-aks")["destinations"].remove({"name": "gke", "namespace": "sealed-secrets"})


@mutation(managed, finding.TOO_WIDE)
def project_with_the_namespace_in_a_remote(files: Tree) -> None:
    project(files, "gke-aks")["destinations"].append({"name": "aks", "namespace": "sealed-secrets"})


@mutation(managed, finding.UNREACHED)
def controller_not_listed(files: Tree) -> None:
    del files[application("gke", "sealed-secrets")]
