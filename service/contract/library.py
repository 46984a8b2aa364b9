"""What the service says about itself: rules, sources, the guide, health."""

from msgspec import Raw

from service.contract.base import Response
from service.contract.explain import Ruleset
from service.contract.words import Grade


class RuleExample(Response, frozen=True):
    """A request to `route`. `body` is sent as it stands."""

    route: str
    body: Raw


class RuleView(Response, frozen=True):
    """One rule of the engine. `fires` and `silent` are requests in whose trace it does and does not appear."""

    id: str
    topic: str
    claim: str
    grade: Grade
    sources: list[str]
    dissent: list[str]
    descends_from: list[str]
    fires: list[RuleExample]
    silent: list[RuleExample]


class RuleList(Response, frozen=True):
    """All rules, ordered by topic and id."""

    ruleset: Ruleset
    rules: list[RuleView]


class SourceView(Response, frozen=True):
    """Where a claim comes from."""

    id: str
    authors: str
    year: int
    title: str
    where: str


class SourceList(Response, frozen=True):
    """All sources, ordered by id."""

    ruleset: Ruleset
    sources: list[SourceView]


class TopicSummary(Response, frozen=True):
    """A page of the guide, without its text."""

    id: str
    title: str
    chapter: str


class TopicList(Response, frozen=True):
    """All pages of the guide, in reading order."""

    ruleset: Ruleset
    topics: list[TopicSummary]


class TopicView(Response, frozen=True):
    """A page of the guide. `text` is plain paragraphs."""

    ruleset: Ruleset
    id: str
    title: str
    chapter: str
    text: list[str]
    see: list[str]
    sources: list[str]


class ServiceIndex(Response, frozen=True):
    """What this service is, and where to go from here: `links` are relative to this page."""

    service: str
    version: str
    ruleset: Ruleset
    links: dict[str, str]


class ServiceHealth(Response, frozen=True):
    """Whether the service lives."""

    status: str


class ServiceReadiness(Response, frozen=True):
    """Whether the service is ready to answer, and which version and ruleset would."""

    status: str
    version: str
    ruleset: Ruleset
