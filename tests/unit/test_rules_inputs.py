"""The rules about facts and sealed secrets. A test is named after the code that it is about, as test_rules asks."""

from __future__ import annotations

import base64
import copy
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mcgen import api_versions, load, roots, store
from mcgen.facts import Authority, Facts, Inputs, Pushed
from mcgen.problems import ProblemsFound
from tests.judged import complaints, problems, read
from tests.samples import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from mcgen.source import Source

GKE_AKS = read((CHECKOUT / "blueprints/gke-aks.yaml").read_bytes())
GIVEN = load.read_inputs(CHECKOUT / "blueprints/gke-aks.inputs")
SEALED = GIVEN.sealed["gke", "aks"]
WITH_ADDRESS = read(
    """
apiVersion: mcgen/v1alpha1
kind: Mesh
metadata: {name: shop}
gitops: {repo: "https://git.example.com/platform/mesh.git"}
istio: {version: "1.31.1"}
clusters:
  - {name: gke, platform: gke, role: primary, egress: [203.0.113.1/32], gateway: {address: 203.0.113.9}}
  - {name: aks, platform: aks, role: remote, egress: [203.0.113.2/32]}
exposure: {profile: article}
"""
)


def found(inputs: Inputs, source: Source = GKE_AKS) -> dict[str, list[str]]:
    """Return the messages by code, after having looked at the problems themselves."""
    all_found = problems(source, inputs)
    assert [fault for problem in all_found for fault in complaints(problem, source)] == []
    by_code: dict[str, list[str]] = {}
    for problem in all_found:
        by_code.setdefault(problem.code, []).append(f"{problem.pos.line}: {problem.message}")
    return by_code


def facts(**fields: Any) -> Inputs:
    return Inputs(facts=Facts(**fields))


def sealed(document: Any) -> Inputs:
    return Inputs(sealed={("gke", "aks"): document})


def changed(path: tuple[str, ...], value: Any) -> Any:
    """Return the sealed secret with one value changed, or taken away where it is None."""
    document = copy.deepcopy(SEALED)
    *above, last = path
    below = document
    for key in above:
        below = below[key]
    if value is None:
        del below[last]
    else:
        below[last] = value
    return document


def test_mc234_facts_of_another_mesh() -> None:
    inputs = facts(addresses={"north": "203.0.113.9"}, tokens={"east": {"west": ["1"]}})
    assert sorted(found(inputs)) == ["MC234"]
    named = "".join(found(inputs)["MC234"])
    assert all(f'"{name}"' in named for name in ("north", "east", "west"))


def test_mc234_a_token_that_is_named_twice() -> None:
    assert found(facts(tokens={"gke": {"aks": ["1", "2", "1"]}})) == {
        "MC234": ['21: .mcgen/facts.yaml names token "1" of "gke" for "aks" twice']
    }


@pytest.mark.parametrize("tokens", [{"aks": {"gke": ["1"]}}, {"gke": {"gke": ["1"]}}])
def test_mc234_a_token_with_which_nobody_reads(tokens: dict[str, dict[str, list[str]]]) -> None:
    assert list(found(facts(tokens=tokens))) == ["MC234"]


def test_ok_mc234_two_tokens_while_one_replaces_the_other() -> None:
    assert found(facts(addresses={"gke": "203.0.113.9"}, tokens={"gke": {"aks": ["1", "2"]}})) == {}


@pytest.mark.parametrize("address", ["lb.example.com", "127.0.0.1", "-", "203.0.113.300", "::"])
def test_mc225_an_address_in_the_facts_that_the_remotes_cannot_call(address: str) -> None:
    messages = found(facts(addresses={"gke": address}))["MC225"]
    assert [address in message and ".mcgen/facts.yaml" in message for message in messages] == [True]


def test_ok_mc225_a_fact_that_the_blueprint_overrules() -> None:
    assert "MC225" not in found(facts(addresses={"gke": "lb.example.com"}), WITH_ADDRESS)


def test_ok_mc225_a_host_name_of_a_gateway_that_serves_no_remotes() -> None:
    assert found(facts(addresses={"aks": "lb.example.com"})) == {}


