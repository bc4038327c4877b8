"""How a bootstrap speaks: tables that fit a terminal, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from mcgen.bootstrap.outcome import State
from mcgen.report import printable
from mcgen.terminal import wrap

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mcgen.bootstrap.outcome import Outcome
    from mcgen.bootstrap.run import Result
    from mcgen.bootstrap.status import Standing


def summary(result: Result, width: int = 0) -> str:
    """Return one line per pair, the notes, and a count of every state; width: of a terminal."""
    states = [outcome.state for outcome in result.outcomes if outcome.remote]
    return _report(result, states, width, nothing="this mesh has no remote secrets")


def authorities(result: Result, width: int = 0) -> str:
    """Return one line per primary and its CA, the notes, and a count of every state; width: of a terminal."""
    return _report(result, [outcome.state for outcome in result.outcomes], width)


def _report(result: Result, states: Sequence[State], width: int, nothing: str = "") -> str:
    """Return the lines of a result and a count of states; nothing: what to say where there are none."""
    lines = [line for outcome in result.outcomes for line in wrap(_line(outcome), width, " " * 9)]
    lines += [line for note in result.notes for line in wrap(f"note: {printable(note)}", width, " " * 6)]
    counts = [f"{states.count(state)} {state}" for state in State if state in states]
    return "\n".join([*lines, ", ".join(counts) or nothing]) + "\n"


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


def standings(
    rows: Sequence[Standing],
    addresses: Mapping[str, str],
    unsigned: Sequence[str] = (),
    signing: str = "",
    made: str = "unsealed",
    width: int = 0,
) -> str:
    """Return where every pair stands, a block of lines each, within the width of a terminal.

    addresses: of the primaries that serve remotes. unsigned: those that wait for a CA, without which no chain goes on;
    signing: the command for it. made: what a consumer's controller does to make a secret.
    """
    unknown = "not known yet; mcgen bootstrap finds it once stage east-west-gateway is healthy"
    lines = [f"{' and '.join(unsigned)}: no CA yet", f"  {'next:':<13}{signing}"] if unsigned else []
    lines += [f"{name}: east-west address {address or unknown}" for name, address in addresses.items()]
    lines += [line for row in rows for line in _standing(row, made)] or ["this mesh has no remote secrets"]
    return "".join(f"{part}\n" for line in lines for part in wrap(line, width, " " * (15 if line[0] == " " else 2)))


def standings_json(
    rows: Sequence[Standing], addresses: Mapping[str, str], unsigned: Sequence[str] = (), signing: str = ""
) -> str:
    """Return the same as JSON: `version` (1), `unsigned` with its `next`, `addresses` and `pairs`."""
    return _json(
        {
            "version": 1,
            "unsigned": {"primaries": list(unsigned), "next": signing},
            "addresses": addresses,
            "pairs": [msgspec.to_builtins(row) for row in rows],
        }
    )


def _standing(row: Standing, made: str) -> list[str]:
    age = "" if row.age is None else f", {row.age} days old"
    expires = f", expires {row.not_after}" if row.not_after else ""
    facts = {
        "token": f"{row.token or 'none sealed'}{age}",
        "certificate": f"{row.fingerprint[:23]}...{expires}" if row.fingerprint else "",
        made: row.unsealed,
        "istiod": row.istiod,
        "next": row.next,
    }
    lines = [f"{row.remote} for {row.consumer}: {row.state}"]
    lines += [f"  {name + ':':<13}{printable(value)}" for name, value in facts.items() if value]
    return lines + [f"  {'no answer:':<13}{printable(reason)}" for reason in row.why]


def _json(value: dict[str, Any]) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
