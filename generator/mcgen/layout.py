"""Every path of the generated tree, relative to its root."""

from __future__ import annotations

from mcgen.stages import REMOTE_SECRET, REVISION_TAG, SEALED_SECRETS, TRUST

README = "README.md"
RUNBOOK = "RUNBOOK.md"
GIT_ATTRIBUTES = ".gitattributes"
MANIFEST = ".mcgen/manifest.json"
FACTS = ".mcgen/facts.yaml"
INSTALL = "argocd/install"
APPLICATION_SETS = "argocd/applicationsets"
SETUP = "argocd/setup"
PATCHES = f"{SETUP}/patches"
ADMISSION_POLICY = f"{SETUP}/admission-policy.yaml"
BOOTSTRAP = "bootstrap"
BOOTSTRAP_IMAGE = f"{BOOTSTRAP}/image"
# Folders that a person applies: no Application may lead to one.
BY_HAND = (INSTALL, SETUP, BOOTSTRAP)
HELM_VALUES = f"{SETUP}/helm-values.yaml"
KUSTOMIZATION = "kustomization.yaml"
ISTIO_OPERATOR = "istio-operator.yaml"
MANIFESTS = "manifests"
SEALED_SECRET = "sealed-secret.yaml"  # noqa: S105 - a file name
EXTERNAL_SECRET = "external-secret.yaml"  # noqa: S105 - a file name
SEALED_SECRETS_CONTROLLER = f"bases/{SEALED_SECRETS}/controller.yaml"


def base(stage: str) -> str:
    """Return the folder of what clusters share in a stage."""
    return f"bases/{stage}"


def chain(cluster: str) -> str:
    """Return the folder of a cluster's chain: one Application per stage."""
    return f"clusters/{cluster}/argocd"


def application(cluster: str, wave: int, stage: str) -> str:
    """Return the file of one Application of a chain; the wave leads, so that a listing shows the order."""
    return f"{chain(cluster)}/{wave:02}-{stage}.yaml"


def application_set(role: str) -> str:
    """Return the file of the ApplicationSet of a role; there is none for a role that no cluster has."""
    return f"{APPLICATION_SETS}/{role}.yaml"


def overlay(cluster: str, stage: str, consumer: str | None) -> str:
    """Return the overlay of one stage; a remote secret lies with the cluster that uses it."""
    if stage == REMOTE_SECRET:
        return f"clusters/{consumer}/remote-secrets/{cluster}"
    return f"clusters/{cluster}/{stage}"


def manifests(folder: str) -> str:
    """Return the folder of what istioctl made of the IstioOperator in another one, where the tree holds it.

    Not the same folder: when the delivery changes, the Application's old source must not lead to what it cannot be
    applied from. A sync that begins in that moment would go on with it for ever.
    """
    return f"{folder}/{MANIFESTS}"


def is_manifests(folder: str) -> bool:
    """Return whether a folder is one of those."""
    return folder.startswith("clusters/") and folder.endswith(f"/{MANIFESTS}")


def gate(folder: str) -> str:
    """Return the folder of a gate where charts come once it is open, and that one then is no source any more."""
    return f"{folder}/gate"


def is_gate(folder: str) -> bool:
    """Return whether a folder is one of those."""
    return folder.startswith("clusters/") and folder.endswith("/gate")


def stage_of(application: str) -> str:
    """Return the folder beside a chain's, in which the stage of one of its Applications stands."""
    cluster, _, name = application.partition("/argocd/")
    return f"{cluster}/{name.partition('-')[2].removesuffix('.yaml')}"


def rendered_from(folder: str) -> str:
    """Return the folder of the IstioOperator whose objects are in this one."""
    return folder.rpartition("/")[0] if is_manifests(folder) or is_gate(folder) else folder


def revision_tag(cluster: str, revision: str) -> str:
    """Return the overlay of the tag `default`: one per revision, so that its Application shows where it leads."""
    return f"clusters/{cluster}/{REVISION_TAG}/{revision}"


def sealed_secret(consumer: str, remote: str) -> str:
    """Return the file of a sealed remote secret, an input of the build."""
    return f"{overlay(remote, REMOTE_SECRET, consumer)}/{SEALED_SECRET}"


def is_sealed_secret(path: str) -> bool:
    """Return whether a path is that of a sealed remote secret or of a sealed CA."""
    folder, _, name = path.rpartition("/")
    return name == SEALED_SECRET and ("/remote-secrets/" in folder or folder.endswith(f"/{TRUST}"))


def sealed_authority(primary: str) -> str:
    """Return the file of a primary's sealed CA, an input of the build."""
    return f"{overlay(primary, TRUST, None)}/{SEALED_SECRET}"


def is_object_file(path: str) -> bool:
    """Return whether a file holds whole objects of an API, rather than prose, a patch, Helm values or facts."""
    return path.endswith(".yaml") and not path.startswith((f"{PATCHES}/", HELM_VALUES, FACTS))


def up(folder: str, target: str) -> str:
    """Return the way from a folder of the tree to another, such as `../../../bases/gate`."""
    return "../" * len(folder.split("/")) + target
