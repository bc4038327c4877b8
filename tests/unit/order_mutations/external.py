"""External Secrets: what makes an ExternalSecret Ready without its Secret, and edges that rest on it."""

from __future__ import annotations

from mcgen.order import finding
from tests.helpers import BLUEPRINTS, tree
from tests.unit.order_mutations.trees import Tree, annotate, application, mutation, project, set_wave

REMOTE = "clusters/gke/remote-secrets/aks/external-secret.yaml"
AUTHORITY = "clusters/gke/trust/external-secret.yaml"


def pushed() -> Tree:
    """Return the tree in which everything is with the provider."""
    return tree(BLUEPRINTS / "external-secrets.yaml", BLUEPRINTS / "external-secrets.inputs")


def unpushed() -> Tree:
    return tree(BLUEPRINTS / "external-secrets.yaml")


@mutation(pushed, finding.SECRET_LATE)
def external_secret_after_the_control_plane(files: Tree) -> None:
    set_wave(files, "aks", "remote-secret", 25)


@mutation(pushed, finding.SECRET_LATE)
def external_secret_that_istiod_does_not_look_for(files: Tree) -> None:
    del files[REMOTE][0]["spec"]["target"]["template"]["metadata"]["labels"]


@mutation(pushed, finding.SECRET_LATE)
def external_secret_of_another_cluster(files: Tree) -> None:
    files[REMOTE][0]["spec"]["target"]["template"]["metadata"]["annotations"]["networking.istio.io/cluster"] = "eks"


@mutation(pushed, finding.AUTHORITY_LATE)
def istiod_before_what_it_fetches(files: Tree) -> None:
    set_wave(files, "gke", "trust", 25)


@mutation(pushed, finding.MEANINGLESS)
def ready_while_the_provider_has_nothing(files: Tree) -> None:
    files[REMOTE][0]["spec"]["target"]["deletionPolicy"] = "Delete"


@mutation(pushed, finding.MEANINGLESS)
def ready_while_the_provider_has_no_ca(files: Tree) -> None:
    files[AUTHORITY][0]["spec"]["target"]["deletionPolicy"] = "Merge"


@mutation(pushed, finding.MEANINGLESS)
def ready_without_making_a_secret(files: Tree) -> None:
    files[REMOTE][0]["spec"]["target"]["creationPolicy"] = "None"


@mutation(pushed, finding.MEANINGLESS)
def external_secret_left_out_of_the_health(files: Tree) -> None:
    annotate(files[REMOTE][0], "argocd.argoproj.io/ignore-healthcheck", "true")


@mutation(pushed, finding.UNREAD_CONFIGURATION, finding.READER_LATE)
def external_secret_bound_for_the_remote(files: Tree) -> None:
    files[application("aks", "remote-secret")][0]["spec"]["destination"]["name"] = "aks"


@mutation(pushed, finding.NOT_PERMITTED)
def project_without_external_secrets(files: Tree) -> None:
    kinds = project(files, "external-secrets")["namespaceResourceWhitelist"]
    kinds.remove({"group": "external-secrets.io", "kind": "ExternalSecret"})


@mutation(unpushed, finding.BEHIND_GATE)
def external_secret_behind_its_gate(files: Tree) -> None:
    late = pushed()
    path = application("aks", "base")
    files[path] = late[path]
