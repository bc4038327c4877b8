"""Health that means nothing, and syncing and deleting."""

from __future__ import annotations

from mcgen import names
from mcgen.manifests import setup_health
from mcgen.order import finding
from tests.unit.order_mutations.trees import (
    PRIMARIES,
    REMOTES,
    ROOT,
    Tree,
    annotate,
    application,
    configuration,
    mutation,
    opened,
    template,
    waiting,
)

# Health


@mutation(waiting, finding.SETUP)
@mutation(opened, finding.SETUP)
def no_check_for_applications(files: Tree) -> None:
    del files["argocd/setup/patches/health-application.yaml"]


@mutation(opened, finding.SETUP)
def no_check_for_the_injector(files: Tree) -> None:
    del configuration(files, "health-injector-webhook")[setup_health.INJECTOR_KEY]


@mutation(opened, finding.SETUP)
def weaker_check_for_applications(files: Tree) -> None:
    configuration(files, "health-application")[setup_health.APPLICATION_KEY] = "return { status = 'Healthy' }\n"


@mutation(opened, finding.SETUP)
def no_check_in_the_helm_values(files: Tree) -> None:
    del files["argocd/setup/helm-values.yaml"][0]["configs"]["cm"][setup_health.INJECTOR_KEY]


@mutation(opened, finding.SETUP)
def check_that_the_component_forgets(files: Tree) -> None:
    files["argocd/setup/kustomization.yaml"][0]["patches"].pop(0)


@mutation(opened, finding.SETUP)
def endpoint_slices_excluded(files: Tree) -> None:
    data = configuration(files, "resource-exclusions")
    data["resource.exclusions"] += "- {apiGroups: [discovery.k8s.io], kinds: [EndpointSlice]}\n"


@mutation(waiting, finding.MEANINGLESS)
def stage_that_no_check_looks_at(files: Tree) -> None:
    del files[application("gke", "control-plane")][0]["metadata"]["labels"][names.STAGE]


@mutation(waiting, finding.MEANINGLESS)
def stage_left_out_of_the_health(files: Tree) -> None:
    annotate(files[application("gke", "base")][0], "argocd.argoproj.io/ignore-healthcheck", "true")


@mutation(waiting, finding.MEANINGLESS)
def stage_with_nothing_in_it(files: Tree) -> None:
    files["bases/policies/kustomization.yaml"][0]["resources"] = []
    for path in [path for path in files if path.startswith("bases/policies/") and "kustomization" not in path]:
        del files[path]


# Syncing and deleting


@mutation(waiting, finding.SYNC_POLICY)
def retries_end(files: Tree) -> None:
    files[application("aks", "namespaces")][0]["spec"]["syncPolicy"]["retry"]["limit"] = 5


@mutation(waiting, finding.SYNC_POLICY)
def retries_of_root_end(files: Tree) -> None:
    del files[ROOT][0]["spec"]["syncPolicy"]["retry"]


@mutation(waiting, finding.SYNC_POLICY)
def retries_of_chains_end(files: Tree) -> None:
    template(files, REMOTES)["spec"]["syncPolicy"]["retry"]["limit"] = 100


@mutation(waiting, finding.SYNC_POLICY)
def an_old_revision_is_retried(files: Tree) -> None:
    del template(files, PRIMARIES)["spec"]["syncPolicy"]["retry"]["refresh"]


@mutation(waiting, finding.SYNC_POLICY)
def no_self_heal(files: Tree) -> None:
    files[application("gke", "policies")][0]["spec"]["syncPolicy"]["automated"]["selfHeal"] = False


@mutation(waiting, finding.SYNC_POLICY)
def no_pruning_of_the_gate(files: Tree) -> None:
    files[application("aks", "remote-secret")][0]["spec"]["syncPolicy"]["automated"]["prune"] = False


@mutation(waiting, finding.SYNC_POLICY)
def automated_sync_switched_off(files: Tree) -> None:
    files[application("gke", "base")][0]["spec"]["syncPolicy"]["automated"]["enabled"] = False


@mutation(waiting, finding.SYNC_POLICY)
def rolling_sync(files: Tree) -> None:
    files[REMOTES][0]["spec"]["strategy"] = {"type": "RollingSync"}


@mutation(waiting, finding.SYNC_POLICY)
def shared_resources_allowed(files: Tree) -> None:
    files[application("gke", "base")][0]["spec"]["syncPolicy"]["syncOptions"].remove("FailOnSharedResource=true")


@mutation(waiting, finding.DELETES)
def finalizer_on_root(files: Tree) -> None:
    files[ROOT][0]["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]


@mutation(waiting, finding.DELETES)
def finalizer_on_chains(files: Tree) -> None:
    template(files, PRIMARIES)["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]


@mutation(waiting, finding.DELETES)
def finalizer_on_a_stage(files: Tree) -> None:
    files[application("gke", "base")][0]["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]


@mutation(waiting, finding.DELETES)
def finalizer_on_a_set(files: Tree) -> None:
    files[REMOTES][0]["metadata"]["finalizers"] = ["resources-finalizer.argocd.argoproj.io"]


@mutation(waiting, finding.DELETES)
def sets_that_delete(files: Tree) -> None:
    files[REMOTES][0]["spec"]["syncPolicy"]["preserveResourcesOnDeletion"] = False
