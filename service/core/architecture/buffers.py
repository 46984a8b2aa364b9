"""Names of tensors that are saved with a model and are no parameters."""

BUFFER_NAMES = frozenset(
    (
        "running_mean",
        "running_var",
        "num_batches_tracked",
        "position_ids",
        "token_type_ids",
        "relative_position_index",
        "relative_coords_table",
        "attn_mask",
        "inv_freq",
        "masked_bias",
        "e_score_correction_bias",
        "final_logits_bias",
        "layer_scalar",
        "slope_rate",
        "query_decay",
        "key_decay",
        "diagonal_decay",
        "balancing_biases",
        "empty_weight",
        "pos_idx_to_embed",
        "summary_idxs",
        "tid2eid",
        "act_scaling_factor",
        "fc_scaling_factor",
        "weight_scaling_factor",
        "weight_integer",
        "bias_integer",
        "input_min",
        "input_max",
        "output_min",
        "output_max",
        "std_bias",
        "std_scale",
        "norm_mean",
        "norm_std",
        "global_mean",
        "global_invstd",
    )
)
"""Last parts of the names under which torch, timm and transformers save what is no parameter."""

BUFFER_PATTERN = rf"(?:^|[./])(?:{'|'.join(sorted(BUFFER_NAMES))})$"
