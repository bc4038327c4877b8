"""Who may call what: AuthorizationPolicies and PeerAuthentications."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from mcgen import names
from mcgen.changes.finding import Finding, Risk, Turn, quote, quoted
from mcgen.changes.leaves import flow_key, get, listing, mapping, same

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.documents import Delta
    from mcgen.tree import Data

Match: TypeAlias = dict[str, frozenset[str]]
"""What a rule asks for: values by field. A field that is not there matches everything."""

_WAYS = (("spec", "rules"), ("spec", "action"), ("spec", "selector"))
_ANYBODY = "anybody"
_REFUSED = "calls that work today may be refused"
_MODES = {"STRICT": 0, "PERMISSIVE": 1, "DISABLE": 2}


def authorization(delta: Delta, context: Context) -> Iterator[Finding]:
    """Yield whether a policy lets in more or less."""
    if delta.kind != "AuthorizationPolicy":
        return
    if delta.old is None or delta.new is None:
        yield _whole(delta, context)
        return
    old, new = delta.old, delta.new
    if all(same(get(old, *way), get(new, *way)) for way in _WAYS):
        return
    turned = [way[1] for way in _WAYS[1:] if not same(get(old, *way), get(new, *way))]
    if turned or _action(old) not in {"ALLOW", "DENY"}:
        what = f"{_title(delta)} has another {' and another '.join(turned) or 'set of rules'}"
        yield _finding(Turn.CHANGED, Risk.HIGH, what, "who may call what is another question now", old, new)
        return
    yield _rules(delta, old, new)


def _whole(delta: Delta, context: Context) -> Finding:
    policy = delta.some
    added = delta.old is None
    action = _action(policy)
    if action == "ALLOW":
        # Where it is not, do others let in their callers only?
        turn, risk, why = (_come if added else _gone)(policy, context.policies[not added])
    elif action == "DENY" and not added:
        turn, risk, why = Turn.WIDENED, Risk.HIGH, "nothing else stands in the way of what it kept out"
    else:
        turn = Turn.NARROWED if action == "DENY" else Turn.ADDED if added else Turn.REMOVED
        risk, why = Risk.MEDIUM, _REFUSED
    said = f"{action} policy {_title(delta)} is {'new' if added else 'gone'}{_says(policy)}"
    before, after = ({}, policy) if added else (policy, {})
    return _finding(turn, risk, said, why, before, after, all_=True)


def _come(policy: Data, others: list[Data]) -> tuple[Turn, Risk, str]:
    """Return what a new ALLOW policy does."""
    if _another(policy, others):
        return Turn.WIDENED, *_loose(policy)
    # One without rules lets nobody in anywhere.
    if get(policy, "spec", "rules") and _another(policy, others, in_part=True):
        why = "its callers reach workloads that other ALLOW policies kept them from; to the rest it is the first"
        return Turn.CHANGED, _loose(policy)[0], why
    why = "the first ALLOW policy of these workloads: from now on only its callers are let in"
    return Turn.NARROWED, Risk.MEDIUM, why


def _gone(policy: Data, others: list[Data]) -> tuple[Turn, Risk, str]:
    """Return what it does that an ALLOW policy is no longer there."""
    if _another(policy, others):
        return Turn.NARROWED, Risk.MEDIUM, _REFUSED
    if get(policy, "spec", "rules") and _another(policy, others, in_part=True):
        why = "no other ALLOW policy is about some of these workloads: anybody may call those"
        return Turn.CHANGED, Risk.HIGH, why
    return Turn.WIDENED, Risk.HIGH, "no other ALLOW policy is about these workloads: anybody may call them"


def _another(policy: Data, policies: list[Data], *, in_part: bool = False) -> bool:
    """Return whether another ALLOW policy is about all workloads that this one is about; in_part: about any of them."""
    mine = get(policy, "metadata", "namespace"), get(policy, "metadata", "name")
    for other in policies:
        theirs = get(other, "metadata", "namespace"), get(other, "metadata", "name")
        # Those of the root namespace are for the whole mesh.
        near = theirs[0] in (mine[0], names.ISTIO_SYSTEM) or (in_part and mine[0] == names.ISTIO_SYSTEM)
        if theirs == mine or not near or _action(other) != "ALLOW":
            continue
        labels, wanted = _labels(other), _labels(policy)
        asked = labels.keys() & wanted.keys() if in_part else labels.keys()
        if all(labels[key] == wanted.get(key) for key in asked):
            return True
    return False


def _labels(policy: Data) -> dict[str, str]:
    return {key: repr(value) for key, value in mapping(policy, "spec", "selector", "matchLabels").items()}


def _loose(policy: Data) -> tuple[Risk, str]:
    if any(not _says_who(_match(rule)) for rule in listing(policy, "spec", "rules")):
        return Risk.HIGH, "a rule that does not say who lets in anybody"
    return Risk.MEDIUM, "more callers than before"


def _rules(delta: Delta, old: Data, new: Data) -> Finding:
    changes = list(_changes(listing(old, "spec", "rules"), listing(new, "spec", "rules")))
    more = [change for change in changes if change.more]
    less = [change for change in changes if change.less]
    deny = _action(new) == "DENY"
    said = "; ".join(change.words for change in changes) or "its rules stand in another order"
    what = f"{_title(delta)}: {said}"
    if not more and not less:
        return _finding(Turn.CHANGED, Risk.LOW, what, "", old, new)
    if more and less:
        return _finding(Turn.CHANGED, Risk.MEDIUM, what, "wider here and narrower there", old, new)
    if bool(more) is deny:
        return _finding(Turn.NARROWED, Risk.MEDIUM, what, _REFUSED, old, new)
    high = any(change.high for change in changes)
    why = "what kept callers out is gone" if high or deny else "more callers than before"
    return _finding(Turn.WIDENED, Risk.HIGH if high or deny else Risk.MEDIUM, what, why, old, new)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    words: str
    more: bool
    less: bool
    high: bool = False


def _changes(old: list[Any], new: list[Any]) -> Iterator[_Change]:
    """Yield what rules match more or less, those that did not change left out."""
    before = {flow_key(rule): rule for rule in old}
    after = {flow_key(rule): rule for rule in new}
    gone = [rule for key, rule in before.items() if key not in after]
    come = [rule for key, rule in after.items() if key not in before]
    for was, now in zip(gone, come, strict=False):
        yield from _between(_match(was), _match(now))
    for rule in gone[len(come) :]:
        yield _Change(words=f"a rule is gone: {_in_words(rule)}", more=False, less=True)
    for rule in come[len(gone) :]:
        high = not _says_who(_match(rule))
        yield _Change(words=f"a new rule: {_in_words(rule)}", more=True, less=False, high=high)


def _between(old: Match | None, new: Match | None) -> Iterator[_Change]:
    if old is None or new is None:
        yield _Change(words="a rule says something else", more=True, less=True, high=True)
        return
    for field in sorted({*old, *new}):
        before, after = old.get(field), new.get(field)
        if before == after:
            continue
        name, negative = field.rpartition(".")[2], ".not" in field
        added = sorted((after or frozenset()) - (before or frozenset()))
        removed = sorted((before or frozenset()) - (after or frozenset()))
        if before is None or after is None:
            wider = after is None
            values = quoted(removed or added)
            words = f"{name} no longer says {values}: {_free(field)}" if wider else f"{name} must be {values}"
            yield _Change(words=words, more=wider, less=not wider, high=wider)
            continue
        words = " and ".join(
            [*([f"also {quoted(added)}"] if added else []), *([f"not {quoted(removed)}"] if removed else [])]
        )
        more, less = (bool(removed), bool(added)) if negative else (bool(added), bool(removed))
        high = (negative and more) or "*" in added or _is_everyone(field, added)
        yield _Change(words=f"{name}: {words}", more=more, less=less, high=high)


def _says_who(match: Match | None) -> bool:
    """Return whether a rule lets in some callers only; not for one of another form."""
    return any(field.startswith("source.") and not _is_everyone(field, found) for field, found in (match or {}).items())


def _is_everyone(field: str, values: Iterable[str]) -> bool:
    """Return whether a field of a rule names every address."""
    return field.lower().endswith("ipblocks") and ".not" not in field and any(each.endswith("/0") for each in values)


def _free(field: str) -> str:
    return _ANYBODY if field.startswith("source.") else "anything"


def _match(rule: Any) -> Match | None:
    """Return what a rule asks for, None when it is of another form than mcgen's."""
    found: Match = {}
    if not isinstance(rule, dict) or rule.keys() - {"from", "to"}:
        return None
    for part, inner in (("from", "source"), ("to", "operation")):
        if part not in rule:
            continue
        entries = rule[part]
        if not isinstance(entries, list) or len(entries) != 1 or not isinstance(get(entries[0], inner), dict):
            return None
        for field, values in entries[0][inner].items():
            if not isinstance(values, list):
                return None
            found[f"{inner}.{field}"] = frozenset(str(value) for value in values)
    return found


