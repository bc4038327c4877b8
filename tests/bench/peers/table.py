"""The peers: how each is run over the values of a fleet, and where it writes what."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.peers.expected import documents, written

if TYPE_CHECKING:
    from tests.bench.peers.expected import Documents

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PROGRAMS = ROOT / ".tools"
OWN = PROGRAMS / "peers"


_FOLDERS = "argocd|namespaces|remote-secret|base|control-plane|east-west-gateway|exposure|policies|workloads"
# cdk8s cannot name folders: a file is FOLDER-NAME.yaml there.
_FLAT = re.compile(rf"({_FOLDERS})-([^/]+\.yaml)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A program that writes the folders of all clusters.

    command: what is measured, with {values}, {work} (where it was prepared) and {out}. prepare: as command, not
    measured. below: the folder in {out} that it writes to. inside: what stands between a cluster's name and the path
    in its folder. whole: whether it writes one file per cluster, with everything but Kustomizations, which have no
    name.
    """

    name: str
    folder: str
    command: str
    prepare: str = ""
    below: str = ""
    inside: str = ""
    whole: bool = False
    environment: tuple[tuple[str, str], ...] = ()

    def prepared(self, values: Path, work: Path) -> None:
        """Make what it reads."""
        work.mkdir()
        if self.prepare:
            environment = os.environ | {"PYTHONPATH": str(ROOT)}
            subprocess.run(self._shell(self.prepare, values, work, work), cwd=work, env=environment, check=True)

    def argv(self, values: Path, work: Path, out: Path) -> list[str]:
        """Return the command to measure."""
        return self._shell(f"cd {shlex.quote(str(work))} && {self.command}", values, work, out)

    def _shell(self, command: str, values: Path, work: Path, out: Path) -> list[str]:
        places = {"values": values, "work": work, "out": out, "here": HERE / self.folder}
        places |= {"tools": PROGRAMS, "own": OWN, "python": Path(sys.executable)}
        return ["sh", "-ec", command.format(**{name: shlex.quote(str(path)) for name, path in places.items()})]

    def written(self, out: Path) -> Documents:
        """Return what it wrote, by what it stands for."""

        def place(path: str) -> tuple[str, str]:
            cluster, _, rest = path.partition("/")
            rest = rest.removeprefix(self.inside).replace(".yml", ".yaml")
            flat = _FLAT.fullmatch(rest)
            return cluster, f"{flat[1]}/{flat[2]}" if flat else rest

        if self.whole:
            return {(path.stem, ""): sorted(documents(path)) for path in out.iterdir()}
        return written(out / self.below, place)

    def wanted(self, expected: Documents) -> Documents:
        """Return what it has to write."""
        if not self.whole:
            return expected
        found: Documents = {}
        for (cluster, _), texts in expected.items():
            objects = [text for text in texts if json.loads(text)["kind"] != "Kustomization"]
            found.setdefault((cluster, ""), []).extend(objects)
        return {key: sorted(texts) for key, texts in found.items()}


PEERS = (
    Peer(
        name="cdk8s 2.70.106 (Node)",
        folder="cdk8s",
        command="node {here}/main.js {values} {out}",
        environment=(("NODE_PATH", str(OWN / "cdk8s/node_modules")),),
    ),
    Peer(
        name="cdk8s 2.70.115 (Python)",
        folder="cdk8s_python",
        command="{own}/cdk8s_python/bin/python {here}/main.py {values} {out}",
        environment=(("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "1"), ("PYTHONPATH", str(ROOT))),
    ),
    Peer(
        name="go-jsonnet 0.22.0",
        folder="jsonnet",
        prepare="cp {values} values.json",
        command="{own}/jsonnet -S -c -m {out} -J {work} {here}/fleet.jsonnet",
    ),
    Peer(
        name="kapitan 0.36.3",
        folder="kapitan",
        prepare="{python} -m tests.bench.peers.kapitan.prepare {values} {work}/tree",
        command="cd tree && {own}/kapitan/bin/kapitan compile --output-path {out}",
        below="compiled",
        environment=(("PYTHONPATH", str(ROOT)),),
    ),
    Peer(
        name="kustomize 5.8.1, a process per cluster",
        folder="kustomize",
        prepare="{python} -m tests.bench.peers.kustomize.prepare {values} {work}/tree",
        command="mkdir {out}; for c in tree/overlays/*; do {tools}/kustomize build $c -o {out}/${{c##*/}}.yaml; done",
        whole=True,
    ),
    Peer(
        name="helm 4.3.1, a process per cluster",
        folder="helm",
        prepare="{python} -m tests.bench.peers.helm.prepare {values} {work}/clusters",
        command="for f in clusters/*; do c=${{f##*/}}; "
        "{own}/helm template ${{c%.json}} {here}/chart -f mesh.json -f $f --output-dir {out}/${{c%.json}}; done",
        inside="cluster/templates/",
    ),
    Peer(
        name="CUE 0.17.1",
        folder="cue",
        prepare="cp -r {here}/. tree && cd tree && {{ echo package fleet; echo; cat {values}; }} > values.cue",
        command="cd tree && {own}/cue cmd -t out={out} build",
    ),
)


def chosen(names: str) -> list[Peer]:
    """Return the peers of a list of folders with commas between."""
    return [peer for peer in PEERS if names == "all" or peer.folder in names.split(",")]
