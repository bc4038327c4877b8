"""Both backends with the real programs: the same Secret comes out, and the token goes through pipes alone.

istioctl and kubectl are the real ones, in front of a small API server; kubeseal seals and opens again; External
Secrets' own code makes a Secret of the ExternalSecret. The provider is a folder.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cryptography.hazmat.primitives import serialization

from mcgen.bootstrap import authority
from mcgen.cli import run as mcgen
from mcgen.manifests.setup_argocd import SUPPORTED
from schemagen import sources
from tests import proofs
from tests.certificates import RSA, issue
from tests.e2e import api_server
from tests.e2e.test_setup_real import module
from tests.programs import program, run
from tests.samples import BY_TREE, CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.manifests.setup_argocd import Release

pytestmark = pytest.mark.e2e

ACCOUNT = "istio-reader-gke-1"
TOKEN = f"eyJhbGciOiJSUzI1NiJ9.{base64.urlsafe_b64encode(b'nobody knows this token ' * 20).decode()}.c2lnbmVk"
KEY = "external-secrets-gke-reads-aks-1"
# By which a program can put bytes somewhere, and all that it can be told with.
CALLS = "execve,execveat,open,openat,creat,write,writev,pwrite64,pwritev,pwritev2,sendto,sendmsg,sendmmsg,mmap"
PIPED = re.compile(r"\bwrite\(\d+<pipe:\[(\d+)\]>")


@dataclass(frozen=True)
class World:
    """A folder with both trees, the ways to the clusters, and a provider."""

    folder: Path

    def arguments(self, tree: str) -> list[str]:
        ways = [f"--kubeconfig={name}={name}.kubeconfig" for name in ("gke", "aks")]
        with_tree = ["bootstrap", f"{tree}.yaml", "-o", tree, "--validator", "embedded", "--retries=0"]
        own = {"pushed": ["--push", "./provider {key}"], "sealed": ["--cert=gke=gke.pem"]}
        return [*with_tree, *ways, *own[tree]]

    def value(self, key: str) -> str:
        return (self.folder / "values" / key).read_text(encoding="utf-8")

    def document(self, tree: str, path: str) -> Any:
        return yaml.safe_load((self.folder / tree / path).read_text(encoding="utf-8"))


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{os.path.dirname(program('istioctl'))}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(authority, "_BITS", 2048)
    certificate = issue(RSA, days=3650)
    (tmp_path / "gke.pem").write_text(certificate)
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (tmp_path / "gke.key").write_bytes(RSA.private_bytes(*plain))
    blueprint = (CHECKOUT / BY_TREE["external-secrets"].blueprint).read_text(encoding="utf-8")
    (tmp_path / "pushed.yaml").write_text(blueprint)
    (tmp_path / "sealed.yaml").write_text(re.sub(r"(?m)^secrets:\n(  .*\n)+", "", blueprint))
    (tmp_path / "values").mkdir()
    (tmp_path / "provider").write_text('#!/bin/sh\nexec cat >"values/$1"\n')
    (tmp_path / "provider").chmod(0o755)
    for tree in ("pushed", "sealed"):
        assert mcgen(["build", f"{tree}.yaml", "-o", tree, "--validator", "embedded"]) == 0
    secret = api_server.token_secret(ACCOUNT, "aks", TOKEN, certificate)
    with api_server.serving(secret) as url:
        for name in ("gke", "aks"):
            api_server.kubeconfig(tmp_path, name, url)
        yield World(tmp_path)


def fetched(document: Any, provider: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Return what External Secrets' code makes of an ExternalSecret."""
    request = json.dumps({"externalSecret": document, "provider": provider}).encode()
    return subprocess.run([program("externalsecrets")], input=request, capture_output=True, check=False)


def unsealed(world: World, document: Any) -> Any:
    argv = [program("kubeseal"), "--recovery-unseal", f"--recovery-private-key={world.folder / 'gke.key'}"]
    return json.loads(run(argv, stdin=yaml.safe_dump(document).encode()))


def essence(secret: Any) -> dict[str, Any]:
    """Return what istiod and others see of a Secret, but for owners and times."""
    metadata = {key: secret["metadata"].get(key) or {} for key in ("name", "namespace", "labels", "annotations")}
    return {"metadata": metadata, "type": secret.get("type", "Opaque") or "Opaque", "data": secret["data"]}


