"""The bootstrap job on a repository of files, with real Git and with stubs for the programs that ask clusters."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mcgen.problems import ToolError
from tests.job.repository import BRANCH, SEALED, TOKEN, TREE, Person, cluster_secret, mesh, repository
from tests.job.stubs import SECRET

if TYPE_CHECKING:
    from pathlib import Path

    from tests.job.repository import Repository


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    (tmp_path / "repo").mkdir()
    (tmp_path / "tmp").mkdir()
    found = repository(tmp_path / "repo")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("PATH", str(found.folder / "bin"), prepend=":")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(found.folder / "gitconfig"))
    return found


def changed(repo: Repository, old: str, new: str) -> set[str]:
    return set(repo.git("diff", "--name-only", old, new).splitlines())


def test_it_seals_builds_commits_and_pushes(repo: Repository) -> None:
    main = repo.tip("main")
    assert repo.job()
    tip = repo.tip(BRANCH)
    assert repo.tip("main") == main == repo.git("rev-parse", f"{tip}^")
    paths = changed(repo, main, tip)
    assert {SEALED["aks"], f"{TREE}/.mcgen/facts.yaml", f"{TREE}/.mcgen/manifest.json"} <= paths
    assert f"{TREE}/clusters/aks/argocd/60-workloads.yaml" not in paths, "there is no demo"
    assert f"{TREE}/clusters/aks/argocd/30-east-west-gateway.yaml" in paths
    assert not [path for path in paths if not path.startswith(f"{TREE}/")]
    subject, _, body = repo.git("log", "-1", "--format=%B", tip).partition("\n\n")
    assert subject == "Seal remote secrets of the mesh shop"
    assert body.startswith("aks for gke: token 1, certificate sha256:")
    assert body.endswith("\nMcgen-Bootstrap: shop")
    assert repo.git("log", "-1", "--format=%an <%ae> %cn <%ce>", tip) == " ".join(
        ["mcgen bootstrap <mcgen-bootstrap@localhost>"] * 2
    )
    assert repo.said[-1] == f"next: merge {BRANCH} into main: https://git.example.com/main...{BRANCH}"
    assert any("waiting  eks for gke" in line for line in repo.said)


def test_a_second_run_has_nothing_to_do(repo: Repository) -> None:
    assert repo.job()
    tip = repo.tip(BRANCH)
    assert repo.job()
    assert repo.tip(BRANCH) == tip
    assert not any("pushed" in line for line in repo.said)
    assert repo.said[-1].startswith(f"next: merge {BRANCH} into main")


def test_it_goes_on_on_its_branch(repo: Repository) -> None:
    repo.job()
    first = repo.tip(BRANCH)
    repo.ready("aks", "eks")
    assert repo.job()
    assert repo.git("rev-parse", f"{BRANCH}^") == first
    assert SEALED["eks"] in changed(repo, first, BRANCH)
    assert SEALED["aks"] not in changed(repo, first, BRANCH)


def test_merged_it_begins_anew(repo: Repository) -> None:
    repo.job()
    repo.git("update-ref", "refs/heads/main", repo.tip(BRANCH))
    assert repo.job()
    assert repo.said[-1] == "nothing to commit"
    repo.ready("aks", "eks")
    assert repo.job()
    assert repo.git("rev-parse", f"{BRANCH}^") == repo.tip("main")


def squashed(repo: Repository) -> None:
    repo.jane.take("main")
    repo.jane.git("merge", "--quiet", "--squash", f"origin/{BRANCH}")
    repo.jane.push("main", "Seal")


def test_merged_as_another_commit_its_branch_is_of_no_use(repo: Repository) -> None:
    repo.ready("aks", "eks")
    repo.job()
    tip = repo.tip(BRANCH)
    squashed(repo)
    assert repo.job()
    assert repo.said[-1] == f"nothing to commit; {BRANCH} has nothing that main lacks, and can be deleted"
    assert repo.tip(BRANCH) == tip


def test_when_the_target_moves_its_own_commits_are_made_anew(repo: Repository) -> None:
    repo.job()
    old = repo.tip(BRANCH)
    main = repo.jane.commit("main", "other.txt", "x")
    assert repo.job()
    assert repo.tip(BRANCH) != old
    assert repo.git("rev-parse", f"{BRANCH}^") == main
    assert SEALED["aks"] in changed(repo, "main", BRANCH)
    assert repo.git("show", f"{BRANCH}:other.txt") == "x"


def test_what_cannot_be_made_anew_stays(repo: Repository) -> None:
    repo.job()
    old = repo.tip(BRANCH)
    repo.jane.commit("main", "other.txt", "x")
    secret = repo.folder / "answers/cluster-aks"
    text = secret.read_text()
    secret.unlink()
    assert not repo.job()
    assert repo.said[-1] == f"{BRANCH} stays as it is: it holds the secret of aks, which failed this time"
    assert repo.tip(BRANCH) == old
    secret.write_text(text)
    assert repo.job()
    assert repo.git("rev-parse", f"{BRANCH}^") == repo.tip("main")


def test_a_persons_commit_is_built_upon(repo: Repository) -> None:
    repo.job()
    theirs = repo.jane.commit(BRANCH, "notes.txt", "looked at")
    repo.ready("aks", "eks")
    assert repo.job()
    assert repo.git("rev-parse", f"{BRANCH}^") == theirs


def test_a_name_with_a_line_end_of_pythons_is_a_name(repo: Repository) -> None:
    repo.job()
    eve = Person(repo.jane.folder, "Eve\u2028\x1cx", "eve@example.com")
    theirs = eve.commit(BRANCH, "notes.txt", "looked at")
    repo.ready("aks", "eks")
    assert repo.job()
    assert repo.git("rev-parse", f"{BRANCH}^") == theirs


def test_a_persons_commit_is_never_overwritten(repo: Repository) -> None:
    repo.job()
    theirs = repo.jane.commit(BRANCH, "notes.txt", "looked at")
    repo.jane.commit("main", "other.txt", "x")
    with pytest.raises(ToolError, match=f"has commits that are not of this job, such as {theirs[:12]} by Jane Doe"):
        repo.job()
    assert repo.tip(BRANCH) == theirs


def test_an_amended_commit_is_a_persons(repo: Repository) -> None:
    repo.job()
    repo.jane.take(BRANCH)
    repo.jane.git("commit", "--quiet", "--amend", "--no-edit", "--date=now")
    repo.jane.git("push", "--quiet", "--force", "origin", f"HEAD:refs/heads/{BRANCH}")
    repo.jane.commit("main", "other.txt", "x")
    with pytest.raises(ToolError, match="not of this job"):
        repo.job()


def test_a_push_that_loses_the_race_is_tried_again(repo: Repository) -> None:
    other = Person(repo.jane.folder, "mcgen bootstrap", "mcgen-bootstrap@localhost")
    pushed: list[str] = []

    def race(line: str) -> None:
        repo.said.append(line)
        if "sealed" in line and not pushed:
            # What another run of the job would push.
            other.git("fetch", "--quiet", "origin")
            pushed.append(other.commit("main", "race.txt", "x"))
            repo.git("update-ref", f"refs/heads/{BRANCH}", pushed[0])
            repo.git("update-ref", "refs/heads/main", f"{pushed[0]}^")

    repo.said = Said(race)
    assert repo.job()
    assert any("beginning again" in line for line in repo.said)
    assert repo.git("rev-parse", f"{BRANCH}^") == pushed[0]


class Said(list[str]):
    """What the job says, with somebody who listens."""

    def __init__(self, listener: object) -> None:
        super().__init__()
        self._listener = listener
        self._busy = False

    def append(self, line: str) -> None:
        if self._busy:
            super().append(line)
            return
        self._busy = True
        self._listener(line)  # type: ignore[operator]
        self._busy = False


def test_who_always_loses_gives_up(repo: Repository) -> None:
    number = 0

    def race(line: str) -> None:
        nonlocal number
        repo.said.append(line)
        if "1 sealed" in line:
            number += 1
            repo.jane.git("fetch", "--quiet", "origin")
            base = BRANCH if number > 1 else "main"
            tip = repo.jane.git("commit-tree", f"origin/{base}^{{tree}}", "-p", f"origin/{base}", "-m", str(number))
            repo.jane.git("push", "--quiet", "origin", f"{tip}:refs/heads/{BRANCH}")

    repo.said = Said(race)
    with pytest.raises(ToolError, match="given up after 3 attempts"):
        repo.job()
    assert number == 3


def test_what_a_server_refuses_is_told_in_its_words(repo: Repository) -> None:
    hook = repo.bare / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho 'no pushes on Sundays' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(ToolError, match="no pushes on Sundays") as caught:
        repo.job()
    assert "attempts" not in str(caught.value)


def test_a_tree_of_another_mcgen_is_left_alone(repo: Repository, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mcgen.layout.GIT_ATTRIBUTES", ".gitattributes2")
    with pytest.raises(ToolError, match=r"is not what this mcgen \(.+\) builds: - .gitattributes, \+ .gitattributes2"):
        repo.job()
    assert not repo.tip(BRANCH)


def test_a_stale_branch_of_its_own_gives_way_to_the_target(repo: Repository) -> None:
    repo.job()
    mine = Person(repo.jane.folder, "mcgen bootstrap", "mcgen-bootstrap@localhost")
    mine.take(BRANCH)
    mine.git("rm", "--quiet", f"{TREE}/.gitattributes")
    mine.push(BRANCH, "Seal\n\nMcgen-Bootstrap: shop")
    assert repo.job()
    assert repo.git("rev-parse", f"{BRANCH}^") == repo.tip("main")


@pytest.mark.parametrize(
    ("more", "words"), [(["RUNBOOK.md"], ""), (["RUNBOOK.md", "bases/gate/job.yaml"], " and 1 more")]
)
def test_a_stale_branch_with_a_persons_commit_is_left_alone(repo: Repository, more: list[str], words: str) -> None:
    repo.job()
    repo.jane.take(BRANCH)
    gone = [".gitattributes", "README.md", *more]
    repo.jane.git("rm", "--quiet", *(f"{TREE}/{path}" for path in gone))
    theirs = repo.jane.push(BRANCH, "A change")
    with pytest.raises(ToolError, match=f"on {BRANCH} is not what this mcgen .*[a-z]{words}; build it"):
        repo.job()
    assert repo.tip(BRANCH) == theirs


def test_the_blueprint_is_never_taken_from_the_branch(repo: Repository) -> None:
    """Whoever may push the branch could otherwise name a certificate of their own to seal tokens with."""
    repo.job()
    repo.jane.take(BRANCH)
    data = mesh()
    data["clusters"][0]["bootstrap"] = {"certificate": "evil.pem"}
    repo.build(data)
    theirs = repo.jane.push(BRANCH, "A change")
    repo.ready("aks", "eks")
    with pytest.raises(ToolError, match="changes the blueprint or a certificate beside it"):
        repo.job()
    assert repo.tip(BRANCH) == theirs


def test_nor_is_a_certificate_beside_it(repo: Repository) -> None:
    data = mesh()
    data["clusters"][0]["bootstrap"] = {"certificate": "good.pem"}
    repo.build(data)
    pem = (repo.folder / "certificate.pem").read_text()
    (repo.jane.folder / "blueprints/good.pem").write_text(pem)
    repo.jane.push("main", "A certificate")
    repo.job()
    repo.jane.commit(BRANCH, "blueprints/good.pem", "another")
    with pytest.raises(ToolError, match="changes the blueprint or a certificate beside it"):
        repo.job()


def test_nor_may_the_branch_take_a_certificate_away(repo: Repository) -> None:
    data = mesh()
    data["clusters"][0]["bootstrap"] = {"certificate": "good.pem"}
    repo.build(data)
    (repo.jane.folder / "blueprints/good.pem").write_text((repo.folder / "certificate.pem").read_text())
    repo.jane.push("main", "A certificate")
    repo.job()
    repo.jane.take(BRANCH)
    repo.jane.git("rm", "--quiet", "blueprints/good.pem")
    repo.jane.push(BRANCH, "Without it")
    with pytest.raises(ToolError, match="changes the blueprint or a certificate beside it"):
        repo.job()


def test_a_repository_that_is_not_there_is_told_in_gits_words(repo: Repository) -> None:
    repo.bare.rename(repo.folder / "elsewhere.git")
    with pytest.raises(ToolError, match="git clone: fatal: "):
        repo.job()


def test_without_a_page_for_pull_requests_the_branch_is_named(repo: Repository) -> None:
    data = mesh()
    del data["bootstrap"]["git"]["pullRequest"]
    repo.build(data)
    repo.jane.push("main", "No page")
    assert repo.job()
    assert repo.said[-1] == f"next: merge {BRANCH} into main"


def test_without_a_section_it_says_what_to_do(repo: Repository) -> None:
    data = mesh()
    del data["bootstrap"]
    for cluster in data["clusters"]:
        cluster.pop("bootstrap", None)
    repo.build(data)
    repo.jane.push("main", "No job")
    with pytest.raises(ToolError, match="has no section `bootstrap`"):
        repo.job()


def test_a_job_for_another_branch_says_what_to_do(repo: Repository) -> None:
    data = mesh()
    data["gitops"]["revision"] = "live"
    repo.build(data)
    repo.jane.push("main", "Another branch")
    with pytest.raises(ToolError, match="says that Argo CD follows 'live': apply the folder bootstrap/"):
        repo.job()


def test_one_clusters_credentials_do_not_keep_the_others_waiting(repo: Repository) -> None:
    repo.ready("aks", "eks")
    (repo.folder / "answers/cluster-eks").unlink()
    assert not repo.job()
    assert any(
        "eks: Secret argocd/cluster-eks cannot be read: this cluster (the job's own ServiceAccount)" in s
        for s in repo.said
    )
    assert SEALED["aks"] in changed(repo, "main", BRANCH)


def test_an_answer_that_is_no_json_is_told_and_not_shown(repo: Repository) -> None:
    (repo.folder / "answers/cluster-aks").write_text(f"{{{TOKEN}")
    assert not repo.job()
    said = "\n".join(repo.said)
    assert "kubectl did not print it as JSON" in said
    assert TOKEN not in said


def test_a_credential_that_needs_a_program_is_refused(repo: Repository) -> None:
    secret = cluster_secret("aks", bearerToken="", execProviderConfig={"command": "aws", "args": [TOKEN]})
    (repo.folder / "answers/cluster-aks").write_text(json.dumps(secret))
    assert not repo.job()
    said = "\n".join(repo.said)
    assert "it logs in with a program (execProviderConfig)" in said
    assert "kubeconfigSecret" in said
    assert TOKEN not in said


def test_an_ignored_file_is_committed(repo: Repository) -> None:
    repo.jane.commit("main", ".gitignore", "*secret*\n.mcgen/\n")
    assert repo.job()
    assert SEALED["aks"] in changed(repo, "main", BRANCH)


def test_secrets_are_in_memory_only(repo: Repository) -> None:
    assert repo.job()
    seen = repo.seen()
    used = [call for call in seen if TOKEN in call["kubeconfig"]]
    assert {call["name"] for call in used} == {"kubectl", "istioctl"}
    assert all("--kubeconfig=/dev/fd/" in " ".join(call["argv"]) for call in used)
    for call in seen:
        for secret in (TOKEN, SECRET):
            assert secret not in json.dumps([call["argv"], call["environment"], call["files"]])
    assert [call["files"] for call in seen if call["files"]] == []
    for secret in (TOKEN, SECRET):
        assert secret not in "\n".join(repo.said)
        assert not repo.git("log", "--all", "--oneline", f"-S{secret}")
