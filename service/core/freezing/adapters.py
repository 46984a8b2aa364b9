"""The adapter on a frozen backbone."""

from msgspec import UNSET

from service.contract.freeze import FreezeAdapter
from service.contract.words import Grade
from service.core.freezing.case import FreezeCase
from service.core.resources.adapter_size import adapter_rank
from service.core.rules.example_requests import job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic

ADAPTER: Topic[FreezeCase, Finding[FreezeAdapter]] = Topic("adapter")


@ADAPTER.rule(
    "adapter-lora",
    "LoRA with alpha twice the rank: rank 16 in all linear layers of language models, rank 8 in the attention "
    "of others.",
    grade=Grade.B,
    sources=("lora-2021", "peft-bench", "lora-without-regret"),
    seeds=("R-091", "R-092"),
    fires=(job(task="text-generation", source={"model": "meta-llama/Llama-3.1-8B"}),),
    silent=(job(source={"model": "resnet50"}),),
    dissent=("Some recipes keep alpha at 16 for every rank; the rate then means something else.",),
)
def lora(case: FreezeCase) -> Finding[FreezeAdapter]:
    number = case.know.number
    dropout_row = "lora-dropout-few" if case.few else "lora-dropout"
    given = known(case.case.job.request.schedule.adapter)
    rank, rank_row = adapter_rank(case.know, case.family, given)
    alpha = number("lora-alpha-per-rank") * rank if given is None or given.alpha is UNSET else given.alpha
    dropout = number(dropout_row)
    anatomy = case.anatomy
    width = anatomy.target_width
    adapter = FreezeAdapter(
        method="lora",
        rank=rank,
        alpha=int(alpha) if alpha == int(alpha) else alpha,
        dropout=dropout,
        targets=list(anatomy.targets),
        modules_to_save=list(anatomy.head_modules),
        fan_in_fan_out=anatomy.transposed,
        params=None if width is None else rank * width,
    )
    rows = (rank_row, *(case.know.constants[name] for name in ("lora-alpha-per-rank", dropout_row)))
    return Finding(adapter, f"alpha = {alpha / rank:g} x rank = {alpha:g}; {rank} x {width} numbers", rows)
