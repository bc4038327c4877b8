"""What stands beside a chain that has the objects themselves: charts and manifests say what the IstioOperator says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mcgen.order import finding, istio, kinds
from tests.samples import CHECKOUT
from tests.unit.order_mutations.trees import kept, proved

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.order_mutations.trees import Tree

CHAIN = "clusters/east/argocd/20-control-plane.yaml"
OPERATOR = "clusters/east/control-plane/istio-operator.yaml"
EXTRA = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "istio-system"}}


def something_else_as_well(files: Tree) -> None:
    files[OPERATOR].append(EXTRA)


def something_else_alone(files: Tree) -> None:
    """A ConfigMap comes before an IstioOperator in the alphabet."""
    files[OPERATOR] = [EXTRA]


def a_plugin(files: Tree) -> None:
    spec = files[CHAIN][0]["spec"]
    source = spec.get("source") or spec["sources"][0]
    source["plugin"] = {"name": "mcgen-istio-1.31"}


def rendering(files: Tree) -> list[str]:
    return [one.message for one in proved(files) if one.code == finding.RENDERING and one.path == CHAIN]


@pytest.mark.parametrize("change", [something_else_as_well, something_else_alone, a_plugin])
def test_objects_are_those_of_one_istio_operator_that_no_plugin_renders(change: Callable[[Tree], None]) -> None:
    files = kept(CHECKOUT / "output/minimal-manifests")
    assert proved(files) == []
    change(files)
    assert any(
        "one IstioOperator stands beside it, and no plugin renders it" in message for message in rendering(files)
    )


@pytest.mark.parametrize("change", [something_else_as_well, something_else_alone])
def test_a_chart_says_what_one_istio_operator_says(change: Callable[[Tree], None]) -> None:
    files = kept(CHECKOUT / "output/minimal-helm")
    assert proved(files) == []
    change(files)
    assert any("its chart and values do not say" in message for message in rendering(files))


REMOTE = istio.Operator(profile=istio.REMOTE, cluster_id="west", base=True, address="203.0.113.7", gateways=())


@pytest.mark.parametrize(
    ("operator", "slices"),
    [
        (REMOTE, 1),
        (REMOTE._replace(address="2001:db8::7"), 1),
        (REMOTE._replace(address="mesh.example.com"), 0),
        (REMOTE._replace(address=""), 0),
        (REMOTE._replace(profile="default"), 0),
        (REMOTE._replace(profile="stable"), 0),
    ],
)
def test_only_a_remote_of_an_address_gets_an_endpoint_slice(operator: istio.Operator, slices: int) -> None:
    made = istio.rendered(operator, "istio-system")
    assert sum(kind == kinds.ENDPOINT_SLICE for kind, _, _ in made) == slices
