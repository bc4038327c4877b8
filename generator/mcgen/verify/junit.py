"""A verification as JUnit XML, which continuous integration shows: a suite per cluster, a case per check."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from mcgen.doctor.verdict import Verdict
from mcgen.report import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcgen.doctor.run import Examined
    from mcgen.doctor.verdict import Check


def junit(name: str, verified: Sequence[Examined], *, allow_unknown: bool) -> str:
    """Return the XML: a failure is wrong, an error is unknown (skipped with `allow_unknown`); warnings are output."""
    root = ElementTree.Element("testsuites", name=f"mcgen verify {name}")
    for each in verified:
        suite = ElementTree.SubElement(root, "testsuite", name=each.group.where)
        kinds = [_case(suite, each.group.where, check, allow_unknown=allow_unknown) for check in each.checks]
        suite.set("tests", str(len(kinds)))
        for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            suite.set(attribute, str(kinds.count(kind)))
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, where: str, check: Check, *, allow_unknown: bool) -> str:
    case = ElementTree.SubElement(suite, "testcase", classname=f"verify.{where}", name=printable(check.what))
    kind = _kind(check, allow_unknown=allow_unknown)
    said = (check.words, check.advice and f"help: {check.advice}")
    words = "\n".join(printable(each) for each in said if each)
    if kind in ("failure", "error"):
        ElementTree.SubElement(case, kind, message=printable(check.words), type=check.code).text = words
    elif kind == "skipped":
        ElementTree.SubElement(case, kind, message=printable(check.words))
    elif words:
        ElementTree.SubElement(case, "system-out").text = f"{words} [{check.code}]" if check.code else words
    return kind


def _kind(check: Check, *, allow_unknown: bool) -> str:
    if check.is_error:
        return "failure"
    if check.verdict is Verdict.UNKNOWN:
        return "skipped" if allow_unknown else "error"
    return "skipped" if check.verdict is Verdict.SKIPPED else ""
