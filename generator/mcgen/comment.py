"""A comment on a pull or merge request that is updated in place: the APIs of GitHub and GitLab, four requests of each.

Sources: GitHub's REST API, issue comments; GitLab's API v4, notes of merge requests.
"""

from __future__ import annotations

import re
from collections.abc import Mapping  # noqa: TC003 - a dataclass's field
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import HTTPRedirectHandler, Request, build_opener

import orjson

from mcgen.problems import ToolError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE = 100
_SECONDS = 30.0
_REFUSED = {401, 403}


@dataclass(frozen=True, slots=True, kw_only=True)
class GitHub:
    """A pull request; author: the login under which the token comments."""

    api: str
    headers: Mapping[str, str]
    repository: str
    number: int
    author: str
    method: str = "PATCH"

    @property
    def comments(self) -> str:
        """Return the path of the list."""
        return f"/repos/{self.repository}/issues/{self.number}/comments"

    def update(self, number: int) -> str:
        """Return the path of one comment."""
        return f"/repos/{self.repository}/issues/comments/{number}"

    def is_own(self, comment: Any) -> bool:
        """Return whether the token's owner wrote a comment: its login is not asked for, job tokens may not ask."""
        user = comment.get("user")
        return isinstance(user, dict) and user.get("login") == self.author


@dataclass(frozen=True, slots=True, kw_only=True)
class GitLab:
    """A merge request."""

    api: str
    headers: Mapping[str, str]
    project: str
    number: int
    method: str = "PUT"

    @property
    def comments(self) -> str:
        """Return the path of the list."""
        return f"/projects/{quote(self.project, safe='')}/merge_requests/{self.number}/notes"

    def update(self, number: int) -> str:
        """Return the path of one comment."""
        return f"{self.comments}/{number}"

    def is_own(self, comment: Any) -> bool:
        """Return whether the token's owner wrote a comment; raise ToolError."""
        user = _call(self, "GET", "/user")
        if not isinstance(user, dict) or not isinstance(user.get("id"), int):
            raise ToolError("GET /user: the platform does not say whose the token is")
        author = comment.get("author")
        return isinstance(author, dict) and author.get("id") == user["id"]


Platform: TypeAlias = GitHub | GitLab


def platform(environment: Mapping[str, str], read: Callable[[str], bytes]) -> Platform:
    """Return where the job of this environment comments; read: a file. Raise UsageError for what is missing."""
    if environment.get("GITHUB_ACTIONS"):
        return _github(environment, read)
    if environment.get("GITLAB_CI"):
        return _gitlab(environment)
    raise UsageError("this is no job of GitHub Actions or GitLab CI (neither GITHUB_ACTIONS nor GITLAB_CI is set)")


def _github(environment: Mapping[str, str], read: Callable[[str], bytes]) -> GitHub:
    token = _needed(environment, "GITHUB_TOKEN")
    try:
        event: Any = orjson.loads(read(_needed(environment, "GITHUB_EVENT_PATH")))
        number = (event.get("pull_request") or {}).get("number")
    except (AttributeError, OSError, ValueError) as error:
        raise UsageError(f"the file that GITHUB_EVENT_PATH names tells of no event ({error})") from error
    if not isinstance(number, int):
        raise UsageError("this job runs for no pull request: let it run `on: pull_request`")
    return GitHub(
        api=_needed(environment, "GITHUB_API_URL"),
        headers={"Authorization": f"Bearer {token}", "Accept": "application/vnd.github+json"},
        repository=_needed(environment, "GITHUB_REPOSITORY"),
        number=number,
        author=environment.get("MCGEN_COMMENT_AUTHOR") or "github-actions[bot]",
    )


def _gitlab(environment: Mapping[str, str]) -> GitLab:
    number = environment.get("CI_MERGE_REQUEST_IID", "")
    if not number.isdecimal():
        raise UsageError("this job runs for no merge request: let it run for merge_request_event")
    return GitLab(
        api=_needed(environment, "CI_API_V4_URL"),
        headers={"PRIVATE-TOKEN": _needed(environment, "MCGEN_GITLAB_TOKEN")},
        project=_needed(environment, "CI_PROJECT_ID"),
        number=int(number),
    )


def _needed(environment: Mapping[str, str], name: str) -> str:
    if value := environment.get(name):
        return value
    raise UsageError(f"{name} is not set")


def put(where: Platform, text: str, mark: str, *, create: bool = True) -> str:
    """Write the text in the place of the comment with the same mark, or as a new one.

    Return what was done: created, updated, unchanged, or nothing when there is none and none may be created. Comments
    of others are never touched, even with the mark in them. Raises UsageError, and ToolError when the platform refuses.
    """
    if not re.fullmatch(r"[\w./-]{1,100}", mark):
        raise UsageError(f"the mark '{mark}' may hold letters, digits and _./- only")
    first = f"<!-- mcgen: {mark} -->\n"
    body = first + text
    found = _find(where, first)
    if found is None:
        if not create:
            return "nothing"
        _call(where, "POST", where.comments, {"body": body})
        return "created"
    if str(found.get("body")).replace("\r\n", "\n").rstrip() == body.rstrip():
        return "unchanged"
    number = found.get("id")
    if not isinstance(number, int):
        raise ToolError(f"GET {where.comments}: the platform answered with a comment without a number")
    _call(where, where.method, where.update(number), {"body": body})
    return "updated"


def _find(where: Platform, first: str) -> Any:
    page = 1
    while True:
        listed = _call(where, "GET", f"{where.comments}?per_page={_PAGE}&page={page}")
        if not isinstance(listed, list) or not all(isinstance(comment, dict) for comment in listed):
            raise ToolError(f"GET {where.comments}: the platform answered with no list of comments")
        for comment in listed:
            if str(comment.get("body")).replace("\r\n", "\n").startswith(first) and where.is_own(comment):
                return comment
        if len(listed) < _PAGE:
            return None
        page += 1


class _Stays(HTTPRedirectHandler):
    """Goes nowhere else: urllib would take the token along, to another host and without TLS too."""

    def redirect_request(self, *_: Any) -> None:
        """Follow no redirect, which is then an error."""


def _call(where: Platform, method: str, path: str, data: Any = None) -> Any:
    if not where.api.startswith(("https://", "http://")):
        raise UsageError(f"'{where.api}' is no address of an API")
    headers = {**where.headers, "Content-Type": "application/json", "User-Agent": "mcgen"}
    try:
        request = Request(where.api.rstrip("/") + path, orjson.dumps(data) if data else None, headers, method=method)  # noqa: S310
        with build_opener(_Stays).open(request, timeout=_SECONDS) as answer:
            return orjson.loads(answer.read() or b"null")
    except HTTPError as error:
        advice = "; the token may not comment here" if error.code in _REFUSED else ""
        raise ToolError(f"{method} {path}: the platform answered {error.code} {error.reason}{advice}") from error
    except (URLError, OSError) as error:
        raise ToolError(f"{method} {path}: no answer: {getattr(error, 'reason', error)}") from error
    except orjson.JSONDecodeError as error:
        raise ToolError(f"{method} {path}: the platform answered with something else than JSON") from error
    except (HTTPException, ValueError) as error:
        # What urllib says of a header quotes it, and one is the token.
        why = "" if isinstance(error, HTTPException) else ": is the API's address one, and is the token a single line?"
        raise ToolError(f"{method} {path}: no request, or no answer, that can be understood{why}") from None
