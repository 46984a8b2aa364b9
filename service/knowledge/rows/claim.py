"""What every row has: a refusal of unknown fields, and, where it claims something, who says so."""

from typing import Annotated

from msgspec import Meta, Struct

from service.contract.words import Grade

Id = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9.-]*$(?!\n)", max_length=80)]
SeedId = Annotated[str, Meta(pattern=r"^[RC]-[0-9]{2,3}$(?!\n)")]
Text = Annotated[str, Meta(min_length=3, max_length=4000)]


class Row(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A row: refuses fields that it does not know."""


class Claim(Row, frozen=True, kw_only=True):
    """A row that says something about the world, and therefore says who says so.

    `seeds` are the claims of the founding guides (R-001 ... R-139, C-01 ... C-23) that the row carries or settles;
    `dissent` is what other sources say instead, a sentence each.
    """

    grade: Grade
    sources: tuple[Id, ...]
    seeds: tuple[SeedId, ...] = ()
    dissent: tuple[Text, ...] = ()


class SourceRow(Row, frozen=True):
    """Where claims come from. `where` is a DOI, an arXiv id, a repository, or a page's name and owner."""

    id: Id
    authors: Text
    year: Annotated[int, Meta(ge=1990, le=2030)]
    title: Text
    where: Text


class ConstantRow(Claim, frozen=True, kw_only=True):
    """One number that a rule uses. `unit` is a word such as `examples`, `share`, `steps`, `ratio`."""

    id: Id
    value: float
    unit: Text
    claim: Text