def _in_words(rule: Any) -> str:
    match = _match(rule)
    if match is None:
        return quote(rule)
    parts = [f"{field.rpartition('.')[2]} {quoted(sorted(values))}" for field, values in match.items()]
    if not any(field.startswith("source.") for field in match):
        parts.insert(0, _ANYBODY)
    return ", ".join(parts)


def _says(policy: Data) -> str:
    rules = listing(policy, "spec", "rules")
    listed = "; ".join(_in_words(rule) for rule in rules[:3])
    return f" ({listed})" if listed else " (no rules: it matches nobody)"


def _action(policy: Data) -> str:
    return str(get(policy, "spec", "action") or "ALLOW")


def _title(delta: Delta) -> str:
    return quote(f"{delta.key[2]}/{delta.name}")


def _finding(turn: Turn, risk: Risk, what: str, why: str, old: Data, new: Data, *, all_: bool = False) -> Finding:
    from mcgen.changes.finding import shown

    before, after = (shown(side["spec"]) if isinstance(side.get("spec"), dict) else "" for side in (old, new))
    covers = ((),) if all_ else _WAYS
    return Finding(kind="policy", turn=turn, risk=risk, what=what, why=why, before=before, after=after, covers=covers)


def peer(delta: Delta, _context: Context) -> Iterator[Finding]:
    """Yield whether plain text is let in."""
    if delta.kind != "PeerAuthentication":
        return
    before, after = _mode(delta.old), _mode(delta.new)
    if delta.old is None or delta.new is None:
        # What holds without it is for the whole mesh to say, and mcgen says STRICT there.
        wide = (after != "STRICT") if delta.old is None else (before == "STRICT")
    elif before == after:
        return
    else:
        wide = _MODES.get(after, 3) > _MODES.get(before, 3)
    yield Finding(
        kind="mtls",
        turn=Turn.WIDENED if wide else Turn.NARROWED,
        risk=Risk.HIGH if wide else Risk.MEDIUM,
        what=f"{_title(delta)}: mutual TLS goes from {before} to {quote(after)}",
        why="callers without an identity are let in" if wide else "callers without a sidecar are refused",
        before=before,
        after=after,
        covers=(("spec", "mtls", "mode"),) if delta.old and delta.new else ((),),
    )


def _mode(policy: Data | None) -> str:
    return str(get(policy, "spec", "mtls", "mode") or "PERMISSIVE") if policy else "what holds elsewhere"
