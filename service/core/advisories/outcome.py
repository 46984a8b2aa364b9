"""Everything decided so far, for the rules that comment on it."""

from msgspec import UNSET, Struct

from service.contract.freeze import FreezePlan
from service.contract.recommend import Precedent, RecommendRequest, StrategyOption
from service.contract.schedule import LrSchedule
from service.contract.words import InputOrigin, Strategy
from service.core.choice.case import Case
from service.core.choice.strategy_ranking import Rival
from service.knowledge.index import Knowledge
from service.knowledge.rows import RateRow


class Outcome(Struct, frozen=True):
    """The case with its ranking and its plans.

    `rates` is the row that the schedule rests on; `rival` is what the other policy puts first, where it differs.
    """

    request: RecommendRequest
    case: Case
    strategy: Strategy
    options: list[StrategyOption]
    freeze_plan: FreezePlan
    schedule: LrSchedule | None
    rates: RateRow | None
    similarity_origin: InputOrigin
    precedents: list[Precedent]
    rival: Rival | None

    @property
    def know(self) -> Knowledge:
        """The knowledge that the job is judged by."""
        return self.case.know

    @property
    def advises_zero_shot(self) -> bool:
        """Whether using the model as it comes is the advice, and not the caller's own choice."""
        return self.strategy is Strategy.ZERO_SHOT and self.request.fixed.strategy is UNSET

    def option(self, strategy: Strategy) -> StrategyOption:
        """The standing of one strategy."""
        return next(option for option in self.options if option.strategy is strategy)
