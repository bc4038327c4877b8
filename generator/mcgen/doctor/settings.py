"""The settings of Argo CD: health checks, exclusions, and the folders that plugins get."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mcgen.doctor import exclusions
from mcgen.doctor.verdict import Check, finding, fine
from mcgen.manifests import setup_health
from mcgen.manifests.setup_delivery import PATHS_FLAG
from mcgen.manifests.setup_settings import CONFIG, EXCLUSIONS_KEY, PARAMETERS, PATHS_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mcgen.manifests.setup_settings import Setting
    from mcgen.tree import Data

TITLES = {
    setup_health.APPLICATION_KEY: f"{CONFIG}: health of Applications",
    setup_health.INJECTOR_KEY: f"{CONFIG}: health of Istio's injector",
    EXCLUSIONS_KEY: f"{CONFIG}: {EXCLUSIONS_KEY}",
    PATHS_KEY: f"{PARAMETERS}: {PATHS_KEY}",
}
APPLY = "apply argocd/setup again, or what `mcgen doctor --print-settings` prints"
# What stands behind this line of a check is a team's own, see argocd/setup/README.md.
_OWN = "if your Argo CD had a check of its own, its body belongs here"


def judge_settings(settings: list[Setting], data: Mapping[str, str]) -> Iterator[Check]:
    """Yield a check for each key of argocd-cm that the setup sets. data: of the live ConfigMap."""
    for setting in settings:
        if setting.key == EXCLUSIONS_KEY:
            yield _exclusions(data)
        else:
            yield _health(setting, data.get(setting.key))


def judge_paths(parameters: Mapping[str, str], repo_server: Data | None) -> Check:
    """Return whether plugins get the folders that an Application names.

    The repo-server takes it as an argument, or from an environment variable made of argocd-cmd-params-cm
    (cmd/argocd-repo-server/commands of Argo CD); not every version of the chart hands the key over.
    """
    what = TITLES[PATHS_KEY]
    containers = _containers(repo_server)
    if any(PATHS_FLAG in (container.get("args") or ()) for container in containers):
        return fine(what, f"set by the argument {PATHS_FLAG}")
    if parameters.get(PATHS_KEY) != "true":
        return finding("MC703", what, 'it is not "true", so every rendering gets the whole repository', APPLY)
    if containers and not any(_hands_over(container) for container in containers):
        advice = f"give the repo-server the argument {PATHS_FLAG}, as argocd/setup/helm-values.yaml does"
        return finding("MC703", what, "the repo-server's Deployment does not hand it over", advice)
    return fine(what)


def same_script(wanted: str, live: str) -> bool:
    """Return whether two health checks are the same, up to blanks and to what a team put in at the marked place."""
    ours, theirs = _lines(wanted), _lines(live)
    if ours == theirs:
        return True
    place = next((i for i, line in enumerate(ours) if _OWN in line), None)
    if place is None or len(theirs) < len(ours):
        return False
    head, tail = ours[: place + 1], ours[place + 1 :]
    return theirs[: len(head)] == head and theirs[len(theirs) - len(tail) :] == tail


def _health(setting: Setting, live: str | None) -> Check:
    what = TITLES[setting.key]
    if live is None:
        return finding("MC701", what, f"'{setting.key}' is not set, so waves wait for nothing", APPLY)
    if not same_script(setting.value, live):
        return finding("MC701", what, f"'{setting.key}' is not the check that mcgen ships", APPLY)
    return fine(what)


def _exclusions(data: Mapping[str, str]) -> Check:
    what = TITLES[EXCLUSIONS_KEY]
    if wrong := exclusions.withheld(data):
        return finding("MC702", what, wrong, "take what `mcgen doctor --print-settings` prints, which keeps the rest")
    return fine(what)


def _containers(deployment: Data | None) -> list[Data]:
    found: list[Data] = (((deployment or {}).get("spec") or {}).get("template") or {}).get("spec", {}).get("containers")
    return found or []


def _hands_over(container: Data) -> bool:
    for variable in container.get("env") or ():
        source: Any = (variable.get("valueFrom") or {}).get("configMapKeyRef") or {}
        if source.get("name") == PARAMETERS and source.get("key") == PATHS_KEY:
            return True
    return False


def _lines(script: str) -> list[str]:
    return [line.rstrip() for line in script.strip().splitlines()]
