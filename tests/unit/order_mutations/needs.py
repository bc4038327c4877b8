"""What a stage needs: namespaces, remote secrets and readers, the injector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import names
from mcgen.order import finding
from tests.unit.order_mutations.trees import (
    GATE,
    REMOTES,
    SEALED,
    Tree,
    annotate,
    application,
    move,
    mutation,
    opened,
    set_wave,
    template,
    waiting,
)

if TYPE_CHECKING:
    from mcgen.tree import Data

# Namespaces


@mutation(opened, finding.NAMESPACE_LATE, finding.MAKES_NAMESPACE)
def namespace_in_a_later_stage(files: Tree) -> None:
    move(files, "bases/namespaces/multi-cluster.yaml", "bases/workloads")


@mutation(opened, finding.NAMESPACE_LATE)
def namespace_in_a_later_wave_of_its_stage(files: Tree) -> None:
    annotate(files["bases/namespaces/istio-system.yaml"][0], names.SYNC_WAVE, "1")


@mutation(opened, finding.NAMESPACE_LATE, finding.CRDS_LATE, finding.TWO_OWNERS)
def namespaces_of_two_chains_wait_for_each_other(files: Tree) -> None:
    # The remote's secret waits for the primary's namespaces, and they for a namespace of the remote.
    set_wave(files, "gke", "namespaces", 5)
    set_wave(files, "gke", "base", 1)
    files[application("gke", "base")][0]["spec"]["destination"]["name"] = "aks"


@mutation(opened, finding.NAMESPACE_LATE)
def namespace_of_the_primary_that_nobody_makes(files: Tree) -> None:
    path = "clusters/gke/namespaces/kustomization.yaml"
    patch = "$patch: delete\napiVersion: v1\nkind: Namespace\nmetadata: {name: istio-system}\n"
    files[path][0]["patches"] = [{"patch": patch}]


@mutation(waiting, finding.NAMESPACE_LATE, finding.NOT_PERMITTED, finding.TOO_WIDE)
def namespace_that_nobody_makes(files: Tree) -> None:
    files["bases/namespaces/multi-cluster.yaml"][0]["metadata"]["name"] = "multicluster"


@mutation(waiting, finding.MAKES_NAMESPACE)
def create_namespace_option(files: Tree) -> None:
    files[application("gke", "workloads")][0]["spec"]["syncPolicy"]["syncOptions"].append("CreateNamespace=true")


@mutation(waiting, finding.MAKES_NAMESPACE)
def create_namespace_in_the_template(files: Tree) -> None:
    template(files, REMOTES)["spec"]["syncPolicy"]["syncOptions"].append("CreateNamespace=true")


# Remote secrets and readers


@mutation(opened, finding.SECRET_LATE)
def secret_of_another_cluster(files: Tree) -> None:
    files[SEALED][0]["spec"]["template"]["metadata"]["annotations"][names.REMOTE_CLUSTER] = "cluster-eks"


@mutation(opened, finding.SECRET_LATE)
def secret_without_its_label(files: Tree) -> None:
    files[SEALED][0]["spec"]["template"]["metadata"]["labels"] = {}


@mutation(opened, finding.MEANINGLESS)
def secret_left_out_of_the_health(files: Tree) -> None:
    annotate(files[SEALED][0], "argocd.argoproj.io/ignore-healthcheck", "true")


@mutation(opened, finding.MEANINGLESS)
def secret_left_out_by_common_annotations(files: Tree) -> None:
    files[GATE][0]["commonAnnotations"]["argocd.argoproj.io/ignore-healthcheck"] = "true"


@mutation(opened, finding.UNREAD_CONFIGURATION, finding.READER_LATE)
def secret_in_the_remote(files: Tree) -> None:
    files[application("aks", "remote-secret")][0]["spec"]["destination"]["name"] = "aks"


@mutation(waiting, finding.READER_LATE)
def token_of_another_reader(files: Tree) -> None:
    annotate(files["clusters/aks/namespaces/tokens.yaml"][-1], names.SERVICE_ACCOUNT_NAME, "istio-reader-eks-1")


@mutation(waiting, finding.READER_LATE)
def token_of_an_account_that_is_not_there(files: Tree) -> None:
    annotate(files["clusters/aks/namespaces/tokens.yaml"][-1], names.SERVICE_ACCOUNT_NAME, "istio-reader-gke-9")


@mutation(waiting, finding.READER_LATE)
def no_token(files: Tree) -> None:
    files["clusters/aks/namespaces/tokens.yaml"].pop()


@mutation(opened, finding.READER_LATE)
def reader_without_rights(files: Tree) -> None:
    del files["clusters/aks/namespaces/tokens.yaml"][1]


@mutation(opened, finding.READER_LATE)
def reader_deleted_by_a_patch(files: Tree) -> None:
    patch = "$patch: delete\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: istio-reader-gke-1}\n"
    files["clusters/aks/namespaces/kustomization.yaml"][0]["patches"].append({"patch": patch})


# Pods that ask for a sidecar themselves


def _beside_namespaces(files: Tree, *documents: Data, namespace: str = "istio-system") -> None:
    for document in documents:
        document["metadata"] |= {"name": "early", "namespace": namespace}
    files["clusters/gke/namespaces/early.yaml"] = list(documents)
    files["clusters/gke/namespaces/kustomization.yaml"][0]["resources"].append("early.yaml")


@mutation(waiting, finding.CONTROL_PLANE_LATE, finding.POLICY_LATE, finding.NOT_PERMITTED)
def pod_that_asks_for_a_sidecar(files: Tree) -> None:
    labels = {"sidecar.istio.io/inject": "true"}
    _beside_namespaces(files, {"apiVersion": "v1", "kind": "Pod", "metadata": {"labels": labels}})


@mutation(waiting, finding.NOT_PERMITTED)
def pod_without_a_sidecar(files: Tree) -> None:
    _beside_namespaces(files, {"apiVersion": "v1", "kind": "Pod", "metadata": {}})


@mutation(waiting, finding.CONTROL_PLANE_LATE, finding.POLICY_LATE, finding.NOT_PERMITTED)
def pod_that_gets_a_sidecar(files: Tree) -> None:
    _beside_namespaces(files, {"apiVersion": "v1", "kind": "Pod", "metadata": {}}, namespace="multi-cluster")


@mutation(waiting, finding.NOT_PERMITTED)
def pod_that_refuses_a_sidecar(files: Tree) -> None:
    metadata: Data = {"annotations": {"sidecar.istio.io/inject": "false"}}
    _beside_namespaces(files, {"apiVersion": "v1", "kind": "Pod", "metadata": metadata}, namespace="multi-cluster")


@mutation(waiting, finding.CONTROL_PLANE_LATE, finding.POLICY_LATE, finding.NOT_PERMITTED)
def cron_job_that_a_patch_may_inject(files: Tree) -> None:
    job: Data = {"template": {"spec": {}}}
    spec: Data = {"jobTemplate": {"spec": job}}
    _beside_namespaces(files, {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {}, "spec": spec})
    patch = {"target": {"kind": "Namespace"}, "patch": "metadata: {labels: {istio-injection: enabled}}\n"}
    files["clusters/gke/namespaces/kustomization.yaml"][0]["patches"].append(patch)


@mutation(waiting, finding.NAMESPACE_LATE, finding.NOT_PERMITTED)
def pod_in_an_earlier_wave_than_its_namespace(files: Tree) -> None:
    early: Data = {"annotations": {names.SYNC_WAVE: "-1"}}
    _beside_namespaces(
        files,
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {}},
        {"apiVersion": "v1", "kind": "Pod", "metadata": early},
    )
