"""Files as such: those that are no YAML, those that a person changed, and those that mcgen did not make."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mcgen import layout
from mcgen.changes import versions
from mcgen.changes.documents import documents_of
from mcgen.changes.finding import Finding, Risk, Turn, quote
from mcgen.changes.leaves import Leaf
from mcgen.changes.say import shift
from mcgen.manifest import digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mcgen.changes.context import Context
    from mcgen.changes.trees import Side
    from mcgen.manifest import Manifest

_RECIPE = "Dockerfile"


def prose(path: str, context: Context) -> Iterator[Finding]:
    """Yield what happened to a file that is no YAML, or whose data is what it was."""
    old, new = (_text(side, path) for side in (context.old, context.new))
    if path.endswith(_RECIPE):
        yield from versions.recipe(old, new)
    turn = Turn.CHANGED if path in context.old.paths and path in context.new.paths else Turn.ADDED
    turn = Turn.REMOVED if path not in context.new.paths else turn
    words = {Turn.ADDED: "is new", Turn.REMOVED: "is gone", Turn.CHANGED: "changes"}[turn]
    count = _lines(old, new) if turn is Turn.CHANGED else ""
    by_hand = path.startswith((f"{layout.SETUP}/", f"{layout.BOOTSTRAP}/")) and not path.endswith(layout.README)
    risk, why = Risk.LOW, ""
    if by_hand:
        risk, why = Risk.MEDIUM, "an administrator builds or applies it again"
    if path.endswith(".yaml") and None in (
        documents_of(path, side.contents.get(path)) for side in (context.old, context.new)
    ):
        risk, why = Risk.HIGH, "mcgen cannot read what it says; others may"
    yield Finding(
        kind="setup" if by_hand else "text", turn=turn, risk=risk, what=f"{quote(path)} {words}{count}", why=why
    )


def _text(side: Side, path: str) -> str:
    return side.contents.get(path, b"").decode(errors="replace")


def _lines(old: str, new: str) -> str:
    before, after = old.splitlines(), new.splitlines()
    more, less = (len(set(one) - set(two)) for one, two in ((after, before), (before, after)))
    return f" ({more} lines new, {less} gone)" if more or less else ""


def by_hand(context: Context) -> Iterator[Finding]:
    """Yield the files that are not what the manifest says, or are in no manifest; their owner is not mcgen."""
    for path in context.changed:
        before, after = (_state(side, path) for side in (context.old, context.new))
        if before != after:
            yield from _judged(path, before, after, context)


def _state(side: Side, path: str) -> str:
    """Return whether a file is mcgen's own (empty), edited or foreign; a file that is not there is nobody's."""
    raw = side.contents.get(path)
    if raw is None or not side.manifest.generator:
        return ""
    known = side.manifest.files.get(path) or side.manifest.inputs.get(path)
    if known is None:
        return "foreign"
    return "" if digest(raw) in known.split() else "edited"


def _judged(path: str, before: str, after: str, context: Context) -> Iterator[Finding]:
    clusters = context.touched(path)
    for state, turn in ((after, Turn.ADDED), (before, Turn.REMOVED)):
        if not state:
            continue
        gone = turn is Turn.REMOVED
        if state == "edited":
            what = "what somebody changed by hand is taken back" if gone else "somebody changed a built file by hand"
            why = (
                "the tree is what mcgen builds"
                if gone
                else "the blueprint does not say so, and the next build undoes it"
            )
        else:
            what = f"{quote(path)} {'is gone, and was' if gone else 'is'} not made by mcgen"
            why = "nobody applies it any more" if gone else "no build looks after it, and Argo CD may apply it"
        yield Finding(
            kind=state, turn=turn, risk=Risk.MEDIUM if gone else Risk.HIGH, what=what, why=why, files=(path,),
            clusters=clusters,
        )  # fmt: skip


def manifests(context: Context) -> Iterator[Finding]:
    """Yield what the manifests themselves say: by which mcgen, of which mesh, and of files that did not change."""
    old, new = context.old.manifest, context.new.manifest
    raw = [side.contents.get(layout.MANIFEST) for side in (context.old, context.new)]
    if raw[0] == raw[1]:
        return
    if unreadable := [not manifest.generator for manifest in (old, new)].count(True):
        yield from _without(context) if unreadable == 1 and context.old.paths and context.new.paths else ()
        return
    said = list(_made(old, new))
    yield from said
    was, now = _all(old), _all(new)
    listed = {path for path in was.keys() | now.keys() if was.get(path) != now.get(path)}
    odd = sorted(path for path in listed if path not in context.changed)
    if odd or (not said and not listed):
        what = (
            f"the manifest says something else of {quote(odd[0])}, which is what it was"
            if odd
            else "the manifest is written in another way"
        )
        risk, why = (Risk.HIGH, "no build would do that") if odd else (Risk.LOW, "")
        yield Finding(kind="edited", turn=Turn.CHANGED, risk=risk, what=what, why=why, files=(layout.MANIFEST,))


def _made(old: Manifest, new: Manifest) -> Iterator[Finding]:
    """Yield by which mcgen and of which mesh the trees are."""
    why = "everything is made anew"
    if old.generator != new.generator:
        leaf = Leaf(way=(), before=old.generator, after=new.generator)
        turn = versions.direction(old.generator, new.generator)
        found = shift("mcgen", "the mcgen that made the tree", leaf, risk=Risk.MEDIUM, why=why, turn=turn)
        yield replace(found, files=(layout.MANIFEST,))
    if old.blueprint != new.blueprint:
        leaf = Leaf(way=(), before=old.blueprint, after=new.blueprint)
        found = shift("identity", "the mesh of the tree", leaf, risk=Risk.HIGH, why=why, turn=Turn.CHANGED)
        yield replace(found, files=(layout.MANIFEST,))


def _without(context: Context) -> Iterator[Finding]:
    """Yield that a tree has a manifest that can be read on one side only: nobody can say what was edited there."""
    gone = not context.new.manifest.generator
    yield Finding(
        kind="edited",
        turn=Turn.ADDED if gone else Turn.REMOVED,
        risk=Risk.HIGH if gone else Risk.MEDIUM,
        what=f"the manifest is {'gone, or cannot be read' if gone else 'there again'}",
        why="no file can be told from one that somebody changed" if gone else "the tree is what mcgen builds",
        files=(layout.MANIFEST,),
    )


def _all(manifest: Manifest) -> dict[str, str]:
    return {**manifest.files, **manifest.inputs}
