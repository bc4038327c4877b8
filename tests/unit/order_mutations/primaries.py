"""Several primaries: one root for all, and peers that nobody waits for."""

from __future__ import annotations

import copy

from mcgen import names
from mcgen.order import finding
from tests.unit.order_mutations.trees import Tree, annotate, application, mutation, primaries, set_wave, template

PEERS = "argocd/applicationsets/peers.yaml"
PEER = "clusters/aks/remote-secrets/gke"
TOKENS = "clusters/gke/namespaces/tokens.yaml"


def _take_out(files: Tree, cluster: str, stage: str, folder: str) -> None:
    """Take a stage with all that is in it out of a chain."""
    del files[application(cluster, stage)]
    for path in [path for path in files if path.startswith(f"{folder}/")]:
        del files[path]


# One root


@mutation(primaries, finding.AUTHORITY_LATE)
def istiod_without_a_ca(files: Tree) -> None:
    _take_out(files, "aks", "trust", "clusters/aks/trust")


@mutation(primaries, finding.AUTHORITY_LATE)
def istiod_before_its_ca(files: Tree) -> None:
    set_wave(files, "gke", "trust", 25)


@mutation(primaries, finding.AUTHORITY_LATE)
def istiod_beside_its_ca(files: Tree) -> None:
    set_wave(files, "gke", "trust", 20)


@mutation(primaries, finding.AUTHORITY_LATE)
def ca_of_another_name(files: Tree) -> None:
    files["clusters/gke/trust/sealed-secret.yaml"][0]["metadata"]["name"] = "certificates"


@mutation(primaries, finding.MEANINGLESS)
def ca_left_out_of_the_health(files: Tree) -> None:
    annotate(files["clusters/gke/trust/sealed-secret.yaml"][0], "argocd.argoproj.io/ignore-healthcheck", "true")


# Peers


@mutation(primaries, finding.PEER)
def peer_with_something_else(files: Tree) -> None:
    settings = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": "istio-system"}}
    files[f"{PEER}/settings.yaml"] = [settings]
    files[f"{PEER}/kustomization.yaml"][0]["resources"].append("settings.yaml")


@mutation(primaries, finding.PEER)
def peer_that_is_no_remote_secret(files: Tree) -> None:
    del files[f"{PEER}/sealed-secret.yaml"][0]["spec"]["template"]["metadata"]["labels"]


@mutation(primaries, finding.READER_LATE)
def peer_without_an_identity(files: Tree) -> None:
    files[TOKENS] = [document for document in files[TOKENS] if document["kind"] != "Secret"]


@mutation(primaries, finding.UNREACHED)
def peer_that_is_not_listed(files: Tree) -> None:
    elements = files[PEERS][0]["spec"]["generators"][0]["list"]["elements"]
    elements.remove({"consumer": "aks", "cluster": "gke"})


@mutation(primaries, finding.NO_SUCH_PATH)
def peer_that_is_not_sealed(files: Tree) -> None:
    files[PEERS][0]["spec"]["generators"][0]["list"]["elements"].append({"consumer": "gke", "cluster": "gke"})


@mutation(primaries, finding.TWO_OWNERS)
def peer_of_another_ones_name(files: Tree) -> None:
    template(files, PEERS)["metadata"]["name"] = "multi-primary-{{ .consumer }}-read"


@mutation(primaries, finding.DELETES)
def peers_with_a_finalizer(files: Tree) -> None:
    template(files, PEERS)["metadata"]["finalizers"] = [names.FINALIZER]


@mutation(primaries, finding.WRONG_PROJECT)
def peers_in_the_project_of_the_chains(files: Tree) -> None:
    template(files, PEERS)["spec"]["project"] = "multi-primary-root"


@mutation(primaries, finding.UNREAD_CONFIGURATION, finding.READER_LATE)
def peer_bound_for_a_remote(files: Tree) -> None:
    files[PEERS][0]["spec"]["template"]["spec"]["destination"]["name"] = "eks"


@mutation(primaries, finding.TWO_OWNERS)
def peers_twice(files: Tree) -> None:
    again = copy.deepcopy(files[PEERS])
    again[0]["metadata"]["name"] = "again"
    files["argocd/applicationsets/again.yaml"] = again


@mutation(primaries, finding.SYNC_POLICY)
def peers_that_heal_nothing(files: Tree) -> None:
    template(files, PEERS)["spec"]["syncPolicy"]["automated"]["selfHeal"] = False
