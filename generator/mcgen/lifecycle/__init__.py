"""Clusters come and go: a blueprint is edited, checked and replaced as a whole, and a cluster leaves in phases."""

from mcgen.lifecycle.files import checked, replace, text

__all__ = ["checked", "replace", "text"]
