"""How a bootstrap speaks: tables that fit a terminal, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from mcgen.bootstrap.outcome import State
from mcgen.report import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcgen.bootstrap.outcome import Outcome
    from mcgen.bootstrap.run import Result
    from mcgen.bootstrap.status import Standing


def summary(result: Result) -> str:
    """Return one line per pair, the notes, and a count of every state."""
    lines = [_line(outcome) for outcome in result.outcomes]
    lines += [f"note: {printable(note)}" for note in result.notes]
    states = [outcome.state for outcome in result.outcomes if outcome.remote]
    counts = [f"{states.count(state)} {state}" for state in State if state in states]
    return "\n".join([*lines, ", ".join(counts) or "this mesh has no remote secrets"]) + "\n"


def outcomes(result: Result) -> str:
    """Return the same as JSON: `version` (1), `wrote`, `pairs`, `consumers` and `notes`."""
    rows = [msgspec.to_builtins(outcome) for outcome in result.outcomes]
    return _json(
        {
            "version": 1,
            "wrote": result.wrote,
            "pairs": [row for row in rows if row["remote"]],
            "consumers": [row for row in rows if not row["remote"]],
            "notes": result.notes,
        }
    )


def _line(outcome: Outcome) -> str:
    who = f"{outcome.remote} for {outcome.consumer}" if outcome.remote else outcome.consumer
    return f"{outcome.state:<8} {who}: {printable(outcome.words)}"


def standings(rows: Sequence[Standing], addresses: Mapping[str, str]) -> str:
    """Return where every pair stands, a block of lines each. addresses: of the primaries that serve remotes."""
    if not rows:
        return "this mesh has no remote secrets\n"
    unknown = "not known yet; mcgen bootstrap finds it once stage east-west-gateway is healthy"
    lines = [f"{name}: east-west address {address or unknown}\n" for name, address in addresses.items()]
    return "".join(lines) + "".join(_standing(row) for row in rows)


def standings_json(rows: Sequence[Standing], addresses: Mapping[str, str]) -> str:
    """Return the same as JSON: `version` (1), `addresses` and `pairs`."""
    return _json({"version": 1, "addresses": addresses, "pairs": [msgspec.to_builtins(row) for row in rows]})


def _standing(row: Standing) -> str:
    age = "" if row.age is None else f", {row.age} days old"
    expires = f", expires {row.not_after}" if row.not_after else ""
    facts = {
        "token": f"{row.token or 'none sealed'}{age}",
        "certificate": f"{row.fingerprint[:23]}...{expires}" if row.fingerprint else "",
        "unsealed": row.unsealed,
        "istiod": row.istiod,
        "next": row.next,
    }
    lines = [f"{row.remote} for {row.consumer}: {row.state}"]
    lines += [f"  {name + ':':<13}{printable(value)}" for name, value in facts.items() if value]
    lines += [f"  {'no answer:':<13}{printable(reason)}" for reason in row.why]
    return "\n".join(lines) + "\n"


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
