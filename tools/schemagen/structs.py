"""Kinds that no API server knows: input of istioctl, kustomize and Argo CD's plugin server."""

from __future__ import annotations

from schemagen import Definitions, Schema, ref
from schemagen.kubernetes import CORE, META, add, typed, whole

APIS = "istio.io/istio/operator/pkg/apis."
VALUES = "istio.operator.v1alpha1."
MESH = "istio.mesh.v1alpha1."
KUSTOMIZE = "sigs.k8s.io/kustomize/api/types."

STRING: Schema = {"type": "string"}
STRINGS: Schema = {"type": "object", "additionalProperties": STRING}
# `tag: 1` is a habit that Istio supports.
TAG: Schema = {"type": ["number", "string"]}


def _listed(name: str) -> Schema:
    return {"type": "array", "items": ref(name)}


def _closed(properties: dict[str, Schema], *required: str) -> Schema:
    closed: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return closed | {"required": list(required)} if required else closed


# Where the reflected types say "any object", and istioctl or the charts are not content with any:
# operator/pkg/apis/validation/validation.go holds Kubernetes types against them, the charts print the others.
# What stays free has no row: env, templates and log labels on purpose; podAntiAffinity*LabelSelector,
# extraContainerArgs and waypoint.nodeSelector, where the charts read another form than istioctl lets pass;
# ingressPorts, which no chart reads; and all but the names of ztunnel's values.
GATEWAY: dict[str, Schema] = {
    "additionalContainers": _listed(CORE + "Container"),
    "configVolumes": {"items": _closed(dict.fromkeys(("configMapName", "mountPath", "name"), STRING))},
    "nodeSelector": STRINGS,
    "podAnnotations": STRINGS,
    "serviceAnnotations": STRINGS,
    "tolerations": _listed(CORE + "Toleration"),
}
ADDED: dict[str, dict[str, Schema]] = {
    APIS + "IstioOperatorSpec": {
        "meshConfig": ref(MESH + "MeshConfig"),
        "tag": TAG,
        "unvalidatedValues": {"type": "object"},
        "values": ref(VALUES + "Values"),
    },
    APIS + "ComponentSpec": {"tag": TAG},
    APIS + "GatewayComponentSpec": {"tag": TAG},
    APIS + "KubernetesResources": {"hpaSpec": ref("PartialHorizontalPodAutoscalerSpec")},
    VALUES + "Values": {
        "gatewayClasses": {"type": "object"},
        "meshConfig": ref(MESH + "MeshConfig"),
        "ztunnel": ref("ztunnel"),
    },
    VALUES + "CNIConfig": {
        "affinity": ref(CORE + "Affinity"),
        "daemonSetLabels": STRINGS,
        "podAnnotations": STRINGS,
        "podLabels": STRINGS,
        "seccompProfile": ref(CORE + "SeccompProfile"),
        "tag": TAG,
    },
    VALUES + "CNIRepairConfig": {"tag": TAG},
    VALUES + "EgressGatewayConfig": GATEWAY,
    VALUES + "GatewaysConfig": {
        "seccompProfile": ref(CORE + "SeccompProfile"),
        "securityContext": ref(CORE + "PodSecurityContext"),
    },
    VALUES + "GlobalConfig": {
        "defaultNodeSelector": STRINGS,
        "defaultTolerations": _listed(CORE + "Toleration"),
        "meshNetworks": {"additionalProperties": ref(MESH + "Network")},
        "tag": TAG,
    },
    VALUES + "IngressGatewayConfig": GATEWAY | {"resources": ref(CORE + "ResourceRequirements")},
    VALUES + "PilotConfig": {
        "affinity": ref(CORE + "Affinity"),
        "autoscaleBehavior": ref("io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerBehavior"),
        "deploymentLabels": STRINGS,
        "envVarFrom": _listed(CORE + "EnvVar"),
        "nodeSelector": STRINGS,
        "podAnnotations": STRINGS,
        "podLabels": STRINGS,
        "seccompProfile": ref(CORE + "SeccompProfile"),
        "serviceAccountAnnotations": STRINGS,
        "serviceAnnotations": STRINGS,
        "tag": TAG,
        "tolerations": _listed(CORE + "Toleration"),
        "topologySpreadConstraints": _listed(CORE + "TopologySpreadConstraint"),
        "volumeMounts": _listed(CORE + "VolumeMount"),
        "volumes": _listed(CORE + "Volume"),
    },
    VALUES + "ProxyConfig": {
        "lifecycle": ref(CORE + "Lifecycle"),
        "seccompProfile": ref(CORE + "SeccompProfile"),
    },
    VALUES + "SDSConfig": {"token": _closed({"aud": STRING})},
    VALUES + "ServiceAccount": {"annotations": STRINGS},
    VALUES + "SidecarInjectorConfig": {
        "alwaysInjectSelector": _listed(META + "LabelSelector"),
        "injectedAnnotations": STRINGS,
        "neverInjectSelector": _listed(META + "LabelSelector"),
    },
    VALUES + "WaypointConfig": {
        "affinity": ref(CORE + "Affinity"),
        "toleration": _listed(CORE + "Toleration"),
        "topologySpreadConstraints": _listed(CORE + "TopologySpreadConstraint"),
    },
    KUSTOMIZE + "ConfigMapArgs": {"behavior": {"enum": ["create", "merge", "replace"]}},
    KUSTOMIZE + "SecretArgs": {"behavior": {"enum": ["create", "merge", "replace"]}},
    KUSTOMIZE + "SortOptions": {"order": {"enum": ["fifo", "legacy"]}},
    KUSTOMIZE + "Kustomization": {
        "buildMetadata": {"items": {"enum": ["managedByLabel", "originAnnotations", "transformerAnnotations"]}}
    },
}
# What kustomize asks for when it runs; its types ask for nothing.
REQUIRED: dict[str, list[str]] = {
    APIS + "GatewayComponentSpec": ["name"],
    APIS + "KubernetesOverlay": ["kind", "name", "patches"],
    APIS + "Patch": ["path"],
    KUSTOMIZE + "Image": ["name"],
    KUSTOMIZE + "Label": ["pairs"],
    KUSTOMIZE + "Replica": ["count", "name"],
}


