"""The programs of a node: containerd, kubelet and kube-proxy, with the files that configure them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.lab.catalogue import TOOLS
from tests.lab.plan import LabError

if TYPE_CHECKING:
    from tests.lab.plan import ClusterPlan
    from tests.lab.process import Process

CGROUPS = Path("/sys/fs/cgroup")
CONTROLLERS = ("cpu", "cpuset", "io", "memory", "pids")

# restrict_oom_score_adj: a container may not be made less likely to be killed than containerd is, which needs a right
# that a container of this machine would lack. netns_mounts_under_state_dir: pods' namespaces stay out of /run/netns.
CONTAINERD = """version = 2
root = "{folder}/containerd/root"
state = "{folder}/containerd/state"
[grpc]
  address = "{socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "{folder}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "registry.k8s.io/pause:3.10"
  restrict_oom_score_adj = true
  disable_apparmor = true
  tolerate_missing_hugetlb_controller = true
  netns_mounts_under_state_dir = true
[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "{folder}/containerd/certs.d"
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "{folder}/cni"
"""

# The server too: without it a name that the mirror lacks is looked for in the real registry until a timeout.
MIRROR = """server = "http://{registry}"
[host."http://{registry}"]
  capabilities = ["pull", "resolve"]
"""

# The node's mounts are its own, and end with its last process. So are the folders whose places are fixed in the
# programs: the machine may have a kubelet or a containerd that uses them.
OWN_MOUNTS = """
mount --make-rshared /
for place in /var/lib/kubelet /var/log/containers /run/containerd; do
  mkdir -p "$place" "$0$place"
  mount --bind "$0$place" "$place"
done
exec "$@"
"""


def socket(folder: Path) -> Path:
    """Return containerd's socket."""
    return folder / "containerd/containerd.sock"


def prepare(cluster: ClusterPlan, folder: Path, logs: Path, registry: str) -> None:
    """Write every file that the node's programs read, and make its cgroups."""
    if len(str(socket(folder))) > 100:
        raise LabError(f"{socket(folder)} is too long for a socket: give the lab a shorter --folder")
    for name in ("containerd/certs.d/_default", "cni", "kubelet"):
        (folder / name).mkdir(parents=True)
    (folder / "containerd/config.toml").write_text(CONTAINERD.format(folder=folder, socket=socket(folder)))
    (folder / "containerd/certs.d/_default/hosts.toml").write_text(MIRROR.format(registry=registry))
    (folder / "cni/10-bridge.conflist").write_text(json.dumps(_pod_network(cluster, folder)))
    # Pods that ask for the node's resolver get one that knows nobody.
    (folder / "resolv.conf").write_text("")
    (folder / "kubelet.yaml").write_text(yaml.safe_dump(_kubelet(cluster, folder, logs)))
    make_cgroups(cluster.namespace)


def containerd(folder: Path) -> list[str]:
    """Return containerd's command line, with mounts of its own."""
    unshare = ["unshare", "--mount", "--propagation=private", "sh", "-ec", OWN_MOUNTS, f"{folder}/private"]
    return [*unshare, "containerd", f"--config={folder}/containerd/config.toml"]


def kubelet(cluster: ClusterPlan, folder: Path, containerd: Process) -> list[str]:
    """Return kubelet's command line, with the mounts of containerd, which must see what kubelet mounts."""
    return [
        "nsenter",
        f"--mount=/proc/{containerd.pid}/ns/mnt",
        "--",
        f"{TOOLS}/kubelet",
        f"--config={folder}/kubelet.yaml",
        f"--kubeconfig={folder}/pki/kubelet.kubeconfig",
        f"--root-dir={folder}/kubelet",
        f"--cert-dir={folder}/kubelet-pki",
        f"--hostname-override={cluster.node_name}",
        f"--node-ip={cluster.node_address}",
        f"--node-labels=topology.kubernetes.io/region={cluster.name}",
        "--v=2",
    ]


def proxy(cluster: ClusterPlan, folder: Path) -> list[str]:
    """Return kube-proxy's command line; the size of the connection table is the machine's, not a namespace's."""
    return [
        f"{TOOLS}/kube-proxy",
        f"--kubeconfig={folder}/pki/proxy.kubeconfig",
        f"--hostname-override={cluster.node_name}",
        "--proxy-mode=iptables",
        f"--cluster-cidr={cluster.pods}",
        "--conntrack-max-per-core=0",
        "--healthz-bind-address=127.0.0.1:10256",
        "--metrics-bind-address=127.0.0.1:10249",
    ]


def make_cgroups(name: str) -> None:
    """Make the cgroup of a node, in every hierarchy where they are several."""
    if (CGROUPS / "cgroup.controllers").exists():
        (CGROUPS / "cgroup.subtree_control").write_text(" ".join(f"+{controller}" for controller in CONTROLLERS))
        (CGROUPS / name).mkdir(exist_ok=True)
        return
    for hierarchy in CGROUPS.iterdir():
        if (hierarchy / "cgroup.procs").exists() and hierarchy.name != "unified":
            (hierarchy / name).mkdir(exist_ok=True)
    # A new cpuset is empty, and nothing can run in it.
    for file in ("cpuset.cpus", "cpuset.mems"):
        shutil.copyfile(CGROUPS / "cpuset" / file, CGROUPS / "cpuset" / name / file)


def _pod_network(cluster: ClusterPlan, folder: Path) -> dict[str, object]:
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {
            "type": "host-local",
            "dataDir": f"{folder}/addresses",
            "ranges": [[{"subnet": str(cluster.pods)}]],
            "routes": [{"dst": "0.0.0.0/0"}],
        },
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return {"cniVersion": "0.4.0", "name": cluster.name, "plugins": [bridge, ports]}


def _kubelet(cluster: ClusterPlan, folder: Path, logs: Path) -> dict[str, object]:
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "failCgroupV1": False,
        "failSwapOn": False,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{cluster.namespace}",
        "enforceNodeAllocatable": [],
        "containerRuntimeEndpoint": f"unix://{socket(folder)}",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": f"{folder}/pki/ca.crt"},
        },
        "authorization": {"mode": "Webhook"},
        "evictionHard": {"nodefs.available": "1%", "imagefs.available": "1%", "memory.available": "50Mi"},
        "podLogsDir": f"{logs}/pods",
        "resolvConf": f"{folder}/resolv.conf",
        "clusterDNS": [str(cluster.dns_address)],
        "clusterDomain": "cluster.local",
        "volumePluginDir": f"{folder}/volume-plugins",
        "nodeStatusUpdateFrequency": "5s",
        "syncFrequency": "10s",
        "serializeImagePulls": False,
    }
