"""The smaller commands: init, graph, explain, validate --against, and the program's own help."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mcgen.cli import COMMANDS, run
from mcgen.concepts import CONCEPTS
from mcgen.emit import emit
from mcgen.stages import BY_NAME
from tests.samples import BY_TREE, CHECKOUT
from tests.snapshots import snapshot

FLAGS = ["--name", "shop", "--repo", "https://git.example.com/shop.git", "--cluster", "one=gke", "--cluster", "two=aks"]


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_init_writes_a_blueprint_that_builds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", *FLAGS, "--demo"]) == 0
    assert "mcgen build blueprints/shop.yaml" in capsys.readouterr().out
    assert run(["build", "blueprints/shop.yaml"]) == 0
    assert Path("output/shop/clusters/two/argocd/10-remote-secret.yaml").exists()


def test_init_says_what_else_there_is(tmp_path: Path) -> None:
    """The commented lines are good ones, and the schema for editors lies where the first line says."""
    assert run(["init", *FLAGS]) == 0
    text = Path("blueprints/shop.yaml").read_text(encoding="utf-8")
    found = re.search(r"^# yaml-language-server: \$schema=(.+)$", text, re.MULTILINE)
    assert found
    assert Path("blueprints", found[1]).read_text(encoding="utf-8") == (CHECKOUT / "schemas/blueprint.json").read_text(
        encoding="utf-8"
    )
    more = text.split("# What most meshes want next")[1].splitlines()[2:]
    per_cluster = "\n".join(line[3:] for line in more if line.startswith("#     ") and ": " in line)
    fields = [line[2:] for line in more[more.index("# namespaces:") :]]
    for line in per_cluster.splitlines()[:3]:
        key = line.strip().split(":")[0]
        text = text.replace("  platform: gke\n", f"  platform: gke\n  {line.strip()}\n", 1)
        assert f"\n  {key}" in text
    Path("blueprints/shop.yaml").write_text(text + "\n".join(fields) + "\n", encoding="utf-8")
    assert run(["build", "blueprints/shop.yaml"]) == 0


def test_build_warns_of_a_file_that_argo_cd_would_apply(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", *FLAGS]) == 0
    assert run(["build", "blueprints/shop.yaml"]) == 0
    assert "MC653" not in capsys.readouterr().err
    Path("output/shop/clusters/one/argocd/mine.yaml").write_text("kind: ConfigMap\n", encoding="utf-8")
    assert run(["build", "blueprints/shop.yaml"]) == 0
    assert "mine.yaml: warning: " in capsys.readouterr().err
    # What continuous integration runs refuses it, as docs/rules.md says.
    for command in (["build", "--check", "blueprints/shop.yaml"], ["validate", "output/shop"]):
        assert run(command) == 1
        error = capsys.readouterr().err
        assert "mine.yaml is not part of the tree" in error
        assert "1 error" in error


@pytest.mark.parametrize("name", [".argocd-source.yaml", "Chart.yaml"])
def test_check_sees_what_makes_a_folder_something_else(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", *FLAGS]) == 0
    assert run(["build", "blueprints/shop.yaml"]) == 0
    Path("output/shop/clusters/one/control-plane", name).write_text("kind: ConfigMap\n", encoding="utf-8")
    assert run(["build", "blueprints/shop.yaml"]) == 0
    assert "MC653" not in capsys.readouterr().err
    assert run(["build", "--check", "blueprints/shop.yaml"]) == 1
    assert "MC653" in capsys.readouterr().err


def test_validate_knows_a_folder_of_trees(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", *FLAGS]) == 0
    assert run(["build", "blueprints/shop.yaml"]) == 0
    assert run(["validate", "output"]) == 2
    assert "did you mean 'output/shop'?" in capsys.readouterr().err


def test_init_overwrites_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("b.yaml").write_text("mine\n", encoding="utf-8")
    assert run(["init", "b.yaml", *FLAGS]) == 2
    assert "exists already" in capsys.readouterr().err
    assert Path("b.yaml").read_text(encoding="utf-8") == "mine\n"
    assert run(["init", "b.yaml", *FLAGS, "--force"]) == 0
    assert run(["init", "c.yaml", *FLAGS]) == 0
    Path("blueprint.schema.json").write_text('{"of": "another tool"}', encoding="utf-8")
    assert run(["init", "d.yaml", *FLAGS]) == 2
    assert "'blueprint.schema.json' is not mcgen's" in capsys.readouterr().err
    assert Path("blueprint.schema.json").read_text(encoding="utf-8") == '{"of": "another tool"}'
    assert not Path("d.yaml").exists()


@pytest.mark.parametrize(
    ("flags", "code", "word"),
    [
        (["--name", "shop"], 2, "--repo"),
        (["--name", "shop", "--repo", "https://x/y"], 2, "--cluster"),
        ([*FLAGS, "--cluster", "three=azure"], 2, "three=azure"),
        ([*FLAGS, "--cluster", "one=eks"], 1, "MC201"),
        (["--name", "Shop!", *FLAGS[2:]], 1, "MC106"),
        ([*FLAGS, "--istio", "1.20"], 1, "MC106"),
        ([*FLAGS, "--istio", "0.8.0"], 1, "MC209"),
    ],
)
def test_init_refuses(flags: list[str], code: int, word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", *flags]) == code
    assert word in capsys.readouterr().err
    assert not Path("blueprints").exists()


def test_init_names_the_options_that_gave_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--name", "Shop2", "--repo", "foo bar", "--istio", "1.20", "--cluster", "a=gke", "--cluster", "B=eks"]
    assert run(["init", *flags]) == 1
    said = capsys.readouterr().err
    places = [line.partition(": ")[0] for line in said.splitlines() if line.endswith("[MC106]")]
    assert sorted(places) == ["--cluster B=eks", "--istio", "--name", "--repo"]
    assert said.endswith("4 errors\nblueprints/Shop2.yaml: not written\n")
    assert not Path("blueprints").exists()


def test_commands_to_come_can_be_run_as_they_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "my mesh/b.yaml", *FLAGS]) == 0
    more = ["--platform", "generic", "--role", "remote", "-o", "a tree"]
    assert run(["add", "cluster", "my mesh/b.yaml", "north", *more]) == 0
    said = capsys.readouterr().out
    assert "next: mcgen build 'my mesh/b.yaml'\n" in said
    assert "next: mcgen build 'my mesh/b.yaml' -o 'a tree'\n" in said
    assert "`mcgen build 'my mesh/b.yaml'`" in Path("my mesh/b.yaml").read_text(encoding="utf-8")


def test_init_says_what_it_writes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "made/b.yaml", *FLAGS]) == 0
    said = [line.partition(":")[0] for line in capsys.readouterr().out.splitlines()]
    assert sorted(said) == sorted(str(path) for path in Path("made").iterdir())


def test_init_asks_on_a_terminal(workplace: Path) -> None:
    keyboard, terminal = pty.openpty()
    argv = [sys.executable, "-m", "mcgen", "init"]
    child = subprocess.Popen(argv, stdin=terminal, stdout=terminal, stderr=terminal, cwd=workplace)
    os.close(terminal)
    os.write(keyboard, b"fleet\n\neast\ngke\nwest\neks\n\nn\n")
    shown = b""
    while chunk := _read(keyboard):
        shown += chunk
    assert child.wait(timeout=60) == 0, shown
    text = (workplace / "blueprints/fleet.yaml").read_text(encoding="utf-8")
    assert "name: east" in text
    assert "platform: eks" in text
    assert "demo" not in text


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:
        return b""


def test_graph_draws_every_cluster(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(CHECKOUT)
    assert run(["graph", "blueprints/three-clouds.yaml"]) == 0
    picture = capsys.readouterr().out
    assert picture.startswith("flowchart LR\n")
    for name in ("gke-frankfurt", "aks-amsterdam", "eks-ireland"):
        assert name in picture
    assert picture in (BY_TREE["three-clouds"].folder / "README.md").read_text(encoding="utf-8")
    assert run(["graph", "blueprints/three-clouds.yaml", "-o", "-"]) == 0
    assert capsys.readouterr().out == picture
    assert not Path("-").exists()


def test_explain_knows_every_stage_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0
    listed = capsys.readouterr().out
    for topic in [*BY_NAME, *CONCEPTS, "MC204"]:
        assert topic in listed
        assert run(["explain", topic]) == 0
        assert topic in capsys.readouterr().out
    assert run(["explain", "control-plan"]) == 2
    assert "control-plane" in capsys.readouterr().err


def test_explain_knows_every_field(capsys: pytest.CaptureFixture[str]) -> None:
    """Those of the page that is made of the schema, and a stage of the same name beside one."""
    page = (CHECKOUT / "docs/blueprint.md").read_text(encoding="utf-8")
    sections = re.split(r"^## `(.+)`$", page, flags=re.MULTILINE)
    rows = [(place, name) for place, text in zip(["", *sections[1::2]], sections[::2], strict=True)
            for name in re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)]  # fmt: skip
    assert len(rows) > 80
    for place, name in rows:
        path = f"{place}.{name}".lstrip(".")
        assert run(["explain", path]) == 0
        assert f"{path.replace('[]', '')}, a field of the blueprint\n\nmeans: " in capsys.readouterr().out
    assert run(["explain", "egress"]) == 0
    assert capsys.readouterr().out.startswith("clusters.egress, a field of the blueprint")
    assert run(["explain", "namespaces"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("namespaces, wave 0")
    assert "namespaces, a field of the blueprint" in said
    assert run(["explain", "clusters.egrss"]) == 2
    assert "did you mean clusters.egress" in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    overview = capsys.readouterr().out
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert name in overview
        assert f"mcgen {name}" in readme
        assert run([name, "--help"]) == 0
        first = capsys.readouterr().out
        assert first.startswith(f"Usage: mcgen {name}")


@pytest.mark.parametrize(
    ("command", "told"), [("biuld", "Did you mean 'build'?"), ("xyzzy", "`mcgen --help` lists all of them.")]
)
def test_an_unknown_command_is_told_with_the_one_that_is_near(
    command: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([command, "blueprints/minimal.yaml"]) == 2
    assert f"No such command '{command}'. {told}" in capsys.readouterr().err


def test_wrong_use_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["bild"]) == 2
    assert run(["build"]) == 2
    assert run(["build", "x.yaml", "--validator", "none"]) == 2
    assert "Traceback" not in capsys.readouterr().err


def git(*arguments: str) -> None:
    author = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *author, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(workplace: Path) -> Path:
    """A repository whose first commit holds the sample, opened."""
    git("init", "-q")
    for path in ("gke-aks.yaml",):
        Path("blueprints").mkdir()
        text = (CHECKOUT / "blueprints" / path).read_text(encoding="utf-8")
        Path("blueprints", path).write_text(text, encoding="utf-8")
    inputs = str(CHECKOUT / "blueprints/gke-aks.inputs")
    assert run(["build", "blueprints/gke-aks.yaml", "--inputs", inputs]) == 0
    git("add", "-A")
    git("commit", "-qm", "opened")
    return workplace


def rebuild(old: str, new: str) -> None:
    blueprint = Path("blueprints/gke-aks.yaml")
    text = blueprint.read_text(encoding="utf-8")
    assert old in text
    blueprint.write_text(text.replace(old, new), encoding="utf-8")
    assert run(["build", str(blueprint)]) == 0


def test_against_accepts_what_a_mesh_survives(repository: Path) -> None:
    rebuild("ingressGateway: true", "ingressGateway: false")
    assert run(["validate", "output/gke-aks", "--against", "HEAD"]) == 0


def test_against_refuses_another_identity(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rebuild("  id: mesh1\n", "  id: mesh2\n  trustDomain: other.example.com\n")
    assert run(["validate", "output/gke-aks", "--against", "HEAD"]) == 1
    error = capsys.readouterr().err
    assert error.count("MC652") == 2
    assert '"mesh1" to "mesh2"' in error


def test_against_sees_the_repository_around_the_folder(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a hook of a linked worktree, where Git says which repository it works on."""
    git("worktree", "add", "-q", "../linked")
    monkeypatch.chdir("../linked")
    rebuild("  id: mesh1\n", "  id: mesh2\n")
    hook = repository / "hook.sh"
    hook.write_text(f"#!/bin/sh\nexec {sys.executable} -m mcgen validate output/gke-aks --against HEAD\n")
    hook.chmod(0o755)
    git("config", "core.hooksPath", str(repository))
    hook.rename(repository / "pre-commit")
    git("add", "-A")
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git("commit", "-qm", "another mesh")
    assert b"MC652" in refused.value.stderr
    capsys.readouterr()
    assert run(["diff", "output/gke-aks", "--against", "HEAD", "--format", "json"]) == 1
    one = len(json.loads(capsys.readouterr().out)["changes"])
    monkeypatch.setenv("GIT_DIR", str(repository / ".git/worktrees/linked"))
    assert run(["diff", "output/gke-aks", "--against", "HEAD", "--format", "json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["changes"]) == one


def test_a_folder_outside_of_git_is_told(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tree").mkdir()
    assert run(["diff", "tree", "--against", "HEAD"]) == 3
    assert "'tree' is in no Git repository" in capsys.readouterr().err


def test_against_refuses_stages_taken_away(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree = Path("output/gke-aks")
    # As if somebody had deleted tree and input and built again from nothing.
    for path in snapshot(tree):
        if not path.endswith("/"):
            (tree / path).unlink()
    assert run(["build", "blueprints/gke-aks.yaml"]) == 0
    # Said when it happens, too: with the folder went the inputs that open its gates.
    warned = capsys.readouterr().err
    assert warned.count("MC651") == 4
    assert "git checkout HEAD" in warned
    assert run(["validate", "output/gke-aks", "--against", "HEAD"]) == 1
    error = capsys.readouterr().err
    assert error.count("MC651") == 4
    assert "30-east-west-gateway.yaml" in error


@pytest.mark.parametrize(
    ("new", "warned"),
    [
        (
            "addons: {sealedSecrets: {install: managed, namespace: vault}}",
            'moves from namespace "sealed-secrets" to "vault"',
        ),
        ("addons: {sealedSecrets: existing}", 'leaves namespace "sealed-secrets"'),
        ("addons: {sealedSecrets: {install: managed, controller: opener}}", ""),
    ],
    ids=["moved", "not managed", "renamed"],
)
def test_against_warns_of_sealing_keys_that_stay_behind(
    repository: Path, capsys: pytest.CaptureFixture[str], new: str, warned: str
) -> None:
    managed = "addons: {sealedSecrets: managed}"
    rebuild("demo:\n", f"{managed}\ndemo:\n")
    git("add", "-A")
    git("commit", "-qm", "managed")
    rebuild(managed, new)
    assert run(["validate", "output/gke-aks", "--against", "HEAD"]) == 0
    error = capsys.readouterr().err
    assert error.count("MC654") == bool(warned)
    assert warned in error


def test_against_a_revision_that_is_not_there(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["validate", "output/gke-aks", "--against", "nowhere"]) == 3
    assert "git fetch" in capsys.readouterr().err
    assert run(["validate", "output/gke-aks", "--against=--output=x"]) == 2
    assert run(["validate", "blueprints/gke-aks.yaml", "--against", "HEAD"]) == 2


def test_against_a_revision_before_the_tree(workplace: Path) -> None:
    git("init", "-q")
    git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    Path("b.yaml").write_text((CHECKOUT / "blueprints/minimal.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert run(["build", "b.yaml", "-o", "tree"]) == 0
    assert run(["validate", "tree", "--against", "HEAD"]) == 0


@pytest.mark.parametrize("arguments", [["schema"], ["build", "blueprints/minimal.yaml"], ["--help"]])
def test_a_full_disk_under_the_output_is_told(workplace: Path, arguments: list[str]) -> None:
    shutil.copytree(CHECKOUT / "blueprints", workplace / "blueprints")
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "mcgen", *arguments], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 3
    told = (
        "mcgen: standard output: No space left on device: free some space, or write elsewhere and run the command again"
    )
    assert done.stderr.splitlines()[-1] == told
    assert "Traceback" not in done.stderr


def test_a_file_of_mcgen_that_cannot_be_read_is_told() -> None:
    program = "import sys, mcgen.cli as c, mcgen.shape as s; s.blueprint_schema = lambda: open('/'); sys.exit(c.run())"
    done = subprocess.run([sys.executable, "-c", program, "schema"], capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert done.stderr == "mcgen: '/': Is a directory: put that right and run the command again\n"


def test_a_bug_is_no_result(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what mcgen knows how to explain becomes an exit code; anything else must be seen as what it is."""
    monkeypatch.setattr("mcgen.shape.blueprint_schema", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        run(["schema"])
    assert emit([{}]) == "{}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["\x1b[31mred"],
        ["build", "--\x1b[31mred"],
        ["build", "\x1b[31mred"],
        ["init", "--name", "\x1b[31mred", *FLAGS[2:]],
        ["explain", "\x1b[31mred"],
        ["diff", "\x1b[31mred", "\x1b[31mred"],
    ],
)
def test_no_argument_steers_the_terminal(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(arguments) in (1, 2)
    captured = capsys.readouterr()
    assert "\x1b" not in captured.err + captured.out
    assert "red" in captured.err


def test_a_name_of_a_file_that_is_no_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["init", "a\udcff.yaml", *FLAGS]) == 2
    assert "its name is no UTF-8" in capsys.readouterr().err
    assert run(["init", "a\x1b[31m.yaml", *FLAGS]) == 1
    error = capsys.readouterr().err
    assert error.count("MC") == 1
    assert "MC003" in error
