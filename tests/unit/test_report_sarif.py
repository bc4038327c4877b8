from __future__ import annotations

import json
from typing import Any

import pytest

from mcgen.problems import Pos, Problem, Severity
from mcgen.report import REPORTERS, Context, Rule

FILE = "mesh.yaml"


def problem(message: str = "bad", line: int = 0, col: int = 0, **rest: Any) -> Problem:
    return Problem(**{"code": "MC201", "message": message, "pos": Pos(file=FILE, line=line, col=col), **rest})


def test_sarif() -> None:
    problems = [
        problem("bad", 2, 3, length=4, advice="do"),
        problem("line", 5, code="MC101"),
        problem("whole", severity=Severity.WARNING),
    ]
    rules = {
        "MC201": Rule(title="No bad", description="Bad is not good.", help_uri="https://example.com/rules#mc201"),
        "MC999": Rule(title="Not found here"),
    }
    log = json.loads(REPORTERS["sarif"](problems, Context(rules=rules, version="1.2.3")))
    assert log["$schema"].endswith("/sarif-schema-2.1.0.json")
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["tool"] == {
        "driver": {
            "name": "mcgen",
            "version": "1.2.3",
            "rules": [
                {"id": "MC101"},
                {
                    "id": "MC201",
                    "shortDescription": {"text": "No bad"},
                    "fullDescription": {"text": "Bad is not good."},
                    "helpUri": "https://example.com/rules#mc201",
                },
            ],
        }
    }
    artifact = {"uri": FILE}
    assert run["results"] == [
        {
            "ruleId": "MC201",
            "ruleIndex": 1,
            "level": "error",
            "message": {"text": "bad\nhelp: do"},
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": artifact,
                        "region": {"startLine": 2, "startColumn": 3, "endColumn": 7},
                    }
                }
            ],
        },
        {
            "ruleId": "MC101",
            "ruleIndex": 0,
            "level": "error",
            "message": {"text": "line"},
            "locations": [{"physicalLocation": {"artifactLocation": artifact, "region": {"startLine": 5}}}],
        },
        {
            "ruleId": "MC201",
            "ruleIndex": 1,
            "level": "warning",
            "message": {"text": "whole"},
            "locations": [{"physicalLocation": {"artifactLocation": artifact}}],
        },
    ]


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("blueprints/mesh.yaml", "blueprints/mesh.yaml"),
        ("./mesh.yaml", "mesh.yaml"),
        ("../mesh.yaml", "../mesh.yaml"),
        ("a b/caf\xe9 #1?.yaml", "a%20b/caf%C3%A9%20%231%3F.yaml"),
        ("c:d.yaml", "c%3Ad.yaml"),
        ("100%.yaml", "100%25.yaml"),
        ("caf\udce9.yaml", "caf%E9.yaml"),
        ("/home/me/repo/blueprints/a b.yaml", "blueprints/a%20b.yaml"),
        ("/home/me/other/a b.yaml", "file:///home/me/other/a%20b.yaml"),
    ],
)
def test_sarif_uris(file: str, uri: str) -> None:
    log = json.loads(REPORTERS["sarif"]([problem(pos=Pos(file=file))], Context(directory="/home/me/repo")))
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri
