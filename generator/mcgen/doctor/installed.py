"""What an administrator applied once: AppProjects, root Application, admission policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.doctor.compare import differences, shown
from mcgen.doctor.verdict import Check, finding, fine, warning

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcgen.tree import Data

_POLICY = "apply argocd/setup/admission-policy.yaml"
_TRACKING_KEY = "application.resourceTrackingMethod"


def what(document: Data) -> str:
    """Return an object's kind and name."""
    return f"{document['kind']} {document['metadata']['name']}"


def judge_policy(documents: Sequence[Data], live: Sequence[Data | None], config: Mapping[str, str]) -> Check:
    """Return whether a policy with its binding is there and as generated; it is offered, so none is a warning.

    config: the data of argocd-cm. The policy reads the tracking annotation, which Argo CD writes unless told otherwise.
    """
    title = what(documents[0])
    if all(found is None for found in live):
        words = "it is not there: who can write to the tree may create Applications in any project"
        return warning("MC707", title, words, _POLICY)
    for document, found in zip(documents, live, strict=True):
        if found is None:
            return finding("MC707", title, f"{what(document)} is not there, so it has no effect", _POLICY)
        if places := list(differences(document, found)):
            words = f"{what(document)} differs from the generated one at {shown(places)}"
            return finding("MC707", title, words, f"{_POLICY} again: an old one refuses the chains of new clusters")
    if config.get(_TRACKING_KEY) == "label":
        words = f"{_TRACKING_KEY} in argocd-cm is 'label', so it does not see which Application made an object"
        return finding("MC707", title, words, "track by annotation (the default), or do without the policy")
    return fine(title)
