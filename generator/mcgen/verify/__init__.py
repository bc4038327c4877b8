"""The verification: whether a live mesh does what its blueprint says, seen from outside and tried by traffic.

Live things are fetched at the edges: `inventory` (what runs), `forward` (pages of istiod and of proxies), `probes`
(pods that it starts and removes) and `send` (requests from them). Functions called `judge...` are pure: what was seen
in, a check out. A module per subject: `membership`, `proxies`, `gateways`, `configuration`, `crossing`, `plaintext`,
`policies`, whose requests come from `trials` and whose decisions from `decide`. `seen` has the questions that change
nothing, `tried` those of --probe.
"""
