"""What becomes of the stem or the embeddings."""

from service.contract.freeze import FreezeEmbeddings
from service.contract.words import BlockState, Grade
from service.core.freezing.case import FreezeCase
from service.core.rules.example_requests import freeze, schedule
from service.core.rules.rule import Finding, Topic

EMBEDDINGS: Topic[FreezeCase, Finding[FreezeEmbeddings]] = Topic("embeddings")


@EMBEDDINGS.rule(
    "embeddings-follow-stem",
    "Stem and embeddings are the most general part: they are frozen with the first blocks and opened last.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "yosinski-2014"),
    seeds=("R-006", "R-007", "R-008"),
    fires=(freeze(500, depth=12).decides("frozen: the first block is frozen"),),
    silent=(schedule(family="cnn", total_steps=100),),
    dissent=("Where the vocabulary or the input channels changed, the new part of the stem must train.",),
)
def follow_stem(case: FreezeCase) -> Finding[FreezeEmbeddings]:
    state = case.planned[0].state
    reason = {
        BlockState.FROZEN: "General features; retrain only new tokens or channels.",
        BlockState.LOW_RATE: "Opened with the rest, at the lowest rate of all.",
        BlockState.FULL_RATE: "Trained like every other block.",
    }[state]
    return Finding(FreezeEmbeddings(state, reason), f"the first block is {state}")
