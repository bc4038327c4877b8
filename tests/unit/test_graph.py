"""The picture of a mesh, where everything of it stands, and its forms."""

from __future__ import annotations

import base64
import hashlib
import html.parser
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import load
from mcgen.cli import run
from mcgen.graph import html as page
from mcgen.graph import meshed, svg
from mcgen.graph.blocks import MANY
from mcgen.graph.callers import Policy, Rule
from mcgen.graph.layout import layout
from mcgen.graph.picture import Gateway, Namespace, Picture, State, Step
from tests.browser import meshes
from tests.samples import BY_TREE, CHECKOUT

if TYPE_CHECKING:
    from mcgen.graph.blocks import Box
    from mcgen.graph.layout import Map

SIZES = (1, 2, 3, 12, MANY, MANY + 1, 200)
WINDOWS = ((1060, 800), (390, 760))
HOSTILE = ("</script><script>alert(1)</script>", "--><b>", '"><img src=x onerror=alert(1)>', "]]>&lt;{{ 7 * 7 }}")


def pictured(data: dict[str, Any]) -> Picture:
    with tempfile.TemporaryDirectory() as folder:
        path, inputs = meshes.write(Path(folder), data)
        return meshed.picture(load.load(load.read(str(path)), inputs).mesh)


@cache
def fleet(clusters: int) -> Picture:
    return pictured(meshes.data(clusters))


def sample(name: str) -> Picture:
    given = load.read(str(CHECKOUT / BY_TREE[name].blueprint))
    return meshed.picture(load.load(given, BY_TREE[name].folder).mesh)


def within(inner: Box, outer: Box) -> bool:
    across = outer.x <= inner.x and inner.x + inner.width <= outer.x + outer.width + 0.01
    return across and outer.y <= inner.y and inner.y + inner.height <= outer.y + outer.height + 0.01


def apart(one: Box, two: Box) -> bool:
    across = one.x + one.width <= two.x + 0.01 or two.x + two.width <= one.x + 0.01
    return across or one.y + one.height <= two.y + 0.01 or two.y + two.height <= one.y + 0.01


def of(drawn: Map, kind: str) -> list[Box]:
    return [box for box in drawn.boxes if box.kind == kind]


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("clusters", SIZES)
def test_every_cluster_has_a_place_of_its_own(clusters: int, window: tuple[int, int]) -> None:
    drawn = layout(fleet(clusters), *window)
    boxes, clouds = of(drawn, "cluster"), of(drawn, "cloud")
    assert sorted(box.cluster for box in boxes) == list(range(clusters))
    for same in (boxes, clouds, of(drawn, "network")):
        assert all(apart(one, two) for i, one in enumerate(same) for two in same[:i])
    for box in boxes:
        [cloud] = [cloud for cloud in clouds if within(box, cloud)]
        assert cloud.title == fleet(clusters).clusters[box.cluster].cloud
    assert all(box.x >= 0 and box.y >= 0 for box in drawn.boxes)
    assert all(box.x + box.width <= drawn.width + 0.01 for box in drawn.boxes)
    assert all(box.y + box.height <= drawn.height + 0.01 for box in drawn.boxes)


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("clusters", SIZES)
def test_lines_lead_to_each_remote_and_cross_nothing(clusters: int, window: tuple[int, int]) -> None:
    drawn = layout(fleet(clusters), *window)
    assert sorted(i for line in drawn.lines for i in line.clusters) == list(range(1, clusters))
    first = next(box for box in drawn.boxes if box.cluster == 0)
    for line in drawn.lines:
        assert line.points[0][1] == first.y + first.height / 2
        [end] = [cloud for cloud in of(drawn, "cloud") if any(_box(drawn, i, cloud) for i in line.clusters)]
        for (x1, y1), (x2, y2) in zip(line.points, line.points[1:], strict=False):
            assert x1 == x2 or y1 == y2
            for cloud in of(drawn, "cloud"):
                inside = max(x1, x2) > cloud.x + 1 and min(x1, x2) < cloud.x + cloud.width - 1
                inside = inside and max(y1, y2) > cloud.y + 1 and min(y1, y2) < cloud.y + cloud.height - 1
                assert not inside or within(first, cloud)
        x, y = line.points[-1]
        assert end.x <= x <= end.x + end.width
        assert end.y <= y <= end.y + end.height


def _box(drawn: Map, cluster: int, cloud: Box) -> bool:
    return within(next(box for box in drawn.boxes if box.cluster == cluster), cloud)


def test_the_window_decides() -> None:
    wide, tall = (layout(fleet(200), *window) for window in WINDOWS)
    assert wide.width > wide.height
    assert tall.height > 4 * tall.width
    assert tall.width <= 390 / 0.75
    assert layout(fleet(200), *WINDOWS[0]) == wide


def test_states_of_the_samples() -> None:
    waiting, opened = sample("gke-aks"), sample("gke-aks-sealed")
    assert [cluster.state for cluster in waiting.clusters] == [State.OPEN, State.GATE]
    assert [cluster.state for cluster in opened.clusters] == [State.OPEN, State.OPEN]
    aks = waiting.clusters[1]
    assert [step.state for step in aks.steps] == [State.OPEN, State.GATE, *[State.WITHHELD] * 4]
    assert aks.says == "waits at remote-secret"
    assert "sealed-secret.yaml" in aks.steps[1].waits
    assert [cluster.sealed for cluster in waiting.served["gke"]] == [False]
    assert [cluster.sealed for cluster in opened.served["gke"]] == [True]


