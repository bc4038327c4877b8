"""The bootstrap itself: consumers are asked, then every secret is made, several at once; failures stay their own."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from mcgen import names
from mcgen.bootstrap import access, consumer, keeping, kube, record
from mcgen.bootstrap.outcome import Outcome, State
from mcgen.bootstrap.retry import Retry
from mcgen.problems import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mcgen.bootstrap.consumer import Asked
    from mcgen.bootstrap.keeping import Keeper
    from mcgen.bootstrap.kept import Kept
    from mcgen.bootstrap.outcome import Options
    from mcgen.load import Loaded
    from mcgen.pairs import Pair

Key = TypeVar("Key")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """outcomes: in the order of the blueprint; notes: what a person should know; wrote: whether anything changed."""

    outcomes: tuple[Outcome, ...]
    notes: tuple[str, ...]
    wrote: bool

    @property
    def failed(self) -> bool:
        """Return whether anything failed."""
        return any(outcome.state is State.FAILED for outcome in self.outcomes)


def run(loaded: Loaded, out: Path, options: Options, watch: Callable[[int], None] = lambda _: None) -> Result:
    """Seal or push what is missing in a tree and note what was found; the caller holds the tree's lock.

    watch: called with the number of pairs that are done. Raises ToolError when the disk refuses, and lets
    KeyboardInterrupt through; what was done until then is written.
    """
    retry, keeper, done = Retry(options.retries), keeping.of(loaded, options), loaded.mesh.secrets.backend.DONE
    outcomes: list[Outcome] = [_skipped(pair, done) for pair in loaded.mesh.all_pairs if not needed(pair, options)]
    todo = [pair for pair in loaded.mesh.all_pairs if needed(pair, options)]
    if options.dry_run:
        planned = [_planned(pair, keeper) for pair in todo]
        return Result(outcomes=_sorted(loaded, outcomes + planned), notes=(), wrote=False)
    asked = _ask(loaded, todo if keeper.asks else [], options, retry)
    wrote = _note(out, asked.values())
    notes = [note for each in asked.values() for note in each.notes]
    outcomes += [outcome for each in asked.values() for outcome in each.outcomes]

    def work(pair: Pair) -> Outcome | Kept:
        asked_of = asked[pair.consumer.name]
        if refused := keeper.refused(asked_of):
            return _outcome(pair, State.FAILED, refused)
        return _keep(pair, keeper, asked_of, options, retry)

    for number, (pair, found) in enumerate(each(work, todo, options.jobs, retry), 1):
        if isinstance(found, Outcome):
            outcomes.append(found)
        else:
            found.note(out)
            wrote = True
            outcomes.append(_outcome(pair, found.state, found.words))
            notes += found.notes
        watch(number)
    return Result(outcomes=_sorted(loaded, outcomes), notes=tuple(notes), wrote=wrote)


def needed(pair: Pair, options: Options) -> bool:
    """Return whether a pair's secret is to be made: it never was, or with another token, or it is asked for.

    A cluster that leaves needs nothing more, neither to be read nor to read.
    """
    if pair.leaves:
        return False
    other_token = pair.held and len(pair.tokens) > 1 and pair.held.token != pair.tokens[-1]
    return not pair.held or bool(other_token) or pair.remote.name in options.reseal


def _ask(loaded: Loaded, todo: list[Pair], options: Options, retry: Retry) -> dict[str, Asked]:
    mesh, known = loaded.mesh, loaded.inputs.facts.certificates
    sealing = {pair.consumer.name for pair in todo}
    folder = Path(loaded.source.file).parent

    def work(name: str) -> Asked:
        cluster = mesh.by_name[name]
        return consumer.ask(mesh, cluster, known.get(name), options, retry, folder=folder, sealing=name in sealing)

    consumers = [cluster.name for cluster in mesh.consumers if not cluster.state]
    return dict(each(work, consumers, options.jobs, retry))


def _note(out: Path, asked: Iterable[Asked]) -> bool:
    """Write what the consumers answered into the facts file; return whether that changed anything."""
    answers = list(asked)

    def change(document: object) -> None:
        for each in answers:
            if each.address:
                record.set_address(document, each.name, each.address)
            if each.certificate:
                record.set_certificate(document, each.name, each.certificate.fingerprint, each.certificate.day)

    return any(each.address or each.certificate for each in answers) and record.change_facts(out, change)


def _keep(pair: Pair, keeper: Keeper, asked: Asked, options: Options, retry: Retry) -> Outcome | Kept:
    """Return the secret of a pair in its place, or what became of it otherwise."""
    try:
        way = access.of(pair.remote, options.kubeconfigs)
        waiting = retry(lambda: _waits(pair, way, options))
        if waiting:
            return _outcome(pair, State.WAITING, waiting)
        note = "" if pair.remote.server else _loopback(way)
        found = retry(lambda: keeper.remote(pair, way, asked))
    except ToolError as error:
        return _outcome(pair, State.FAILED, str(error))
    return replace(found, notes=(note,)) if note else found


def _waits(pair: Pair, way: access.Access, options: Options) -> str:
    """Return what a pair waits for, empty when nothing; raise ToolError when the remote is not the right one."""
    name = names.reader_token(pair.consumer.name, pair.tokens[-1])
    found = kube.token_secret(way, name, timeout=options.timeout)
    if found is None:
        return f"for stage namespaces of {pair.remote.name}: Secret {name} is not there yet"
    if found.account != names.reader(pair.consumer.name, pair.tokens[-1]):
        raise ToolError(f"{pair.remote.name}: Secret {name} is of the account '{found.account}', and not of mcgen")
    # A tree that was synced before Secrets said whose they are says nothing.
    if found.cluster not in ("", pair.remote.name):
        raise ToolError(f"{way} leads to the cluster '{found.cluster}', and not to '{pair.remote.name}'")
    return "" if found.filled else f"for the controller of {pair.remote.name}, which has not filled Secret {name} yet"


def _loopback(way: access.Access) -> str:
    server = kube.server(way)
    if not kube.is_loopback(server):
        return ""
    return (
        f"{way.cluster}: its remote secret says {server}, which no other cluster can reach: "
        "set clusters[].bootstrap.server, and seal again with --reseal"
    )


def each(work: Callable[[Key], Value], keys: Iterable[Key], jobs: int, retry: Retry) -> Iterator[tuple[Key, Value]]:
    """Yield each key with its result as they come; on any exception end what runs, and start nothing more."""
    pool = ThreadPoolExecutor(jobs)
    futures: dict[Future[Value], Key] = {pool.submit(work, key): key for key in keys}
    try:
        for future in as_completed(futures):
            yield futures[future], future.result()
    except BaseException:
        retry.stop()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _outcome(pair: Pair, state: State, words: str) -> Outcome:
    return Outcome(consumer=pair.consumer.name, remote=pair.remote.name, state=state, words=words)


def _skipped(pair: Pair, done: str) -> Outcome:
    leaving = next((cluster for cluster in (pair.remote, pair.consumer) if cluster.state), None)
    why = f"{leaving.name} leaves the mesh ('{leaving.state}')" if leaving else f"{done} already"
    return _outcome(pair, State.SKIPPED, why)


def _planned(pair: Pair, keeper: Keeper) -> Outcome:
    secret = names.reader_token(pair.consumer.name, pair.tokens[-1])
    return _outcome(pair, State.PLANNED, f"{secret} -> {keeper.planned(pair)}")


def _sorted(loaded: Loaded, outcomes: Iterable[Outcome]) -> tuple[Outcome, ...]:
    order = {name: i for i, name in enumerate(loaded.mesh.by_name)}
    return tuple(sorted(outcomes, key=lambda each: (order.get(each.remote, -1), order[each.consumer])))