@proofs.proves(proofs.SECRETS, "external-secrets", "the Secret compared with the sealed one")
def test_both_backends_make_the_same_remote_secret(world: World) -> None:
    for tree in ("pushed", "sealed"):
        assert mcgen(world.arguments(tree)) == 0
    file = "clusters/gke/remote-secrets/aks"
    theirs = unsealed(world, world.document("sealed", f"{file}/sealed-secret.yaml"))
    done = fetched(world.document("pushed", f"{file}/external-secret.yaml"), {KEY: world.value(KEY)})
    assert done.returncode == 0, done.stderr
    ours = json.loads(done.stdout)
    assert essence(ours) == essence(theirs)
    assert ours["metadata"]["labels"] == {"istio/multiCluster": "true"}
    assert ours["metadata"]["annotations"]["networking.istio.io/cluster"] == "aks"
    kubeconfig = yaml.safe_load(base64.b64decode(ours["data"]["aks"]))
    assert kubeconfig["users"][0]["user"]["token"] == TOKEN


def test_both_backends_make_the_same_ca(world: World) -> None:
    assert mcgen([*world.arguments("pushed"), "--ca", "root"]) == 0
    key = "external-secrets-gke-cacerts-1"
    value = world.value(key)
    sealed = run([program("kubeseal"), "--cert=gke.pem", "--scope=strict", "--format=yaml"], stdin=value.encode())
    theirs = unsealed(world, yaml.safe_load(sealed))
    done = fetched(world.document("pushed", "clusters/gke/trust/external-secret.yaml"), {key: value})
    assert done.returncode == 0, done.stderr
    assert essence(json.loads(done.stdout)) == essence(theirs)
    assert sorted(theirs["data"]) == ["ca-cert.pem", "ca-key.pem", "cert-chain.pem", "root-cert.pem"]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "the provider has no key"),
        ("", "map has no entry for key"),
        ("no: [yaml", "map has no entry for key"),
        ("metadata: {name: istio-remote-secret-eks}\nstringData: {aks: x}", "it is another Secret"),
        ("metadata: {name: istio-remote-secret-aks}\nstringData: {eks: x}", "it has no such key"),
        ("metadata: {name: istio-remote-secret-aks}", "map has no entry for key"),
    ],
)
def test_a_value_that_is_not_the_right_one_makes_no_secret(value: str | None, words: str) -> None:
    done = fetched(document(), {} if value is None else {KEY: value})
    assert (done.returncode, words in done.stderr.decode()) == (1, True), done


def test_a_field_that_external_secrets_does_not_know_is_told() -> None:
    wrong = document()
    wrong["spec"]["target"]["deletePolicy"] = "Retain"
    done = fetched(wrong, {KEY: "x"})
    assert b'unknown field "deletePolicy"' in done.stderr


def forms() -> list[str]:
    """Return parts of the token by which it is found, also within base64 at any place."""
    inner = TOKEN.encode()[40:400]
    return [TOKEN[40:100], *(base64.b64encode(inner[shift:])[4:60].decode() for shift in range(3))]


def traced(world: World, *options: str) -> tuple[int, str, list[str], set[str]]:
    """Run a bootstrap with all writes written down: its code, what it said, where the token was, and which pipes."""
    trace = world.folder / "trace"
    argv = ["strace", "-f", "-v", "-y", "-s", "100000", "-e", f"trace={CALLS}", "-o", str(trace)]
    home = {"HOME": str(world.folder / "home"), "TMPDIR": str(world.folder / "tmp")}
    for folder in home.values():
        os.makedirs(folder)
    done = subprocess.run(
        [*argv, sys.executable, "-m", "mcgen", *world.arguments("pushed"), *options],
        env=os.environ | home, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in trace.read_text(errors="replace").splitlines() if any(form in line for form in forms())]
    trace.unlink()
    own = f"{world.folder}/values/"
    leaks = [line[:300] for line in lines if not PIPED.search(line) and own not in line]
    pipes = {match[1] for line in lines if (match := PIPED.search(line))}
    return done.returncode, done.stdout + done.stderr, leaks, pipes


