"""Versions in the names of images."""

from __future__ import annotations

import re

_VERSION = re.compile(r"v?([0-9]+\.[0-9]+(?:\.[0-9]+)?)(?:[-.+].*)?")

_RELEASE = re.compile(r"[0-9]{1,4}\.[0-9]{1,4}\.(0|[1-9][0-9]{0,3})")


def tag(image: str) -> str:
    """Return the tag of an image's name, empty when it has none (a digest says no version)."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def version(image: str) -> str:
    """Return the version in an image's tag without what stands around it (v1.31.1-distroless); empty for none."""
    found = _VERSION.fullmatch(tag(image))
    return found[1] if found else ""


def minor(version: str) -> str:
    """Return the minor version of a version such as 1.31.1 or 1.31."""
    return ".".join(version.split(".")[:2])


def number(minor: str) -> int:
    """Return the second part of a minor version as a number: 31 of 1.31."""
    return int(minor.split(".")[1])


def is_release(version: str) -> bool:
    """Return whether a version is one of Istio's releases, such as 1.31.1."""
    return _RELEASE.fullmatch(version) is not None


def release(version: str) -> tuple[int, ...]:
    """Return the numbers of a release, so that a newer one is greater."""
    return tuple(int(part) for part in version.split("."))
