"""What stands beside a plan, in words: pages of the guide, risks, rungs, checks and notices."""

from service.contract.words import Severity
from service.knowledge.rows.claim import Claim, Id, Row, SeedId, Text


class TopicRow(Row, frozen=True, kw_only=True):
    """A page of the guide. `text` is plain paragraphs."""

    id: Id
    title: Text
    chapter: str
    order: int
    text: tuple[Text, ...]
    see: tuple[Id, ...] = ()
    sources: tuple[Id, ...]
    seeds: tuple[SeedId, ...] = ()


class RiskRow(Claim, frozen=True, kw_only=True):
    """What can go wrong. When it is likely is a rule; this is what it looks like and what helps."""

    id: Id
    title: Text
    symptoms: tuple[Text, ...]
    fixes: tuple[Text, ...]
    topic: Id


class AdaptationRow(Claim, frozen=True, kw_only=True):
    """A rung of the ladder for shifted domains."""

    id: Id
    order: int
    title: Text
    action: Text
    when: Text
    stop: Text
    topic: Id


class ChecklistRow(Claim, frozen=True, kw_only=True):
    """An item of the production checklist. `tracks` are the kinds of task that it concerns."""

    id: Id
    order: int
    item: Text
    why: Text
    pass_criterion: Text
    tracks: tuple[str, ...] = ("features", "generation")


class NoticeRow(Row, frozen=True, kw_only=True):
    """A notice's stable code, severity and message. The message takes no input of the caller."""

    code: Id
    severity: Severity
    message: Text
    topic: Id
    seeds: tuple[SeedId, ...] = ()
