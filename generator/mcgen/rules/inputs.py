"""Rules about the inputs: facts about clusters of this mesh, and SealedSecrets that are the right ones."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from mcgen import layout, names, roots, sealed
from mcgen.backends import BACKENDS, EXTERNAL_SECRETS
from mcgen.facts import FIRST_SUFFIX
from mcgen.mesh import readers, served_primaries
from mcgen.rules import pushed
from mcgen.rules.finding import Finding, error
from mcgen.rules.gateways import unreachable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.blueprint import Blueprint
    from mcgen.facts import Facts, Inputs


def check(blueprint: Blueprint, found: Inputs) -> Iterator[Finding]:
    """Yield the findings about facts and sealed files; they stand at the cluster that they are about."""
    remotes = {
        (consumer, cluster.name): i
        for i, cluster in enumerate(blueprint.clusters)
        for consumer in readers(cluster, blueprint)
    }
    yield from _names(blueprint, found.facts)
    yield from _tokens(found.facts, remotes)
    yield from _addresses(blueprint, found.facts)
    if blueprint.secrets.backend == EXTERNAL_SECRETS:
        yield from pushed.sealed_elsewhere(found)
        yield from pushed.notes(blueprint, found.facts, remotes)
    else:
        yield from pushed.pushed_elsewhere(found.facts)
        yield from _sealed(blueprint, found, remotes)
        yield from _authorities(blueprint, found)
        yield from _copied(blueprint, found, remotes)
    yield from _one_root(blueprint, found)


def _names(blueprint: Blueprint, facts: Facts) -> Iterator[Finding]:
    known = {cluster.name for cluster in blueprint.clusters}
    remotes = {remote for each in (facts.tokens, facts.pushed) for pairs in each.values() for remote in pairs}
    named = {*facts.addresses, *facts.certificates, *facts.tokens, *facts.pushed, *facts.authorities, *remotes}
    for name in sorted(named - known):
        yield error(
            "MC234",
            ("clusters",),
            f'{layout.FACTS} speaks of "{name}", which is no cluster of this mesh',
            pushed.LINES,
            key=True,
        )


def _tokens(facts: Facts, remotes: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    for consumer, pairs in facts.tokens.items():
        for remote, suffixes in pairs.items():
            index = remotes.get((consumer, remote))
            if index is None:
                message = f'{layout.FACTS} has tokens with which "{consumer}" would read "{remote}", and it does not'
                yield error("MC234", ("clusters",), message, pushed.LINES, key=True)
            elif twice := sorted(suffix for suffix, count in Counter(suffixes).items() if count > 1):
                message = f'{layout.FACTS} names token "{twice[0]}" of "{consumer}" for "{remote}" twice'
                yield error("MC234", ("clusters", index), message, "a suffix is used once and never again")


def _addresses(blueprint: Blueprint, facts: Facts) -> Iterator[Finding]:
    serving = served_primaries(blueprint)
    for i, cluster in enumerate(blueprint.clusters):
        text = facts.addresses.get(cluster.name, "")
        if text and not cluster.gateway.address:
            for found in unreachable(text, ("clusters", i), serves_remotes=cluster.name in serving):
                yield replace(found, message=f"{layout.FACTS}: {found.message}")


def _sealed(blueprint: Blueprint, found: Inputs, remotes: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    for (consumer, remote), document in found.sealed.items():
        path = layout.sealed_secret(consumer, remote)
        index = remotes.get((consumer, remote))
        if index is None:
            message = f'{path}: "{consumer}" reads no remote "{remote}" in this mesh'
            yield error("MC236", ("clusters",), message, pushed.FILE, key=True)
            continue
        cluster = blueprint.clusters[index]
        for message in sealed.differences(document, cluster.id or cluster.name):
            yield error(
                "MC235",
                ("clusters", index),
                f"{path}: {message}",
                "seal the remote secret of this cluster again; a file of another cluster or name cannot be used",
            )
        token = sealed.annotation(document, names.TOKEN)
        if token and token not in found.facts.tokens.get(consumer, {}).get(remote, [FIRST_SUFFIX]):
            yield error(
                "MC246",
                ("clusters", index),
                f'{path}: it holds the token "{token}", which {layout.FACTS} does not name (any more)',
                f"restore the suffix in {layout.FACTS}, or seal the remote secret again: `mcgen bootstrap`",
            )


def _copied(blueprint: Blueprint, found: Inputs, remotes: Mapping[tuple[str, str], int]) -> Iterator[Finding]:
    index = {cluster.name: i for i, cluster in enumerate(blueprint.clusters)}
    files = {layout.sealed_secret(*pair): (each, remotes.get(pair)) for pair, each in found.sealed.items()}
    files |= {layout.sealed_authority(name): (each, index.get(name)) for name, each in found.authorities.items()}
    documents = {path: document for path, (document, _) in files.items()}
    for path, message in sealed.copied(documents, documents):
        at = files[path][1]
        # Of what is no cluster here, there is another finding.
        if at is not None:
            yield error("MC235", ("clusters", at), f"{path}: {message}", "seal for this cluster again")


def _authorities(blueprint: Blueprint, found: Inputs) -> Iterator[Finding]:
    primaries = {cluster.name: i for i, cluster in enumerate(blueprint.clusters) if cluster.role == "primary"}
    for name, document in found.authorities.items():
        path = layout.sealed_authority(name)
        if name not in primaries or blueprint.trust.mode != "cacerts":
            yield _no_authority(name, path, is_primary=name in primaries)
            continue
        for message in sealed.authority_differences(document):
            yield error(
                "MC235",
                ("clusters", primaries[name]),
                f"{path}: {message}",
                "seal the certificates of this cluster again; a file of another name cannot be used",
            )


def _no_authority(name: str, path: str, *, is_primary: bool) -> Finding:
    if is_primary:
        message, advice = f"{path}: `trust.mode` is not cacerts", "write `mode: cacerts` again, or remove the file"
        return error("MC236", ("trust", "mode"), message, advice)
    message = f'{path}: "{name}" is no primary of this mesh'
    return error("MC236", ("clusters",), message, pushed.FILE, key=True)


def _one_root(blueprint: Blueprint, found: Inputs) -> Iterator[Finding]:
    """MC247: every primary trusts the roots that the CAs of all are under, as far as the inputs say."""
    backend = BACKENDS[blueprint.secrets.backend]
    index = {cluster.name: i for i, cluster in enumerate(blueprint.clusters)}
    held = {name: each for name in blueprint.primaries if (each := backend.authority(found, name))}
    signed = {name: roots.signed(each) for name, each in held.items()}
    told: set[str] = set()
    for name, other, root in roots.distrust(signed, signed):
        first, last = sorted((name, other), key=index.__getitem__)
        if last not in told:
            told.add(last)
            one, two = signed[last].root, signed[first].root
            place = layout.FACTS if blueprint.secrets.backend == EXTERNAL_SECRETS else layout.sealed_authority(last)
            message = f"{place}: " + (
                f"{other} does not trust the root of {name}, {root}"
                if one == two
                else f"the root of {last} is {one}, and that of {first} is {two}"
            )
            advice = f"make both under one root: `mcgen bootstrap --ca FOLDER --reseal {last}`"
            yield error("MC247", ("clusters", index[last]), message, advice)
