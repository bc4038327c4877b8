"""--rotate and --revoke: a new token beside the old one, and no old one out while anybody may still use it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.bootstrap.sealed import (
    COMMAND,
    DAY,
    NOW,
    REMOTE_SECRET,
    SYNCED,
    TIMEOUT,
    ago,
    pods,
    table,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.bootstrap.sealed import Mesh

Capture = pytest.CaptureFixture[str]
HOUR = DAY / 24
FORBIDDEN = 'Error from server (Forbidden): secrets is forbidden: User "jane" cannot get it\n'
LOG = f"2026-11-24T13:00:00.1Z\tinfo\tUpdate cluster\tcluster=cluster-aks config=istio-system/{REMOTE_SECRET}\n"


def tokens(mesh: Mesh) -> list[str]:
    found: list[str] = mesh.facts.get("tokens", {}).get("gke", {}).get("aks", ["1"])
    return found


def outcome(mesh: Mesh, capsys: Capture, *options: str, code: int) -> tuple[str, str]:
    """Run a step, and return what became of the one pair."""
    said = mesh.asked(capsys, *options, code=code)
    (pair,) = said["pairs"]
    assert (pair["consumer"], pair["remote"], said["version"]) == ("gke", "aks", 1)
    assert said["wrote"] is (pair["state"] == "changed")
    return pair["state"], pair["words"]


def test_a_new_token_stands_beside_the_old_one(mesh: Mesh, capsys: Capture) -> None:
    assert mesh.bootstrap("--rotate") == 0
    said = capsys.readouterr()
    assert said.out.startswith(
        "changed  aks for gke: tokens 1 -> 1, 2\n1 changed\n"
        f"next: commit; once Argo CD has synced, `{COMMAND}` seals the new token; commit again; "
        f"then `{COMMAND} --revoke`\n"
    )
    assert tokens(mesh) == ["1", "2"]
    # The tree is built again, with an account for the new token.
    assert said.out.endswith("; read the diff, and commit it\n")
    assert "istio-reader-gke-2" in accounts(mesh)


def accounts(mesh: Mesh) -> str:
    return "".join(path.read_text() for path in (mesh.tree / "clusters/aks").rglob("*.yaml"))


def test_what_would_be_rotated_is_said_and_not_done(mesh: Mesh, capsys: Capture) -> None:
    assert outcome(mesh, capsys, "--rotate", "--dry-run", code=0) == ("planned", "tokens 1 -> 1, 2")
    assert tokens(mesh) == ["1"]
    assert "istio-reader-gke-2" not in accounts(mesh)


def rotating(mesh: Mesh) -> None:
    mesh.rotating(sealed="1")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda mesh: mesh.waits(), "it has no remote secret in place yet: there is nothing to rotate"),
        (rotating, "it is being rotated already: run `mcgen bootstrap`, then --revoke"),
    ],
    ids=["not sealed", "twice"],
)
def test_what_makes_no_sense_now_is_refused(
    mesh: Mesh, capsys: Capture, change: Callable[[Mesh], object], words: str
) -> None:
    change(mesh)
    for options in (["--rotate", "--dry-run"], ["--rotate", "aks", "--dry-run"]):
        assert outcome(mesh, capsys, *options, code=1) == ("refused", words)
    assert mesh.bootstrap("--rotate") == 1
    # Where nothing was done, nothing comes next.
    assert "next:" not in capsys.readouterr().out
    assert not mesh.knows("tokens") or tokens(mesh) == ["1", "2"]


@pytest.mark.parametrize("option", ["--rotate", "--revoke", "--reseal"])
def test_a_cluster_that_nobody_reads_is_no_remote(mesh: Mesh, capsys: Capture, option: str) -> None:
    assert mesh.bootstrap(option, "gke") == 2
    assert "'gke' is no remote of this mesh; its remotes: aks" in capsys.readouterr().err


def test_an_istiod_that_loses_endpoints_keeps_its_secret(mesh: Mesh, capsys: Capture) -> None:
    old = pods(("istiod-1", ago(DAY)))
    mesh.live.set("gke", "pods", "app=istiod", old + pods(("istiod-2", ago(DAY)), version="1.30.3"))
    assert mesh.bootstrap("--rotate") == 3
    said = capsys.readouterr().err
    assert "istiod-2 in gke, which is Istio 1.30.3, can lose all endpoints of a remote" in said
    assert "upgrade istiod first" in said
    assert tokens(mesh) == ["1"]


def test_a_blueprint_whose_istio_loses_endpoints_is_refused_before_anybody_is_asked(
    mesh: Mesh, capsys: Capture
) -> None:
    (file := mesh.blueprint).write_text(file.read_text().replace('version: "1.31.1"', 'version: "1.30.3"', 1))
    (mesh.live.folder / "istioctl").write_text("1.30.3\n")
    assert mesh.bootstrap("--rotate") == 3
    assert "Istio 1.30.3 of the blueprint can lose all endpoints" in capsys.readouterr().err
    assert "get pods" not in mesh.live.asked()
    assert tokens(mesh) == ["1"]


def test_istiods_that_cannot_be_asked_are_not_taken_for_new_ones(mesh: Mesh, capsys: Capture) -> None:
    mesh.live.set("gke", "pods", "app=istiod.error", FORBIDDEN)
    assert mesh.bootstrap("--rotate") == 3
    assert 'User "jane" cannot get it' in capsys.readouterr().err
    assert tokens(mesh) == ["1"]


@pytest.fixture
def turned(mesh: Mesh) -> Mesh:
    """Return a mesh whose new token is sealed, opened an hour ago, and used by istiods that started later."""
    mesh.rotating(sealed="2")
    mesh.live.set("gke", "secret", REMOTE_SECRET, f"2 {ago(9 * DAY)} {ago(8 * DAY)} {ago(HOUR)}")
    mesh.live.set("gke", "pods", "app=istiod", pods(("istiod-1", ago(HOUR / 2)), ("istiod-2", ago(HOUR / 3))))
    return mesh


def test_the_old_token_goes_when_every_istiod_started_after_the_new_one_came(turned: Mesh, capsys: Capture) -> None:
    assert turned.bootstrap("--revoke") == 0
    assert capsys.readouterr().out.startswith(
        "changed  aks for gke: tokens 1, 2 -> 2\n1 changed\n"
        "next: commit; once Argo CD has synced, the API server refuses the old tokens\n"
    )
    assert tokens(turned) == ["2"]
    assert "istio-reader-gke-1" not in accounts(turned)
    assert "logs" not in turned.live.asked()


def older(mesh: Mesh, log: str) -> None:
    """Let istiod-2 be older than the new secret, with a log."""
    mesh.live.set("gke", "pods", "app=istiod", pods(("istiod-1", ago(HOUR / 2)), ("istiod-2", ago(DAY))))
    mesh.live.set("gke", "logs", "istiod-2", log)


def test_or_when_its_log_shows_that_it_took_the_secret_up(turned: Mesh, capsys: Capture) -> None:
    older(turned, "2026-11-24T13:00:00.1Z\tinfo\tsomething else\n" + LOG)
    assert outcome(turned, capsys, "--revoke", code=0) == ("changed", "tokens 1, 2 -> 2")
    (asked,) = [line for line in turned.live.asked().splitlines() if " logs " in line]
    # A clock may be two seconds late.
    assert f"--since-time={NOW - HOUR - DAY / 43200:%Y-%m-%dT%H:%M:%SZ}" in asked


def one_token(mesh: Mesh) -> None:
    mesh.note(tokens={"gke": {"aks": ["2"]}})


def still_the_old(mesh: Mesh) -> None:
    mesh.seal(token="1")


def gone(mesh: Mesh) -> None:
    mesh.live.remove("gke", "secret", REMOTE_SECRET)


def opened(answer: str) -> Callable[[Mesh], object]:
    return lambda mesh: mesh.live.set("gke", "secret", REMOTE_SECRET, answer)


def started(*each: tuple[str, str]) -> Callable[[Mesh], object]:
    return lambda mesh: mesh.live.set("gke", "pods", "app=istiod", pods(*each))


def remotes(*each: tuple[str, str]) -> Callable[[Mesh], object]:
    return lambda mesh: mesh.live.set("gke", "istioctl", "remote-clusters", table(*each))


def silent_log(mesh: Mesh) -> None:
    older(mesh, "2026-11-24T13:00:00.1Z\tinfo\tUpdate cluster\tcluster=cluster-eks config=x\n")


SYNC = "commit what was made of it, and wait until Argo CD has synced that"
IN_USE: dict[str, tuple[Callable[[Mesh], object], str]] = {
    "one token": (one_token, "it has one token only: there is nothing to revoke"),
    "not sealed": (still_the_old, "its remote secret does not hold token 2: run `mcgen bootstrap` first"),
    "not there": (gone, f"Secret {REMOTE_SECRET} is not in gke: is what makes it synced, and has it been made?"),
    "not synced": (
        opened(f"1 {ago(9 * DAY)}"), f"Secret {REMOTE_SECRET} in gke holds token 1, not yet 2: {SYNC}",
    ),
    "without a note": (
        opened(f" {ago(9 * DAY)}"), f"Secret {REMOTE_SECRET} in gke holds token (unknown), not yet 2: {SYNC}",
    ),
    "nobody": (started(), "no istiod runs in gke: nobody can say which token is in use"),
    "not running": (
        started(("istiod-1", ago(HOUR / 2)), ("istiod-2", "")),
        "istiod-2 is not running: wait for it, or until it is gone",
    ),
    "lags": (
        remotes(("istiod-1", TIMEOUT), ("istiod-2", SYNCED)), "istiod-1 says of cluster-aks: timeout",
    ),
    "unknown to both": (
        remotes(), "istiod-1 says of cluster-aks: not known; istiod-2 says of cluster-aks: not known",
    ),
    "no line in the log": (
        silent_log,
        f"istiod-2 does not show that it has taken the new secret up since {NOW - HOUR:%Y-%m-%dT%H:%M:%S}+00:00: "
        "wait a moment, or restart it if its log goes back no further (kubectl rollout restart deployment)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_USE)
def test_a_token_that_may_be_in_use_stays(turned: Mesh, capsys: Capture, case: str) -> None:
    change, words = IN_USE[case]
    change(turned)
    assert outcome(turned, capsys, "--revoke", "aks", "--dry-run", code=1) == ("refused", words)


def test_what_is_refused_is_not_written(turned: Mesh, capsys: Capture) -> None:
    gone(turned)
    assert turned.bootstrap("--revoke") == 1
    assert "1 refused" in capsys.readouterr().out
    assert tokens(turned) == ["1", "2"]


UNANSWERED: dict[str, tuple[tuple[str, str, str], str, str]] = {
    "the secret": (("gke", "secret", f"{REMOTE_SECRET}.error"), FORBIDDEN, 'User "jane" cannot get it'),
    "the pods": (("gke", "pods", "app=istiod.error"), FORBIDDEN, 'User "jane" cannot get it'),
    "istioctl": (
        ("gke", "istioctl", "remote-clusters.error"), "unable to forward\n",
        "istioctl remote-clusters in gke: unable to forward",
    ),
    "nonsense": (("gke", "secret", REMOTE_SECRET), "2 yesterday", "'yesterday' is no time"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNANSWERED)
def test_want_of_an_answer_is_a_failure_and_not_a_yes(turned: Mesh, capsys: Capture, case: str) -> None:
    place, answer, words = UNANSWERED[case]
    turned.live.set(*place, answer)
    state, said = outcome(turned, capsys, "--revoke", "--dry-run", code=3)
    assert state == "failed"
    assert words in said
