"""Clusters come and go: a blueprint is edited, judged and replaced as a whole, and a cluster leaves in phases."""
