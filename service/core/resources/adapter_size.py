"""How large an adapter is."""

from service.contract.job import JobAdapter
from service.contract.words import Family
from service.knowledge.index import Knowledge
from service.knowledge.rows import ConstantRow


def adapter_rank(know: Knowledge, family: Family | None, given: JobAdapter | None) -> tuple[int, ConstantRow]:
    """The rank of the matrices, as given or as is usual in the family, and the row that says what is usual."""
    row = know.constants["lora-rank" if family is Family.DECODER_LM else "lora-rank-encoder"]
    return given.rank if given else int(row.value), row
