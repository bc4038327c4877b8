"""What the cases in tests/rules are too short for: large input, long texts, and what the remedies depend on."""

from __future__ import annotations

import itertools
import time

import pytest

from mcgen.rules.finding import one_of
from tests.judged import complaints, problems, read

HEAD = """
apiVersion: mcgen/v1alpha1
kind: Mesh
metadata: {name: shop}
gitops: {repo: "https://git.example.com/platform/mesh.git"}
istio: {version: "1.31.1"}
"""
ONE = "clusters:\n  - {name: east, platform: generic, role: primary}\n"
TWO = ONE + "  - {name: west, platform: generic, role: remote}\nexposure: {profile: article}\n"


def found(text: str) -> dict[str, list[str]]:
    """Return what is said under each code, message and remedy in one line."""
    source = read(HEAD + text)
    by_code: dict[str, list[str]] = {}
    for problem in problems(source):
        assert complaints(problem, source) == []
        by_code.setdefault(problem.code, []).append(f"{problem.message}; {problem.advice}")
    return by_code


def test_what_to_do_about_a_primary_depends_on_whether_there_is_one() -> None:
    names = "  - {{name: b, platform: gke, role: remote, primary: {}}}\n"
    without = "clusters:\n  - {name: a, platform: gke, role: remote}\n"
    assert "give that cluster `role: primary`" in found(without + names.format("a"))["MC204"][0]
    assert "name a cluster of this mesh" in found(without + names.format("c"))["MC204"][0]
    assert "write one of east" in found(ONE + names.format("b"))["MC204"][0]
    assert "write one of east" in found(ONE + names.format("c"))["MC204"][0]


def test_a_remote_of_two_primaries_has_to_say_which() -> None:
    second = "  - {name: north, platform: generic, role: primary}\n  - {name: b, platform: gke, role: remote}\n"
    assert found(ONE + second)["MC204"] == ['it is not said which primary serves "b"; write one of east, north']


def test_long_lists_of_choices_are_cut() -> None:
    assert one_of([]) == "none"
    assert one_of(["b", "a"]) == "a, b"
    assert one_of([f"{n:02}" for n in range(20)]).endswith("18, 19")
    assert one_of([f"{n:02}" for n in range(21)]).endswith("18, 19 and 1 more")


def test_long_values_are_cut_in_messages() -> None:
    (said,) = found(f"{ONE}namespaces:\n  - {{name: cart, labels: {{a: {'x' * 100_000}}}}}\n")["MC239"]
    assert 600 < len(said) < 1500


@pytest.mark.parametrize(("size", "fits"), [(262_140, True), (262_141, False)])
def test_the_annotations_of_an_object_have_a_limit_together(size: int, fits: bool) -> None:
    value = "ü" * (size // 2) + "x" * (size % 2)
    text = f"{ONE}namespaces:\n  - {{name: cart, annotations: {{ab: {value}, c: d}}}}\n"
    assert ("MC239" not in found(text)) is fits


def test_more_errors_than_anybody_reads_are_cut_off() -> None:
    clusters = ", ".join(f"x{n}" for n in range(50_000))
    start = time.process_time()
    assert len(found(f"{TWO}namespaces:\n  - {{name: cart, clusters: [{clusters}]}}\n")["MC213"]) == 1000
    assert time.process_time() - start < 5


def test_warnings_never_push_an_error_out() -> None:
    clusters = "".join(f"  - {{name: c{n}, platform: generic, role: remote}}\n" for n in range(1500))
    codes = found(f"{ONE}{clusters}namespaces:\n  - {{name: cart, clusters: [north]}}\n")
    assert len(codes["MC230"]) == 1501
    assert len(codes["MC213"]) == 1


def test_ranges_without_end_are_compared_in_time() -> None:
    ranges = ", ".join(["10.0.0.0/8"] * 20_000)
    each = f"platform: generic, network: lan, cidrs: [{ranges}]"
    start = time.process_time()
    assert len(found(f"clusters:\n  - {{name: a, role: primary, {each}}}\n  - {{name: b, role: remote, {each}}}\n")) > 0
    assert time.process_time() - start < 10


def test_where_a_patch_misses_is_said_when_it_names_clusters() -> None:
    patch = "{stage: workloads, target: {name: helloworld-v1}, patch: {kind: X, metadata: {name: x}}"
    text = TWO + "demo: {enabled: true}\npatches:\n  - "
    assert found(f"{text}{patch}, clusters: [east, west]}}")["MC221"][0].startswith(
        "this target matches nothing in stage workloads in west; the stage has Deployment/helloworld-v2, "
    )
    assert "MC221" not in found(f"{text}{patch}}}")


QUANTITIES = (
    *("1n", "999n", "1u", "999u", "1m", "1e-2", "1e-1", "999m", "1", "1e1", "1e2", "999", "1k", "1Ki", "1e4"),
    *("999k", "1M", "1Mi", "999M"),
    *("1G", "1Gi", "999G", "1T", "1Ti", "999T", "1P", "1Pi", "999P", "1E", "1Ei"),
)


SAME = (
    *(("1000n", "1u"), ("1000u", "1m"), ("1000m", "1"), ("1000", "1k"), ("1000k", "1M"), ("1000M", "1G")),
    *(("1000G", "1T"), ("1000T", "1P"), ("1000P", "1E"), ("1024", "1Ki"), ("1024Ki", "1Mi"), ("1e3", "1k")),
)


def of_requests(asked: str, allowed: str) -> set[str]:
    """Return the codes of a gateway that asks for one quantity and is allowed another one."""
    gateway = f"gateway: {{resources: {{requests: {{memory: '{asked}'}}, limits: {{memory: '{allowed}'}}}}}}"
    return set(found(TWO.replace("role: primary", f"role: primary, {gateway}")))


@pytest.mark.parametrize(("less", "more"), [*itertools.pairwise(QUANTITIES)])
def test_quantities_are_compared_by_their_size(less: str, more: str) -> None:
    assert "MC240" in of_requests(more, less)
    assert "MC240" not in of_requests(less, more)


@pytest.mark.parametrize(("one", "other"), SAME)
def test_quantities_of_one_size_are_the_same(one: str, other: str) -> None:
    assert "MC240" not in of_requests(one, other) | of_requests(other, one)


def test_ranges_of_one_cluster_hide_none_of_another_ones() -> None:
    shared = "role: primary, network: vpc, cidrs: [10.0.0.0/8]"
    own = "role: remote, network: vpc, cidrs: [10.0.0.0/12, 10.0.0.0/16, 10.0.0.0/20, 10.0.0.0/24]"
    said = found(TWO.replace("role: primary", shared).replace("role: remote", own))["MC208"]
    assert {text for text in ("/12", "/16", "/20", "/24") if any(text in each for each in said)} == {
        "/12", "/16", "/20", "/24",
    }  # fmt: skip


@pytest.mark.parametrize(("profile", "told"), [("article", True), ("hardened", False)])
def test_ranges_alone_where_every_service_is_exposed(profile: str, told: bool) -> None:
    policy = "policies:\n  - {name: callers, namespace: cart, rules: [{from: {ipBlocks: [10.0.0.0/8]}}]}\n"
    text = TWO.replace("profile: article", f"profile: {profile}") + "namespaces:\n  - {name: cart}\n" + policy
    assert ("MC308" in found(text)) == told
