"""Trials of the order: each drawn from a seed, begun in clean clusters, watched by the recorder, judged at its end."""
