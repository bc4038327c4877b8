"""The GitHub Action, the GitLab component, the hooks and the image: their own lines, run in a team's repository.

Only the platforms' APIs are stood in for, on loopback.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.ci.forge import Forge
from tests.ci.repository import BLUEPRINT, CHANGE, TREE, change, git, program, team
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as made:
        yield made


def load(path: str) -> list[Any]:
    return list(yaml.safe_load_all((CHECKOUT / path).read_text(encoding="utf-8")))


class Action:
    """A runner of composite actions: the steps in their order, with the few expressions that this one uses."""

    def __init__(self, work: Path, base: str, forge: Forge, **inputs: str) -> None:
        (self.action,) = load("action.yml")
        self.work, self.base = work, base
        self.inputs = {name: str(given.get("default", "")) for name, given in self.action["inputs"].items()}
        self.inputs |= {"blueprint": BLUEPRINT, "tree": TREE, "install": "false", "token": forge.token, **inputs}
        self.temp = work.parent / "runner"
        shutil.rmtree(self.temp, ignore_errors=True)
        self.temp.mkdir()
        (self.temp / "event.json").write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
        self.env = {**os.environ, "PATH": program(work.parent / "bin"), "RUNNER_TEMP": str(self.temp)}
        self.env |= {"GITHUB_ACTION_PATH": str(CHECKOUT), "GITHUB_ACTIONS": "true", "GITHUB_API_URL": forge.url}
        self.env |= {"GITHUB_REPOSITORY": "o/r", "GITHUB_EVENT_PATH": str(self.temp / "event.json")}
        for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT", "GITHUB_PATH"):
            (self.temp / name).touch()
            self.env[name] = str(self.temp / name)
        self.outputs: dict[str, str] = {}
        self.failed: list[str] = []
        self.uploaded: list[str] = []
        self.said = ""

    def run(self) -> Action:
        for step in self.action["runs"]["steps"]:
            # A step without a condition runs only when all is well so far.
            if self._holds(step.get("if", "${{ success() }}")):
                self._step(step)
        return self

    def _step(self, step: dict[str, Any]) -> None:
        if "uses" in step:
            self.uploaded.append(self._filled(step["with"]["sarif_file"]))
            return
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "what stands in a script could be a script itself"
        env = self.env | {name: self._filled(value) for name, value in step.get("env", {}).items()}
        script = self.temp / "step.sh"
        script.write_text(step["run"], encoding="utf-8")
        argv = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(argv, cwd=self.work, env=env, capture_output=True, text=True, timeout=300)
        self.said += done.stdout + done.stderr
        if done.returncode:
            self.failed.append(step["name"])
        for line in (self.temp / "GITHUB_OUTPUT").read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.outputs[f"steps.{step.get('id')}.outputs.{name}"] = value
        (self.temp / "GITHUB_OUTPUT").write_text("", encoding="utf-8")

    def _filled(self, text: str) -> str:
        return EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        if name.startswith("inputs."):
            return self.inputs[name.removeprefix("inputs.")]
        if name.startswith("steps."):
            return self.outputs.get(name, "")
        return {"github.event.pull_request.base.sha": self.base, "runner.temp": str(self.temp)}[name]

    def _holds(self, condition: str) -> bool:
        found = EXPRESSION.fullmatch(condition)
        assert found
        return all(self._part(part) for part in found[1].split(" && "))

    def _part(self, part: str) -> bool:
        if part in ("success()", "!cancelled()"):
            return part == "!cancelled()" or not self.failed
        name, operator, value = part.split()
        return (self._value(name) == value.strip("'")) is (operator == "==")


def test_the_action_says_what_a_pull_request_changes(tmp_path: Path, forge: Forge) -> None:
    work, base = team(tmp_path)
    assert Action(work, base, forge).run().failed == []
    assert forge.comments == [], "nothing changes, and nobody is told so"
    change(work)
    action = Action(work, base, forge).run()
    assert action.failed == [], action.said
    (comment,) = forge.comments
    assert comment["body"].startswith(f"<!-- mcgen: {TREE} -->\n")
    assert "shop" in comment["body"]
    assert "shop" in (action.temp / "GITHUB_STEP_SUMMARY").read_text(encoding="utf-8")
    for path in action.uploaded:
        (log,) = json.loads((action.temp / path).read_text(encoding="utf-8"))["runs"]
        assert log["tool"]["driver"]["name"] == "mcgen"
    assert len(action.uploaded) == 2
    # A second push: the same comment.
    (work / BLUEPRINT).write_text((CHECKOUT / BLUEPRINT).read_text(encoding="utf-8"), encoding="utf-8")
    change(work)
    git(work, "commit", "-q", "--allow-empty", "-m", "again")
    assert Action(work, base, forge).run().failed == []
    assert len(forge.comments) == 1


def test_the_comment_is_right_after_a_change_was_taken_back(tmp_path: Path, forge: Forge) -> None:
    work, base = team(tmp_path)
    change(work)
    assert Action(work, base, forge).run().failed == []
    before = forge.comments[0]["body"]
    git(work, "checkout", "-q", base, "--", ".")
    subprocess.run(["git", "clean", "-fdxq"], cwd=work, check=True)
    for path in git(work, "diff", "--name-only", base).splitlines():
        (work / path).unlink()
    action = Action(work, base, forge).run()
    assert action.failed == [], action.said
    assert len(forge.comments) == 1
    assert forge.comments[0]["body"] != before
    assert "no changes" in forge.comments[0]["body"].lower()


def test_the_action_fails_where_it_should(tmp_path: Path, forge: Forge) -> None:
    work, base = team(tmp_path)
    path = work / BLUEPRINT
    path.write_text(path.read_text(encoding="utf-8") + CHANGE, encoding="utf-8")
    stale = Action(work, base, forge).run()
    assert stale.failed == ["The tree is what the blueprint gives"], stale.said
    assert "not up to date" in stale.said
    # What follows runs all the same.
    assert len(stale.uploaded) == 2
    path.write_text(path.read_text(encoding="utf-8").replace("role: remote", "roel: remote"), encoding="utf-8")
    broken = Action(work, base, forge).run()
    assert "Validate blueprint and tree" in broken.failed
    assert "MC102" in broken.said
    log = json.loads((broken.temp / "mcgen-blueprint.sarif").read_text(encoding="utf-8"))
    assert "MC102" in {result["ruleId"] for result in log["runs"][0]["results"]}


def test_the_action_stops_a_risk(tmp_path: Path, forge: Forge) -> None:
    work, base = team(tmp_path)
    change(work)
    assert Action(work, base, forge, **{"fail-on": "low"}).run().failed == ["Stop what is too risky"]


def test_a_fork_s_token_is_no_failure(tmp_path: Path, forge: Forge) -> None:
    work, base = team(tmp_path)
    change(work)
    action = Action(work, base, forge, token="of a fork").run()
    assert action.failed == []
    assert "::warning::" in action.said
    assert forge.comments == []


def test_a_push_has_nothing_to_compare_with(tmp_path: Path, forge: Forge) -> None:
    work, _ = team(tmp_path)
    action = Action(work, "", forge).run()
    assert action.failed == []
    assert forge.requests == []


def test_the_action_installs_mcgen(tmp_path: Path, forge: Forge) -> None:
    work, _ = team(tmp_path)
    action = Action(work, "", forge, install="true").run()
    assert action.failed == [], action.said
    folder = (action.temp / "GITHUB_PATH").read_text(encoding="utf-8").strip()
    assert subprocess.run([f"{folder}/mcgen", "--version"], capture_output=True).returncode == 0


def component(**inputs: Any) -> dict[str, Any]:
    """Return the component's one job with its inputs filled in, as GitLab does."""
    text = (CHECKOUT / "templates/mcgen.yml").read_text(encoding="utf-8")
    spec, body = text.split("\n---\n")
    declared = yaml.safe_load(spec)["spec"]["inputs"]
    assert set(inputs) <= set(declared)
    values = {name: given.get("default") for name, given in declared.items()} | inputs
    assert None not in values.values(), "an input without a default is missing"

    def filled(found: re.Match[str]) -> str:
        value = values[found[1]]
        return str(value).lower() if isinstance(value, bool) else str(value)

    (job,) = yaml.safe_load(re.sub(r"\$\[\[ inputs\.([\w-]+) \]\]", filled, body)).values()
    return dict(job)


