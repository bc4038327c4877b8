"""The kinds of trials: what happens in each, beside the first install that they all begin with."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.e2e_order import rotation
from tests.e2e_order.trials import faults, leaving, upgrading
from tests.lab import addons, argocd
from tests.lab.plan import LabError
from tests.lab.process import wait_for
from tests.lab.settling import AGAIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mcgen.verify.watch_order import Violation
    from tests.e2e_order.trials.running import Running
    from tests.lab.argocd import Application

SYSTEM = "istio-system"
GATEWAY = "istio-eastwestgateway"
GATE = "aks-remote-secret-gate"


def install(run: Running) -> None:
    """Install; what goes wrong meanwhile is drawn."""
    run.install()


def late(run: Running) -> None:
    """Seal one of two remotes, see it through to its end, and only then the other."""
    early, other = run.random.sample(["aks", "eks"], 2)
    run.begin()
    # The person who knows the other cluster is away: nobody reaches it.
    nowhere = f"--kubeconfig={other}={run.nowhere()} --timeout=10 --retries=0"

    def sealed() -> bool:
        run.seal(nowhere)
        mesh = run.team.mesh
        return mesh.pairs[early].held is not None and bool(mesh.by_name["gke"].gateway.address)

    wait_for(f"the remote secret of {early}", sealed, seconds=600, pause=1)
    chains = {"early": f"{run.team.name}-{early}", "late": f"{run.team.name}-{other}"}

    def through(found: Mapping[str, Application]) -> bool:
        last = f"{chains['early']}-workloads"
        waiting = found.get(chains["late"])
        return (
            last in found
            and found[last].fine
            and found[chains["early"]].fine
            and bool(waiting and waiting.health == "Suspended")
        )

    run.until(f"{early} at its end while {other} waits", through)
    if run.ground.lab[other].says("get", "deployment", GATEWAY, f"--namespace={SYSTEM}"):
        raise LabError(f"{other} waits at its gate, and has a gateway")
    run.open_gates()
    run.well(f"{other} at its end too")


def sealing_away(run: Running) -> None:
    """Take the sealed-secrets controller away before the commit that seals, and bring it back; nobody does more."""
    run.begin()
    run.at_the_gates()
    run.team.bootstrap()
    with addons.sealing_away(run.team.home):
        run.commit("The remote secret, which nobody unseals")
        chain = f"{run.team.name}-aks"

        def waits(found: Mapping[str, Application]) -> bool:
            secret = found.get(f"{chain}-remote-secret")
            return bool(secret and secret.health == "Progressing" and secret.sync == "Synced")

        run.until("the chain waits for the controller", waits)
        away = run.random.uniform(20, 40)
        time.sleep(away)
        stages = {name for name in argocd.applications(run.team.home) if name.startswith(f"{chain}-")}
        if stages != {f"{chain}-namespaces", f"{chain}-remote-secret"}:
            raise LabError(f"the chain went on without the controller: {sorted(stages)}")
    run.note("the controller is back")
    run.well("gone on by itself", calm=True)


def api_away(run: Running) -> None:
    """Have no API server in the primary for a minute, at some moment of the installation."""
    run.begin()
    for _ in range(run.random.randint(0, 12)):
        time.sleep(1)
        run.seal()
    with run.team.home.without_api():
        run.note("the API server of gke is away")
        time.sleep(60)
    run.note("the API server of gke is back")
    run.open_gates()
    run.well("installed, all is well")


def unbuildable(run: Running) -> None:
    """Push a commit that Argo CD cannot build, see it said, and push the remedy."""
    run.begin()
    stage = run.random.choice(["namespaces", "control-plane", "workloads", "east-west-gateway"])
    path = run.team.tree / "clusters/gke" / stage / "kustomization.yaml"
    good = path.read_text()
    path.write_text(good + "\n  - {broken\n")
    run.commit(f"Somebody's slip in gke's {stage}")
    time.sleep(run.random.uniform(5, 30))
    argocd.refresh(run.team.home)
    path.write_text(good)
    run.commit("The slip mended")
    run.open_gates()
    run.well("installed, all is well")


def twice(run: Running) -> None:
    """Push the commit that seals and, before anybody looked, another that changes what it lists."""
    run.begin()
    run.at_the_gates()
    run.team.bootstrap()
    run.commit("The remote secret")
    replicas(run, "aks")
    time.sleep(run.random.uniform(0, 6))
    run.commit("A moment later, another size of the gateway")
    sized(run, "aks")
    run.well("installed, all is well")


def resumed(run: Running) -> None:
    """Resume the gate's Job by hand: it can do nothing, and nothing opens."""
    run.begin()
    run.at_the_gates()
    where = f"--namespace={SYSTEM}"
    run.team.home.kubectl("patch", "job", GATE, where, "--type=merge", '--patch={"spec":{"suspend":false}}')
    run.note("somebody has resumed the gate")
    time.sleep(run.random.uniform(20, 40))
    aks = run.ground.lab["aks"]
    if aks.says("get", "deployment", GATEWAY, where) or aks.says("get", "crd", "gateways.networking.istio.io"):
        raise LabError("the gate was resumed, and the stages behind it came")
    run.open_gates()
    run.well("installed, all is well")


