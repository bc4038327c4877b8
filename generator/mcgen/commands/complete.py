"""What a shell offers for an argument or an option: nothing here may fail, or print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    import click
    from click.shell_completion import CompletionItem


def clusters(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the clusters of the blueprint that the command line names."""
    # With an option that still lacks its value, click leaves the arguments where they stood.
    path = ctx.params.get("blueprint") or next(iter(ctx.args), None)
    return [_item(name, text) for name, text in _clusters(path) if name.startswith(incomplete)]


def pairs(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the beginnings of CLUSTER=VALUE."""
    if "=" in incomplete:
        return []
    return [_item(f"{each.value}=", each.help) for each in clusters(ctx, parameter, incomplete)]


def topics(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Return the codes, stages, words and fields that can be explained."""
    from mcgen import fields
    from mcgen.catalog import entries
    from mcgen.concepts import CONCEPTS
    from mcgen.stages import BY_NAME

    known = {name: stage.what for name, stage in BY_NAME.items()} | dict.fromkeys(CONCEPTS, "a word")
    known |= {code: title for code, (title, _) in entries().items()}
    known |= {path: field["description"] for path, field in fields.fields().items() if path not in known}
    return [_item(topic, text) for topic, text in known.items() if topic.lower().startswith(incomplete.lower())]


def _clusters(path: Any) -> Iterator[tuple[str, str]]:
    from mcgen import source
    from mcgen.problems import McgenError

    if not isinstance(path, str):
        return
    try:
        data = source.read(path).data
    except McgenError:
        return
    given = data.get("clusters") if isinstance(data, dict) else None
    for cluster in given if isinstance(given, list) else ():
        if isinstance(cluster, dict) and isinstance(cluster.get("name"), str):
            yield cluster["name"], " ".join(str(cluster[key]) for key in ("role", "platform") if key in cluster)


def _item(value: str, text: str | None) -> CompletionItem:
    from click.shell_completion import CompletionItem

    return CompletionItem(value, help=text or None)
