"""mcgen: GitOps manifests for one Istio service mesh over many Kubernetes clusters."""

__version__ = "0.1.0"
