"""What leads where, and what cannot be followed."""

from __future__ import annotations

import copy

from mcgen.order import finding
from tests.unit.order_mutations.trees import (
    POLICY,
    PRIMARIES,
    REMOTES,
    ROOT,
    Tree,
    application,
    mutation,
    opened,
    template,
    waiting,
)

# What leads where


@mutation(waiting, finding.UNREACHED, finding.TOO_WIDE)
def chain_not_listed(files: Tree) -> None:
    del files[REMOTES]


@mutation(waiting, finding.UNREACHED, finding.TOO_WIDE)
def no_chain_listed(files: Tree) -> None:
    for path in (PRIMARIES, REMOTES):
        files[path][0]["spec"]["generators"][0]["list"]["elements"] = []


@mutation(opened, finding.UNREACHED)
def stage_not_listed(files: Tree) -> None:
    del files[application("gke", "ingress-gateway")]


@mutation(waiting, finding.UNREACHED)
def file_not_listed(files: Tree) -> None:
    files["bases/exposure/kustomization.yaml"][0]["resources"].remove("expose-services.yaml")


@mutation(waiting, finding.UNREACHED)
def application_in_a_withheld_folder(files: Tree) -> None:
    files["clusters/aks/base/application.yaml"] = copy.deepcopy(files[application("gke", "base")])
    files["clusters/aks/base/kustomization.yaml"][0]["resources"].append("application.yaml")


@mutation(waiting, finding.NO_SUCH_PATH, finding.UNREACHED)
def path_with_a_slip(files: Tree) -> None:
    files[application("gke", "ingress-gateway")][0]["spec"]["source"]["path"] += "s"


@mutation(waiting, finding.NO_SUCH_PATH)
def root_leads_nowhere(files: Tree) -> None:
    files[ROOT][0]["spec"]["source"]["path"] = "output/gke-aks/argocd/sets"


@mutation(waiting, finding.NO_SUCH_PATH)
def resource_that_is_not_there(files: Tree) -> None:
    files["bases/policies/kustomization.yaml"][0]["resources"].append("more.yaml")


@mutation(waiting, finding.NO_SUCH_PATH)
def base_that_leads_to_itself(files: Tree) -> None:
    files["bases/policies/kustomization.yaml"][0]["resources"].append("../policies")


@mutation(
    waiting,
    finding.SYNCED,
    finding.UNREACHED,
    finding.NAMESPACE_LATE,
    finding.NOT_PERMITTED,
    finding.GENERATE_PATHS,
)
def base_that_brings_the_bootstrap_job(files: Tree) -> None:
    files["bases/policies/kustomization.yaml"][0]["resources"].append("../../bootstrap")


@mutation(waiting, finding.UNREADABLE, finding.NOT_PERMITTED)
def another_repository(files: Tree) -> None:
    source = files[application("gke", "policies")][0]["spec"]["source"]
    source["repoURL"] = "https://git.example.com/somebody/else.git"


@mutation(waiting, finding.UNREADABLE)
def two_roots(files: Tree) -> None:
    files["argocd/install/second.yaml"] = copy.deepcopy(files[ROOT])


@mutation(waiting, finding.UNREADABLE, finding.TOO_WIDE)
def more_than_a_list_generator(files: Tree) -> None:
    files[PRIMARIES][0]["spec"]["generators"].append({"git": {}})
    # Without chains of the primaries nothing else is looked at here.
    for path in [path for path in files if not path.startswith("argocd/")]:
        del files[path]
    del files[REMOTES]


@mutation(waiting, finding.UNREADABLE, finding.TOO_WIDE)
def unknown_field_in_the_template(files: Tree) -> None:
    template(files, PRIMARIES)["metadata"]["name"] = "gke-aks-{{ .clusters }}"
    for path in [path for path in files if not path.startswith("argocd/")]:
        del files[path]
    del files[REMOTES]


@mutation(waiting, finding.UNREADABLE)
def generator_in_a_kustomization(files: Tree) -> None:
    files["clusters/gke/policies/kustomization.yaml"][0]["secretGenerator"] = [{"name": "more"}]


@mutation(waiting, finding.UNREADABLE)
def document_that_is_no_object(files: Tree) -> None:
    files[POLICY].append("text")


@mutation(waiting, finding.UNREADABLE)
def values_beside_the_folder(files: Tree) -> None:
    files[application("gke", "policies")][0]["spec"]["source"]["kustomize"] = {"namePrefix": "x-"}


@mutation(waiting, finding.UNREADABLE, finding.TOO_WIDE, finding.UNREACHED)
def template_with_a_function(files: Tree) -> None:
    template(files, REMOTES)["metadata"]["name"] = "gke-aks-{{ .cluster | upper }}"


@mutation(waiting, finding.UNREADABLE)
def patch_in_a_file(files: Tree) -> None:
    files["clusters/gke/policies/kustomization.yaml"][0]["patches"] = [{"path": "patch.yaml"}]


@mutation(waiting, finding.UNREADABLE, finding.MEANINGLESS, finding.RENDERING, finding.CRDS_LATE)
def profile_that_is_in_no_table(files: Tree) -> None:
    files["clusters/gke/base/istio-operator.yaml"][0]["spec"]["profile"] = "ambient"


@mutation(opened, finding.UNREADABLE, finding.MEANINGLESS, finding.RENDERING, finding.CONTROL_PLANE_LATE)
def remote_that_names_no_cluster(files: Tree) -> None:
    del files["clusters/aks/control-plane/istio-operator.yaml"][0]["spec"]["values"]["istiodRemote"]
