"""Everything decided so far, for the rules that comment on it."""

from msgspec import Struct

from service.contract.freeze import FreezePlan
from service.contract.recommend import RecommendRequest, StrategyOption
from service.contract.schedule import LrSchedule
from service.contract.words import Strategy
from service.core.job import Case
from service.core.models import Ranked
from service.knowledge.index import Knowledge
from service.knowledge.model import RateRow


class Outcome(Struct, frozen=True):
    """The case with its ranking and its plans. `rates` is the row that the schedule rests on."""

    request: RecommendRequest
    case: Case
    strategy: Strategy
    options: list[StrategyOption]
    ranked: list[Ranked]
    freeze_plan: FreezePlan
    schedule: LrSchedule | None
    rates: RateRow | None

    @property
    def know(self) -> Knowledge:
        """The knowledge that the job is judged by."""
        return self.case.know

    def option(self, strategy: Strategy) -> StrategyOption:
        """The standing of one strategy."""
        return next(option for option in self.options if option.strategy is strategy)
