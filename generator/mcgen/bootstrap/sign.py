"""The CA of each primary: an intermediate certificate under the offline root, sealed for that primary alone.

The key of an intermediate goes from this process through a pipe to kubeseal; nothing but what is sealed is written.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from mcgen import layout, names, proc, sealed
from mcgen.bootstrap import authority, consumer, record, root_folder, seal
from mcgen.bootstrap.outcome import Outcome, State
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import Result
from mcgen.emit import emit
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Set

    from mcgen.bootstrap.authority import Intermediate, Root
    from mcgen.bootstrap.certificate import Certificate
    from mcgen.bootstrap.outcome import Options
    from mcgen.load import Loaded
    from mcgen.mesh import Cluster


def run(loaded: Loaded, out: Path, folder: Path, options: Options, again: Set[str]) -> Result:
    """Give each primary its CA that has none, and those of `again` a new one; the caller holds the tree's lock.

    folder: of the root, which is made where there is none yet. Raises UsageError for a folder that is not fit for a
    root, and ToolError when it holds none, or another one than that of the CAs that are sealed already.
    """
    stay = [cluster for cluster in loaded.mesh.primaries if not cluster.state]
    todo = [cluster for cluster in stay if not cluster.has_authority or cluster.name in again]
    outcomes = [
        _outcome(c, State.SKIPPED, f"it leaves the mesh ('{c.state}')" if c.state else "sealed already")
        for c in loaded.mesh.primaries
        if c not in todo
    ]
    root = root_folder.read(folder)
    _compare(loaded, root, folder)
    if options.dry_run:
        outcomes += [_outcome(c, State.PLANNED, f"-> {layout.sealed_authority(c.name)}") for c in todo]
        return Result(outcomes=tuple(outcomes), notes=(), wrote=False)
    notes: list[str] = []
    wrote = False
    if root is None:
        root = root_folder.make(folder, loaded.mesh.name)
        notes.append(f"made the root {root.fingerprint} in {folder}: keep it offline, and a copy of it elsewhere")
    for cluster in todo:
        try:
            found, said = _certificate(loaded, cluster, options)
            issued = authority.issue(root, loaded.mesh.name, cluster.name, authority.now())
            text = _seal(cluster, issued, found, timeout=options.timeout)
        except ToolError as error:
            outcomes.append(_outcome(cluster, State.FAILED, str(error)))
            continue
        record.write(out, layout.sealed_authority(cluster.name), text)
        _note(out, cluster, found)
        wrote = True
        words = f"to {issued.day}, under root {root.fingerprint[:19]}, certificate {found.fingerprint[:19]}"
        outcomes.append(_outcome(cluster, State.SEALED, words))
        notes += said
    return Result(outcomes=tuple(outcomes), notes=tuple(notes), wrote=wrote)


def _compare(loaded: Loaded, root: Root | None, folder: Path) -> None:
    """Raise ToolError unless the CAs that are sealed already are under this root, as far as they say."""
    for name, document in loaded.inputs.authorities.items():
        known = sealed.annotation(document, names.ROOT)
        if known and (root is None or known != root.fingerprint):
            found = f"the root in '{folder}' is {root.fingerprint}" if root else f"there is no root in '{folder}'"
            raise ToolError(f"the CA of {name} is under the root {known}, and {found}")


def _certificate(loaded: Loaded, cluster: Cluster, options: Options) -> tuple[Certificate, tuple[str, ...]]:
    known, folder = loaded.inputs.facts.certificates.get(cluster.name), Path(loaded.source.file).parent
    return consumer.sealing_certificate(loaded.mesh, cluster, known, options, Retry(options.retries), folder=folder)


def _note(out: Path, cluster: Cluster, found: Certificate) -> None:
    def change(document: Any) -> None:
        record.set_certificate(document, cluster.name, found.fingerprint, found.day)

    record.change_facts(out, change)


def _seal(cluster: Cluster, issued: Intermediate, certificate: Certificate, *, timeout: float) -> str:
    """Return the text of the sealed file; raise ToolError with kubeseal's own words, secrets hidden."""
    secret = issued.secret([issued.root.certificate])
    with seal.readable(certificate.pem) as descriptor:
        argv = seal.kubeseal(f"/dev/fd/{descriptor}")
        done = proc.run(argv, timeout=timeout, stdin=secret, pass_fds=(descriptor,))
    if done.code:
        raise ToolError(f"kubeseal for {cluster.name}: {done.words or f'exit code {done.code}'}")
    document = seal.printed(done.stdout, f"sealed CA of {cluster.name}", sealed.authority_differences)
    name = {"name": names.AUTHORITY, "namespace": names.ISTIO_SYSTEM}
    annotations = {
        names.CERTIFICATE: certificate.fingerprint,
        names.EXPIRES: issued.day,
        names.ROOT: issued.root.fingerprint,
    }
    return emit([seal.kept(document, annotations, {"metadata": name})], seal.HEADER)


def _outcome(cluster: Cluster, state: State, words: str) -> Outcome:
    return Outcome(consumer=cluster.name, remote="", state=state, words=words)
