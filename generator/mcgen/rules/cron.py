"""Schedules as CronJobs have them.

Source: github.com/robfig/cron v3, ParseStandard, by which the API server judges `spec.schedule`.
"""

from __future__ import annotations

import re

# Name, least, most, and the names that stand for numbers.
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")),
    ("day of the week", 0, 6, ("sun", "mon", "tue", "wed", "thu", "fri", "sat")),
)
_NICKNAMES = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_RANGE = re.compile(r"(?:(\*)|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:/([0-9]+))?")


def wrong(schedule: str) -> str:
    """Return what is wrong with a schedule, empty when it is a good one."""
    if schedule.startswith("@"):
        return "" if schedule in _NICKNAMES else f"there are {', '.join(_NICKNAMES)}"
    fields = schedule.split()
    if len(fields) != len(_FIELDS):
        return f"it has {len(fields)} fields, and there are five"
    for text, (name, least, most, known) in zip(fields, _FIELDS, strict=True):
        for part in text.lower().split(","):
            if not _is_range(part, least, most, known):
                return f'"{part[:40]}" is no {name} ({least} to {most})'
    return ""


def _is_range(text: str, least: int, most: int, known: tuple[str, ...]) -> bool:
    match = _RANGE.fullmatch(text)
    if match is None or (match[4] and _number(match[4], least, ()) < 1):
        return False
    if match[1]:
        return True
    first = _number(match[2], least, known)
    last = _number(match[3], least, known) if match[3] else first
    return least <= first <= last <= most


def _number(text: str, least: int, known: tuple[str, ...]) -> int:
    if text in known:
        return known.index(text) + least
    return int(text) if text.isdigit() and len(text) < 5 else -1