def changed(run: Running) -> None:
    """Change an option of a gateway by a commit; then move things by hand, and see them put back."""
    run.install()
    where = run.random.choice(["gke", "aks"])
    replicas(run, where)
    run.commit(f"Another size of the gateway of {where}")
    sized(run, where)
    run.well("the commit is everywhere")
    for _ in range(2):
        drift(run)
    run.well("all is well again")


def rotated(run: Running) -> None:
    """Rotate a remote's token by three commits."""
    run.install()
    rotation.rotate(run.team, run.commit, lambda: run.well("all is well"))


def drift(run: Running) -> None:
    """Delete or change an object of the mesh by hand, and see it put back within a reconcile."""
    where = run.random.choice(["gke", "aks"])
    cluster = run.ground.lab[where]
    known = [
        ("deployment", GATEWAY, SYSTEM, None),
        ("service", GATEWAY, SYSTEM, None),
        ("serviceaccount", f"{GATEWAY}-service-account", SYSTEM, None),
        ("deployment", "sleep-" + where, "multi-cluster", '{"spec":{"replicas":0}}'),
        ("namespace", "multi-cluster", "", '{"metadata":{"labels":{"istio-injection":"disabled"}}}'),
        ("horizontalpodautoscaler", GATEWAY, SYSTEM, '{"spec":{"maxReplicas":9}}'),
    ]
    kind, name, namespace, patch = run.random.choice(known)
    in_it = [f"--namespace={namespace}"] if namespace else []
    before = cluster.get(kind, name, namespace or "default")
    if patch:
        cluster.kubectl("patch", kind, name, *in_it, "--type=merge", f"--patch={patch}")
    else:
        cluster.kubectl("delete", kind, name, *in_it)
    run.note(f"{'changed' if patch else 'deleted'} {kind} {name} in {where}")

    def healed() -> bool:
        try:
            now = cluster.get(kind, name, namespace or "default")
        except LabError:
            return False
        if not patch:
            return bool(now["metadata"]["uid"] != before["metadata"]["uid"])
        return bool(
            now["metadata"].get("labels") == before["metadata"].get("labels") and now.get("spec") == before.get("spec")
        )

    wait_for(f"{kind} {name} as it was", healed, seconds=300, pause=0.5)
    run.note("put back")


