"""The forms of findings: complete, within their limits, and safe whatever stands in a blueprint."""

from __future__ import annotations

import html.parser
import re
from dataclasses import replace
from importlib import import_module
from typing import Any

import orjson
import pytest

from mcgen.changes.classify import findings, group
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.kinds import KINDS
from mcgen.changes.show import FORMS
from mcgen.changes.show.markdown import code
from mcgen.changes.show.view import View, clusters, headline
from tests.changes.cases import CASES, compared

HOSTILE = (
    "<script>alert(1)</script>", "`` ` ```", "</code></details>", "@team #1 ![x](//e.example)", "a\n# b", "\x1b[31m",
           "\x0f<b>\x0e", "| a | b |", "https://e.example/", "&lt;b&gt;")  # fmt: skip


def show(form: str, found: list[Finding], **options: Any) -> str:
    text: str = import_module(f"mcgen.changes.show.{form}").show(found, View(**options))
    return text


def hostile(value: str) -> Finding:
    return Finding(
        kind="patch", turn=Turn.CHANGED, risk=Risk.HIGH, what=f"a patch of {quote(value)} changes", why="because",
        before=value, after=value, clusters=(value,), files=(f"clusters/{value}/x.yaml",),
    )  # fmt: skip


def many(number: int, risk: Risk = Risk.HIGH) -> list[Finding]:
    return [replace(hostile(f"value-{i} " + "x" * 100), risk=risk) for i in range(number)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", CASES)
def test_every_change_can_be_shown(name: str, form: str) -> None:
    found = findings(compared(name))
    text = show(form, found)
    assert "\x0e" not in text
    assert "\x0f" not in text
    assert all(finding.kind in text for finding in found)
    assert form in {"json", "sarif"} or headline(found) in text


class Tags(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.attributes: set[str] = set()
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_becomes_html(value: str) -> None:
    tags, plain = Tags(), Tags()
    tags.feed(show("html", [hostile(value)]))
    plain.feed(show("html", [hostile("plain")]))
    assert tags.seen == plain.seen
    assert tags.attributes == plain.attributes == {"charset", "class", "content", "http-equiv", "lang", "name"}


def test_the_page_needs_nothing_else() -> None:
    page = show("html", findings(compared("cluster-added")))
    assert "default-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert not re.search(r"https?://|<script|<link|<img|url\(", page)


@pytest.mark.parametrize("value", HOSTILE)
def test_nothing_becomes_markdown(value: str) -> None:
    text = show("markdown", [hostile(value)])
    # Without its code spans a page says what it says of a plain value.
    span = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)")
    assert span.sub("", text) == span.sub("", show("markdown", [hostile("plain")]))
    assert text.count("\n") == show("markdown", [hostile("plain")]).count("\n")


def test_a_code_span_holds_what_is_in_it() -> None:
    assert code("a") == "`a`"
    assert code("a`b") == "``a`b``"
    assert code("`") == "`` ` ``"
    assert code("") == code(" ") == "(empty)"


@pytest.mark.parametrize("limit", [2_000, 65_536, 1_000_000])
@pytest.mark.parametrize("risk", Risk)
def test_markdown_is_never_too_long(limit: int, risk: Risk) -> None:
    text = show("markdown", many(9_000, risk), limit=limit)
    assert len(text) <= limit
    assert len(text) > limit * 0.6
    assert "**Cut off:**" in text
    assert text.count("<details>") == text.count("</details>")
    listed = text.count(f"- **{risk}**")
    assert f"{9_000 - listed} of 9000 changes are not listed here" in text


def test_short_markdown_is_whole() -> None:
    assert "Cut off" not in show("markdown", many(50))


@pytest.mark.parametrize("width", [40, 60, 100, 200])
@pytest.mark.parametrize("name", ["cluster-added", "policy-any-caller", "revision"])
def test_text_fits_the_width(name: str, width: int) -> None:
    for line in show("text", findings(compared(name)), width=width).splitlines():
        assert len(line) <= width


def test_colour_is_colour_alone() -> None:
    found = findings(compared("cluster-added"))
    assert re.sub(r"\x1b\[\d+m", "", show("text", found, colour=True)) == show("text", found)
    assert "\x1b" not in show("text", [hostile("\x1b[31m")])


def test_json_has_everything() -> None:
    found = findings(compared("trust-domain"))
    data = orjson.loads(show("json", found))
    assert data["version"] == 1
    assert sum(data["risks"].values()) == len(data["changes"]) == len(found)
    assert [change["files"] for change in data["changes"]] == [list(f.files) for f in found]
    assert [change["before"] for change in data["changes"]] == [f.before for f in found]


def test_sarif_levels() -> None:
    found = findings(compared("istio-patch-release"))
    log = orjson.loads(show("sarif", found, base="output/x"))
    results = log["runs"][0]["results"]
    levels = {"high": "error", "medium": "warning", "low": "note"}
    assert [result["level"] for result in results] == [levels[f.risk] for f in found]
    rules = log["runs"][0]["tool"]["driver"]["rules"]
    assert all(rule["shortDescription"]["text"] == KINDS[rule["id"]] for rule in rules)
    uris = [r["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for r in results]
    assert all(uri.startswith("output/x/") for uri in uris)


def test_many_clusters_are_one_finding() -> None:
    names = [f"c{i:04}" for i in range(1000)]
    one = [replace(hostile("x"), clusters=(name,), files=(f"clusters/{name}/y.yaml",)) for name in names]
    [found] = group(one)
    assert clusters(found) == "1000 clusters: c0000, c0001, c0002 and 997 more"
    assert "touches 1000 clusters" in headline([found])
    for form in ("text", "markdown"):
        assert len(show(form, [found])) < 2_000


def test_no_changes() -> None:
    assert show("text", []) == "no changes\n"
    assert orjson.loads(show("sarif", []))["runs"][0]["results"] == []
