"""What kustomize and istioctl make of the sample trees keeps the rules too."""

from __future__ import annotations

import pytest

from tests.policy.explained import needless, unexplained
from tests.policy.objects import rendered, written
from tests.policy.rules import judge
from tests.samples import SAMPLES

pytestmark = pytest.mark.e2e


def test_every_rendered_object_keeps_the_rules() -> None:
    found: set[tuple[str, ...]] = set()
    for sample in SAMPLES:
        found |= judge([*rendered(sample.folder), *written(sample.folder)])
    assert unexplained("policy", found) == []
    assert needless("policy", found) == []
