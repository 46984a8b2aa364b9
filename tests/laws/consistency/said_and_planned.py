"""What is said of depth, norm and memory is what is planned."""

from collections.abc import Iterator

from tests.laws.consistency.asked import Asked, clause, first, only
from tests.laws.consistency.choice import options_of, verdict_of
from tests.laws.consistency.sums import backbone, frozen


def keeps_word(strategy: str, opened: int, blocks: int) -> bool:
    """Whether a strategy opens as many blocks of the backbone; a full one may keep a stem, if it says so."""
    match strategy:
        case "zero-shot" | "feature-extraction" | "parameter-efficient":
            return opened == 0
        case "partial-fine-tuning":
            return 0 < opened < blocks or blocks == 1
        case "from-scratch":
            return opened == blocks
        case _:
            return opened > 0


def the_strategy_is_another(asked: Asked) -> None:
    asked.plan["strategy"] = "from-scratch" if frozen(backbone(asked.plan)) else "zero-shot"


@clause(the_strategy_is_another)
def strategies_open_what_they_say(asked: Asked) -> Iterator[str]:
    if not asked.plan:
        return
    blocks = backbone(asked.plan)
    opened = len(blocks) - len(frozen(blocks))
    if not keeps_word(asked.plan["strategy"], opened, len(blocks)):
        yield f"{asked.plan['strategy']} opens {opened} of {len(blocks)}"


def another_norm(asked: Asked) -> None:
    only(asked.plan)
    asked.body["freezing"] = {"norm": "no-norm"}


@clause(another_norm)
def the_norm(asked: Asked) -> Iterator[str]:
    wanted = asked.body.get("freezing", {}).get("norm")
    if wanted and asked.plan and asked.plan["norm"]["kind"] != wanted:
        yield f"{wanted} became {asked.plan['norm']['kind']}"


def other_adapters(asked: Asked) -> bool:
    """Whether adapters are asked for in a shape, or beside a model, of the caller's own."""
    return "adapter" in asked.body.get("schedule", {}) or bool(set(asked.body.get("source", {})) - {"model"})


def it_does_not_fit(asked: Asked) -> None:
    asked.fixed.clear()
    asked.answer["resources"]["static_fits"] = False
    verdict = verdict_of(asked)["strategy"]
    first(one for one in options_of(asked) if one["strategy"] == verdict and one["feasible"])


@clause(it_does_not_fit)
def what_is_feasible_fits(asked: Asked) -> Iterator[str]:
    """Where the catalogue has the model. What adapters of another shape take is known once the plan counts them."""
    verdict, told = verdict_of(asked), asked.answer.get("resources")
    if not verdict or not told or told["static_fits"] or other_adapters(asked):
        return
    chosen = next(one for one in options_of(asked) if one["strategy"] == verdict["strategy"])
    if chosen["feasible"]:
        yield f"{verdict['strategy']}: {told}"
