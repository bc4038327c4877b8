"""The parts of the bootstrap that need no cluster: suffixes, versions, certificates, facts, what programs print."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mcgen import proc, shape, source
from mcgen.bootstrap import certificate, kube, record, replicas, rotation, show
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.status import Standing
from mcgen.facts import convert
from mcgen.problems import ToolError
from tests.certificates import RSA, issue

if TYPE_CHECKING:
    from pathlib import Path

# Of Istio 1.31, run here; the version and pods are its own words, with a column that is empty for its own cluster.
TABLE = """\
NAME            SECRET                                            STATUS     ISTIOD                      REVISION
cluster-gke                                                       synced     istiod-6db7896647-7c4kx     default
cluster-aks     istio-system/istio-remote-secret-cluster-aks      synced     istiod-6db7896647-7c4kx     default
cluster-aks     istio-system/istio-remote-secret-cluster-aks      timeout    istiod-6db7896647-xk2lp     default
cluster-aks2    istio-system/istio-remote-secret-cluster-aks2     syncing    istiod-6db7896647-7c4kx     default
"""


@pytest.mark.parametrize(
    ("version", "loses"),
    [
        ("1.31.0", False),
        ("1.31.1", False),
        ("1.32-dev", False),
        ("1.30.4", False),
        ("1.30.3", True),
        ("1.30", True),
        ("1.29.9", True),
        ("v1.28.1", True),
        ("2.0.0", False),
        ("latest", False),
    ],
)
def test_which_istiods_lose_endpoints(version: str, *, loses: bool) -> None:
    assert rotation.loses_endpoints(version) is loses


@pytest.mark.parametrize(
    ("suffixes", "new"),
    [(["1"], "2"), (["9"], "10"), (["2", "3"], "4"), (["x"], "x1"), (["a9"], "a10"), (["007"], "8")],
)
def test_the_next_suffix(suffixes: list[str], new: str) -> None:
    assert rotation.next_suffix(suffixes) == new


def test_a_suffix_that_cannot_grow() -> None:
    with pytest.raises(ToolError, match="choose one in the facts file"):
        rotation.next_suffix(["a" * 16])


@given(st.from_regex(r"[a-z0-9]{1,8}", fullmatch=True))
@settings(deadline=None)
def test_suffixes_never_come_back(first: str) -> None:
    seen = [first]
    for _ in range(20):
        seen.append(rotation.next_suffix(seen))
    assert len(set(seen)) == len(seen)


@pytest.mark.parametrize(
    ("cluster", "statuses"),
    [
        ("cluster-aks", {"istiod-6db7896647-7c4kx": "synced", "istiod-6db7896647-xk2lp": "timeout"}),
        ("cluster-gke", {"istiod-6db7896647-7c4kx": "synced"}),
        ("cluster-aks2", {"istiod-6db7896647-7c4kx": "syncing"}),
        ("cluster-ak", {}),
    ],
)
def test_what_every_istiod_says_of_a_cluster(cluster: str, statuses: dict[str, str]) -> None:
    assert replicas.parse_statuses(TABLE, cluster) == statuses
    assert replicas.parse_statuses("", cluster) == {}


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("2026-11-24T13:00:00.1Z\tinfo\tUpdate cluster\tcluster=aks config=istio-system/istio-remote-secret-aks", True),
        ("2026-11-24T13:00:00.1Z\tinfo\tAdd cluster\tcluster=aks config=istio-system/istio-remote-secret-aks", True),
        ("2026-11-24T13:00:00.1Z\tinfo\tUpdate cluster\tcluster=aks2 config=istio-system/x", False),
        ("2026-11-24T13:00:00.1Z\tinfo\tskipping update (kubeconfig are identical)\tcluster=aks config=x", False),
        ("2026-11-24T13:00:00.1Z\terror\tUpdate cluster: create remote cluster failed\tcluster=aks", False),
        ('{"level":"info","msg":"Update cluster","cluster":"aks","config":"x"}', True),
        ('{"level":"info","msg":"Update cluster","cluster":"gke"}', False),
        ('{"level":', False),
        ("[]", False),
    ],
)
def test_a_log_line_that_shows_a_secret_taken_up(line: str, *, found: bool) -> None:
    assert replicas.took_up(line, "aks") is found


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('Error from server (NotFound): secrets "x" not found', kube.Why.NOT_FOUND),
        ('Error from server (Forbidden): secrets "x" is forbidden', kube.Why.FORBIDDEN),
        ("error: You must be logged in to the server (Unauthorized)", kube.Why.FORBIDDEN),
        ("The connection to the server 10.0.0.1:6443 was refused", kube.Why.UNREACHABLE),
        ("Unable to connect to the server: dial tcp: lookup x: no such host", kube.Why.UNREACHABLE),
        ('error: context "x" does not exist', kube.Why.OTHER),
    ],
)
def test_why_there_is_no_answer(said: str, why: kube.Why) -> None:
    assert kube.why(said) is why


def test_only_what_does_not_answer_is_tried_again() -> None:
    for why, tries in ((kube.Why.UNREACHABLE, 4), (kube.Why.FORBIDDEN, 1), (kube.Why.OTHER, 1)):
        calls: list[int] = []

        def fail(why: kube.Why = why, calls: list[int] = calls) -> None:
            calls.append(1)
            raise kube.NoAnswer(why, "no")

        with pytest.raises(kube.NoAnswer):
            Retry(3, pause=0)(fail)
        assert len(calls) == tries


def test_pauses_double(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    retry = Retry(3, pause=0.5)
    monkeypatch.setattr(retry._stopped, "wait", pauses.append)

    def fail() -> None:
        raise kube.NoAnswer(kube.Why.UNREACHABLE, "no")

    with pytest.raises(kube.NoAnswer):
        retry(fail)
    assert pauses == [0.5, 1, 2]


def test_where_a_pair_stands_fits_into_a_terminal_and_ends_its_lines() -> None:
    row = Standing(
        consumer="gke", remote="aks", state="sealed", token="1", age=3, fingerprint="", not_after="",
        unsealed="unknown", istiod="unknown", next="look at " + "what stands there " * 9, why=(),
    )  # fmt: skip
    said = show.standings([row], {}, width=60)
    long = said[said.index("  next:") :].splitlines()
    assert len(long) > 2
    assert all(len(line) <= 60 for line in long)
    assert all(len(line) - len(line.lstrip()) == long[0].index("look") for line in long[1:])
    assert show.standings_json([row], {}).endswith("\n}\n")


def test_a_certificate_and_what_it_says() -> None:
    found = certificate.parse(issue(RSA, days=200).encode(), "here")
    assert found.fingerprint.startswith("sha256:")
    assert found.pem.startswith(b"-----BEGIN CERTIFICATE-----")
    assert found.not_after > datetime.now(UTC)
    with pytest.raises(certificate.Unusable, match="is not valid before"):
        certificate.parse(found.pem, "here", now=datetime.now(UTC) - timedelta(days=101))


FACTS = """\
# Reviewed by the network team.
apiVersion: mcgen/v1alpha1
kind: Facts
addresses:
  gke: 203.0.113.9   # from the ticket