def holders(world: World) -> list[str]:
    """Return the files in which the token lies, but for the provider's."""
    found = []
    for path in world.folder.rglob("*"):
        if path.is_file() and path.parent.name != "values":
            text = path.read_bytes().decode(errors="replace")
            found += [str(path)] if any(form in text for form in forms()) else []
    return found


def test_the_token_goes_through_one_pipe_and_nowhere_else(world: World) -> None:
    assert shutil.which("strace")
    code, said, leaks, pipes = traced(world)
    assert (code, leaks) == (0, []), said
    # The control: the trace does show what goes through the pipe, and the provider has it.
    assert len(pipes) == 1
    assert TOKEN in world.value(KEY)
    assert holders(world) == []


def test_a_command_that_fails_and_quotes_the_token_is_not_quoted(world: World) -> None:
    (world.folder / "provider").write_text('#!/bin/sh\nsecret=$(cat)\necho "no: $secret" >&2\nexit 1\n')
    code, said, leaks, _ = traced(world)
    assert code == 3
    assert "[hidden]" in said
    # What the command itself writes goes into a pipe, to mcgen, which hides it.
    assert leaks == []
    assert holders(world) == []


def document() -> Any:
    folder = BY_TREE["external-secrets"].folder
    return yaml.safe_load((folder / "clusters/gke/remote-secrets/aks/external-secret.yaml").read_bytes())


def condition(**fields: str) -> Any:
    return document() | {"status": {"conditions": [{"type": "Ready", **fields}]}}


def test_argo_cd_calls_it_healthy_once_it_was_fetched() -> None:
    cases = [
        (document(), "Progressing"),
        (document() | {"status": {}}, "Progressing"),
        (condition(status="Unknown"), "Progressing"),
        (condition(status="False", message="could not get secret data from provider"), "Degraded"),
        (condition(status="True"), "Healthy"),
    ]
    request = json.dumps({"data": {}, "objects": [found for found, _ in cases]}).encode()
    answers = json.loads(run([program("argocheck"), "settings"], stdin=request))["health"]
    assert [answer["status"] for answer in answers] == [status for _, status in cases]


@pytest.mark.parametrize("release", SUPPORTED.values(), ids=lambda release: release.newest)
def test_every_argo_cd_has_the_same_check(release: Release) -> None:
    script = "resource_customizations/external-secrets.io/ExternalSecret/health.lua"
    assert (module(release.newest) / script).read_bytes() == (module("3.5.7") / script).read_bytes()


def defaults(schema: Any, given: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield what a definition fills into an object: where, with what, and what the object has there itself."""
    for key, inner in (schema.get("properties") or {}).items():
        value = given.get(key)
        if "default" in inner:
            yield f"{path}.{key}", inner["default"], value
        if isinstance(value, dict):
            yield from defaults(inner, value, f"{path}.{key}")
        for each in value if isinstance(value, list) else ():
            yield from defaults(inner.get("items") or {}, each, f"{path}.{key}[]")


@pytest.mark.parametrize("version", ["v1.3.2", "v0.16.2"])
def test_what_the_definition_fills_in_is_written_out(version: str) -> None:
    """Argo CD compares lists as a whole: a default inside of one is a difference that never ends."""
    module = f"{sources.EXTERNAL_SECRETS.path}@{version}"
    answer = json.loads(run(["go", "mod", "download", "-json", module], cwd=Path("/")))
    path = "config/crds/bases/external-secrets.io_externalsecrets.yaml"
    definition = yaml.safe_load((Path(answer["Dir"]) / path).read_bytes())
    (schema,) = [each["schema"]["openAPIV3Schema"] for each in definition["spec"]["versions"] if each["name"] == "v1"]
    found = list(defaults(schema, document()))
    in_lists = {path for path, _, _ in found if "[]" in path}
    assert in_lists == {
        f".spec.data[].remoteRef.{name}" for name in ("conversionStrategy", "decodingStrategy", "metadataPolicy")
    }
    # Another text for the same time would be one as well: the controller writes its own back.
    same = {"1h": "1h0m0s"}
    wrong = [(path, default, value) for path, default, value in found if value not in (default, same.get(str(default)))]
    assert [entry for entry in wrong if not isinstance(entry[1], dict)] == []
