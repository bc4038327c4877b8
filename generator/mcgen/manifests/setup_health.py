"""The two health checks that give sync waves their meaning, as settings of argocd-cm."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_LUA = Path(__file__).parent.parent / "lua"

APPLICATION_KEY = "resource.customizations.health.argoproj.io_Application"
INJECTOR_KEY = "resource.customizations.health.admissionregistration.k8s.io_MutatingWebhookConfiguration"


def application() -> str:
    """Return the check for Applications: what a wave of a chain waits for."""
    return _script("application.lua")


def injector_webhook() -> str:
    """Return the check for Istio's injector: whether istiod controls the cluster."""
    return _script("injector_webhook.lua")


@cache
def _script(name: str) -> str:
    return (_LUA / name).read_text(encoding="utf-8")