TEMPLATE = ("spec", "template", "metadata")
WRONG: list[tuple[tuple[str, ...], Any]] = [
    (("apiVersion",), "bitnami.com/v1"),
    (("kind",), "Secret"),
    (("metadata",), None),
    (("metadata",), ["name"]),
    (("metadata", "name"), "istio-remote-secret-aks"),
    (("metadata", "namespace"), "default"),
    (("metadata", "annotations"), {"sealedsecrets.bitnami.com/cluster-wide": "true"}),
    (("spec", "encryptedData"), {}),
    (("spec", "encryptedData"), {"aks": "AgC"}),
    (("spec", "encryptedData"), {"cluster-aks": "AgC", "more": "AgC"}),
    (("spec", "encryptedData"), {"cluster-aks": None}),
    (("spec", "encryptedData"), "AgC"),
    (("spec", "encryptedData", "cluster-aks"), "apiVersion: v1\nkind: Config\n"),
    (("spec", "encryptedData", "cluster-aks"), base64.b64encode(b"kind: Config, token: " + b"x" * 90).decode()),
    (("spec", "encryptedData", "cluster-aks"), "AgC"),
    (("spec", "template"), None),
    (("spec", "template", "data"), {"cluster-aks": "apiVersion: v1, kind: Config"}),
    (("spec", "data"), "AgC"),
    (("stringData",), {"cluster-aks": "token"}),
    ((*TEMPLATE, "name"), "other"),
    (("spec", "template", "immutable"), True),
    ((*TEMPLATE, "ownerReferences"), []),
    ((*TEMPLATE, "labels"), None),
    ((*TEMPLATE, "labels", "copy-to"), "everywhere"),
    ((*TEMPLATE, "annotations", "reflector.v1.k8s.emberstack.com/reflection-allowed"), "true"),
    ((*TEMPLATE, "annotations", "sealedsecrets.bitnami.com/skip-set-owner-references"), "true"),
    ((*TEMPLATE, "labels", "istio/multiCluster"), True),
    ((*TEMPLATE, "annotations", "networking.istio.io/cluster"), "aks"),
    ((*TEMPLATE, "annotations", "sealedsecrets.bitnami.com/namespace-wide"), "true"),
]


@pytest.mark.parametrize(("path", "value"), WRONG, ids=lambda part: str(part)[:60])
def test_mc235_not_the_secret_of_this_cluster(path: tuple[str, ...], value: Any) -> None:
    assert set(found(sealed(changed(path, value)))) == {"MC235"}


@pytest.mark.parametrize("document", [None, [], [SEALED], "text", 5, {}, {"spec": {"encryptedData": [1]}}])
def test_mc235_no_secret_at_all(document: Any) -> None:
    assert set(found(sealed(document))) == {"MC235"}


def test_ok_mc235_a_cluster_without_an_id_goes_by_its_name() -> None:
    document = json.loads(json.dumps(SEALED).replace("cluster-aks", "aks"))
    assert "MC235" not in found(sealed(document), WITH_ADDRESS)
    assert set(found(sealed(SEALED), WITH_ADDRESS)) == {"MC235", "MC233"}


def test_ok_mc235_as_kubeseal_wrote_it() -> None:
    assert found(GIVEN) == {}


@pytest.mark.parametrize("pair", [("aks", "gke"), ("gke", "gke"), ("gke", "north"), ("north", "aks"), ("", "")])
def test_mc236_a_secret_that_nobody_uses(pair: tuple[str, str]) -> None:
    messages = found(Inputs(sealed={pair: SEALED}))["MC236"]
    # At the key: no cluster of the list is meant.
    line = next(i for i, text in enumerate(GKE_AKS.lines, 1) if text == "clusters:")
    assert [message.partition(":")[0] for message in messages] == [str(line)]
    assert [f'"{pair[0]}" reads no remote "{pair[1]}"' in message for message in messages] == [True]


def test_ok_mc236_a_secret_of_a_remote() -> None:
    assert "MC236" not in found(sealed({}))


PRIMARIES = read((CHECKOUT / "blueprints/multi-primary.yaml").read_bytes())
OF_PRIMARIES = load.read_inputs(CHECKOUT / "blueprints/multi-primary.inputs")


def authority(cluster: str, **changes: Any) -> Inputs:
    """Return the inputs of the sample with two primaries, with changes to the metadata of one sealed CA."""
    document = copy.deepcopy(OF_PRIMARIES.authorities[cluster])
    document["metadata"] |= changes
    return replace(OF_PRIMARIES, authorities={**OF_PRIMARIES.authorities, cluster: document})


def test_ok_mc235_ok_mc236_ok_mc247_two_primaries_with_everything() -> None:
    assert found(OF_PRIMARIES, PRIMARIES) == {}


