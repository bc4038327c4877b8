"""The two health checks, run by a Lua of the version that Argo CD has (5.1), with the libraries that it opens."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lupa.lua51 import LuaRuntime

from mcgen import names
from mcgen.manifests import setup_health

if TYPE_CHECKING:
    from collections.abc import Callable

SOURCE = {"repoURL": "https://git.example.com/mesh.git", "path": "clusters/aks/base", "plugin": {"name": "p"}}
OTHER = SOURCE | {"path": "clusters/aks/control-plane"}


@pytest.fixture(scope="module")
def health() -> Callable[[str, dict[str, Any]], tuple[str, str]]:
    def run(script: str, obj: dict[str, Any]) -> tuple[str, str]:
        lua = LuaRuntime(unpack_returned_tuples=False)
        libraries = lua.globals()
        # util/lua/lua.go opens package, base, table and a safe os, nothing else.
        for library in ("string", "math", "io", "debug", "coroutine", "python"):
            libraries[library] = None
        # As from JSON: lupa makes an empty table of a dict that it meets a second time.
        libraries["obj"] = lua.table_from(json.loads(json.dumps(obj)), recursive=True)
        result: Any = lua.execute(script)
        return str(result["status"]), str(result["message"])

    return run


def stage(**status: Any) -> dict[str, Any]:
    """Return an Application of a chain with this status; without any, it has no status at all."""
    metadata = {"name": "gke-aks-aks-base", "labels": {names.STAGE: "base"}}
    found: dict[str, Any] = {"metadata": metadata, "spec": {"source": SOURCE}}
    return found | ({"status": status} if status else {})


def seen(health: str | None = "Healthy", sync: str = "Synced", source: Any = SOURCE, **more: Any) -> dict[str, Any]:
    return stage(
        health={key: value for key, value in {"status": health, **more}.items() if value is not None},
        sync={"status": sync, "comparedTo": {"source": source}},
    )


def applied(name: str, phase: str = "Succeeded") -> dict[str, Any]:
    """Return the Application of a stage, synced and still progressing."""
    found = seen("Progressing")
    found["metadata"] = {"labels": {names.STAGE: name}}
    found["status"]["operationState"] = {"phase": phase}
    return found


APPLICATIONS = {
    "all is well": (seen(), ("Healthy", "")),
    "no status": (stage(), ("Progressing", "Argo CD has not looked at it yet")),
    "no health": (stage(sync={"status": "Synced"}), ("Progressing", "Argo CD has not looked at it yet")),
    "no sync": (stage(health={"status": "Healthy"}), ("Progressing", "Argo CD has not looked at it yet")),
    "empty health": (seen(None), ("Progressing", "no health yet")),
    "missing": (seen("Missing"), ("Progressing", "Missing")),
    "unknown": (seen("Unknown"), ("Progressing", "Unknown")),
    "progressing": (seen("Progressing"), ("Progressing", "Progressing")),
    "CRDs that are taken": (applied("base"), ("Healthy", "the API server has taken the CRDs")),
    "CRDs that are not all taken": (applied("base", phase="Running"), ("Progressing", "Progressing")),
    "a gateway that is applied": (applied("east-west-gateway"), ("Progressing", "Progressing")),
    "out of sync": (seen(sync="OutOfSync"), ("Progressing", "not synced")),
    "sync unknown": (seen(sync="Unknown"), ("Progressing", "not synced")),
    "gate": (seen("Suspended"), ("Suspended", "it waits at a gate")),
    "gate, out of sync": (seen("Suspended", "OutOfSync"), ("Suspended", "it waits at a gate")),
    "degraded": (seen("Degraded", message="no pods"), ("Progressing", "Degraded: no pods")),
    "degraded, no message": (seen("Degraded"), ("Progressing", "Degraded: see its resources")),
    "degraded, out of sync": (seen("Degraded", "OutOfSync", message="x"), ("Progressing", "Degraded: x")),
    "old source": (seen(source=OTHER), ("Progressing", "not compared with its present spec yet")),
    "source grew": (seen(source={"path": "p"}), ("Progressing", "not compared with its present spec yet")),
    "source shrank": (seen(source=SOURCE | {"x": "y"}), ("Progressing", "not compared with its present spec yet")),
    "other plugin": (
        seen(source=SOURCE | {"plugin": {"name": "q"}}),
        ("Progressing", "not compared with its present spec yet"),
    ),
    "no plugin any more": (
        seen(source=SOURCE | {"plugin": "p"}),
        ("Progressing", "not compared with its present spec yet"),
    ),
    "compared with nothing": (
        stage(health={"status": "Healthy"}, sync={"status": "Synced"}),
        ("Progressing", "not compared with its present spec yet"),
    ),
    "no labels": ({"metadata": {"name": "shop"}, "spec": {}}, ("Healthy", "")),
    "another team's": (
        {"metadata": {"labels": {"app": "shop"}}, "status": {"health": {"status": "Degraded"}}},
        ("Healthy", ""),
    ),
}


@pytest.mark.parametrize(("application", "expected"), APPLICATIONS.values(), ids=APPLICATIONS.keys())
def test_health_of_an_application(health: Any, application: dict[str, Any], expected: tuple[str, str]) -> None:
    assert health(setup_health.application(), application) == expected


@pytest.mark.parametrize(
    ("compared", "expected"),
    [([SOURCE, OTHER], "Healthy"), ([OTHER, SOURCE], "Progressing"), ([SOURCE], "Progressing"), (None, "Progressing")],
)
def test_of_several_sources_all_count_in_order(health: Any, compared: Any, expected: str) -> None:
    application = seen()
    # `source` agrees: it must not be looked at where there are several.
    application["spec"] = {"source": SOURCE, "sources": [SOURCE, OTHER]}
    if compared is not None:
        application["status"]["sync"]["comparedTo"]["sources"] = compared
    assert health(setup_health.application(), application)[0] == expected


def test_an_application_without_a_source_is_never_healthy(health: Any) -> None:
    application = stage(health={"status": "Healthy"}, sync={"status": "Synced", "comparedTo": {}})
    application["spec"] = {}
    assert health(setup_health.application(), application)[0] == "Progressing"


def injector(*bundles: str | None, label: str = "sidecar-injector") -> dict[str, Any]:
    clients = [{} if bundle is None else {"caBundle": bundle} for bundle in bundles]
    return {"metadata": {"labels": {"app": label}}, "webhooks": [{"clientConfig": client} for client in clients]}


WEBHOOKS = {
    "istiod has answered": (injector("Q0E=", "Q0E="), "Healthy"),
    "no bundle": (injector(None), "Progressing"),
    "empty bundle": (injector(""), "Progressing"),
    "only the first": (injector("Q0E=", None), "Progressing"),
    "only the last": (injector("", "Q0E="), "Progressing"),
    "no clientConfig": ({"metadata": {"labels": {"app": "sidecar-injector"}}, "webhooks": [{}]}, "Progressing"),
    "no webhooks": ({"metadata": {"labels": {"app": "sidecar-injector"}}}, "Healthy"),
    "another app's": (injector(None, label="vault"), "Healthy"),
    "no labels": ({"metadata": {}, "webhooks": [{"clientConfig": {}}]}, "Healthy"),
}


@pytest.mark.parametrize(("webhook", "expected"), WEBHOOKS.values(), ids=WEBHOOKS.keys())
def test_health_of_a_webhook(health: Any, webhook: dict[str, Any], expected: str) -> None:
    assert health(setup_health.injector_webhook(), webhook)[0] == expected


def test_the_label_is_the_one_that_stage_applications_carry() -> None:
    assert f'labels["{names.STAGE}"]' in setup_health.application()
