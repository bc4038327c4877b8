"""The words of the order that are neither a stage nor a code, for `mcgen explain`."""

from __future__ import annotations

from typing import Final

CONCEPTS: Final = {
    "gate": """A gate holds a chain back until something that is not in Git yet is there: a sealed remote secret, or the
address of the primary's east-west gateway. It is a suspended Job in the stage's place (clusters/NAME/STAGE), so Argo CD
calls the stage Suspended and goes no further. What it waits for stands in the Job's annotations. Nobody resumes it: the
commit that brings what it waits for (`mcgen bootstrap`, then `git commit`) puts the real stage in its place.
The stages behind a gate that was never open are in the tree and in no chain yet: they are withheld.""",
    "chain": """A chain is the Argo CD Application of one cluster, which applies that cluster's stages in waves: a stage
begins when the one before it is healthy. It lies in clusters/NAME/argocd. A chain that waits holds back no other
cluster.""",
    "stage": """A stage is a part of what one cluster gets, with an Argo CD Application of its own: `mcgen explain`
lists all of them by wave. Its objects lie in clusters/NAME/STAGE.""",
    "wave": """A wave is the number by which Argo CD orders the stages of a chain. It orders their first appearance and
nothing afterwards: a later commit reaches all stages of all clusters at once.""",
    "blueprint": """The blueprint is the one file that people write: `mcgen schema` has every field. With the facts and
the sealed secrets it is all that a tree is made of.""",
    "facts": """Facts are what was found on live clusters and cannot be in a blueprint: addresses, tokens' names. They
lie in .mcgen/facts.yaml of the tree, which `mcgen bootstrap` writes.""",
}
"""What each word means, in lines of one paragraph or more."""