def gitlab(
    work: Path, base: str, forge: Forge, token: str = "t0ken", **inputs: Any
) -> subprocess.CompletedProcess[str]:
    job = component(blueprint=BLUEPRINT, tree=TREE, image="mcgen", **inputs)
    env = {**os.environ, "PATH": program(work.parent / "bin"), "GITLAB_CI": "true", "CI_API_V4_URL": forge.url}
    env |= {"CI_PROJECT_ID": "42", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base}
    env |= {"MCGEN_GITLAB_TOKEN": token, **{name: str(value) for name, value in job["variables"].items()}}
    # The runner joins the lines into one script and stops at the first that fails.
    script = "set -eo pipefail\n" + "\n".join(job["script"])
    return subprocess.run(["bash", "-c", script], cwd=work, env=env, capture_output=True, text=True, timeout=300)


def test_the_component_says_what_a_merge_request_changes(tmp_path: Path, forge: Forge) -> None:
    work, base = team(tmp_path)
    change(work)
    for _ in range(2):
        done = gitlab(work, base, forge)
        assert done.returncode == 0, done.stdout + done.stderr
        (comment,) = forge.comments
    assert "shop" in comment["body"]
    assert {path.name for path in (work / "mcgen-report").iterdir()} == {"changes.md", "blueprint.sarif", "tree.sarif"}
    assert gitlab(work, base, forge, **{"fail-on": "low"}).returncode == 1
    assert gitlab(work, base, forge, token="wr0ng").returncode == 0
    assert gitlab(work, "", forge).returncode == 0