def added(run: Running) -> None:
    """Add a cluster to a mesh that works; the administrator applies the AppProject later than the commit comes."""
    run.install()
    given = f"--egress {run.ground.lab['eks'].plan.node_address}/32 --argocd-secret cluster-eks"
    run.team.shell(f"mcgen add cluster {run.team.blueprint} eks --platform generic --role remote {given}")
    run.team.build()
    run.commit("A third cluster")
    time.sleep(run.random.uniform(10, 40))
    if run.ground.lab["eks"].says("get", "namespace", SYSTEM):
        raise LabError("eks got a namespace before the AppProject permits it")
    setup = (run.team.tree / "argocd/setup/README.md").read_text()
    run.team.follow(setup, "## Offered: an admission policy")
    run.team.shell(f"kubectl apply -f {run.team.folder}/argocd/install")
    run.note("the administrator has applied the projects again")
    run.open_gates()
    run.well("the third cluster is at its end")


def without_checks(run: Running) -> None:
    """Let an Argo CD without the health checks install: the gate holds, what comes after it has no order."""
    run.promised = False
    home = run.team.home
    run.team.build()
    setup = (run.team.tree / "argocd/setup/README.md").read_text()
    for command in faults.checks_removed(home, setup):
        run.team.shell(command)
    argocd.restart_controller(home)
    try:
        _unordered(run)
    finally:
        run.ground.set_up(run.team)


def _unordered(run: Running) -> None:
    from mcgen.verify.watch_order import violations

    run.begin()
    gate = f"{run.team.name}-aks-remote-secret"
    run.until("the gate is there", lambda found: gate in found and found[gate].health == "Suspended")
    time.sleep(20)
    chain = run.team.chain("aks")
    behind = [event for event in run.events if chain.stage_of(event) not in ("", "namespaces", "remote-secret")]
    if behind:
        raise LabError(f"before the commit that seals: {behind[0]}")
    run.open_gates()

    def early() -> list[Violation]:
        return [each for every in run.team.chains for each in violations(run.events, every)]

    # Not "and then all is well": a gateway whose pod came before its injector keeps the image `auto` for ever.
    # Of either chain: what has no order may come in the right one, where rendering takes long.
    wait_for("a stage before its turn", early, seconds=600, pause=2)
    found = early()
    run.note(f"the checker finds {len(found)} violations, such as {found[0]}")
    said = run.doctor()
    if "MC701" not in said:
        raise LabError(f"mcgen doctor does not tell of the missing checks: {said}")


def replicas(run: Running, cluster: str) -> None:
    """Give a gateway another size, in the blueprint and the tree."""

    def change(blueprint: dict[str, Any]) -> None:
        (found,) = (each for each in blueprint["clusters"] if each["name"] == cluster)
        found.setdefault("gateway", {})["replicas"] = {"min": 1, "max": 3}

    run.team.edit(change)
    run.team.build()


def sized(run: Running, cluster: str) -> None:
    """Wait until a gateway has the other size in its cluster; until then "all is well" may speak of the last commit."""
    asked = [time.monotonic()]

    def there() -> bool:
        if time.monotonic() - asked[0] > AGAIN:
            argocd.refresh(run.team.home)
            asked[0] = time.monotonic()
        try:
            spec = run.ground.lab[cluster].get("horizontalpodautoscaler", GATEWAY, SYSTEM)["spec"]
        except LabError:
            return False
        return bool((spec["minReplicas"], spec["maxReplicas"]) == (1, 3))

    wait_for(f"the other size in {cluster}", there, seconds=600, pause=1)
    run.note(f"the gateway of {cluster} has its other size")


RUN: dict[str, Callable[[Running], None]] = {
    "killed controllers": install,
    "a late remote": late,
    "a cluster removed": leaving.removed,
    "controller of sealed secrets away": sealing_away,
    "no health checks": without_checks,
    "API server of the primary away": api_away,
    "a cluster added": added,
    "a commit that does not build": unbuildable,
    "two commits at once": twice,
    "a gate resumed by hand": resumed,
    "a changed option, and drift": changed,
    "the mesh removed": leaving.mesh_removed,
    "a token rotated": rotated,
    "an upgrade": upgrading.upgraded,
}
