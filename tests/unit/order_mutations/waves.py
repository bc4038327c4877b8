"""Gates and waves."""

from __future__ import annotations

from mcgen import names
from mcgen.order import finding
from tests.unit.order_mutations.trees import (
    GATE,
    JOB,
    SEALED,
    Tree,
    annotate,
    application,
    mutation,
    opened,
    set_wave,
    swap,
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
def exposure_before_the_ingress_gateway(files: Tree) -> None:
    files["bases/exposure/expose-services.yaml"][0]["spec"]["selector"] = {"istio": "ingressgateway"}
    set_wave(files, "gke", "ingress-gateway", 45)


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
