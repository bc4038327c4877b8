"""kubectl, istioctl and kubeseal for tests of the bootstrap job: they answer from a folder, and note what they saw.

    python stubs.py FOLDER NAME [ARGUMENT...]

FOLDER/answers holds Secrets as JSON by name; `ready` the names of remotes whose token is there; FOLDER/seen gets a
JSON line per call: arguments, environment, what stands in the kubeconfig, and which files near it hold a secret.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from pathlib import Path

SECRET = "eyJhbGciOi.the-token-of-a-remote.signature"


def main(folder: Path, name: str, argv: list[str]) -> None:
    options = dict(word.lstrip("-").partition("=")[::2] for word in argv if word.startswith("--"))
    kubeconfig = Path(options["kubeconfig"]).read_text() if "kubeconfig" in options else ""
    # Twice, as client libraries do.
    assert not kubeconfig or Path(options["kubeconfig"]).read_text() == kubeconfig
    seen = {"name": name, "argv": argv, "environment": dict(os.environ), "kubeconfig": kubeconfig}
    seen["files"] = [str(path) for path in files() if b"the-token-of" in path.read_bytes()]
    with (folder / "seen").open("a") as stream:
        stream.write(json.dumps(seen) + "\n")
    print(globals()[name](folder, argv, options, kubeconfig), end="")


def files() -> list[Path]:
    return [path for path in Path(os.environ["TMPDIR"]).rglob("*") if path.is_file()]


def kubectl(folder: Path, argv: list[str], options: dict[str, str], kubeconfig: str) -> str:
    if "version" in argv:
        return "Client Version: v1.36.1\n"
    if "view" in argv:
        return server(kubeconfig)
    kind, name = argv[argv.index("get") + 1 :][:2]
    if kind == "service":
        return "203.0.113.10 "
    if options["output"] == "json":
        file = folder / "answers" / name
        return file.read_text() if file.exists() else refuse(f'secrets "{name}" not found', "NotFound")
    remote = cluster(kubeconfig)
    if remote not in (folder / "ready").read_text().split():
        return refuse(f'secrets "{name}" not found', "NotFound")
    return f"kubernetes.io/service-account-token {name.removesuffix('-token')}|{remote}|2026-01-01T00:00:00Z|filled"


def istioctl(folder: Path, argv: list[str], options: dict[str, str], kubeconfig: str) -> str:
    if "version" in argv:
        return "1.31.1\n"
    name = options["name"]
    metadata = {
        "name": f"istio-remote-secret-{name}",
        "namespace": "istio-system",
        "labels": {"istio/multiCluster": "true"},
        "annotations": {"networking.istio.io/cluster": name},
    }
    return json.dumps({"metadata": metadata, "stringData": {name: SECRET}})


def kubeseal(folder: Path, argv: list[str], options: dict[str, str], kubeconfig: str) -> str:
    if "--version" in argv:
        return "kubeseal version: 0.36.6\n"
    certificate = (folder / "certificate.pem").read_text()
    if "--fetch-cert" in argv:
        return certificate
    secret = json.load(sys.stdin)
    where = {key: secret["metadata"][key] for key in ("name", "namespace")}
    # As with the real one, no two runs give the same: a length, a session key, a sealed text.
    sealed = {key: base64.b64encode(b"\0\x10" + os.urandom(48)).decode() for key in secret["stringData"]}
    spec = {"encryptedData": sealed, "template": {"metadata": secret["metadata"]}}
    return json.dumps({"apiVersion": "bitnami.com/v1alpha1", "kind": "SealedSecret", "metadata": where, "spec": spec})


def cluster(kubeconfig: str) -> str:
    return server(kubeconfig).removeprefix("https://").partition(".")[0]


def server(kubeconfig: str) -> str:
    found: str = json.loads(kubeconfig)["clusters"][0]["cluster"]["server"]
    return found


def refuse(message: str, reason: str) -> str:
    sys.exit(f"Error from server ({reason}): {message}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])
