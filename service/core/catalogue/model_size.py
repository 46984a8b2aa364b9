"""How large a model is."""

from service.knowledge.index import Knowledge


def is_large(know: Knowledge, params: int) -> bool:
    """Whether a model is so large that adapters are its usual way of tuning."""
    return params >= know.number("large-model-parameters")
