"""The inputs of a build besides the blueprint: facts found on live clusters, and sealed remote secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from mcgen.blueprint import API_VERSION, Address

if TYPE_CHECKING:
    from collections.abc import Mapping

Suffix: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z0-9]{1,16}$", examples=["1"])]

Fingerprint: TypeAlias = Annotated[str, Meta(pattern=r"^sha256:[0-9a-f]{64}$", examples=["sha256:" + 64 * "0"])]
Day: TypeAlias = Annotated[str, Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", examples=["2036-11-24"])]

Number: TypeAlias = Annotated[int, Meta(ge=1, le=1_000_000, examples=[1])]

FIRST_SUFFIX = "1"


class Certificate(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The certificate that a consumer's remote secrets were last sealed with."""

    fingerprint: Annotated[Fingerprint, Meta(description="Of the certificate in DER form.")]
    not_after: Annotated[Day, Meta(description="The day on which it expires (UTC).")]


class Pushed(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A remote secret that was pushed to the provider of External Secrets."""

    number: Annotated[Number, Meta(description="Counts what was pushed for the pair; no number comes again.")]
    token: Annotated[Suffix, Meta(description="The suffix of the token Secret that it was made of.")]


class Authority(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The CA of a primary that was pushed to the provider of External Secrets."""

    number: Annotated[
        Number,
        Meta(description="Counts what was pushed for the primary; no number comes again."),
    ]
    root: Annotated[Fingerprint, Meta(description="Of the root certificate that it is under, in DER form.")]
    expires: Annotated[Day, Meta(description="The day on which it expires (UTC).")]


class Facts(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What was found on live clusters, in a file that a person can review."""

    api_version: Annotated[Literal["mcgen/v1alpha1"], Meta(description="The version of this format.")] = API_VERSION
    kind: Annotated[Literal["Facts"], Meta(description="Always the same.")] = "Facts"
    addresses: Annotated[
        dict[str, Address],
        Meta(description="The address of each cluster's east-west gateway, by cluster name."),
    ] = {}
    tokens: Annotated[
        dict[str, dict[str, Annotated[list[Suffix], Meta(min_length=1)]]],
        Meta(
            description="The suffixes of the token Secrets, by consumer and remote; the last one is sealed, "
            "two stand here during a rotation, and none is ever used again."
        ),
    ] = {}
    certificates: Annotated[
        dict[str, Certificate],
        Meta(description="The sealing certificate of each consumer, by cluster name."),
    ] = {}
    pushed: Annotated[
        dict[str, dict[str, Pushed]],
        Meta(description="With `secrets.backend: external-secrets`: the remote secrets that are in the provider, by "
             "consumer and remote."),
    ] = {}  # fmt: skip
    authorities: Annotated[
        dict[str, Authority],
        Meta(description="The CAs that are in the provider, by primary, with the same backend."),
    ] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """facts: as read. sealed: the SealedSecret documents by (consumer, remote); authorities: those that hold the CA
    of a primary, by its name. files: all of them as bytes.
    """

    facts: Facts = field(default_factory=Facts)
    sealed: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    authorities: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


def convert(data: Any) -> Facts:
    """Return the typed facts; raise msgspec.ValidationError when the data does not fit."""
    return msgspec.convert(data, Facts)
