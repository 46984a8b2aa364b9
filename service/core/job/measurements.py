"""The scores that the caller has measured on the target, and what they say of each other."""

from msgspec import Struct

from service.contract.job import JobMeasurements
from service.contract.words import Strategy
from service.core.rules.resolved_inputs import known


class Scores(Struct, frozen=True):
    """Scores in one metric; None where one was not measured. `lower_is_better` is None where nothing tells."""

    untrained: float | None
    probe: float | None
    tuned: float | None
    scratch: float | None
    lower_is_better: bool | None

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
    def best(self) -> Strategy | None:
        """The strategy that scores better than every other that was measured, if one does."""
        scores = self.by_strategy
        for strategy, score in scores.items():
            others = [other for named, other in scores.items() if named is not strategy]
            if others and all(self._beats(score, other) for other in others):
                return strategy
        return None

    @property
    def tuned_beside_others(self) -> bool:
        """Whether a fully tuned run stands beside cheaper ones, so that they can be compared."""
        return self.tuned is not None and len(self.by_strategy) > 1

    @property
    def scratch_beats_tuned(self) -> bool:
        """Whether training from scratch does better than full tuning."""
        return self._beats(self.scratch, self.tuned)

    @property
    def scratch_beats_probe(self) -> bool:
        """Whether training from scratch does better than a probe."""
        return self._beats(self.scratch, self.probe)

    @property
    def probe_beats_tuned(self) -> bool:
        """Whether a probe does better than full tuning."""
        return self._beats(self.probe, self.tuned)

    def _beats(self, one: float | None, other: float | None) -> bool:
        """Whether one score is better than the other. Equal ones are no evidence, nor is what cannot be compared."""
        if one is None or other is None or self.lower_is_better is None:
            return False
        return one < other if self.lower_is_better else one > other


def scores_of(given: JobMeasurements, lower_is_better: bool | None) -> Scores:
    """The scores that a job gives."""
    return Scores(
        known(given.zero_shot),
        known(given.linear_probe),
        known(given.full_fine_tuning),
        known(given.from_scratch),
        lower_is_better,
    )
