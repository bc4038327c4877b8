"""mcgen comment against the two platforms' APIs on loopback."""

from __future__ import annotations

import io
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from mcgen.cli import run
from tests.ci.forge import Forge

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PLATFORMS = ["github", "gitlab"]


@pytest.fixture
def forge() -> Iterator[Forge]:
    with Forge() as made:
        yield made


def job(monkeypatch: pytest.MonkeyPatch, where: str, forge: Forge, token: str = "t0ken") -> None:
    for name in ("GITHUB_ACTIONS", "GITLAB_CI"):
        monkeypatch.delenv(name, raising=False)
    event = Path("event.json")
    event.write_text(json.dumps({"pull_request": {"number": 7}}), encoding="utf-8")
    given = {"GITHUB_ACTIONS": "true", "GITHUB_TOKEN": token, "GITHUB_EVENT_PATH": str(event)}
    given |= {"GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "o/r"}
    if where == "gitlab":
        given = {"GITLAB_CI": "true", "MCGEN_GITLAB_TOKEN": token, "CI_MERGE_REQUEST_IID": "7"}
        given |= {"CI_API_V4_URL": forge.url, "CI_PROJECT_ID": "42"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)


@contextmanager
def answering(monkeypatch: pytest.MonkeyPatch, answer: Callable[[str, str], tuple[int, str, str]]) -> Iterator[None]:
    """Let both platforms be a server that answers a method and a path with a code, a place to go to, and a body."""

    class Other(BaseHTTPRequestHandler):
        def answer(self) -> None:
            code, place, body = answer(self.command, self.path)
            self.send_response(code)
            if place:
                self.send_header("Location", place)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_GET = do_POST = do_PATCH = do_PUT = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("GITHUB_API_URL", "CI_API_V4_URL"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()


def put(text: str, *options: str) -> int:
    Path("changes.md").write_text(text, encoding="utf-8")
    return run(["comment", "changes.md", *options])


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("where", PLATFORMS)
def test_a_comment_is_created_and_then_updated(
    where: str, forge: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(monkeypatch, where, forge)
    assert put("one\n") == 0
    assert put("two \u4e2d\n") == 0
    assert put("two \u4e2d\n") == 0
    assert put("other\n", "--mark", "output/other") == 0
    assert [comment["body"] for comment in forge.comments] == [
        "<!-- mcgen: mcgen -->\ntwo \u4e2d\n",
        "<!-- mcgen: output/other -->\nother\n",
    ]
    said = capsys.readouterr().out.splitlines()
    assert [line.partition(": ")[2] for line in said] == ["created", "updated", "unchanged", "created"]


@pytest.mark.parametrize("where", PLATFORMS)
def test_the_comment_is_found_behind_many_and_never_another_author_s(
    where: str, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever could make the job write into their own comment could change afterwards what reviewers read."""
    forge.add("<!-- mcgen: mcgen -->\nlies", login="mallory", number=13)
    for number in range(250):
        forge.add(f"talk {number}", login="someone", number=5)
    mine = forge.add("<!-- mcgen: mcgen -->\r\nold")
    job(monkeypatch, where, forge)
    assert put("new") == 0
    assert mine["body"] == "<!-- mcgen: mcgen -->\nnew"
    assert forge.comments[0]["body"].endswith("lies")
    assert len(forge.comments) == 252


@pytest.mark.parametrize("where", PLATFORMS)
def test_nothing_is_created_when_it_shall_only_be_kept_right(
    where: str, forge: Forge, monkeypatch: pytest.MonkeyPatch
) -> None:
    job(monkeypatch, where, forge)
    assert put("no changes", "--if-present") == 0
    assert forge.comments == []
    assert put("a change") == 0
    assert put("no changes", "--if-present") == 0
    assert forge.comments[0]["body"].endswith("no changes")


@pytest.mark.parametrize("where", PLATFORMS)
def test_a_refused_token_is_told(
    where: str, forge: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(monkeypatch, where, forge, token="wr0ng")
    assert put("text") == 3
    error = capsys.readouterr().err
    assert "403" in error
    assert "may not comment" in error
    assert "wr0ng" not in error


def test_a_token_goes_nowhere_else(
    forge: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(monkeypatch, "github", forge)
    with answering(monkeypatch, lambda _, path: (302, f"{forge.url}{path}", "")):
        assert put("text") == 3
    assert "302" in capsys.readouterr().err
    assert forge.requests == []


def test_a_platform_that_is_not_there(
    forge: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(monkeypatch, "github", forge)
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:1")
    assert put("text") == 3
    assert "no answer" in capsys.readouterr().err
    monkeypatch.setenv("GITHUB_API_URL", "file:///etc")
    assert put("text") == 2


def test_outside_of_a_job(monkeypatch: pytest.MonkeyPatch, forge: Forge, capsys: pytest.CaptureFixture[str]) -> None:
    job(monkeypatch, "github", forge)
    assert put("text", "--mark", "a --> b") == 2
    Path("event.json").write_text("{}", encoding="utf-8")
    assert put("text") == 2
    monkeypatch.delenv("GITHUB_ACTIONS")
    assert put("text") == 2
    assert "GITLAB_CI" in capsys.readouterr().err
    assert forge.requests == []


def test_standard_input(monkeypatch: pytest.MonkeyPatch, forge: Forge) -> None:
    job(monkeypatch, "github", forge)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"piped")))
    assert run(["comment", "-"]) == 0
    assert forge.comments[0]["body"].endswith("piped")


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("GITHUB_API_URL", "http://[::1", 3),
        ("GITHUB_API_URL", "http://127.0.0.1:x", 3),
        ("GITHUB_TOKEN", "s3cret\nline", 3),
        ("GITHUB_TOKEN", "s3cret\u4e2d", 3),
        ("GITHUB_EVENT_PATH", "missing.json", 2),
        ("GITHUB_EVENT_PATH", "changes.md", 2),
        ("GITHUB_EVENT_PATH", "list.json", 2),
    ],
)
def test_an_odd_environment_is_told_without_the_token(
    name: str, value: str, code: int, forge: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(monkeypatch, "github", forge)
    Path("list.json").write_text("[1]", encoding="utf-8")
    monkeypatch.setenv(name, value)
    assert put("text") == code
    error = capsys.readouterr().err
    assert error.startswith("mcgen: ")
    assert error.count("\n") == 1
    assert "s3cret" not in error


def test_what_is_no_text_is_told(
    forge: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(monkeypatch, "github", forge)
    Path("changes.md").write_bytes(b"\xff")
    assert run(["comment", "changes.md"]) == 2
    assert "changes.md is not UTF-8" in capsys.readouterr().err


MARKED = "<!-- mcgen: mcgen -->\\nold"


@pytest.mark.parametrize("where", PLATFORMS)
@pytest.mark.parametrize(
    "user", ["{}", "[]", "null", '"x"', '{"id": "x"}', '{"id": 1, "login": "github-actions[bot]"}']
)
@pytest.mark.parametrize("number", ["", ', "id": "x"', ', "id": [1]'])
def test_a_comment_of_nobody_is_not_ones_own(
    number: str,
    user: str,
    where: str,
    forge: Forge,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Neither the comment nor the token has an author by whom they could be told apart."""
    asked: list[str] = []

    def answer(method: str, path: str) -> tuple[int, str, str]:
        if method != "GET":
            asked.append(method)
            return 200, "", "{}"
        comments = f'[{{"body": "{MARKED}", "author": {user}, "user": {user}{number}}}]'
        return 200, "", user if path.endswith("/user") else comments

    job(monkeypatch, where, forge)
    with answering(monkeypatch, answer):
        assert put("text") in (0, 3)
    assert asked in ([], ["POST"])
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("answer", ["[1]", "{}", "null", "<html>"])
def test_a_platform_that_answers_otherwise(
    answer: str, forge: Forge, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    job(monkeypatch, "github", forge)
    with answering(monkeypatch, lambda *_: (200, "", answer)):
        assert put("text") == 3
    assert "the platform answered with" in capsys.readouterr().err
