"""The words of a page become commands."""

from __future__ import annotations

import pytest

from tests.lab.handbook import block
from tests.lab.plan import LabError


def test_a_page_gives_the_first_block_of_a_language_below_some_words() -> None:
    page = "one\n```sh\nfalse\n```\n- two\n  ```yaml\n  a: 1\n  ```\n  ```sh\n  true\n  ```\n"
    assert block(page, "two") == "true\n"
    assert block(page, "one", "yaml") == "a: 1\n"
    with pytest.raises(LabError, match="no block of sh after 'three'"):
        block(page, "three")
