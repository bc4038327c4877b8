"""Two services in two clouds answer each other, and nobody in between can read it."""

from __future__ import annotations

from base64 import b64decode
from functools import partial
from typing import TYPE_CHECKING

import pytest
import yaml
from cryptography import x509

from tests import proofs
from tests.e2e_mesh import link, road
from tests.e2e_mesh.calls import BOTH, DEMO, ROUND, ask, obey
from tests.lab.catalogue import TOOLS
from tests.lab.plan import LabError
from tests.lab.process import run, wait_for

if TYPE_CHECKING:
    from tests.e2e_mesh.page import Page
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab, *proofs.lab("gke-aks")]

PART = "traffic"
WORDS = "Hello version"
V1 = "app=helloworld,version=v1"
# Where mutual TLS goes from one network to the other.
PORT = 15443


@pytest.mark.parametrize("name", ["gke", "aks"])
def test_each_client_is_answered_from_both_clouds(mesh: Team, name: str) -> None:
    obey(mesh.lab, name, BOTH)


def test_as_the_page_says(mesh: Team, page: Page) -> None:
    page.follow("calls")


def test_nothing_of_it_can_be_read_between_the_clouds(mesh: Team, page: Page) -> None:
    gke = mesh.lab["gke"]
    with link.between_the_clouds(mesh.lab, "link") as wire, link.inside_a_pod(mesh.lab, "pod", gke, DEMO, V1) as inside:
        for name in ("gke", "aks"):
            assert set(ask(mesh.lab, name)) == BOTH
        # Each of the other cloud's answers is a packet at least.
        wait_for("the calls on the link", lambda: link.packets(wire, PORT) > ROUND // 2, seconds=20)
        encrypted = link.found(wire, WORDS)
        # The control in the same place: a call of a pod of no mesh, to a load balancer of no mesh.
        outside(mesh, "aks", f"http://{road.balancer(gke, 'hello', road.OUTSIDE)}/hello")
        wait_for("the control on the link", lambda: link.found(wire, WORDS), seconds=20)
    table = {
        "between the clouds, calls of the mesh": encrypted,
        "between the clouds, a call of no mesh": link.found(wire, WORDS) - encrypted,
        "in the pod of v1, between sidecar and program": link.found(inside, WORDS),
    }
    page.show("link", "".join(f"{where:<48}'{WORDS}' {'seen' if n else 'not seen'}\n" for where, n in table.items()))
    assert [bool(n) for n in table.values()] == [False, True, True]


def outside(mesh: Team, cluster: str, url: str) -> str:
    """Return what a pod without a sidecar is answered; raise LabError when it is not."""
    ask = ("curl", "--silent", "--show-error", "--max-time", "5", url)
    return mesh.lab[cluster].execute(road.OUTSIDE, "deployment/client", *ask)


def identity(mesh: Team, cluster: str, pod: str) -> str:
    """Return who a pod's proxy says it is, from the certificate that it presents."""
    where = (f"--kubeconfig={mesh.lab[cluster].kubeconfig}", f"--namespace={DEMO}", "--output=yaml")
    said = yaml.safe_load(run([f"{TOOLS}/istioctl", "proxy-config", "secret", pod, *where]))
    (own,) = (each for each in said["dynamicActiveSecrets"] if each["name"] == "default")
    chain = b64decode(own["secret"]["tlsCertificate"]["certificateChain"]["inlineBytes"])
    names = x509.load_pem_x509_certificate(chain).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    (found,) = names.value.get_values_for_type(x509.UniformResourceIdentifier)
    return found


@pytest.mark.parametrize("name", ["gke", "aks"])
def test_each_client_has_the_identity_of_its_account(mesh: Team, name: str) -> None:
    assert identity(mesh, name, f"deployment/sleep-{name}") == f"spiffe://cluster.local/ns/{DEMO}/sa/sleep-{name}"


URL = "http://helloworld.multi-cluster/hello"


def test_a_pod_without_a_sidecar_is_refused_while_mutual_tls_is_strict(mesh: Team, page: Page) -> None:
    with pytest.raises(LabError, match="Connection reset by peer"):
        outside(mesh, "gke", URL)
    page.follow("plain")


def test_and_is_answered_while_it_is_not(mesh: Team) -> None:
    mesh.edit(road.permissive)
    road.commit(mesh, "Plain text is let in, for a trial")
    wait_for("answer to plain text", partial(answered, mesh), seconds=180, pause=0.5)
    mesh.edit(road.strict)
    road.commit(mesh, "Plain text is refused again")
    wait_for("refusal of plain text", lambda: not answered(mesh), seconds=180, pause=0.5)


def answered(mesh: Team) -> bool:
    try:
        return "version: v1" in outside(mesh, "gke", URL)
    except LabError:
        return False
