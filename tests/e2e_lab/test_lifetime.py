"""A lab ends with whoever made it, or is found and ended later; it never touches what is not its own."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.lab.catalogue import CHECKOUT
from tests.lab.lab import Lab
from tests.lab.plan import LabError, plan
from tests.lab.process import Process, alive, run, start, stop, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

NETWORK = IPv4Network("10.208.0.0/14")
NAME = "short"
# What a shell starts in the background ignores SIGINT, and so does all that it starts: here it is heard again.
SCRIPT = f"""
import ipaddress, signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)
from pathlib import Path
from tests.lab.lab import Lab
from tests.lab.plan import plan
with Lab(plan((), bare=("one",), name="{NAME}", network=ipaddress.IPv4Network("{NETWORK}"))) as lab:
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process that has brought up a lab with one API server and waits."""
    with subprocess.Popen([sys.executable, "-c", SCRIPT], stdout=subprocess.PIPE, cwd=CHECKOUT) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == b"up\n"
            yield process
        finally:
            process.kill()
            process.wait()
            with contextlib.suppress(LabError):
                Lab.found(NAME).down()


def of_the_lab() -> list[str]:
    """Return what this machine has of the lab: namespaces, interfaces, mounts, processes."""
    mounts = [line for line in Path("/proc/self/mountinfo").read_text().splitlines() if f"/mcgen-lab/{NAME}/" in line]
    return [
        *(line for line in run(["ip", "netns"]).splitlines() if line.startswith(f"{NAME}-")),
        *(line for line in run(["ip", "route"]).splitlines() if "10.209." in line),
        *mounts,
        *(command for command in commands() if f"/mcgen-lab/{NAME}/run" in command),
    ]


def commands() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield path.read_bytes().replace(b"\0", b" ").decode(errors="replace")


def end(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    child.send_signal(number)
    child.wait(60)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=("SIGTERM", "SIGINT"))
def test_a_lab_goes_with_the_process_that_is_told_to_end(
    child: subprocess.Popen[bytes], number: signal.Signals
) -> None:
    assert of_the_lab()
    end(child, number)
    assert of_the_lab() == []


def test_a_lab_that_a_killed_process_left_is_found_and_ended(child: subprocess.Popen[bytes]) -> None:
    end(child, signal.SIGKILL)
    left = Lab.found(NAME)
    assert all(alive(process) for process in left["one"].processes())
    with pytest.raises(LabError, match="is up, or was left behind"):
        Lab(plan((), bare=("one",), name=NAME, network=NETWORK)).up()
    subprocess.run([sys.executable, "-m", "tests.lab", "down", "--name", NAME], cwd=CHECKOUT, check=True)
    assert of_the_lab() == []
    assert (left.logs / "one/kube-apiserver.log").stat().st_size > 0
    with pytest.raises(LabError, match="no lab 'short'"):
        Lab.found(NAME)


def test_a_process_that_has_the_number_of_one_of_ours_is_left_alone(tmp_path: Path) -> None:
    process = start(["sleep", "60"], record=tmp_path / "ours.stat", log=tmp_path / "log")
    written = process.record.read_text()
    try:
        wait_for("sleep", lambda: Path("/proc", written.split()[0], "comm").read_text() == "sleep\n", seconds=5)
        head, bracket, rest = written.rpartition(")")
        fields = rest.split()
        fields[19] = str(int(fields[19]) - 1)
        other = Process(tmp_path / "other.stat", process.log)
        other.record.write_text(f"{head}{bracket} {' '.join(fields)}")
        assert not alive(other)
        stop(other.record)
        assert alive(process)
    finally:
        stop(process.record)
    assert not alive(process)
    assert not process.record.exists()


def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(LabError, match="nowhere is not installed"):
        run(["nowhere"])


def test_a_program_that_fails_is_quoted(tmp_path: Path) -> None:
    process = start(["sh", "-c", "echo no luck; exit 1"], record=tmp_path / "it.stat", log=tmp_path / "it.log")
    with pytest.raises(LabError, match=r"it ended while waiting for a wonder; .*\nno luck"):
        wait_for("a wonder", lambda: False, seconds=30, needs=[process])
