"""Gates, waves, namespaces, remote secrets and readers."""

from __future__ import annotations

from mcgen import names
from mcgen.order import finding
from tests.unit.order_mutations.trees import (
    GATE,
    JOB,
    REMOTES,
    SEALED,
    Tree,
    annotate,
    application,
    move,
    mutation,
    opened,
    set_wave,
    swap,
    template,
    waiting,
)

# Gates


@mutation(waiting, finding.UNREACHED)
@mutation(opened, finding.UNREACHED, finding.SECRET_LATE)
def remote_secret_not_listed(files: Tree) -> None:
    del files[application("aks", "remote-secret")]


@mutation(waiting, finding.MEANINGLESS, finding.UNREACHED)
def gate_job_not_listed(files: Tree) -> None:
    files["bases/gate/kustomization.yaml"][0]["resources"] = []


@mutation(waiting, finding.UNREACHED)
def gate_not_suspended(files: Tree) -> None:
    files[JOB][0]["spec"]["suspend"] = False


@mutation(waiting, finding.UNREACHED, finding.MEANINGLESS)
def gate_resumed_by_a_patch(files: Tree) -> None:
    files[GATE][0]["patches"].append({"target": {"kind": "Job"}, "patch": "spec: {suspend: false}\n"})


@mutation(waiting, finding.UNREACHED, finding.MEANINGLESS)
def gate_left_out_of_the_health(files: Tree) -> None:
    annotate(files[JOB][0], "argocd.argoproj.io/ignore-healthcheck", "true")


@mutation(waiting, finding.UNREACHED, finding.MEANINGLESS)
def gate_made_a_hook(files: Tree) -> None:
    annotate(files[JOB][0], "argocd.argoproj.io/hook", "PreSync")


@mutation(waiting, finding.BEHIND_GATE)
def application_behind_the_gate(files: Tree) -> None:
    path = application("aks", "base")
    files[path] = opened()[path]


@mutation(opened, finding.BEHIND_GATE, finding.SECRET_LATE)
def all_listed_behind_the_gate(files: Tree) -> None:
    del files[SEALED]
    files |= {path: docs for path, docs in waiting().items() if path in {GATE, application("aks", "remote-secret")}}


# Waves


@mutation(opened, finding.SECRET_LATE)
def secret_after_control_plane(files: Tree) -> None:
    set_wave(files, "aks", "remote-secret", 25)


@mutation(opened, finding.CONTROL_PLANE_LATE)
def gateway_before_control_plane(files: Tree) -> None:
    swap(files, "aks", "control-plane", "east-west-gateway")


@mutation(opened, finding.CONTROL_PLANE_LATE)
def gateway_beside_control_plane(files: Tree) -> None:
    set_wave(files, "aks", "control-plane", 30)


@mutation(waiting, finding.CONTROL_PLANE_LATE)
def ingress_before_control_plane(files: Tree) -> None:
    swap(files, "gke", "control-plane", "ingress-gateway")
    set_wave(files, "gke", "east-west-gateway", 36)
    set_wave(files, "gke", "exposure", 37)


@mutation(waiting, finding.CONTROL_PLANE_LATE)
@mutation(opened, finding.CONTROL_PLANE_LATE)
def workloads_before_control_plane(files: Tree) -> None:
    set_wave(files, "gke", "workloads", 19)
    set_wave(files, "gke", "policies", 18)


@mutation(waiting, finding.CRDS_LATE)
@mutation(opened, finding.CRDS_LATE)
def crds_after_control_plane(files: Tree) -> None:
    set_wave(files, "gke", "base", 25)


@mutation(waiting, finding.CRDS_LATE)
def crds_after_policies(files: Tree) -> None:
    set_wave(files, "gke", "policies", 12)


@mutation(waiting, finding.GATEWAY_LATE)
def exposure_before_gateway(files: Tree) -> None:
    swap(files, "gke", "exposure", "east-west-gateway")


@mutation(waiting, finding.GATEWAY_LATE)
def exposure_for_no_gateway(files: Tree) -> None:
    files["bases/exposure/expose-services.yaml"][0]["spec"]["selector"] = {"istio": "westgateway"}


@mutation(waiting, finding.POLICY_LATE)
def policies_after_workloads(files: Tree) -> None:
    swap(files, "gke", "policies", "workloads")


@mutation(waiting, finding.NAMESPACE_LATE)
@mutation(opened, finding.NAMESPACE_LATE)
def namespaces_last(files: Tree) -> None:
    set_wave(files, "gke", "namespaces", 70)


@mutation(opened, finding.NAMESPACE_LATE, finding.READER_LATE)
def namespaces_of_the_remote_last(files: Tree) -> None:
    set_wave(files, "aks", "namespaces", 70)


@mutation(opened, finding.READER_LATE)
def reader_after_the_secret(files: Tree) -> None:
    set_wave(files, "aks", "namespaces", 12)


@mutation(waiting, finding.READER_LATE, finding.BEHIND_GATE)
def reader_behind_the_gate(files: Tree) -> None:
    set_wave(files, "aks", "namespaces", 12)


@mutation(waiting, finding.MEANINGLESS, finding.NAMESPACE_LATE)
def wave_is_a_word(files: Tree) -> None:
    # Argo CD takes it for 0, the wave of the namespaces.
    files[application("gke", "base")][0]["metadata"]["annotations"][names.SYNC_WAVE] = "fifteen"


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
    annotate(files["clusters/aks/namespaces/tokens.yaml"][0], names.SERVICE_ACCOUNT_NAME, "istio-reader-eks")


@mutation(opened, finding.READER_LATE)
def reader_without_rights(files: Tree) -> None:
    files["bases/readers/gke/reader.yaml"].pop()


@mutation(opened, finding.READER_LATE)
def reader_deleted_by_a_patch(files: Tree) -> None:
    patch = "$patch: delete\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: istio-reader-gke}\n"
    files["clusters/aks/namespaces/kustomization.yaml"][0]["patches"].append({"patch": patch})
