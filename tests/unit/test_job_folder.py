"""The folder bootstrap/ and the rights in the clusters: one template, named objects, `get` and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from mcgen import blueprint, cli, facts, mesh
from mcgen.rules import cron
from tests.helpers import CHECKOUT, documents, emitted
from tests.samples import TREES
from tests.shop import SHOP

FOLDER = CHECKOUT / "output"


def tree(name: str) -> dict[str, list[Any]]:
    folder = FOLDER / name
    return {
        path.relative_to(folder).as_posix(): documents(path.read_text(encoding="utf-8"))
        for path in sorted(folder.rglob("*.yaml"))
        if path.name in ("rights.yaml", "bootstrap-rights.yaml") or path.parent.name == "bootstrap"
    }


TREES_WITH_A_JOB = [name for name in TREES if (FOLDER / name / "bootstrap").exists()]


def test_some_samples_have_a_job_and_some_have_none() -> None:
    assert TREES_WITH_A_JOB
    assert set(TREES) - set(TREES_WITH_A_JOB)


@pytest.mark.parametrize("name", TREES_WITH_A_JOB)
def test_roles_get_what_they_name(name: str) -> None:
    roles = [doc for docs in tree(name).values() for doc in docs if doc["kind"] == "Role"]
    assert roles
    for role in roles:
        for rule in role["rules"]:
            assert rule["verbs"] == ["get"]
            assert rule["resourceNames"]
            assert rule["apiGroups"] == [""]
            assert "*" not in str(rule)
            assert set(rule["resources"]) < {"secrets", "serviceaccounts", "services"}
    kinds = {doc["kind"] for docs in tree(name).values() for doc in docs}
    assert not [kind for kind in kinds if kind.startswith("Cluster")]


@pytest.mark.parametrize("name", TREES_WITH_A_JOB)
def test_job_and_cron_job_are_of_one_template(name: str) -> None:
    files = tree(name)
    (job,), (cron_job,) = files["bootstrap/job.yaml"], files["bootstrap/cron-job.yaml"]
    assert cron_job["spec"]["jobTemplate"]["spec"] == job["spec"]
    assert cron_job["metadata"] == job["metadata"]
    assert (cron_job["spec"]["concurrencyPolicy"], cron_job["spec"]["suspend"]) == ("Forbid", False)
    assert len(cron_job["metadata"]["name"]) <= 52
    assert "job.yaml" not in files["bootstrap/kustomization.yaml"][0]["resources"]


@pytest.mark.parametrize("name", TREES_WITH_A_JOB)
def test_the_pod_writes_to_memory_alone_and_has_two_secrets(name: str) -> None:
    pod = tree(name)["bootstrap/job.yaml"][0]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    writable = {mount["name"] for mount in container["volumeMounts"] if not mount.get("readOnly")}
    volumes = {volume.pop("name"): volume for volume in pod["volumes"]}
    assert [volumes[each]["emptyDir"]["medium"] for each in writable] == ["Memory"]
    assert pod["automountServiceAccountToken"] is False
    assert sorted(key for volume in volumes.values() for key in volume) == ["emptyDir", "projected", "secret"]


def given(**more: Any) -> dict[str, Any]:
    credentials = {"argocdSecret": "a", "identity": {"kind": "User", "name": "mcgen@example.com"}}
    data: dict[str, Any] = SHOP | {
        "gitops": {"repo": "ssh://git@git.example.com:2222/mesh.git"},
        "clusters": [
            {"name": "gke", "platform": "gke", "role": "primary", "bootstrap": {"credentials": credentials}},
            {"name": "aks", "platform": "aks", "role": "remote", "bootstrap": {"credentials": credentials}},
        ],
        "bootstrap": {"image": "registry.example.com/bootstrap:1"},
    }
    return data | more


def files(data: dict[str, Any], inputs: facts.Inputs | None = None) -> dict[str, list[Any]]:
    resolved = mesh.resolve(blueprint.convert(data), inputs or facts.Inputs())
    return {path: documents(text) for path, text in emitted(resolved).items()}


def test_a_remote_lets_all_tokens_of_its_pair_be_read() -> None:
    known = facts.Facts(api_version="mcgen/v1alpha1", kind="Facts", tokens={"gke": {"aks": ["1", "2"]}})
    role, binding = files(given(), facts.Inputs(facts=known))["clusters/aks/namespaces/bootstrap-rights.yaml"]
    assert [(rule["resources"], rule["resourceNames"]) for rule in role["rules"]] == [
        (["serviceaccounts"], ["istio-reader-gke-1", "istio-reader-gke-2"]),
        (["secrets"], ["istio-reader-gke-1-token", "istio-reader-gke-2-token"]),
    ]
    assert binding["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "mcgen@example.com"}
    ]


def test_a_consumer_lets_its_gateway_be_read() -> None:
    role, _ = files(given())["clusters/gke/namespaces/bootstrap-rights.yaml"]
    assert [(rule["resources"], rule["resourceNames"]) for rule in role["rules"]] == [
        (["services"], ["istio-eastwestgateway"])
    ]


def test_without_a_job_nobody_gets_anything() -> None:
    found = files({key: value for key, value in given().items() if key != "bootstrap"})
    assert not [path for path in found if "bootstrap" in path]


def test_one_secret_of_two_clusters_is_named_once() -> None:
    (role, binding) = files(given())["bootstrap/rights.yaml"]
    assert role["rules"][0]["resourceNames"] == ["a"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "shop-bootstrap", "namespace": "argocd"}]


def test_its_requirements_are_those_that_tests_run_with() -> None:
    text = (CHECKOUT / "requirements-dev.txt").read_text(encoding="utf-8")
    pinned = {_plain(pin) for pin in re.findall(r"^[^ #]+==[^ ;]+", text, re.MULTILINE)}
    path = CHECKOUT / "generator/mcgen/templates/bootstrap-requirements.txt"
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines
    assert {_plain(line) for line in lines} <= pinned
    project = (CHECKOUT / "pyproject.toml").read_text(encoding="utf-8")
    wanted = re.findall(r'^  "([A-Za-z0-9_.-]+)[<>=]', project.partition("[project.optional")[0], re.MULTILINE)
    there = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    assert {name.lower().replace("_", "-") for name in wanted} <= there


def _plain(pin: str) -> str:
    """Return a pin as package indexes write its name."""
    name, _, version = pin.partition("==")
    return f"{re.sub('[-_.]+', '-', name).lower()}=={version}"


def test_the_host_of_a_repository() -> None:
    hosts = {
        "ssh://git@git.example.com:2222/mesh.git": "-p 2222 git.example.com",
        "ssh://git.example.com/mesh.git": "git.example.com",
        "git@git.example.com:platform/mesh.git": "git.example.com",
    }
    for url, host in hosts.items():
        job = mesh.resolve(blueprint.convert(given(gitops={"repo": url})), facts.Inputs()).job
        assert job is not None
        assert job.ssh_host == host


@pytest.mark.parametrize("text", ["@daily", "*/10 * * * *", "0-59/5 0,12 1-31 JAN,3 sun-6", "5/15 * * * *",
                                  "0 0 1 1 0"])  # fmt: skip
def test_schedules(text: str) -> None:
    assert cron.wrong(text) == ""


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 7", "a * * * *",
     "1-0 * * * *", "*/0 * * * *", "*-5 * * * *", "1,, * * * *", "99999 * * * *", "@every 1m", "@reboot"],
)  # fmt: skip
def test_no_schedules(text: str) -> None:
    assert cron.wrong(text)


@pytest.mark.parametrize(
    "options",
    [["--status"], ["--rotate"], ["--dry-run"], ["--output", "x"], ["--cert", "a=b"], ["--kubeconfig", "a=b"],
     ["--format", "json"]],
)  # fmt: skip
def test_a_clone_takes_no_options_for_a_tree_that_is_here(
    options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["bootstrap", "mesh.yaml", "--clone", "git@host:path", *options]) == 2
    assert "--clone brings its own" in capsys.readouterr().err


def test_argo_cds_secret_of_its_own_cluster_lets_the_job_in_as_itself() -> None:
    data = given(gitops={"repo": "git@git.example.com:mesh.git", "argocd": {"cluster": "gke"}})
    data["clusters"][0]["bootstrap"] = {"credentials": {"argocdSecret": "a"}}
    _, binding = files(data)["clusters/gke/namespaces/bootstrap-rights.yaml"]
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": "shop-bootstrap", "namespace": "argocd"}]