def test_states_of_a_tree_and_its_picture_agree() -> None:
    for name, kept in BY_TREE.items():
        for cluster in sample(name).clusters:
            listed = {path.stem[3:] for path in kept.folder.glob(f"clusters/{cluster.name}/argocd/*.yaml")}
            assert {step.stage for step in cluster.steps if step.state is not State.WITHHELD} == listed


def test_clusters_that_leave() -> None:
    leaving = {i: fleet(20).clusters[i] for i in meshes.LEAVING}
    assert {cluster.state for cluster in leaving.values()} == {State.LEAVING}
    assert leaving[11].gateway is None
    assert leaving[11].says == "leaving: gateways-gone"
    assert [step.stage for step in leaving[7].steps if step.state is State.LEAVING] == ["remote-secret"]


def test_who_may_call_whom() -> None:
    [callers, deletes, default] = sample("three-clouds").policies
    assert callers.rules[0].callers == (("service account", ("shop/cart",)),)
    assert callers.rules[1].calls[-1] == ("host", ("payment.shop.example.com",))
    assert deletes.denies
    assert deletes.rules[0].callers == ()
    assert default.rules == ()


class Tags(html.parser.HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, tuple[str, ...]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def said(text: str) -> Picture:
    """Return a picture that has a text wherever there is one."""
    one = fleet(1).clusters[0]
    gateway = Gateway(address=text, internal=False, ports=(15443,), sources=(text,))
    namespaces = (Namespace(name=text, injection=True, exported=True),)
    steps = (Step(stage=text, wave=0, state=State.GATE, waits=text),)
    cluster = replace(
        one, name=text, id=text, cloud=text, network=text, primary=text, gateway=gateway, steps=steps,
        namespaces=namespaces,
    )  # fmt: skip
    rule = Rule(callers=((text, (text,)),), calls=((text, (text,)),))
    policy = Policy(name=text, namespace=text, description=text, denies=True, selector=(text,), rules=(rule,))
    return Picture(
        name=text, description=text, istio=text, hardened=True, clusters=(cluster,), exported=(text,),
        policies=(policy,),
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_becomes_html(text: str) -> None:
    hostile, plain = Tags(page.show(said(text))), Tags(page.show(said("plain")))
    assert hostile.seen == plain.seen
    assert hostile.text.count(text) >= 20
    assert ET.fromstring(svg.show(said(text))).tag == ET.fromstring(svg.show(said("plain"))).tag


def test_the_page_needs_nothing_else() -> None:
    text = page.show(fleet(20))
    tags = {tag for tag, _ in Tags(text).seen}
    assert not tags & {"link", "img", "iframe", "object", "embed", "base", "form"}
    assert not re.search(
        r"""(href|src|action)=["'](?!#)|url\(|@import|\bfetch\b|innerHTML|eval\(| style=| on\w+=""", text
    )
    [policy] = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    for tag in ("script", "style"):
        [own] = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(own.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("clusters", SIZES)
def test_the_svg_is_whole(clusters: int) -> None:
    text = svg.show(fleet(clusters))
    root = ET.fromstring(text)
    names = [node.text for node in root.iter("{http://www.w3.org/2000/svg}title")]
    assert sorted(str(name) for name in names[1:]) == sorted(c.name for c in fleet(clusters).clusters)
    assert "var(" not in text
    assert "prefers-color-scheme: dark" in text


@pytest.mark.parametrize("form", ["mermaid", "html", "svg"])
def test_the_command_writes_files(form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["graph", str(CHECKOUT / "blueprints/three-clouds.yaml"), "--format", form]
    assert run(arguments) == 0
    shown = capsys.readouterr().out
    assert run([*arguments, "-o", str(tmp_path / "mesh")]) == 0
    assert (tmp_path / "mesh").read_text(encoding="utf-8") == shown
    assert run([*arguments, "-o", str(tmp_path / "mesh" / "mesh")]) == 3
    assert "cannot write" in capsys.readouterr().err


THREE = str(CHECKOUT / "blueprints/three-clouds.yaml")


@pytest.mark.parametrize(
    ("file", "form", "begins"),
    [
        ("mesh.svg", "svg", "<svg"),
        ("mesh.HTML", "html", "<!doctype html"),
        ("mesh.md", "mermaid", "flowchart"),
        ("mesh", "mermaid", "flowchart"),
    ],
)
def test_the_ending_chooses_the_form(
    file: str, form: str, begins: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "made" / file
    assert run(["graph", THREE, "-o", str(output)]) == 0
    assert output.read_text(encoding="utf-8").lower().startswith(begins)
    assert capsys.readouterr().out == f"{output}: written as {form}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["mesh.svg", "--format", "html"], "ends like svg, and --format says html"), (["mesh.png"], "add --format")],
)
def test_an_ending_that_says_something_else_is_refused(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["graph", THREE, "-o", str(tmp_path / arguments[0]), *arguments[1:]]) == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_said_into_a_pipe_that_gets_the_picture() -> None:
    command = [sys.executable, "-m", "mcgen", "graph", THREE, "--format", "svg", "-o", "/dev/stdout"]
    made = subprocess.run(command, capture_output=True, text=True, check=True)
    assert made.stdout.endswith("</svg>\n")
