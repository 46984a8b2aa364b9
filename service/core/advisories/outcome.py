"""Everything decided so far, for the rules that comment on it."""

from msgspec import Struct

from service.contract.freeze import FreezePlan
from service.contract.job import Job
from service.contract.recommend import Precedent, StrategyOption
from service.contract.schedule import LrSchedule, TrainingSetup
from service.contract.words import Method, Strategy
from service.core.choice.case import Case
from service.core.choice.comparisons import trains
from service.core.choice.strategy_ranking import Rival
from service.core.freezing.case import FreezeCase
from service.core.resources.memory import Need
from service.core.rules.resolved_inputs import Inputs
from service.core.schedule.plan import SchedulePlan
from service.knowledge.index import Knowledge
from service.knowledge.rows import RateRow


class Outcome(Struct, frozen=True):
    """The job with what was decided for it.

    `options` are empty where no strategy was decided; `rival` is what the other policy puts first, where it differs.
    `precedents` None: nobody asked for them. `freezing` and `plan` are None where nothing tells how the model is built,
    `scheduled` where nothing is trained or no rate is known. `need` is the memory of the run as it is set up, `hours`
    how long it is expected to take, where the hours that there are were told and that follows. `instead`: the job with
    a model that this machine can train, where it cannot train the given one.
    """

    inputs: Inputs
    case: Case
    strategy: Strategy
    method: Method | None
    options: list[StrategyOption]
    rival: Rival | None
    precedents: list[Precedent] | None
    freezing: FreezeCase | None
    plan: FreezePlan | None
    scheduled: SchedulePlan | None
    setup: TrainingSetup
    need: Need
    hours: float | None = None
    instead: Case | None = None

    @property
    def know(self) -> Knowledge:
        """The knowledge that the job is judged by."""
        return self.case.know

    @property
    def request(self) -> Job:
        """The job as it was sent."""
        return self.case.job.request

    @property
    def freeze_plan(self) -> FreezePlan:
        """The freeze plan. Raises LookupError where there is none."""
        if self.plan is None:
            raise LookupError("nothing tells how the model is built")
        return self.plan

    @property
    def schedule(self) -> LrSchedule | None:
        """The schedule of the last phase."""
        return self.scheduled.schedule if self.scheduled else None

    @property
    def rates(self) -> RateRow | None:
        """The row that the schedule rests on."""
        return self.scheduled.case.rates if self.scheduled else None

    @property
    def idle(self) -> bool:
        """Whether nothing is trained."""
        return not trains(self.strategy, self.method)

    @property
    def tunes_backbone(self) -> bool:
        """Whether pretrained weights of the backbone itself are changed."""
        return self.strategy in (Strategy.FULL, Strategy.PARTIAL)

    @property
    def used_as_it_is(self) -> bool:
        """Whether nothing is trained, so that no advice on training fits."""
        return self.strategy is Strategy.ZERO_SHOT

    @property
    def is_fixed(self) -> bool:
        """Whether the strategy is the caller's own choice."""
        return self.case.job.fixed_strategy is not None

    @property
    def advises_zero_shot(self) -> bool:
        """Whether using the model as it comes is the advice, and not the caller's own choice."""
        return self.used_as_it_is and not self.is_fixed

    def option(self, strategy: Strategy) -> StrategyOption:
        """The standing of one strategy."""
        return next(option for option in self.options if option.strategy is strategy)
