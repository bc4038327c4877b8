"""Legal values of single fields, odd ones among them: what YAML takes for something else, and the longest."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# Text that an unquoted scalar would not be, and what looks like a number or a stage.
_ODD = ["no", "on", "y", "null", "true", "nan", "1e3", "0x1f", "08", "0777", "1-2-3", "e1", "a", "gate", "base", "inf"]
NAMES = st.one_of(
    st.sampled_from(_ODD),
    st.from_regex(r"[a-z0-9]([a-z0-9]{0,6}(-[0-9]{1,3})?)?", fullmatch=True),
).filter(lambda name: name not in {"root", "default", "sealing"})
LABELS = st.sampled_from(["", "x", "no", "1.20", "A_b.c-d", "0", "x" * 63, "null"])
# Keys that kustomize carries; beside them it breaks annotations that look like numbers, null, booleans and dates.
ANNOTATIONS = st.sampled_from(
    ["team", "on", "example.com/contact", "a.b-c.d/E_f.g", "x" * 63, "no", "nan", "0o8", "1e400", "2026-02-30", "a/1"]
)
BROKEN_ANNOTATIONS = ["1", "null", "True", "1e3", "0x1f", "08", "1_000", "1.5", "0b1", "2026-11-23"]
# Labels and selectors keep the quotes of all of them.
LABEL_KEYS = ANNOTATIONS | st.sampled_from(BROKEN_ANNOTATIONS)
# Of each cluster its own: {} is its index.
ADDRESSES = ["203.0.113.1{}", "2001:db8::1{}", "10.0.0.1{}"]
HOSTS = ["gateway-{}.example.com", "a-b.{}c"]
IMAGES = ["registry.example.com/a/b:1.31", "ghcr.io/x@sha256:" + "0" * 64]
RESOURCES: list[dict[str, Any]] = [
    {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "1Gi"}},
    {"limits": {"cpu": "2", "example.com/gpu": "1"}},
    {"requests": {"cpu": ".5"}},
]
MESH_CONFIGS: list[dict[str, Any]] = [
    {"accessLogFile": "/dev/stdout"},
    {"outboundTrafficPolicy": {"mode": "REGISTRY_ONLY"}, "defaultConfig": {"holdApplicationUntilProxyStarts": True}},
]
VALUES: list[dict[str, Any]] = [
    {"global": {"imagePullSecrets": ["registry"]}},
    {"global": {"proxy": {"resources": {"requests": {"cpu": "50m"}}}}},
    {"pilot": {"autoscaleMin": 2}},
]
OPERATIONS: list[dict[str, Any]] = [
    {"methods": ["GET", "POST"], "paths": ["/v1/*", "*.json", "/a/{*}/b"]},
    {"notMethods": ["HEAD"]},
    {"hosts": ["shop.example.com", "*.example.com:8080"], "notPaths": ["/admin"]},
    {"ports": [1, 8080, 65535]},
]

_PODS = {"apiVersion": "install.istio.io/v1alpha1", "kind": "IstioOperator", "metadata": {"name": "any"}}
# Whether the patch needs the demo, and the patch.
PATCHES: list[tuple[bool, dict[str, Any]]] = [
    (True, {"stage": "workloads", "target": {"kind": "Deployment", "name": "helloworld-.*"},
            "patch": [{"op": "replace", "path": "/spec/replicas", "value": 2}]}),
    (True, {"stage": "workloads", "target": {"labelSelector": "app=sleep", "kind": "Deployment"},
            "patch": "kind: Deployment\nmetadata:\n  name: any\nspec:\n  replicas: 3\n"}),
    (False, {"stage": "control-plane", "target": {"kind": "IstioOperator"},
             "patch": _PODS | {"spec": {"components": {"pilot": {"k8s": {"podAnnotations": {"a": "no"}}}}}}}),
    (False, {"stage": "east-west-gateway", "target": {"kind": "IstioOperator"},
             "patch": "- op: add\n  path: /metadata/annotations\n  value: {'on': 'yes'}\n"}),
]  # fmt: skip
