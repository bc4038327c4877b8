"""The doctor: looks at a live Argo CD and at live clusters, and changes nothing.

Live objects are fetched at the edges (`ask` and the modules that are called like what they ask: argocd, primary,
remote, cluster, machine); functions called `judge_...` are pure: an object in, a check out.
"""
