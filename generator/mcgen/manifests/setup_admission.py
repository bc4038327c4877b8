"""Policies of the API server: root and chains may create Applications in its two projects only, and list.

Who can write to the tree's repository decides what root and chains apply, and an Application may name any
AppProject of its Argo CD. Which Application applied an object is read from its tracking ID, which Argo CD
writes over whatever Git says; what an ApplicationSet generated has it as its owner.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen import layout, names
from mcgen.tree import Data, File

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.manifests.setup_settings import Setup

TRACKING_ID = "argocd.argoproj.io/tracking-id"

_API = "admissionregistration.k8s.io/v1"
_APPLIED_BY = (
    "has(object.metadata.annotations) && "
    f"'{TRACKING_ID}' in object.metadata.annotations"
    f" ? object.metadata.annotations['{TRACKING_ID}'].split(':')[0] : ''"
)
_GENERATED_BY = (
    "has(object.metadata.ownerReferences)"
    " ? object.metadata.ownerReferences.filter(o, o.kind == 'ApplicationSet').map(o, o.name) : []"
)
# A generator may be of several kinds at once. One that asks an SCM provider takes any Secret of its namespace as the
# token, and any address for the provider's (pkg/apis/application/v1alpha1/applicationset_types.go of Argo CD).
_LISTS = "object.spec.generators.all(generator, dyn(generator).all(kind, kind == 'list'))"
# An object on its way out stays free to lose its finalizers, and no more: an operation is carried out all the same
# (processAppOperationQueueItem in controller/appcontroller.go of Argo CD).
_STAYS = (
    "!(has(object.metadata.deletionTimestamp) && request.operation == 'UPDATE' && !has(object.operation)"
    " && has(object.spec) && has(oldObject.spec) && object.spec == oldObject.spec)"
)


def policy(setup: Setup) -> File:
    """Return the policies for Applications and for ApplicationSets, each with its binding."""
    documents: list[Data] = []
    for resource, (variables, rules) in {
        "applications": _applications(setup),
        "applicationsets": _application_sets(setup),
    }.items():
        name = f"mcgen-{setup.mesh}-{resource}"
        documents += [_policy(name, resource, variables, rules), _binding(name, setup.namespace)]
    return File(path=layout.ADMISSION_POLICY, documents=tuple(documents))


def _applications(setup: Setup) -> tuple[dict[str, str], list[Data]]:
    root = names.root(setup.mesh)
    variables = {
        "projects": f"['{root}', '{setup.mesh}']",
        "parents": _strings(setup.parents),
        "applicationSets": _strings(setup.application_sets),
        "appliedBy": _APPLIED_BY,
        "generatedBy": _GENERATED_BY,
        "concerned": f"{_STAYS} && (variables.appliedBy in variables.parents"
        " || variables.generatedBy.exists(name, name in variables.applicationSets))",
    }
    rules = [
        _rule(
            "object.spec.project in variables.projects",
            f"Applications of the mesh {setup.mesh} may be in its projects {root} and {setup.mesh} only",
        ),
        _rule(
            f"object.spec.project != '{root}' || object.metadata.name in variables.parents",
            f"only root and the chains of the mesh {setup.mesh} may be in the project {root}; "
            "apply argocd/setup/admission-policy.yaml again when a cluster was added",
        ),
        _rule(
            "request.operation == 'CREATE' || oldObject.spec.project in variables.projects",
            f"the mesh {setup.mesh} may not take over an Application of another project",
        ),
    ]
    return variables, rules


def _application_sets(setup: Setup) -> tuple[dict[str, str], list[Data]]:
    variables = {
        "parents": _strings(setup.parents),
        "applicationSets": _strings(setup.application_sets),
        "appliedBy": _APPLIED_BY,
        "concerned": f"{_STAYS} && variables.appliedBy in variables.parents",
    }
    rules = [
        _rule(
            "object.metadata.name in variables.applicationSets",
            f"the mesh {setup.mesh} has no ApplicationSet of this name",
        ),
        _rule(
            _LISTS,
            f"the ApplicationSets of the mesh {setup.mesh} list its clusters: any other generator could send what "
            "Argo CD knows elsewhere",
        ),
    ]
    return variables, rules


def _rule(expression: str, message: str) -> Data:
    return {"expression": f"!variables.concerned || {expression}", "message": message, "reason": "Forbidden"}


def _policy(name: str, resource: str, variables: dict[str, str], rules: list[Data]) -> Data:
    rule: Data = {
        "apiGroups": ["argoproj.io"],
        "apiVersions": ["*"],
        "operations": ["CREATE", "UPDATE"],
        "resources": [resource],
    }
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": name},
        "spec": {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [rule]},
            "variables": [{"name": key, "expression": expression} for key, expression in variables.items()],
            "validations": rules,
        },
    }


def _binding(name: str, namespace: str) -> Data:
    labels = {"kubernetes.io/metadata.name": namespace}
    return {
        "apiVersion": _API,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": name},
        "spec": {
            "policyName": name,
            "validationActions": ["Deny"],
            "matchResources": {"namespaceSelector": {"matchLabels": labels}},
        },
    }


def _strings(values: Sequence[str]) -> str:
    # One per line: a cluster that is added changes one line.
    return "[\n" + "".join(f"  '{value}',\n" for value in values) + "]"
