"""Sealed Secrets: what istioctl or this program makes is sealed for its cluster, and the sealed file is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mcgen import layout, names, proc, sealed
from mcgen.bootstrap import consumer, programs, record, seal
from mcgen.bootstrap.kept import Kept
from mcgen.bootstrap.outcome import State
from mcgen.bootstrap.retry import Retry
from mcgen.emit import emit
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mcgen.bootstrap.access import Access
    from mcgen.bootstrap.authority import Intermediate
    from mcgen.bootstrap.certificate import Certificate
    from mcgen.bootstrap.consumer import Asked
    from mcgen.bootstrap.outcome import Options
    from mcgen.load import Loaded
    from mcgen.mesh import Cluster
    from mcgen.pairs import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """Seals for the consumers of a mesh."""

    loaded: Loaded
    options: Options
    asks: bool = True

    def check(self, *, needed: bool) -> None:  # noqa: ARG002 - one form for all backends
        """Raise ToolError unless kubeseal is there."""
        programs.check_kubeseal()

    def refused(self, asked: Asked) -> str:
        """Return why there is no certificate to seal with, empty when there is one."""
        return asked.refused if asked.certificate is None else ""

    def planned(self, pair: Pair) -> str:
        """Return the file that a remote secret would be sealed into."""
        return layout.sealed_secret(pair.consumer.name, pair.remote.name)

    def remote(self, pair: Pair, way: Access, asked: Asked) -> Kept:
        """Seal a remote secret with the certificate that the consumer was asked for."""
        certificate = asked.certificate
        assert certificate is not None
        text = seal.seal(pair, way, certificate, self.options)
        path = self.planned(pair)
        return Kept(
            state=State.SEALED,
            words=f"token {pair.tokens[-1]}, certificate {certificate.fingerprint[:19]}, to {certificate.day}",
            note=lambda out: record.write(out, path, text),
        )

    def planned_authority(self, cluster: Cluster) -> str:
        """Return the file that the CA of a primary would be sealed into."""
        return layout.sealed_authority(cluster.name)

    def authority(self, cluster: Cluster, issue: Callable[[], Intermediate]) -> Kept:
        """Seal the CA of a primary; its key goes to kubeseal through a pipe."""
        loaded, options = self.loaded, self.options
        known, folder = loaded.inputs.facts.certificates.get(cluster.name), Path(loaded.source.file).parent
        found, notes = consumer.sealing_certificate(
            loaded.mesh, cluster, known, options, Retry(options.retries), folder=folder
        )
        issued = issue()
        text = _sealed(cluster, issued, found, timeout=options.timeout)

        def note(out: Path) -> None:
            record.write(out, self.planned_authority(cluster), text)
            record.change_facts(
                out, lambda document: record.set_certificate(document, cluster.name, found.fingerprint, found.day)
            )

        root, trusted = issued.root.fingerprint[:19], [each.fingerprint[:19] for each in issued.trusted]
        both = f", trusts {' and '.join(trusted)}" if len(trusted) > 1 else ""
        words = f"to {issued.day}, under root {root}{both}, certificate {found.fingerprint[:19]}"
        return Kept(state=State.SEALED, words=words, note=note, notes=notes)


def _sealed(cluster: Cluster, issued: Intermediate, certificate: Certificate, *, timeout: float) -> str:
    """Return the text of a CA's sealed file; raise ToolError with kubeseal's own words, secrets hidden."""
    secret = issued.secret()
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
    if len(issued.trusted) > 1:
        annotations[names.TRUSTED] = ",".join(root.fingerprint for root in issued.trusted)
    return emit([seal.kept(document, annotations, {"metadata": name})], seal.HEADER)
