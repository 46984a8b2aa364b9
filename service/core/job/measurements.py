"""The scores that the caller has measured on the target, and what they say of each other."""

from msgspec import Struct

from service.contract.job import JobMeasurements
from service.contract.words import Strategy
from service.core.rules.resolved_inputs import known


class Scores(Struct, frozen=True):
    """Scores in one metric, where higher is better; None where one was not measured."""

    untrained: float | None
    probe: float | None
    tuned: float | None
    scratch: float | None

    @property
    def by_strategy(self) -> dict[Strategy, float]:
        """Those that were measured, from the strategy that trains least to the one that trains most."""
        pairs = (
            (Strategy.ZERO_SHOT, self.untrained),
            (Strategy.FEATURE_EXTRACTION, self.probe),
            (Strategy.FULL, self.tuned),
            (Strategy.FROM_SCRATCH, self.scratch),
        )
        return {strategy: score for strategy, score in pairs if score is not None}

    @property
    def best(self) -> Strategy:
        """The strategy that scores highest, of equals the one that trains least. Raises ValueError without scores."""
        scores = self.by_strategy
        return max(scores, key=scores.__getitem__)

    @property
    def tuned_beside_others(self) -> bool:
        """Whether a fully tuned run stands beside cheaper ones, so that they can be compared."""
        return self.tuned is not None and len(self.by_strategy) > 1

    @property
    def scratch_beats_tuned(self) -> bool:
        """Whether training from scratch does at least as well as full tuning."""
        return self.scratch is not None and self.tuned is not None and self.scratch >= self.tuned

    @property
    def scratch_beats_probe(self) -> bool:
        """Whether training from scratch does at least as well as a probe."""
        return self.scratch is not None and self.probe is not None and self.scratch >= self.probe

    @property
    def probe_beats_tuned(self) -> bool:
        """Whether a probe does better than full tuning."""
        return self.probe is not None and self.tuned is not None and self.probe > self.tuned


def scores_of(given: JobMeasurements) -> Scores:
    """The scores that a job gives."""
    return Scores(
        known(given.zero_shot), known(given.linear_probe), known(given.full_fine_tuning), known(given.from_scratch)
    )
