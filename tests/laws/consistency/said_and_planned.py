"""What is said of depth and norm is what is planned."""

from collections.abc import Iterator

from tests.laws.consistency.asked import Asked, clause, only
from tests.laws.consistency.sums import backbone, frozen


def keeps_word(strategy: str, opened: int, blocks: int) -> bool:
    """Whether a strategy opens as many blocks of the backbone; a full one may keep a stem, if it says so."""
    match strategy:
        case "zero-shot" | "feature-extraction" | "parameter-efficient":
            return opened == 0
        case "partial-fine-tuning":
            return 0 < opened < blocks or blocks <= 2  # a stem that is built anew trains as well
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