@pytest.mark.parametrize("name", ["root-cert.pem", "ca-key.pem"])
def test_mc235_a_ca_without_one_of_its_keys(name: str) -> None:
    given = copy.deepcopy(OF_PRIMARIES)
    del given.authorities["aks"]["spec"]["encryptedData"][name]
    (message,) = found(given, PRIMARIES)["MC235"]
    assert "encryptedData must have the keys" in message


def test_mc235_a_ca_of_another_name() -> None:
    assert set(found(authority("gke", name="certificates"), PRIMARIES)) == {"MC235"}


def test_mc236_a_ca_of_a_remote() -> None:
    given = replace(OF_PRIMARIES, authorities={"eks": OF_PRIMARIES.authorities["gke"]})
    assert found(given, PRIMARIES)["MC236"] == [
        '15: clusters/eks/trust/sealed-secret.yaml: "eks" is no primary of this mesh'
    ]


def test_mc236_a_ca_where_istiod_makes_its_own() -> None:
    (message,) = found(Inputs(authorities={"gke": OF_PRIMARIES.authorities["gke"]}))["MC236"]
    assert message.endswith("`trust.mode` is not cacerts")


def test_mc247_two_roots() -> None:
    (message,) = found(authority("aks", annotations={"mcgen/root": "sha256:00"}), PRIMARIES)["MC247"]
    assert "clusters/aks/trust/sealed-secret.yaml: the root of aks is sha256:00, and that of gke is" in message


def test_ok_mc247_a_ca_that_does_not_say() -> None:
    assert found(authority("aks", annotations={}), PRIMARIES) == {}


def rotating(rotation: str, trusted: str) -> list[str]:
    """Return the codes for a CA of gke that trusts these roots, when the blueprint is at a step of a rotation."""
    given = load.read(str(CHECKOUT / "blueprints/multi-primary.yaml"))
    loaded = load.load(given, CHECKOUT / "blueprints/multi-primary.inputs")
    document = copy.deepcopy(loaded.inputs.authorities["gke"])
    document["metadata"]["annotations"] |= {"mcgen/root": "sha256:00", "mcgen/trusted-roots": trusted}
    inputs = replace(loaded.inputs, authorities={"gke": document})
    mesh = replace(loaded.mesh, rotation=rotation)
    return [problem.code for problem in roots.behind(replace(loaded, inputs=inputs, mesh=mesh))]


def test_mc248_of_another_step() -> None:
    assert rotating("both", "sha256:00") == ["MC248"]
    assert rotating("switched", "sha256:00,sha256:01") == ["MC248"]
    assert rotating("", "sha256:00,sha256:01") == ["MC248"]


def test_ok_mc248_of_this_step() -> None:
    assert rotating("both", "sha256:00,sha256:01") == []
    assert rotating("switched", "sha256:01,sha256:00") == []
    assert rotating("", "sha256:00") == []


def lost(tmp_path: Path, inputs: str) -> list[str]:
    """Return what is lost when the sealed tree of the sample is built with other inputs."""
    given = load.read(str(CHECKOUT / "blueprints/gke-aks.yaml"))
    loaded = load.load(given, CHECKOUT / inputs if inputs else tmp_path)
    remembered = store.load_manifest(CHECKOUT / "output/gke-aks-sealed")
    return [problem.code for problem in load.lost_stages(loaded, *remembered)]


def test_mc237_an_input_that_is_gone(tmp_path: Path) -> None:
    assert lost(tmp_path, "") == ["MC237"]


def test_ok_mc237_the_inputs_are_there(tmp_path: Path) -> None:
    assert lost(tmp_path, "blueprints/gke-aks.inputs") == []


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("- addresses\n", "MC101"),
        ("addreses: {}\n", "MC102"),
        ("addresses: {gke: 203}\n", "MC104"),
        ("tokens: {gke: {aks: []}}\n", "MC107"),
        ("tokens: {gke: {aks: [A]}}\n", "MC106"),
        ("kind: Mesh\n", "MC105"),
        ("addresses: &a {gke: *a}\n", "MC012"),
    ],
)
def test_a_facts_file_that_does_not_fit(tmp_path: Path, content: str, code: str) -> None:
    file = tmp_path / ".mcgen" / "facts.yaml"
    file.parent.mkdir()
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ProblemsFound) as caught:
        load.read_inputs(tmp_path)
    assert code in {problem.code for problem in caught.value.problems}


def with_token(token: str) -> Any:
    return changed(("spec", "template", "metadata", "annotations", "mcgen/token"), token)


