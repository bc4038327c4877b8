"""The kinds that the proof knows by name, as `group/Kind`: text, because its hash is made only once."""

from __future__ import annotations

from functools import cache
from typing import TypeAlias

Kind: TypeAlias = str

APPLICATION: Kind = "argoproj.io/Application"
APPLICATION_SET: Kind = "argoproj.io/ApplicationSet"
APP_PROJECT: Kind = "argoproj.io/AppProject"
AUTHORIZATION_POLICY: Kind = "security.istio.io/AuthorizationPolicy"
BINDING: Kind = "rbac.authorization.k8s.io/ClusterRoleBinding"
CONFIG_MAP: Kind = "/ConfigMap"
CRD: Kind = "apiextensions.k8s.io/CustomResourceDefinition"
DEPLOYMENT: Kind = "apps/Deployment"
DISRUPTION_BUDGET: Kind = "policy/PodDisruptionBudget"
ENDPOINT_SLICE: Kind = "discovery.k8s.io/EndpointSlice"
EXTERNAL_SECRET: Kind = "external-secrets.io/ExternalSecret"  # noqa: S105 - a kind
ISTIO_GATEWAY: Kind = "networking.istio.io/Gateway"
JOB: Kind = "batch/Job"
MUTATING_WEBHOOK: Kind = "admissionregistration.k8s.io/MutatingWebhookConfiguration"
NAMESPACE: Kind = "/Namespace"
NETWORK_POLICY: Kind = "networking.k8s.io/NetworkPolicy"
OPERATOR: Kind = "install.istio.io/IstioOperator"
PEER_AUTHENTICATION: Kind = "security.istio.io/PeerAuthentication"
POD_AUTOSCALER: Kind = "autoscaling/HorizontalPodAutoscaler"
REQUEST_AUTHENTICATION: Kind = "security.istio.io/RequestAuthentication"
ROLE: Kind = "rbac.authorization.k8s.io/Role"
ROLE_BINDING: Kind = "rbac.authorization.k8s.io/RoleBinding"
CLUSTER_ROLE: Kind = "rbac.authorization.k8s.io/ClusterRole"
SEALED_SECRET: Kind = "bitnami.com/SealedSecret"  # noqa: S105 - a kind
SECRET: Kind = "/Secret"  # noqa: S105 - a kind
SERVICE: Kind = "/Service"
SERVICE_ACCOUNT: Kind = "/ServiceAccount"
VALIDATING_WEBHOOK: Kind = "admissionregistration.k8s.io/ValidatingWebhookConfiguration"
VIRTUAL_SERVICE: Kind = "networking.istio.io/VirtualService"

# Of these a controller makes a Secret, and they are Healthy once it is there.
SECRETS: tuple[Kind, ...] = (SEALED_SECRET, EXTERNAL_SECRET)

CLUSTER_SCOPED = {
    BINDING,
    CLUSTER_ROLE,
    CRD,
    MUTATING_WEBHOOK,
    NAMESPACE,
    VALIDATING_WEBHOOK,
    "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
    "scheduling.k8s.io/PriorityClass",
    "storage.k8s.io/StorageClass",
}


@cache
def words(kind: Kind) -> str:
    """Return a kind without its group."""
    return kind.rpartition("/")[2]


@cache
def group(kind: Kind) -> str:
    """Return the API group of a kind, empty for the core group."""
    return kind.rpartition("/")[0]
