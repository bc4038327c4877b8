"""What goes where: configuration, owners, projects, folders, plugins."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from mcgen import names
from mcgen.order import finding
from tests.unit.order_mutations.trees import (
    POLICY,
    PRIMARIES,
    PROJECTS,
    REMOTES,
    ROOT,
    SEALED,
    Tree,
    annotate,
    application,
    half_opened,
    move,
    mutation,
    opened,
    project,
    template,
    waiting,
)

if TYPE_CHECKING:
    from mcgen.tree import Data


# Istio's configuration


@mutation(waiting, finding.UNREAD_CONFIGURATION)
@mutation(opened, finding.UNREAD_CONFIGURATION, finding.POLICY_LATE)
def policy_in_the_remotes_overlay(files: Tree) -> None:
    move(files, POLICY, "clusters/aks/workloads")


@mutation(opened, finding.UNREAD_CONFIGURATION, finding.GENERATE_PATHS)
def exposure_bound_for_the_remote(files: Tree) -> None:
    files["clusters/aks/workloads/kustomization.yaml"][0]["resources"].append("../../../bases/exposure")


# Owners


@mutation(opened, finding.TWO_OWNERS)
def account_in_two_stages(files: Tree) -> None:
    account: Data = {"apiVersion": "v1", "kind": "ServiceAccount"}
    account |= {"metadata": {"name": "sleep-gke", "namespace": "multi-cluster"}}
    files["bases/policies/account.yaml"] = [account]
    files["bases/policies/kustomization.yaml"][0]["resources"].append("account.yaml")


@mutation(opened, finding.TWO_OWNERS)
def secret_in_two_chains(files: Tree) -> None:
    files["clusters/gke/policies/secret.yaml"] = copy.deepcopy(files[SEALED])
    files["clusters/gke/policies/kustomization.yaml"][0]["resources"].append("secret.yaml")
    # Otherwise it would need a reader for its own cluster as well.
    files["clusters/gke/policies/secret.yaml"][0]["spec"]["template"]["metadata"]["labels"] = {}


@mutation(opened, finding.TWO_OWNERS, finding.CRDS_LATE)
def crds_rendered_twice(files: Tree) -> None:
    files["clusters/gke/control-plane/istio-operator.yaml"][0]["spec"]["components"]["base"]["enabled"] = True


@mutation(waiting, finding.TWO_OWNERS)
def one_chain_generated_twice(files: Tree) -> None:
    elements = files[PRIMARIES][0]["spec"]["generators"][0]["list"]["elements"]
    elements.append(dict(elements[0]))


@mutation(waiting, finding.TWO_OWNERS)
def two_applications_of_one_name(files: Tree) -> None:
    files[application("gke", "policies")][0]["metadata"]["name"] = "gke-aks-gke-exposure"


# Projects


@mutation(opened, finding.NOT_PERMITTED)
def project_without_network_policies(files: Tree) -> None:
    project(files, "gke-aks")["namespaceResourceWhitelist"].remove(
        {"group": "networking.k8s.io", "kind": "NetworkPolicy"}
    )


@mutation(waiting, finding.WRONG_PROJECT)
def stage_in_the_default_project(files: Tree) -> None:
    files[application("gke", "base")][0]["spec"]["project"] = "default"


@mutation(waiting, finding.WRONG_PROJECT)
def stage_in_roots_project(files: Tree) -> None:
    files[application("gke", "base")][0]["spec"]["project"] = "gke-aks-root"


@mutation(waiting, finding.WRONG_PROJECT)
def chains_in_the_project_of_stages(files: Tree) -> None:
    template(files, REMOTES)["spec"]["project"] = "gke-aks"


@mutation(waiting, finding.TOO_WIDE)
def project_for_every_cluster(files: Tree) -> None:
    project(files, "gke-aks")["destinations"].append({"server": "*", "namespace": "*"})


@mutation(waiting, finding.TOO_WIDE)
def project_for_argo_cds_own_namespace(files: Tree) -> None:
    project(files, "gke-aks")["destinations"].append({"name": "gke", "namespace": "argocd"})


@mutation(waiting, finding.TOO_WIDE)
def project_for_every_kind(files: Tree) -> None:
    project(files, "gke-aks")["namespaceResourceWhitelist"].append({"group": "*", "kind": "*"})


@mutation(waiting, finding.TOO_WIDE)
def project_without_a_list_of_kinds(files: Tree) -> None:
    del project(files, "gke-aks-root")["namespaceResourceWhitelist"]


@mutation(waiting, finding.TOO_WIDE)
def project_for_namespaces_of_any_name(files: Tree) -> None:
    project(files, "gke-aks")["clusterResourceWhitelist"].append({"group": "", "kind": "Namespace"})


@mutation(waiting, finding.TOO_WIDE)
def project_for_nodes(files: Tree) -> None:
    project(files, "gke-aks")["clusterResourceWhitelist"].append({"group": "", "kind": "ComponentStatus"})


@mutation(waiting, finding.TOO_WIDE)
def project_for_every_repository(files: Tree) -> None:
    project(files, "gke-aks")["sourceRepos"].append("*")


@mutation(waiting, finding.NOT_PERMITTED)
def project_without_a_destination(files: Tree) -> None:
    project(files, "gke-aks")["destinations"].remove({"name": "gke", "namespace": "multi-cluster"})


@mutation(waiting, finding.NOT_PERMITTED)
def project_without_a_destination_of_objects(files: Tree) -> None:
    project_without_a_destination(files)
    files[application("gke", "workloads")][0]["spec"]["destination"]["namespace"] = "istio-system"


@mutation(opened, finding.NOT_PERMITTED)
def project_without_a_rendered_kind(files: Tree) -> None:
    project(files, "gke-aks")["namespaceResourceWhitelist"].remove(
        {"group": "discovery.k8s.io", "kind": "EndpointSlice"}
    )


@mutation(waiting, finding.NOT_PERMITTED)
def project_without_a_namespace(files: Tree) -> None:
    allowed = project(files, "gke-aks")["clusterResourceWhitelist"]
    allowed.remove({"group": "", "kind": "Namespace", "name": "multi-cluster"})


@mutation(waiting, finding.NOT_PERMITTED, finding.TOO_WIDE)
def chains_by_the_name_in_cluster(files: Tree) -> None:
    for path in (PRIMARIES, REMOTES):
        template(files, path)["spec"]["destination"] = {"name": "in-cluster", "namespace": "argocd"}
    files[ROOT][0]["spec"]["destination"] = {"name": "in-cluster", "namespace": "argocd"}


@mutation(waiting, finding.UNREADABLE)
def only_one_project(files: Tree) -> None:
    files[PROJECTS].pop()


# Folders that are read, and plugins


@mutation(waiting, finding.GENERATE_PATHS)
def paths_too_narrow(files: Tree) -> None:
    annotate(files[application("gke", "policies")][0], names.GENERATE_PATHS, ".")


@mutation(waiting, finding.GENERATE_PATHS)
def paths_too_wide(files: Tree) -> None:
    annotate(files[application("gke", "policies")][0], names.GENERATE_PATHS, ".;../../../bases")


@mutation(waiting, finding.GENERATE_PATHS)
def no_paths(files: Tree) -> None:
    del template(files, PRIMARIES)["metadata"]["annotations"]


@mutation(waiting, finding.RENDERING)
def operator_without_the_plugin(files: Tree) -> None:
    del files[application("gke", "base")][0]["spec"]["source"]["plugin"]


@mutation(waiting, finding.RENDERING)
def plugin_that_the_setup_does_not_bring(files: Tree) -> None:
    files[application("gke", "base")][0]["spec"]["source"]["plugin"]["name"] = "mcgen-istio-1.30"


@mutation(waiting, finding.RENDERING)
def plugin_with_nothing_to_render(files: Tree) -> None:
    files[application("gke", "policies")][0]["spec"]["source"]["plugin"] = {"name": "mcgen-istio-1.31"}


@mutation(half_opened, finding.RENDERING)
def gate_whose_source_changes_when_it_opens(files: Tree) -> None:
    del files[application("aks", "control-plane")][0]["spec"]["source"]["plugin"]
