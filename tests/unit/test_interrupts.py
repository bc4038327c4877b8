"""Who interrupts a bootstrap waits for nobody: nothing is tried again, and nothing more is begun."""

from __future__ import annotations

import time

import pytest

from mcgen.bootstrap import kube
from mcgen.bootstrap.retry import Retry
from mcgen.bootstrap.run import each


def test_an_interrupt_ends_the_pause_before_the_next_try() -> None:
    retry, calls = Retry(3, pause=600), 0

    def fail() -> None:
        nonlocal calls
        calls += 1
        retry.stop()
        raise kube.NoAnswer(kube.Why.UNREACHABLE, "no")

    assert not retry.stopped
    with pytest.raises(kube.NoAnswer):
        retry(fail)
    assert (calls, retry.stopped) == (1, True)


def test_an_interrupt_begins_nothing_more() -> None:
    retry, begun = Retry(0), []

    def work(number: int) -> int:
        begun.append(number)
        if number == 1:
            raise KeyboardInterrupt
        while number > 1 and not retry.stopped:
            time.sleep(0.01)
        # As a program that is being ended.
        time.sleep(0.2)
        return number

    with pytest.raises(KeyboardInterrupt):
        list(each(work, range(100), 1, retry))
    assert retry.stopped
    assert len(begun) < 100


def test_what_is_tried_again_may_answer() -> None:
    silent = 2

    def ask() -> str:
        nonlocal silent
        if silent:
            silent -= 1
            raise kube.NoAnswer(kube.Why.UNREACHABLE, "no")
        return "yes"

    assert Retry(2, pause=0)(ask) == "yes"
