"""Which requests show a policy, what Istio would decide about them, and what is said of what came of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mcgen.bootstrap.retry import Retry
from mcgen.doctor.ask import Group, ask
from mcgen.doctor.verdict import Check, Verdict
from mcgen.problems import ToolError
from mcgen.verify import decide, policies, routes, trials, tried
from mcgen.verify.decide import Request
from mcgen.verify.inventory import Inventory
from mcgen.verify.probes import Running
from mcgen.verify.send import Answer, Sent
from mcgen.verify.trials import SAFE, Trial
from tests.verify.planned import NAMESPACE, mesh, pod, world

if TYPE_CHECKING:
    from mcgen.verify.world import World

ASKED = Request(account="multi-cluster/sleep-aks", method="GET", path="/hello", host="helloworld", port=5000)


def made(text: str) -> list[Any]:
    """Return policies as data, from what a blueprint says."""
    written = [{"name": f"policy-{i}", "namespace": NAMESPACE} | each for i, each in enumerate(yaml.safe_load(text))]
    return list(mesh(policies=written).policies)


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("[]", True),
        ("[{}]", False),
        ("[{rules: [{from: {serviceAccounts: [multi-cluster/sleep-aks]}}]}]", True),
        ("[{rules: [{from: {serviceAccounts: [multi-cluster/sleep-gke]}}]}]", False),
        ("[{rules: [{from: {namespaces: [multi-cluster]}}]}]", True),
        ("[{rules: [{from: {ipBlocks: [10.0.0.0/8]}}]}]", None),
        ("[{rules: [{from: {ipBlocks: [10.0.0.0/8], namespaces: [other]}}]}]", False),
        ("[{rules: [{from: {ipBlocks: [10.0.0.0/8]}}]}, {rules: [{to: {methods: [GET]}}]}]", True),
        ("[{action: DENY, rules: [{to: {methods: [GET]}}]}]", False),
        ("[{action: DENY, rules: [{to: {methods: [GET]}}]}, {rules: [{to: {methods: [GET]}}]}]", False),
        ("[{action: DENY, rules: [{to: {notMethods: [HEAD]}}]}]", False),
        ("[{action: DENY, rules: [{to: {notMethods: [GET]}}]}]", True),
        ("[{action: DENY, rules: [{to: {methods: [GET], ports: [80]}}]}]", True),
        ("[{action: DENY, rules: [{to: {ports: [5000]}}]}]", False),
        ("[{action: DENY, rules: [{to: {hosts: [HelloWorld]}}]}]", False),
        ("[{action: DENY, rules: [{to: {hosts: ['*.example.com']}}]}]", True),
        ("[{action: DENY, rules: [{from: {ipBlocks: [10.0.0.0/8]}}]}]", None),
        ("[{rules: [{to: {paths: [/hello]}}, {to: {paths: [/other]}}]}]", True),
        ("[{rules: [{to: {notPaths: ['/hel*']}}]}]", False),
    ],
)
def test_decisions_are_those_of_istio(text: str, *, allowed: bool | None) -> None:
    assert decide.allowed(made(text), ASKED) is allowed


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("/a", "/a", True),
        ("/a", "/a/b", False),
        ("/a/*", "/a/b", True),
        ("*/b", "/a/b", True),
        ("*", "/", True),
        ("/a/{*}/c", "/a/b/c", True),
        ("/a/{*}/c", "/a/b/b/c", False),
        ("/a/{**}", "/a/b/b/c", True),
        ("/a.c", "/abc", False),
        ("/a.c/{*}", "/abc/x", False),
    ],
)
def test_paths(pattern: str, path: str, *, fits: bool) -> None:
    assert decide.path_matches(pattern, path) is fits


FORMS = ("{0}", "{0}/*", "*{0}", "{0}/{{*}}/x", "{0}/{{**}}")


@given(st.from_regex(r"\A(/[a-z.-]{1,5}){1,3}\Z"), st.sampled_from(FORMS))
def test_the_example_of_a_pattern_fits_it(path: str, form: str) -> None:
    pattern = form.format(path)
    assert decide.path_matches(pattern, decide.example(pattern))


def sample(*, more: dict[str, Any] | None = None, **changes: Any) -> dict[str, trials.Trials]:
    """Return what is tried of each policy of the sample, at its first target."""
    there = world(mesh(**changes), more=more)
    found: dict[str, trials.Trials] = {}
    for policy in there.mesh.policies:
        for target in routes.of_policy(there, policy):
            found.setdefault(policy.name, trials.of(there, policy, target))
    return found


def test_the_trials_of_the_sample() -> None:
    found = sample()
    said = {name: (str(each.passes), str(each.refuses)) for name, each in found.items()}
    assert said == {
        "helloworld-v1-callers": (
            "HEAD / from multi-cluster/sleep-aks in aks",
            "HEAD / from multi-cluster/default in gke",
        ),
        "helloworld-v1-methods": (
            "HEAD / from multi-cluster/sleep-aks in aks",
            "GET / from multi-cluster/sleep-aks in aks",
        ),
    }
    callers = found["helloworld-v1-callers"]
    assert isinstance(callers.passes, Trial)
    assert isinstance(callers.refuses, Trial)
    assert callers.passes.hosts == {"203.0.113.10:15443"}
    assert callers.refuses.hosts == {"10.1.0.1:5000"}


def policy(**fields: Any) -> dict[str, Any]:
    return {"name": "one", "namespace": NAMESPACE, "selector": {"version": "v1"}} | fields


def test_nothing_that_may_change_something_is_sent() -> None:
    found = sample(policies=[policy(rules=[{"to": {"methods": ["POST"]}}])])["one"]
    assert found.passes == "only POST would pass, and what may change something is not sent"
    assert isinstance(found.refuses, Trial)
    for each in (*sample().values(), found):
        for trial in (each.passes, each.refuses):
            assert not isinstance(trial, Trial) or trial.request.method in SAFE


def test_what_cannot_be_known_beforehand_is_not_tried() -> None:
    found = sample(policies=[policy(rules=[{"from": {"ipBlocks": ["10.0.0.0/8"]}}])])["one"]
    assert isinstance(found.passes, str)
    assert isinstance(found.refuses, str)


def test_a_policy_that_allows_nobody() -> None:
    found = sample(policies=[policy()])["one"]
    check = policies.untried(found, found.passes, "it passes")
    assert check is not None
    assert check.verdict is Verdict.SKIPPED
    assert isinstance(found.refuses, Trial)


def test_a_policy_that_another_one_covers_is_not_shown() -> None:
    deny = {"action": "DENY", "rules": [{"to": {"methods": ["GET"]}}]}
    found = sample(policies=[policy(**deny), policy(**deny) | {"name": "two"}])
    assert isinstance(found["one"].refuses, str)
    assert isinstance(found["two"].refuses, str)


def test_through_a_gateway_only_what_nothing_else_is_behind_is_tried() -> None:
    mixed = pod("helloworld-v3", "helloworld", "10.1.0.9", app="helloworld", version="v3")
    callers = sample(more={"gke": [mixed]})["helloworld-v1-callers"]
    assert callers.passes == "by the blueprint's policies nobody that can be started here may pass"
    assert isinstance(callers.refuses, Trial)
    assert callers.refuses.hosts == {"10.1.0.1:5000"}


def outcome(there: World, what: str) -> Check:
    """Return what comes of one question to the first cluster, before anything is started."""
    group = Group(
        where="gke", title="", path=(), questions=tuple(tried.questions(tried.plan(there), Running(), there.members[0]))
    )
    (found,) = [check for check in ask(group, Retry(0)) if check.what == what]
    return found


@pytest.mark.parametrize(
    ("selector", "verdict"), [({"version": "v9"}, Verdict.SKIPPED), ({"version": "v2"}, Verdict.UNKNOWN)]
)
def test_a_policy_without_a_target(selector: dict[str, str], verdict: Verdict) -> None:
    there = world(mesh(policies=[policy(selector=selector, rules=[{"to": {"methods": ["GET"]}}])]))
    found = there.inventories["aks"]
    services = tuple(replace(each, ports=(replace(each.ports[0], http=False),)) for each in found.services)
    there.inventories["aks"] = Inventory({"pods": found.pods, "services": services, "accounts": found.accounts})
    assert outcome(there, policies.what_refuses(there.mesh.policies[0])).verdict is verdict


def test_what_is_left_out_is_told() -> None:
    there = world()
    found = there.inventories["gke"]
    database = replace(found.services[0], name="db", ports=(replace(found.services[0].ports[0], http=False),))
    there.inventories["gke"] = Inventory({"pods": found.pods, "services": (database,), "accounts": found.accounts})
    assert outcome(there, "db.multi-cluster:80 is called").verdict is Verdict.SKIPPED
    bare = mesh(namespaces=[{"name": NAMESPACE, "injection": False}], policies=[])
    assert outcome(world(bare), tried.TRAFFIC).verdict is Verdict.SKIPPED


def test_an_inventory_that_is_not_known_makes_every_policy_unknown() -> None:
    there = world()
    failed = ToolError("no answer")
    there.inventories["aks"] = Inventory(dict.fromkeys(("pods", "services", "accounts"), failed))
    plan = tried.plan(there)
    assert (plan.blocked, plan.trials) == ("no answer", ())
    questions = {question.whats[0]: question for question in tried.questions(plan, Running(), there.members[0])}
    for what in (tried.POLICIES, "calls helloworld.multi-cluster in aks"):
        with pytest.raises(ToolError, match="no answer"):
            list(questions[what].ask())


def trial() -> Trial:
    found = sample()["helloworld-v1-callers"].refuses
    assert isinstance(found, Trial)
    return found


OK = Answer(code=200, exit=0, connected=True, upstream=True, hosts=frozenset({"10.1.0.1:5000"}))
DENIED = replace(OK, code=403, length="19")


@pytest.mark.parametrize(
    ("answers", "passes", "refuses"),
    [
        ([OK] * 3, "fine", "MC814"),
        ([replace(OK, code=503)] * 3, "fine", "MC814"),
        ([DENIED] * 3, "MC813", "fine"),
        ([OK, OK, DENIED], "MC813", "MC814"),
        ([OK] * 2, "unknown", "MC814"),
        ([DENIED] * 2, "MC813", "unknown"),
        ([], "unknown", "unknown"),
        # The application's own refusal is nobody's policy.
        ([replace(OK, code=403, length="120")] * 3, "unknown", "MC814"),
        # Answers of others do not count.
        ([replace(DENIED, hosts=frozenset({"10.1.0.9:5000"}))] * 3, "unknown", "unknown"),
        # Nor does what the own proxy says.
        ([replace(OK, code=503, upstream=False)] * 3, "unknown", "unknown"),
    ],
)
def test_what_is_said_of_the_answers(answers: list[Answer], passes: str, refuses: str) -> None:
    (first, *_) = mesh().policies
    sent = Sent(answers=tuple(answers))
    for judge, outcome in ((policies.judge_passes, passes), (policies.judge_refuses, refuses)):
        check = judge(first, trial(), sent)
        assert (check.code if check.verdict is Verdict.FINDING else check.verdict.value) == outcome
