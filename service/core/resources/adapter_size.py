"""How large an adapter is, and how much it counts."""

from msgspec import UNSET

from service.contract.job import JobAdapter
from service.contract.words import Family
from service.knowledge.index import Knowledge
from service.knowledge.rows import ConstantRow


def adapter_rank(know: Knowledge, family: Family | None, given: JobAdapter | None) -> tuple[int, ConstantRow]:
    """The rank of the matrices, as given or as is usual in the family, and the row that says what is usual."""
    row = know.constants["lora-rank" if family is Family.DECODER_LM else "lora-rank-encoder"]
    return given.rank if given else int(row.value), row


def adapter_alpha(know: Knowledge, family: Family | None, given: JobAdapter | None) -> tuple[float, ConstantRow]:
    """Alpha, and the row that says what is usual: as given, else one that leaves the rate as it is at any rank.

    That is one alpha for all ranks on language models, and twice the rank on others, up to where the rate would fall.
    """
    if family is Family.DECODER_LM:
        row = know.constants["lora-alpha"]
        usual = row.value
    else:
        row = know.constants["lora-alpha-per-rank"]
        usual = min(row.value * adapter_rank(know, family, given)[0], know.number("lora-alpha-free"))
    return (usual, row) if given is None or given.alpha is UNSET else (given.alpha, row)
