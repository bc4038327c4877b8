"""What the blueprint hands through and a schema refuses is told once, where it stands in the blueprint."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mcgen import build, chain, handed, load, rendering
from mcgen.manifests import istio_operator
from mcgen.validators import Choice, checker

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.load import Loaded
    from mcgen.problems import Problem
    from mcgen.source import Source

EMBEDDED = Choice(embedded=True, kubeconform=None)
MESH = """\
apiVersion: mcgen/v1alpha1
kind: Mesh
metadata: {name: shop}
gitops: {repo: "https://git.example.com/platform/mesh.git"}
trust: {mode: cacerts}
clusters:
  - {name: p1, platform: gke, role: primary, network: a, cidrs: [10.0.0.0/16], egress: [203.0.113.64/29]}
  - {name: p2, platform: gke, role: primary, network: a, cidrs: [10.1.0.0/16], egress: [203.0.114.64/29]}
  - {name: p3, platform: gke, role: primary, network: b, egress: [203.0.115.64/29]}
  - {name: r1, platform: gke, role: remote, primary: p1, network: c, egress: [203.0.116.64/29]}
namespaces: [{name: shop, exported: true}]
"""


def loaded(folder: Path, more: str) -> Loaded:
    file = folder / "shop.yaml"
    file.write_text(MESH + more, encoding="utf-8")
    return load.load(load.read(str(file)), folder / "tree")


def told(found: Loaded, problems: list[Problem]) -> list[tuple[str, str]]:
    """Return (what is marked, the message) of each."""

    def marked(source: Source, problem: Problem) -> str:
        line, start = source.lines[problem.pos.line - 1], problem.pos.col - 1
        return line[start : start + problem.length]

    assert {problem.code for problem in problems} == {"MC401"}
    return [(marked(found.source, problem), problem.message) for problem in problems]


@pytest.mark.parametrize(
    ("istio", "marked", "message"),
    [
        (
            "meshConfig: {accesLogFile: /dev/stdout}",
            "accesLogFile",
            "istio.meshConfig.accesLogFile: unknown key 'accesLogFile', did you mean 'accessLogFile'?",
        ),
        (
            "meshConfig: {outboundTrafficPolicy: {mode: REGISTRY_ONYL}}",
            "REGISTRY_ONYL",
            "istio.meshConfig.outboundTrafficPolicy.mode: 'REGISTRY_ONYL' is not one of 'ALLOW_ANY', "
            "'ALLOW_ANY_DYNAMIC_DNS', 'REGISTRY_ONLY', did you mean 'REGISTRY_ONLY'?",
        ),
        (
            "meshConfig: {accessLogFile: 17}",
            "17",
            "istio.meshConfig.accessLogFile: expected a string, found the number '17'",
        ),
        (
            "values: {global: {proxi: {}}}",
            "proxi",
            "istio.values.global.proxi: unknown key 'proxi', did you mean 'proxy'?",
        ),
        # mcgen puts settings of its own in front, where a primary serves remotes and has neighbours.
        (
            "meshConfig: {serviceSettings: [{hosts: [a]}, {host: [b]}]}",
            "host",
            "istio.meshConfig.serviceSettings[1].host: unknown key 'host', did you mean 'hosts'?",
        ),
    ],
)
@pytest.mark.parametrize("delivery", ["plugin", "manifests", "helm"])
def test_a_typing_error_is_told_once_where_it_stands(
    tmp_path: Path, delivery: str, istio: str, marked: str, message: str
) -> None:
    found = loaded(tmp_path, f'istio: {{version: "1.31.1", delivery: {delivery}, {istio}}}\n')
    _, problems = rendering.complete(found, tmp_path)
    problems = problems or build.build(found, EMBEDDED).problems
    assert (marked, message) in told(found, problems)
    assert len({problem.pos for problem in problems}) == 1
    assert all("handed through, as spec." in problem.advice for problem in problems)


@pytest.mark.parametrize(
    ("patch", "marked", "where"),
    [
        (
            "{kind: I, metadata: {name: x}, spec: {components: {pilto: {}}}}",
            "pilto",
            "patches[0].patch.spec.components.",
        ),
        ("[{op: add, path: /spec/components/pilto, value: {}}]", "value", "patches[0].patch[0].value"),
        ("[{op: add, path: /spec/components/pilot, value: {pilto: {}}}]", "pilto", "patches[0].patch[0].value.pilto"),
        ('"{kind: I, metadata: {name: x}, spec: {components: {pilto: {}}}}"', "patch", "patches[0].patch:"),
    ],
)
def test_a_typing_error_in_a_patch_is_told_in_the_patch(tmp_path: Path, patch: str, marked: str, where: str) -> None:
    found = loaded(
        tmp_path,
        'istio: {version: "1.31.1", delivery: manifests}\n'
        f"patches: [{{stage: control-plane, target: {{kind: IstioOperator}}, patch: {patch}}}]\n",
    )
    ((text, message),) = told(found, rendering.complete(found, tmp_path)[1])
    assert text == marked
    assert message.startswith(where)
    assert "unknown key 'pilto'" in message


def test_what_mcgen_sets_itself_is_of_the_cluster(tmp_path: Path) -> None:
    found = loaded(tmp_path, 'istio: {version: "1.31.1", values: {global: {logging: {level: info}}}}\n')
    (step,) = (step for step in chain.chains(found.mesh)[0][1] if step.stage.name == "control-plane")
    for place in (("spec", "values", "global", "meshID"), ("spec", "meshConfig", "trustDomain"), ("spec", "tag"), ()):
        assert handed.origin(found.mesh, step, place) is None
    assert handed.origin(found.mesh, step, ("spec", "values", "global")) == ("istio", "values", "global")

    operator = istio_operator.document(found.mesh, step)
    operator["spec"]["tga"] = "x"
    (finding,) = checker(EMBEDDED)((operator,), f"{step.source}/istio-operator.yaml")
    assert handed.finder(found.mesh, found.source)(finding) is None
    assert handed.finder(found.mesh, found.source)(replace(finding, path="bases/gate/job.yaml")) is None