def test_the_component_fails_where_it_should(tmp_path: Path, forge: Forge) -> None:
    work, base = team(tmp_path)
    path = work / BLUEPRINT
    path.write_text(path.read_text(encoding="utf-8") + CHANGE, encoding="utf-8")
    assert "not up to date" in gitlab(work, base, forge).stderr
    path.write_text("clusters: []\n", encoding="utf-8")
    broken = gitlab(work, base, forge)
    assert broken.returncode
    assert "MC103" in broken.stderr


def test_the_hooks_in_a_real_pre_commit(tmp_path: Path) -> None:
    """With this checkout's mcgen; pre-commit itself would install the one of the revision that is named."""
    work, _ = team(tmp_path)
    (hooks,) = load(".pre-commit-hooks.yaml")
    arguments = {"mcgen-build-check": [BLUEPRINT], "mcgen-validate": [TREE]}
    listed = [{**hook, "language": "system", "args": arguments[hook["id"]]} for hook in hooks]
    config = {"repos": [{"repo": "local", "hooks": listed}]}
    (work / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git(work, "add", "-A")
    env = {**os.environ, "PATH": program(tmp_path / "bin"), "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    argv = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(argv, cwd=work, env=env, capture_output=True, text=True, timeout=300)

    good = run()
    assert good.returncode == 0, good.stdout
    assert good.stdout.count("Passed") == 2
    path = work / BLUEPRINT
    path.write_text(path.read_text(encoding="utf-8") + CHANGE, encoding="utf-8")
    (work / TREE / "README.md").write_text("mine\n", encoding="utf-8")
    git(work, "add", "-A")
    bad = run()
    assert bad.returncode == 1
    assert bad.stdout.count("Failed") == 2
    assert "not up to date" in bad.stdout or "MC607" in bad.stdout
    assert "MC650" in bad.stdout


def test_the_hooks_are_installed_from_a_repository(tmp_path: Path) -> None:
    """pre-commit clones mcgen's repository and installs it into an environment of its own."""
    source = tmp_path / "mcgen"
    source.mkdir()
    for path in git(
        CHECKOUT, "ls-files", "-co", "--exclude-standard", "generator", "schemas", "docs/rules.md", "docs/mcgen.1"
    ).splitlines():
        (source / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(CHECKOUT / path, source / path)
    for path in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", ".pre-commit-hooks.yaml"):
        shutil.copy(CHECKOUT / path, source / path)
    git(source, "init", "-q")
    git(source, "add", "-A")
    git(source, "commit", "-qm", "mcgen")
    work, _ = team(tmp_path)
    hooks = [{"id": "mcgen-build-check", "args": [BLUEPRINT]}, {"id": "mcgen-validate", "args": [TREE]}]
    config = {"repos": [{"repo": str(source), "rev": git(source, "rev-parse", "HEAD"), "hooks": hooks}]}
    (work / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git(work, "add", "-A")
    env = {**os.environ, "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    argv = [sys.executable, "-m", "pre_commit", "run", "--all-files", "--color", "never"]
    done = subprocess.run(argv, cwd=work, env=env, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 2


def test_what_the_image_is_built_from_suffices(tmp_path: Path) -> None:
    """No container engine here: the files that .dockerignore lets through make a wheel, and nothing else is sent."""
    rules = [line for line in (CHECKOUT / ".dockerignore").read_text(encoding="utf-8").splitlines() if line]
    kept = [line[1:] for line in rules if line.startswith("!")]
    context = tmp_path / "context"
    for path in git(CHECKOUT, "ls-files", "-co", "--exclude-standard").splitlines():
        if any(path == keep or path.startswith(f"{keep}/") or fnmatch.fnmatch(path, keep) for keep in kept):
            (context / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / path, context / path)
    argv = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(tmp_path),
        str(context),
    ]
    subprocess.run(argv, check=True, capture_output=True, timeout=300)
    assert list(tmp_path.glob("mcgen-*.whl"))
    recipe = (CHECKOUT / "Dockerfile").read_text(encoding="utf-8")
    assert recipe.count("FROM ${BASE_IMAGE}") == 2
    assert re.search(r"^USER \d+:\d+$", recipe, re.MULTILINE)


def test_the_prepared_entry_of_the_catalog() -> None:
    """Its keys are those of SchemaStore's catalog, and its names leave other tools' files alone."""
    page = (CHECKOUT / "docs/ci.md").read_text(encoding="utf-8")
    entry = json.loads(page.split("```json\n")[1].split("```")[0])
    assert set(entry) == {"name", "description", "fileMatch", "url"}
    matched = {name: any(fnmatch.fnmatch(name, pattern) for pattern in entry["fileMatch"]) for name in
               ("shop.mcgen.yaml", "mcgen.yml", "shop.yaml", "values.yaml")}  # fmt: skip
    assert [name for name, found in matched.items() if found] == ["shop.mcgen.yaml", "mcgen.yml"]
