"""Kubernetes' own kinds: OpenAPI definitions turned into JSON Schema that says what they leave to Go."""

from __future__ import annotations

import re
from typing import Any

from schemagen import Definitions, Schema, ref

CORE = "io.k8s.api.core.v1."
META = "io.k8s.apimachinery.pkg.apis.meta.v1."
APIEXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
ADMISSION = "io.k8s.api.admissionregistration.v1."

# (group, version, kinds): what mcgen writes itself, what the istioctl of the table renders, and what the
# manifests of the sealed-secrets controller consist of.
KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("", "v1", ("ConfigMap", "Namespace", "ResourceQuota", "Secret", "Service", "ServiceAccount")),
    (
        "admissionregistration.k8s.io",
        "v1",
        (
            "MutatingWebhookConfiguration",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
        ),
    ),
    ("apiextensions.k8s.io", "v1", ("CustomResourceDefinition",)),
    ("apps", "v1", ("DaemonSet", "Deployment")),
    ("autoscaling", "v2", ("HorizontalPodAutoscaler",)),
    ("batch", "v1", ("CronJob", "Job")),
    ("discovery.k8s.io", "v1", ("EndpointSlice",)),
    ("networking.k8s.io", "v1", ("NetworkPolicy",)),
    ("policy", "v1", ("PodDisruptionBudget",)),
    ("rbac.authorization.k8s.io", "v1", ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")),
)

KEPT = {"additionalProperties", "enum", "items", "pattern", "properties", "required", "type"}
LABEL = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
SUBDOMAIN = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$"
LABEL_VALUE = r"^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$"
# Go's decoder passes over line ends.
BASE64 = r"^[A-Za-z0-9+/\r\n]*={0,2}[\r\n]*$"
PORT: Schema = {"minimum": 1, "maximum": 65535}
INT32: Schema = {"minimum": -(2**31), "maximum": 2**31 - 1}

# Names that the API server checks more closely than a DNS subdomain, or less.
NAMES: dict[str, Schema] = {
    "Namespace": {"pattern": LABEL, "maxLength": 63},
    "Service": {"pattern": LABEL, "maxLength": 63},
    **{kind: {"pattern": "^[^/%]+$"} for kind in ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")},
}

# What the published definitions leave out because Go checks it: definition -> property -> keywords to add.
# The enumerations are the constants of k8s.io/api, without the ones that no manifest holds.
PROTOCOLS: Schema = {"enum": ["SCTP", "TCP", "UDP"]}
IP_FAMILY_POLICIES: Schema = {"enum": ["PreferDualStack", "RequireDualStack", "SingleStack"]}
FAILURE_POLICIES: Schema = {"enum": ["Fail", "Ignore"]}
WEBHOOK: dict[str, Schema] = {
    "failurePolicy": FAILURE_POLICIES,
    "matchPolicy": {"enum": ["Equivalent", "Exact"]},
    "sideEffects": {"enum": ["None", "NoneOnDryRun"]},
    "timeoutSeconds": {"minimum": 1, "maximum": 30},
}
ADDED: dict[str, dict[str, Schema]] = {
    META + "ObjectMeta": {
        "labels": {"additionalProperties": {"type": "string", "pattern": LABEL_VALUE, "maxLength": 63}},
        "namespace": {"pattern": LABEL, "maxLength": 63},
    },
    META + "LabelSelectorRequirement": {"operator": {"enum": ["DoesNotExist", "Exists", "In", "NotIn"]}},
    CORE + "Container": {"imagePullPolicy": {"enum": ["Always", "IfNotPresent", "Never"]}},
    CORE + "ContainerPort": {"containerPort": PORT, "protocol": PROTOCOLS},
    CORE + "PodSpec": {
        "dnsPolicy": {"enum": ["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"]},
        "restartPolicy": {"enum": ["Always", "Never", "OnFailure"]},
    },
    CORE + "SeccompProfile": {"type": {"enum": ["Localhost", "RuntimeDefault", "Unconfined"]}},
    CORE + "ServicePort": {"port": PORT, "protocol": PROTOCOLS},
    CORE + "ServiceSpec": {
        "externalTrafficPolicy": {"enum": ["Cluster", "Local"]},
        "internalTrafficPolicy": {"enum": ["Cluster", "Local"]},
        "ipFamilyPolicy": IP_FAMILY_POLICIES,
        "sessionAffinity": {"enum": ["ClientIP", "None"]},
        "type": {"enum": ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]},
    },
    CORE + "Toleration": {"effect": {"enum": ["NoExecute", "NoSchedule", "PreferNoSchedule"]}},
    ADMISSION + "MutatingWebhook": WEBHOOK,
    ADMISSION + "ValidatingWebhook": WEBHOOK,
    ADMISSION + "ValidatingAdmissionPolicySpec": {"failurePolicy": FAILURE_POLICIES},
    ADMISSION + "ValidatingAdmissionPolicyBindingSpec": {
        "validationActions": {"items": {"type": "string", "enum": ["Audit", "Deny", "Warn"]}}
    },
    APIEXTENSIONS + "CustomResourceDefinitionSpec": {"scope": {"enum": ["Cluster", "Namespaced"]}},
    "io.k8s.api.apps.v1.DeploymentStrategy": {"type": {"enum": ["Recreate", "RollingUpdate"]}},
    "io.k8s.api.batch.v1.CronJobSpec": {"concurrencyPolicy": {"enum": ["Allow", "Forbid", "Replace"]}},
    "io.k8s.api.discovery.v1.EndpointSlice": {"addressType": {"enum": ["FQDN", "IPv4", "IPv6"]}},
    "io.k8s.api.networking.v1.NetworkPolicySpec": {
        "policyTypes": {"items": {"type": "string", "enum": ["Egress", "Ingress"]}}
    },
}

