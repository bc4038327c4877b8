"""The real kubeconform on documents, and what becomes of one that fails."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import orjson
import pytest

from mcgen.problems import ToolError
from mcgen.validators import kubeconform
from mcgen.validators.embedded import Embedded
from tests.documents import CORPUS, INVALID, VALID, load, mutations
from tests.programs import program

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.e2e
def test_kubeconform_agrees_on_the_corpus() -> None:
    files = [(path.name, path.read_bytes()) for path in (*INVALID, *VALID)]
    embedded = Embedded()
    wanted = [found for path in (*INVALID, *VALID) for found in embedded.validate([load(path)], path.name)]
    assert kubeconform.check(files, program("kubeconform")) == sorted(wanted)


@pytest.mark.e2e
def test_kubeconform_agrees_on_mutations() -> None:
    embedded, wanted, files = Embedded(), {}, []
    for path in VALID:
        for number, document in enumerate(islice(mutations(load(path)), 0, None, 3)):
            name = f"{path.stem}-{number}.yaml"
            wanted[name] = bool(list(embedded.validate([document], name)))
            files.append((name, orjson.dumps(document)))  # which is YAML, read alike by all
    found = {finding.path for finding in kubeconform.check(files, program("kubeconform"))}
    assert {name for name, invalid in wanted.items() if invalid} == found
    assert len(files) > 2000


@pytest.mark.e2e
def test_kubeconform_findings_lead_to_the_document() -> None:
    good = (CORPUS / "valid" / "namespace.yaml").read_bytes()
    text = b"# made by mcgen\n---\n" + good + b"---\n" + good.replace(b"  name: istio-system", b"  nam: istio-system")
    twice = good + b"kind: Namespace\n"
    files = [("a.yaml", text), ("b.yaml", twice), ("c.yaml", b"\tkind: x\n"), ("d.yaml", b"a: 1\n")]
    files += [("README.md", b"nothing"), ("patch.yaml", b"spec: {}\n"), ("empty.yaml", b"# nothing\n---\n")]
    found = kubeconform.check(files, program("kubeconform"), partial={"patch.yaml"})
    assert [(finding.path, finding.index, finding.code, finding.where) for finding in found] == [
        ("a.yaml", 1, "MC401", "metadata"),
        ("a.yaml", 1, "MC401", "metadata.nam"),
        ("b.yaml", 0, "MC403", ""),
        ("c.yaml", 0, "MC403", ""),
        ("d.yaml", 0, "MC403", ""),
    ]
    assert 'key "kind" already set in map' in found[2].message


@pytest.mark.e2e
def test_kubeconform_tells_what_only_it_sees() -> None:
    # `y` is a boolean to Go's reader of YAML and a string to PyYAML.
    text = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\ndata:\n  a: y\n"
    (found,) = kubeconform.check([("a.yaml", text)], program("kubeconform"))
    assert (found.code, found.where, found.message) == ("MC401", "/data/a", "got boolean, want string")


@pytest.mark.e2e
def test_kubeconform_works_under_any_folder_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "a b#c%41{{d"
    odd.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(odd))
    (path,) = (path for path in INVALID if path.stem == "service-type-unknown")
    assert len(kubeconform.check([("a.yaml", path.read_bytes())], program("kubeconform"))) == 1
    assert list(odd.iterdir()) == []


@pytest.mark.parametrize(
    ("output", "words"),
    [
        ("true", "no report: no output"),
        ("echo broken; exit 2", "ended with 2 and no report: broken"),
        ("echo oh no >&2; exit 139", "ended with 139 and no report: oh no"),
        ('echo "{}"', "no report"),
        (
            """echo '{"resources": [], "summary": {"valid": 1, "invalid": 0, "errors": 0, "skipped": 0}}'""",
            "looked at 1 of 2 documents",
        ),
        (
            """echo '{"resources": [], "summary": {"valid": 0, "invalid": 0, "errors": 0, "skipped": 2}}'""",
            "looked at 0 of 2 documents",
        ),
        (
            """echo '{"resources": [], "summary": {"valid": 1, "invalid": 1, "errors": 0, "skipped": 0}}'""",
            "ended with 0 and looked at 2 of 2",
        ),
        (
            """echo '{"resources": [], "summary": {"valid": 2, "invalid": 0, "errors": 0, "skipped": 0}}'; exit 1""",
            "ended with 1 and looked at 2 of 2",
        ),
    ],
)
def test_a_kubeconform_that_fails_is_no_verdict(tmp_path: Path, output: str, words: str) -> None:
    stand_in = tmp_path / "kubeconform"
    stand_in.write_text(f"#!/bin/sh\n{output}\n")
    stand_in.chmod(0o755)
    with pytest.raises(ToolError, match=words):
        kubeconform.check([("a.yaml", b"a: 1\n---\nb: 1\n")], str(stand_in))


def test_no_documents_need_no_kubeconform() -> None:
    assert kubeconform.check([("README.md", b"text")], "/nowhere/kubeconform") == []
