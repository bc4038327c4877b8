"""Answers of another form than what was asked for are unknown, and keep nothing else from being seen."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mcgen.cli import run
from tests.doctor.live import BLUEPRINT, doctor

if TYPE_CHECKING:
    from pathlib import Path

    from tests.answers import Answers

ODD = {
    "a list": "[]",
    "nothing in it": "{}",
    "null": "null",
    "a word": "<html>\n",
    "many fields": "a b c d=e\tf|g|h\n|||\n",
    "not text": "\ufffd\x1b\x00",
    "wrong inside": json.dumps(
        {"metadata": [], "spec": "x", "status": 5, "data": ["x"], "items": {"a": 1}, "rules": {}, "subjects": 1}
    ),
    "nulls inside": json.dumps(
        {"metadata": None, "spec": {"template": [], "ports": 3}, "data": {"a": None}, "items": [1]}
    ),
}
# Whether a cluster answers at all is another question.
ALIVE = ("raw/version", "istioctl", "asked")


def answers(live: Answers) -> list[Path]:
    files = sorted(path for path in live.folder.glob("*/*/*") if path.is_file())
    return [path for path in files if not str(path).endswith(ALIVE)]


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("of", ["gke", "aks"])
def test_what_is_not_understood_is_unknown_or_wrong(
    live: Answers, capsys: pytest.CaptureFixture[str], of: str, odd: str
) -> None:
    before = doctor(capsys, code=0)["checks"]
    changed = [path for path in answers(live) if path.relative_to(live.folder).parts[0] == of]
    assert len(changed) > 5
    for path in changed:
        path.write_text(ODD[odd])
    code = run(["doctor", BLUEPRINT, "--retries", "0", "--format", "json"])
    said = json.loads(capsys.readouterr().out)
    assert code in (1, 3)
    assert {(each["cluster"], each["check"]) for each in before} <= {(e["cluster"], e["check"]) for e in said["checks"]}


@pytest.mark.parametrize("odd", ODD)
def test_settings_that_are_not_understood_are_not_printed(
    live: Answers, capsys: pytest.CaptureFixture[str], odd: str
) -> None:
    live.set("gke", "configmap", "argocd-cm", ODD[odd])
    assert run(["doctor", BLUEPRINT, "--retries", "0", "--print-settings"]) == 3
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "Traceback" not in captured.err