# Types with an UnmarshalJSON of their own, of which OpenAPI says nothing or too little.
REPLACED: Definitions = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": {"type": ["number", "string"]},
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": {"type": ["integer", "string"]},
    # kubeseal and older Go types write `creationTimestamp: null`.
    META + "Time": {"type": ["string", "null"]},
    APIEXTENSIONS + "JSONSchemaPropsOrArray": {"anyOf": [ref(APIEXTENSIONS + "JSONSchemaProps"), {"type": "array"}]},
    APIEXTENSIONS + "JSONSchemaPropsOrBool": {"anyOf": [ref(APIEXTENSIONS + "JSONSchemaProps"), {"type": "boolean"}]},
    APIEXTENSIONS + "JSONSchemaPropsOrStringArray": {
        "anyOf": [ref(APIEXTENSIONS + "JSONSchemaProps"), {"type": "array", "items": {"type": "string"}}]
    },
}

# The server's own bookkeeping, and the only part of metadata with a free form.
NEVER_IN_GIT = ((META + "ObjectMeta", "managedFields"),)


def definitions(published: Definitions) -> Definitions:
    """Return the definitions as JSON Schema, with what the tables of this module add."""
    cleaned = {name: clean(schema) for name, schema in published.items()} | REPLACED
    add(cleaned, ADDED)
    for name, key in NEVER_IN_GIT:
        del cleaned[name]["properties"][key]
    return cleaned


def add(definitions: Definitions, table: dict[str, dict[str, Schema]]) -> None:
    """Add a table's keywords to properties in place; a row that fits nothing raises KeyError."""
    for name, rows in table.items():
        properties = definitions[name]["properties"]
        for key, keywords in rows.items():
            properties[key] = {**properties[key], **keywords}


def clean(schema: Schema) -> Schema:
    """Return one OpenAPI definition without prose and extensions, nulls only where charts write them."""
    if "$ref" in schema:
        return ref(schema["$ref"].rpartition("/")[2])
    cleaned = {key: value for key, value in schema.items() if key in KEPT}
    if "type" in cleaned:
        cleaned["type"] = _without_scalar_null(cleaned["type"])
    cleaned |= bounds(schema)
    if "properties" in cleaned:
        cleaned["properties"] = {key: clean(value) for key, value in cleaned["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(cleaned.get(key), dict):
            cleaned[key] = clean(cleaned[key])
    return cleaned


def bounds(schema: Schema) -> Schema:
    """Return what a `format` means; as a keyword its weight differs from one validator to the next."""
    match schema.get("format"):
        case "int32":
            return INT32 | {key: schema[key] for key in INT32 if key in schema}
        case "byte":
            return {"pattern": BASE64}
        case _:
            return {}


def root(group: str, version: str, kind: str, definitions: Definitions) -> Schema:
    """Return the schema of a whole object: typed, named and not null."""
    pattern = re.compile(rf"\.{version}\.{kind}$")
    path = "io.k8s." + ("apiextensions-apiserver.pkg.apis" if kind == "CustomResourceDefinition" else "api")
    (name,) = (
        name
        for name in definitions
        if name.startswith(f"{path}.{group.partition('.')[0] or 'core'}.") and pattern.search(name)
    )
    return whole(definitions[name], definitions, group, version, kind)


def whole(schema: Schema, definitions: Definitions, group: str, version: str, kind: str) -> Schema:
    """Return the schema of an object of the API, which needs its type and a name."""
    metadata = definitions[META + "ObjectMeta"]
    name = {"type": "string", **NAMES.get(kind, {"pattern": SUBDOMAIN, "maxLength": 253})}
    named = {"type": "object", "properties": metadata["properties"] | {"name": name}, "required": ["name"]}
    properties = schema["properties"] | typed(group, version, kind) | {"metadata": metadata | named}
    required = sorted({"apiVersion", "kind", "metadata", *schema.get("required", ())})
    return schema | {"type": "object", "properties": properties, "required": required}


def typed(group: str, version: str, kind: str) -> Schema:
    """Return the properties that name a type."""
    api_version = f"{group}/{version}" if group else version
    return {"apiVersion": {"enum": [api_version]}, "kind": {"enum": [kind]}}


def _without_scalar_null(types: Any) -> Any:
    """Keep null for lists and objects only, where a chart's empty `with` leaves it; never for a scalar."""
    if not isinstance(types, list):
        return types
    base = [name for name in types if name != "null"]
    return types if base in (["array"], ["object"]) else base[0] if len(base) == 1 else base
