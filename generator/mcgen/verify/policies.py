"""Policies in force: a request that must pass does, and one that must be refused is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mcgen.doctor.verdict import Check, finding, fine, skipped, unknown
from mcgen.verify.trials import Trial

if TYPE_CHECKING:
    from mcgen.blueprint import Policy
    from mcgen.verify.send import Answer, Sent
    from mcgen.verify.trials import Trials

# As many answers in a row say that it was no chance.
ENOUGH = 3
_DENIED = 403


def what_passes(policy: Policy) -> str:
    """Return the name of the check of what must pass."""
    return f"policy {policy.namespace}/{policy.name} lets pass"


def what_refuses(policy: Policy) -> str:
    """Return the name of the check of what must be refused."""
    return f"policy {policy.namespace}/{policy.name} refuses"


def untried(trials: Trials, trial: Trial | str, what: str) -> Check | None:
    """Return the check of a trial that there is none of, None when there is one."""
    if isinstance(trial, Trial):
        return None
    if trial is trials.passes and trials.policy.action == "ALLOW" and not trials.policy.rules:
        return skipped(what, "it allows nobody")
    return unknown(what, trial)


def judge_passes(policy: Policy, trial: Trial, sent: Sent) -> Check:
    """Return whether a request that must pass does: it reaches the application, whatever that says."""
    what, answers = what_passes(policy), _answers(trial, sent)
    denied = [answer for answer in answers if answer.denied]
    if denied:
        words = f"{trial} was refused {len(denied)} of {len(answers)} times"
        return finding("MC813", what, words, _advice(policy))
    if len(answers) < ENOUGH:
        return unknown(what, _too_few(trial, sent))
    if any(answer.code == _DENIED for answer in answers):
        return unknown(what, f"{trial} was answered with {_DENIED} by the application, and not by a policy")
    return fine(what, f"{trial}, {len(answers)} times")


def judge_refuses(policy: Policy, trial: Trial, sent: Sent) -> Check:
    """Return whether a request that must be refused is, every time."""
    what, answers = what_refuses(policy), _answers(trial, sent)
    passed = [answer for answer in answers if not answer.denied]
    if passed:
        words = f"{trial} passed {len(passed)} of {len(answers)} times"
        return finding("MC814", what, words, _advice(policy))
    if len(answers) < ENOUGH:
        return unknown(what, _too_few(trial, sent))
    return fine(what, f"{trial}, {len(answers)} times")


def enough(trial: Trial, sent: Sent) -> bool:
    """Return whether there are answers enough."""
    return len(_answers(trial, sent)) >= ENOUGH


def _answers(trial: Trial, sent: Sent) -> list[Answer]:
    """Return the answers of the policy's workload, or of the proxy in front of it."""
    return [answer for answer in sent.by(trial.hosts) if answer.answered]


def _too_few(trial: Trial, sent: Sent) -> str:
    found = len(_answers(trial, sent))
    return f"{trial}: of {len(sent.answers)} requests {found} were answered by the workload, and {ENOUGH} are needed"


def _advice(policy: Policy) -> str:
    return (
        "let Argo CD sync stage policies, and look for other AuthorizationPolicies in "
        f"{policy.namespace} and istio-system of the config cluster"
    )
