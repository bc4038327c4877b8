"""docs/extending.md, done: its platform is put into a copy of the program, which then builds the page's blueprint."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (CHECKOUT / "docs/extending.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"<!-- (?:file: (?P<path>\S+)|(?P<name>\w+)) -->\n```\w+\n(?P<text>.*?)```\n", re.DOTALL)
BLOCKS = {match["path"] or match["name"]: match["text"] for match in BLOCK.finditer(PAGE)}
MODULE, BLUEPRINT = "generator/mcgen/platforms/doks.py", "mesh.yaml"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the program with the files of the page."""
    folder = tmp_path_factory.mktemp("copy")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(CHECKOUT / "generator", folder / "generator", ignore=ignored)
    shutil.copytree(CHECKOUT / "schemas", folder / "schemas")
    (folder / "docs").mkdir()
    shutil.copy(CHECKOUT / "docs/rules.md", folder / "docs")
    for path in (MODULE, BLUEPRINT):
        (folder / path).write_text(BLOCKS[path], encoding="utf-8")
    return folder


def mcgen(copy: Path, *arguments: str, code: int = 0) -> str:
    """Run the copy, and not the program that is installed; return what it says."""
    program = f"import sys; sys.path.insert(0, {str(copy / 'generator')!r}); from mcgen.__main__ import main; main()"
    argv = [sys.executable, "-P", "-c", program, *arguments]
    done = subprocess.run(argv, cwd=copy, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_blueprint_of_the_page_is_built(copy: Path) -> None:
    mcgen(copy, "build", BLUEPRINT, "--validator", "embedded")
    mcgen(copy, "validate", "output/mesh", "--validator", "embedded")
    tree = copy / "output/mesh"
    operator = yaml.safe_load((tree / "clusters/fra/east-west-gateway/istio-operator.yaml").read_text())
    [gateway] = operator["spec"]["components"]["ingressGateways"]
    assert yaml.safe_load(BLOCKS["annotations"]).items() <= gateway["k8s"]["serviceAnnotations"].items()
    assert "DigitalOcean Kubernetes" in (tree / "README.md").read_text()
    runbook = (tree / "RUNBOOK.md").read_text()
    assert "Firewalls: the load balancer has the ranges" in runbook
    assert "doctl kubernetes cluster get mesh" in runbook


def test_commands_offer_it_and_rules_ask_it(copy: Path) -> None:
    assert '"doks"' in mcgen(copy, "schema")
    mcgen(copy, "add", "cluster", BLUEPRINT, "ams", "--platform", "doks", "--role", "remote", "--egress", "::1/128")
    text = (copy / BLUEPRINT).read_text()
    refused = text.replace("{scheme: internal}", "{reserved: [x]}")
    assert refused != text
    (copy / "refused.yaml").write_text(refused)
    said = mcgen(copy, "validate", "refused.yaml", code=1)
    assert "a load balancer of DigitalOcean has the address that it is given" in said


def test_diff_knows_who_gets_to_reach_it(copy: Path) -> None:
    public = BLOCKS[BLUEPRINT].replace("    gateway: {scheme: internal}\n", "")
    (copy / "before.yaml").write_text(BLOCKS[BLUEPRINT])
    (copy / "public.yaml").write_text(public)
    mcgen(copy, "build", "before.yaml", "-o", "before", "--validator", "embedded")
    said = mcgen(copy, "diff", "public.yaml", "-o", "before", "--validator", "embedded", code=1)
    assert 'the load balancer of "istio-eastwestgateway" becomes public' in said