tokens:
  gke:
    aks: ["1"]
"""


def change(document: Any) -> None:
    record.set_address(document, "gke", "203.0.113.10")
    record.set_tokens(document, "gke", "eks", ("08", "0e1"))
    record.set_certificate(document, "gke", f"sha256:{64 * '0'}", "2036-11-24")


def test_changing_facts_keeps_what_a_person_wrote(tmp_path: Path) -> None:
    text = record.changed(FACTS, change)
    assert "# Reviewed by the network team." in text
    assert "# from the ticket" in text
    file = tmp_path / "facts.yaml"
    file.write_text(text)
    read = source.read(str(file))
    assert read.problems == ()
    assert shape.check(read, shape.facts_schema()) == []
    facts = convert(read.data)
    assert facts.addresses == {"gke": "203.0.113.10"}
    assert facts.tokens == {"gke": {"aks": ["1"], "eks": ["08", "0e1"]}}
    assert facts.certificates["gke"].not_after == "2036-11-24"


def test_facts_that_do_not_change_keep_every_byte() -> None:
    assert record.changed(FACTS, lambda _: None) == FACTS
    assert record.changed("", change).startswith("# Facts found on live clusters")


def test_what_one_program_writes_goes_to_the_other_alone() -> None:
    first, second = proc.pipe(["sh", "-c", "echo eyJsecret; echo said >&2"], ["tr", "a-z", "A-Z"], timeout=10)
    assert (first.stdout, first.words, second.stdout) == (b"", "said", b"EYJSECRET\n")


def test_a_pipe_does_not_wait_for_a_program_that_nobody_reads() -> None:
    first, second = proc.pipe(["yes"], ["true"], timeout=10)
    assert (first.code, second.code) == (-13, 0)
    noisy = "head -c 1000000 /dev/zero >&2; echo done"
    first, second = proc.pipe(["sh", "-c", noisy], ["cat"], timeout=10)
    assert (len(first.stderr), second.stdout) == (1000000, b"done\n")


@pytest.mark.parametrize("argv", [(["sleep", "60"], ["cat"]), (["echo"], ["sleep", "60"])], ids=("first", "second"))
def test_a_pipe_that_hangs_is_stopped(argv: tuple[list[str], list[str]]) -> None:
    with pytest.raises(proc.TimedOut, match="'sleep' did not end within"):
        proc.pipe(*argv, timeout=0.2)


def test_a_missing_program_at_either_end_is_explained() -> None:
    for argv in ((["no-such"], ["cat"]), (["sleep", "60"], ["no-such"])):
        with pytest.raises(ToolError, match="'no-such' is not there"):
            proc.pipe(*argv, timeout=10)


def test_all_programs_can_be_ended_from_another_thread() -> None:
    ended: list[proc.Done] = []
    thread = threading.Thread(target=lambda: ended.append(proc.run(["sleep", "60"], timeout=100)))
    thread.start()
    while thread.is_alive():
        proc.stop_all()
        thread.join(0.05)
    assert [done.code for done in ended] == [-9]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (b"token: eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJl.c2lnbmF0dXJl end", "token: [hidden] end"),
        (
            b'Get "https://10.0.0.1:6443/api/v1/namespaces/istio-system/secrets/istio-reader-gke-1-token": no route',
            'Get "https://10.0.0.1:6443/api/v1/namespaces/istio-system/secrets/istio-reader-gke-1-token": no route',
        ),
        (b"https://x/eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJr", "https://x/[hidden]"),
        (b"https://x/" + 20 * b"QUJD", "https://x[hidden]"),
        (b"data: " + 70 * b"QUJD", "data: [hidden]"),
        (
            b"open /home/user/.kube/config: no such file\nor directory",
            "open /home/user/.kube/config: no such file or directory",
        ),
    ],
)
def test_words_hide_what_could_be_a_secret(said: bytes, shown: str) -> None:
    assert proc.words(said) == shown


@pytest.mark.parametrize(
    ("suffix", "before"), [("1", ""), ("2", "1"), ("10", "9"), ("x", ""), ("x1", ""), ("x2", "x1"), ("a10", "a9")]
)
def test_the_suffix_before(suffix: str, before: str) -> None:
    assert rotation.before(suffix) == before
    if before:
        assert rotation.next_suffix([before]) == suffix
