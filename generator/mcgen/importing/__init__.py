"""mcgen import: what stands in manifests already, as a blueprint, and a finding for all that a blueprint cannot say.

`gather` reads (the only IO). `own/` turns back a tree that mcgen built, `hand/` reads what people wrote; both are pure:
located documents in, a draft of a blueprint and findings out. `written` makes the text of it.
"""
