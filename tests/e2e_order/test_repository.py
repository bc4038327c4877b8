"""The team's repository is one that a pod can push to, as a job in the cluster will."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.lab import argocd
from tests.lab.gitserver import USER

if TYPE_CHECKING:
    from tests.lab.team import Team

pytestmark = [pytest.mark.e2e, pytest.mark.lab]

# The password comes in on standard input; the authority is mounted where Argo CD has it.
PUSH = """set -eu
export HOME=/tmp GIT_SSL_CAINFO=/app/config/tls/{host}
umask 077
cat > /tmp/credentials
trap 'rm -rf /tmp/credentials /tmp/pushed' EXIT
git -c credential.helper='store --file=/tmp/credentials' clone --quiet {url} /tmp/pushed
cd /tmp/pushed
git config credential.helper 'store --file=/tmp/credentials'
git switch --quiet --create from-a-pod
git -c user.name=pod -c user.email=pod@example.com commit --quiet --allow-empty --message='from a pod'
git push --quiet origin from-a-pod
"""


def test_a_pod_pushes_over_the_network(complete: Team) -> None:
    repository = complete.repository
    host = repository.url.split("/")[2]
    login = f"https://{USER}:{repository.password}@{host}\n"
    script = PUSH.format(host=host, url=repository.url)
    where = (f"--namespace={argocd.NAMESPACE}", "--container=argocd-repo-server", "deployment/argocd-repo-server")
    complete.home.kubectl("exec", "--stdin", *where, "--", "sh", "-c", script, stdin=login)
    repository.git("fetch", "--quiet", "origin")
    assert repository.git("log", "--format=%s", "-1", "origin/from-a-pod") == "from a pod\n"