def test_mc246_a_token_that_the_facts_do_not_name() -> None:
    path = "clusters/gke/remote-secrets/aks/sealed-secret.yaml"
    (message,) = found(sealed(with_token("7")))["MC246"]
    assert f'{path}: it holds the token "7", which .mcgen/facts.yaml does not name' in message
    two = Inputs(facts=Facts(tokens={"gke": {"aks": ["8", "9"]}}), sealed={("gke", "aks"): with_token("7")})
    assert "MC246" in found(two)


def test_ok_mc246_one_of_the_tokens_of_a_rotation_or_none_named() -> None:
    two = Inputs(facts=Facts(tokens={"gke": {"aks": ["7", "8"]}}), sealed={("gke", "aks"): with_token("7")})
    assert "MC246" not in found(two)
    assert "MC246" not in found(sealed(SEALED))


def with_version(name: str) -> list[str]:
    """Return the codes of the warnings with which a sample of a version is read."""
    text = GKE_AKS.text.replace(api_versions.VERSIONS[-1].name, name)
    source, warnings = api_versions.read(read(text))
    assert [fault for problem in warnings for fault in complaints(problem, source)] == []
    return [problem.code for problem in warnings]


def test_mc109_an_older_version_of_the_format(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_versions, "VERSIONS", (api_versions.Version("mcgen/v0"), *api_versions.VERSIONS))
    assert with_version("mcgen/v0") == ["MC109"]


def test_ok_mc109_the_newest_version() -> None:
    assert with_version(api_versions.VERSIONS[-1].name) == []


EXTERNAL = read((CHECKOUT / "blueprints/external-secrets.yaml").read_bytes())
PUSHED = load.read_inputs(CHECKOUT / "blueprints/external-secrets.inputs").facts
ROOT = PUSHED.authorities["gke"].root


def pushed(pairs: dict[str, dict[str, Pushed]], **fields: Any) -> dict[str, list[str]]:
    return found(facts(pushed=pairs, **fields), EXTERNAL)


def test_ok_mc257_what_was_pushed() -> None:
    assert found(Inputs(facts=PUSHED), EXTERNAL) == {}


def test_mc257_what_was_pushed_where_secrets_are_sealed() -> None:
    messages = found(Inputs(facts=PUSHED))["MC257"]
    assert [message.split()[3] for message in messages] == ["`authorities`,", "`pushed`,"]


def test_mc257_a_sealed_file_where_secrets_are_pushed() -> None:
    inputs = Inputs(sealed=GIVEN.sealed, authorities={"gke": OF_PRIMARIES.authorities["gke"]})
    messages = found(inputs, EXTERNAL)
    assert list(messages) == ["MC257"]
    assert [message.split()[1] for message in messages["MC257"]] == [
        "clusters/gke/remote-secrets/aks/sealed-secret.yaml",
        "clusters/gke/trust/sealed-secret.yaml",
    ]


@pytest.mark.parametrize("pair", [("aks", "gke"), ("gke", "gke"), ("gke", "eks"), ("eks", "aks")])
def test_mc234_a_pushed_secret_with_which_nobody_reads(pair: tuple[str, str]) -> None:
    assert set(pushed({pair[0]: {pair[1]: Pushed(number=1, token="1")}})) == {"MC234"}


def test_mc234_a_pushed_ca_of_a_remote() -> None:
    authority = Authority(number=1, root=ROOT, expires="2028-11-29")
    (message,) = found(facts(authorities={"aks": authority}), EXTERNAL)["MC234"]
    assert "it is no primary of this mesh" in message


def test_mc246_a_pushed_token_that_the_facts_do_not_name() -> None:
    (message,) = pushed({"gke": {"aks": Pushed(number=1, token="2")}})["MC246"]
    assert 'has the token "2"' in message


def test_ok_mc246_a_pushed_token_while_one_replaces_the_other() -> None:
    assert pushed({"gke": {"aks": Pushed(number=1, token="1")}}, tokens={"gke": {"aks": ["1", "2"]}}) == {}


def test_mc247_two_roots_with_the_provider() -> None:
    blueprint = read(PRIMARIES.text.replace("istio:", "secrets: {backend: external-secrets, store: {name: x}}\nistio:"))
    other = f"sha256:{64 * '0'}"
    both = {
        name: Authority(number=1, root=root, expires="2028-11-29") for name, root in (("gke", ROOT), ("aks", other))
    }
    (message,) = found(facts(authorities=both), blueprint)["MC247"]
    assert ".mcgen/facts.yaml: the root of aks is" in message
    both["aks"] = both["gke"]
    assert found(facts(authorities=both), blueprint) == {}
