"""The adapter on a frozen backbone."""

from service.contract.freeze import FreezeAdapter
from service.contract.words import Grade
from service.core.freezing.case import FreezeCase
from service.core.resources.adapter_size import adapter_alpha, adapter_rank
from service.core.rules.example_requests import LLAMA, RESNET, job
from service.core.rules.resolved_inputs import known
from service.core.rules.rule import Finding, Topic

ADAPTER: Topic[FreezeCase, Finding[FreezeAdapter]] = Topic("adapter")


@ADAPTER.rule(
    "adapter-lora",
    "LoRA of rank 16 and alpha 32 in all linear layers of language models, of rank 8 and alpha 16 in the attention of "
    "others.",
    grade=Grade.B,
    sources=("lora-2021", "peft-bench", "lora-without-regret"),
    seeds=("R-091", "R-092"),
    fires=(job(task="text-generation", source=LLAMA).decides("lora: alpha = 2 x rank = 32; 16 x 2621440 numbers"),),
    silent=(job(source=RESNET),),
    dissent=("Many recipes let alpha follow the rank; the rate then means something else from rank to rank.",),
)
def lora(case: FreezeCase) -> Finding[FreezeAdapter]:
    number = case.know.number
    dropout_row = "lora-dropout-few" if case.few else "lora-dropout"
    given = known(case.case.job.request.schedule.adapter)
    rank, rank_row = adapter_rank(case.know, case.family, given)
    alpha, alpha_row = adapter_alpha(case.know, case.family, given)
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
    rows = (rank_row, alpha_row, case.know.constants[dropout_row])
    return Finding(adapter, f"alpha = {alpha / rank:g} x rank = {alpha:g}; {rank} x {width} numbers", rows)