def definitions(reflected: Definitions, kubernetes: Definitions, ztunnel_values: Schema) -> Definitions:
    """Return the reflected definitions with what the tables of this module add."""
    made = {**reflected}
    add(made, ADDED)
    for name, keys in REQUIRED.items():
        made[name] = {**made[name], "required": keys}
    patch = made[KUSTOMIZE + "Patch"]
    made[KUSTOMIZE + "Patch"] = {**patch, "oneOf": [{"required": ["patch"]}, {"required": ["path"]}]}
    autoscaler = kubernetes["io.k8s.api.autoscaling.v2.HorizontalPodAutoscalerSpec"]
    # It is laid over the one of the chart.
    made["PartialHorizontalPodAutoscalerSpec"] = {k: v for k, v in autoscaler.items() if k != "required"}
    # The protobuf type is `Value`: the chart's own defaults are the list of its keys.
    made["ztunnel"] = {
        "type": "object",
        "properties": {key: {} for key in ztunnel_values["_internal_defaults_do_not_set"]},
        "additionalProperties": False,
    }
    return made


def roots(definitions: Definitions) -> dict[tuple[str, str, str], Schema]:
    """Return (group, version, kind) -> schema of the kinds of this module."""
    group = "kustomize.config.k8s.io"
    kustomization = definitions[KUSTOMIZE + "Kustomization"]
    made = {
        ("install.istio.io", "v1alpha1", "IstioOperator"): (definitions[APIS + "IstioOperator"], ["spec"]),
        (group, "v1beta1", "Kustomization"): (kustomization, []),
        (group, "v1alpha1", "Component"): (kustomization, []),
    }
    loose = {
        key: schema
        | {
            "properties": schema["properties"] | typed(*key),
            "required": ["apiVersion", "kind", *required],
        }
        for key, (schema, required) in made.items()
    }
    plugin = ("argoproj.io", "v1alpha1", "ConfigManagementPlugin")
    return loose | {plugin: whole(PLUGIN, definitions, *plugin)}


# cmpserver/plugin/config.go and reposerver/apiclient/repository.pb.go of Argo CD, where importing the
# package to reflect over four small structs would compile half of Argo CD. Checked at its version in
# `sources`; nothing in the module publishes a schema.
_WORDS: Schema = {"type": "array", "items": STRING}
_COMMAND: dict[str, Schema] = {"command": _WORDS, "args": _WORDS}
_ANNOUNCEMENT = _closed(
    {
        "name": STRING,
        "title": STRING,
        "tooltip": STRING,
        "required": {"type": "boolean"},
        "itemType": STRING,
        "collectionType": {"enum": ["", "array", "map", "string"]},
        "string": STRING,
        "array": _WORDS,
        "map": STRINGS,
    },
    "name",
)
PLUGIN: Schema = _closed(
    {
        "spec": _closed(
            {
                "version": STRING,
                "init": _closed(_COMMAND),
                "generate": _closed(_COMMAND | {"command": {**_WORDS, "minItems": 1}}, "command"),
                "discover": _closed({"fileName": STRING, "find": _closed(_COMMAND | {"glob": STRING})}),
                "parameters": _closed(
                    {"static": {"type": "array", "items": _ANNOUNCEMENT}, "dynamic": _closed(_COMMAND)}
                ),
                "preserveFileMode": {"type": "boolean"},
                "provideGitCreds": {"type": "boolean"},
            },
            "generate",
        )
    },
    "spec",
)
