"""Istio's injectors, as the real istioctl renders them: what a platform is told about them."""

from __future__ import annotations

import pytest
import yaml

from mcgen.platforms import PLATFORMS
from tests.e2e.rendered import applications
from tests.samples import CHECKOUT, SAMPLES, Sample

pytestmark = pytest.mark.e2e


# In the others the gates of some clusters are closed.
OPEN = [sample for sample in SAMPLES if sample.inputs]


@pytest.mark.parametrize("sample", OPEN, ids=lambda sample: sample.tree)
def test_every_injector_tells_its_platform_to_leave_it_alone(sample: Sample) -> None:
    blueprint = yaml.safe_load((CHECKOUT / sample.blueprint).read_text(encoding="utf-8"))
    platforms = {cluster["name"]: cluster["platform"] for cluster in blueprint["clusters"]}
    injectors = [
        (dict(PLATFORMS[platforms[rendered.cluster]].WEBHOOKS), thing["metadata"].get("annotations") or {})
        for rendered in applications(sample.folder)
        for thing in rendered.objects
        if thing["kind"] == "MutatingWebhookConfiguration"
    ]
    assert injectors
    assert [wanted for wanted, _ in injectors] == [found for _, found in injectors]
