"""The command, against clusters that answer from files: forms, exit codes, and what it must not ask."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from mcgen import names
from mcgen.cli import run
from mcgen.doctor.ask import Group
from mcgen.doctor.run import Examined
from mcgen.doctor.verdict import finding, fine, skipped, unknown, warning
from mcgen.verify.junit import junit
from mcgen.verify.watch_live import KINDS
from tests.answers import Answers
from tests.samples import CHECKOUT
from tests.verify.pages import Pages, forwarding, served

if TYPE_CHECKING:
    from pathlib import Path

BLUEPRINT = "blueprints/gke-aks.yaml"
ASK = ["verify", BLUEPRINT, "--retries=0", "--timeout=5"]


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Return clusters that answer nothing but their version."""
    shutil.copytree(CHECKOUT / "blueprints", tmp_path / "blueprints")
    shutil.copytree(CHECKOUT / "blueprints/gke-aks.inputs", tmp_path / "output/gke-aks")
    monkeypatch.chdir(tmp_path)
    answers = Answers(tmp_path / "answers")
    for key, value in answers.environment.items():
        monkeypatch.setenv(key, value)
    for cluster in ("gke", "aks"):
        answers.set(cluster, "raw", "version", {"gitVersion": "v1.35.4"})
    return answers


def test_what_does_not_answer_is_unknown_and_nothing_is_fine(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    for cluster in ("gke", "aks"):
        live.set(cluster, "raw", "version.error", "Unable to connect to the server\n")
    assert run([*ASK, "--format=json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert said["fine"] == 0
    assert {check["verdict"] for check in said["checks"] if check["cluster"]} == {"unknown"}
    assert run([*ASK, "--allow-unknown"]) == 0


def test_without_probe_it_only_reads(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    pods = 'istio-system\tistiod-1\t{"app":"istiod"}\tistiod\tRunning\t10.0.0.1\t\tdiscovery \tTrue\t\n'
    for cluster in ("gke", "aks"):
        live.set(cluster, "pods", "list", pods)
        live.set(cluster, "services", "list", {"items": []})
        live.set(cluster, "endpointslices", "list", {"items": []})
        live.set(cluster, "serviceaccounts", "list", "")
    assert run([*ASK, "--format=json"]) == 1
    verbs = {word for line in live.asked().splitlines() for word in line.split()[1:] if not word.startswith("-")}
    assert {"get", "port-forward"} <= verbs
    assert not verbs & {"create", "apply", "delete", "patch", "exec", "wait", "secrets", "secret"}
    checks = {
        (each["cluster"], each["check"]): each["verdict"] for each in json.loads(capsys.readouterr().out)["checks"]
    }
    assert checks["gke", "every istiod reads aks"] == "unknown"
    assert checks["gke", "east-west gateway is ready"] == "finding"
    assert checks["gke", "a new pod in multi-cluster gets a sidecar"] == "skipped"


def test_wrong_use_is_told(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    assert live
    assert run([*ASK, "--probe-image=curl"]) == 2
    assert run([*ASK, "--watch", "--probe"]) == 2
    assert "--watch prints a line of events: without --probe, and as text" in capsys.readouterr().err
    assert run([*ASK, "--kubeconfig=eks=x"]) == 2
    assert "there are gke, aks" in capsys.readouterr().err


def test_probes_that_cannot_be_started_leave_everything_unknown(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    for cluster in ("gke", "aks"):
        live.set(cluster, ".", "all.error", "Unable to connect to the server\n")
    assert run([*ASK, "--probe", "--format=junit"]) == 3
    cases = ElementTree.fromstring(capsys.readouterr().out).iter("testcase")
    told = {case.get("name"): [each.tag for each in case] for case in cases}
    assert told["probe pods are removed"] == ["error"]
    assert told["a new pod in multi-cluster gets a sidecar"] == ["error"]
    assert told["every policy is tried"] == ["error"]
    # What cannot be known to be gone is looked for all the same.
    assert live.asked().count(" delete pods ") == 2


def test_a_blueprint_with_mistakes_is_told_in_the_form_that_was_asked_for(
    live: Answers, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / BLUEPRINT
    file.write_text(file.read_text().replace("platform: gke", "platform: moon"))
    assert run([*ASK, "--format=json"]) == 1
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert "moon" in problem["message"]
    assert run(ASK) == 1
    assert f"{BLUEPRINT}:" in capsys.readouterr().err
    assert not (live.folder / "asked").exists()


def running(namespace: str, name: str, labels: dict[str, str], account: str) -> str:
    """Return a pod with a proxy as kubectl prints it by the template."""
    return f"{namespace}\t{name}\t{json.dumps(labels)}\t{account}\tRunning\t10.0.0.1\t\tapp istio-proxy \tTrue\t\n"


SLEEP = running("multi-cluster", "sleep-1", {"app": "sleep"}, "sleep-aks")
GATEWAY = running("istio-system", "gw-1", {}, "gateway")
SPIFFE = "spiffe://cluster.local/ns/multi-cluster/sa/sleep-aks"
PAGES: Pages = {
    "/debug/clusterz": [{"id": name, "syncStatus": "synced"} for name in ("cluster-gke", "cluster-aks")],
    "/debug/networkz": [],
    "/debug/syncz": [{"cluster_id": "cluster-aks", "proxy": "sleep-1.multi-cluster"}],
    "/certs": {
        "certificates": [
            {"cert_chain": [{"subject_alt_names": [{"uri": SPIFFE}], "expiration_time": "2999-11-25T00:00:00Z"}]}
        ]
    },
    "/server_info": {"node": {"metadata": {"CLUSTER_ID": "cluster-aks", "NETWORK": "network2", "MESH_ID": "mesh1"}}},
}
SERVED, IDENTITIES = "istiod serves the proxies in multi-cluster", "identities of the proxies in multi-cluster"


def seen(live: Answers, capsys: pytest.CaptureFixture[str], pages: Pages) -> dict[tuple[str, str], str]:
    """Return what is found of each check of a mesh with one istiod and one proxy."""
    istiod = 'istio-system\tistiod-1\t{"app":"istiod"}\tistiod\tRunning\t10.0.0.1\t\tdiscovery \tTrue\t\n'
    for cluster, pods in (("gke", istiod), ("aks", SLEEP + GATEWAY)):
        live.set(cluster, "pods", "list", pods)
        live.set(cluster, "services", "list", {"items": []})
        live.set(cluster, "endpointslices", "list", {"items": []})
        live.set(cluster, "serviceaccounts", "list", "")
    lax = {"metadata": {"name": "lax", "namespace": "multi-cluster"}, "spec": {"mtls": {"mode": "PERMISSIVE"}}}
    live.set("gke", "peerauthentications", "list", {"items": [lax]})
    with served(pages) as port:
        live.set("gke", "port-forward", ":15014", forwarding(port))
        live.set("aks", "port-forward", ":15000", forwarding(port))
        assert run([*ASK, "--format=json"]) == 1
    found = json.loads(capsys.readouterr().out)["checks"]
    return {(each["cluster"], each["check"]): each["code"] or each["verdict"] for each in found}


def test_what_istiod_and_envoys_say_is_compared_with_the_blueprint(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    found = seen(live, capsys, PAGES)
    assert found["gke", "every istiod reads aks"] == "fine"
    assert (found["aks", SERVED], found["aks", IDENTITIES]) == ("fine", "fine")
    assert (found["gke", SERVED], found["gke", IDENTITIES]) == ("skipped", "skipped")
    assert [check for check, code in found.items() if code == "MC808"] != []


def test_a_proxy_of_another_network_that_no_istiod_serves(live: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    found = seen(live, capsys, PAGES | {"/debug/syncz": [], "/server_info": {"node": {}}})
    assert (found["aks", SERVED], found["aks", IDENTITIES]) == ("MC803", "MC802")


def test_proxies_are_judged_by_themselves_where_no_istiod_is_known(
    live: Answers, capsys: pytest.CaptureFixture[str]
) -> None:
    live.set("gke", "pods", "list.error", "Error from server (Forbidden): no\n")
    found = seen(live, capsys, PAGES)
    assert (found["aks", SERVED], found["aks", IDENTITIES]) == ("MC700", "fine")


WATCH = [*ASK, "--watch", "--watch-seconds=0.001"]
EMPTY: dict[str, list[object]] = {"items": []}


@pytest.fixture
def empty(live: Answers) -> Answers:
    """Return clusters that have nothing of what is watched."""
    for cluster in ("gke", "aks"):
        for kind, *_ in KINDS.values():
            live.set(cluster, kind.partition(".")[0], "list", EMPTY)
    return live


def test_watching_tells_that_the_order_was_kept_so_far(empty: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(WATCH) == 0
    kept, *left = capsys.readouterr().out.splitlines()
    assert kept == "the order was kept: 0 events, nothing before its turn"
    assert any(line.startswith("not seen yet: ") and "Deployment istio-system/istiod" in line for line in left)
    assert " secrets" not in empty.asked()


def test_watching_tells_what_it_cannot_see(empty: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    empty.set("aks", "services", "list.error", "Error from server (Forbidden): no\n")
    assert run(WATCH) == 3
    assert "unknown: aks: Service cannot be watched: " in capsys.readouterr().out


def test_watching_tells_what_came_before_its_turn(empty: Answers, capsys: pytest.CaptureFixture[str]) -> None:
    owner = {names.TRACKING: "gke-aks-aks-workloads:apps/Deployment:multi-cluster/sleep"}
    early = {"metadata": {"name": "sleep", "namespace": "multi-cluster", "annotations": owner}}
    empty.set("aks", "deployments", "list", {"items": [early]})
    assert run(WATCH) == 1
    said = capsys.readouterr().out
    assert "VIOLATION: " in said
    assert "violations of the order, the first:\n" in said
    assert "> " in said


def test_junit() -> None:
    checks = (
        fine("a", "seen"),
        finding("MC801", "b", "wrong <&>\x1b", "mend it"),
        warning("MC804", "c", "perhaps", "look"),
        unknown("d", "no answer"),
        skipped("e", "not asked"),
    )
    group = Group(where="gke", title="gke", path=())
    for allowed, counts in ((False, ("1", "1", "1")), (True, ("1", "0", "2"))):
        text = junit("shop", [Examined(group=group, checks=checks)], allow_unknown=allowed)
        (suite,) = ElementTree.fromstring(text)
        assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == counts
        assert suite.get("tests") == "5"
        failure = suite.find("testcase[@name='b']/failure")
        assert failure is not None
        assert failure.get("message") == "wrong <&>\\x1b"
        assert failure.get("type") == "MC801"
        assert failure.text == "wrong <&>\\x1b\nhelp: mend it"


@pytest.mark.parametrize(
    "odd", ["[]", "{}", "null", "<html>\n", "a\tb\n", '{"items": [{"metadata": null}]}', '{"items": 1}']
)
def test_what_is_not_understood_of_one_cluster_keeps_no_other_from_being_seen(
    live: Answers, capsys: pytest.CaptureFixture[str], odd: str
) -> None:
    for cluster in ("gke", "aks"):
        live.set(cluster, "pods", "list", "" if cluster == "gke" else odd)
        for kind in ("services", "endpointslices"):
            live.set(cluster, kind, "list", {"items": []} if cluster == "gke" else odd)
        live.set(cluster, "serviceaccounts", "list", "")
    assert run([*ASK, "--format=json"]) in (1, 3)
    said = json.loads(capsys.readouterr().out)
    of = {name: [check for check in said["checks"] if check["cluster"] == name] for name in ("gke", "aks")}
    assert "unknown" in {check["verdict"] for check in of["aks"]}
    assert of["gke"]
