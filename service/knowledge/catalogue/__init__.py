"""The models that are computed: checkpoints from their architecture's formulas, libraries' tags from their builds."""
