"""Which Argo CD versions mcgen supports, and what their stock settings are.

Read from the modules github.com/argoproj/argo-cd/v3 of the versions below (manifests/base/config/argocd-cm.yaml);
a test with the real modules compares them. Older ones lack `retry.refresh`, on which chains rely.
"""

from __future__ import annotations

from dataclasses import dataclass

_STOCK_EXCLUSIONS = """\
### Network resources created by the Kubernetes control plane and excluded to reduce the number of watched events and UI clutter
- apiGroups:
  - ''
  - discovery.k8s.io
  kinds:
  - Endpoints
  - EndpointSlice
### Internal Kubernetes resources excluded reduce the number of watched events
- apiGroups:
  - coordination.k8s.io
  kinds:
  - Lease
### Internal Kubernetes Authz/Authn resources excluded reduce the number of watched events
- apiGroups:
  - authentication.k8s.io
  - authorization.k8s.io
  kinds:
  - SelfSubjectReview
  - TokenReview
  - LocalSubjectAccessReview
  - SelfSubjectAccessReview
  - SelfSubjectRulesReview
  - SubjectAccessReview
### Intermediate Certificate Request excluded reduce the number of watched events
- apiGroups:
  - certificates.k8s.io
  kinds:
  - CertificateSigningRequest
- apiGroups:
  - cert-manager.io
  kinds:
  - CertificateRequest
### Cilium internal resources excluded reduce the number of watched events and UI Clutter
- apiGroups:
  - cilium.io
  kinds:
  - CiliumIdentity
  - CiliumEndpoint
  - CiliumEndpointSlice
### Kyverno intermediate and reporting resources excluded reduce the number of watched events and improve performance
- apiGroups:
  - kyverno.io
  - reports.kyverno.io
  - wgpolicyk8s.io
  kinds:
  - PolicyReport
  - ClusterPolicyReport
  - EphemeralReport
  - ClusterEphemeralReport
  - AdmissionReport
  - ClusterAdmissionReport
  - BackgroundScanReport
  - ClusterBackgroundScanReport
  - UpdateRequest
"""  # noqa: E501 - as it stands in Argo CD, so that a diff with a live one shows one line
_LIFTED = "  - EndpointSlice\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One minor version. newest: the patch that was read; exclusions: its stock `resource.exclusions`."""

    newest: str
    exclusions: str = _STOCK_EXCLUSIONS

    @property
    def lifted(self) -> str:
        """Return the exclusions without EndpointSlice: the remote profile needs one, and nothing else."""
        return self.exclusions.replace(_LIFTED, "", 1)


# Not those before: an AppProject of 3.2 takes no names of cluster-wide kinds, and neither it nor 3.3 reads
# `Prune=confirm` and `Delete=confirm` in the syncOptions of an Application, so that the CRDs would go unasked.
SUPPORTED = {
    "3.4": Release(newest="3.4.13"),
    "3.5": Release(newest="3.5.7"),
    "3.6": Release(newest="3.6.1"),
}


def minor(version: str) -> str:
    """Return the minor version of a version such as 3.5.7 or 3.5."""
    return ".".join(version.split(".")[:2])


def release(version: str) -> Release:
    """Return what is known of a version; raise KeyError for one that is not in SUPPORTED."""
    return SUPPORTED[minor(version)]


def image(version: str) -> str:
    """Return Argo CD's own image; of a bare minor version, its newest known patch."""
    exact = version if version.count(".") > 1 else release(version).newest
    return f"quay.io/argoproj/argocd:v{exact}"
