"""The lab is one for all tests here."""

from tests.lab.fixtures import lab

__all__ = ["lab"]
