"""Parts that names or the list put in an odd place stand where their widths fit, as in the nets named here."""

from collections.abc import Callable
from typing import Any

import pytest

from service.contract.freeze import FreezePlan
from service.contract.words import BlockKind, LayoutCertainty
from tests.ask import frozen
from tests.core.test_inference import Shapes, from_header, kind, names, owner, parts, places, planned, repeated

BLOCK = ("conv1 16x8x3x3", "conv2 8x16x3x3")


def test_norms_that_are_listed_together_run_behind_their_layers() -> None:
    """PointNet lists `fc1 fc2 fc3 bn1 bn2`; `bn4` of its transforms scales what `fc1` gives."""
    shapes = parts("", "conv1 8x3x1", "conv2 16x8x1", "fc1 12x16", "fc2 4x12", "bn1 8", "bn2 16", "bn3 12")
    plan = planned(shapes)
    assert owner(plan, "bn1.weight") is owner(plan, "conv1.weight")
    assert owner(plan, "bn2.bias") is owner(plan, "conv2.weight")
    assert owner(plan, "bn3.weight") is owner(plan, "fc1.weight")


def test_what_reads_the_input_is_a_stem_wherever_it_is_listed() -> None:
    """tsai's gMLP lists its patcher behind its blocks, WaveNet its first convolution."""
    shapes = [*repeated(4, "model", "fc1 32x16", "fc2 16x32"), *parts("", "patcher 16x5", "head 3x16")]
    assert kind(planned(shapes), "patcher.weight") is BlockKind.STEM
    assert kind(planned(shapes), "head.weight") is BlockKind.HEAD


def test_what_joins_two_widths_stays_behind_the_blocks() -> None:
    """A layer that reads two times what blocks give may read them joined."""
    shapes = [*repeated(4, "model", "fc1 32x16", "fc2 16x32"), *parts("", "fuse 16x32", "head 3x16")]
    assert places(planned(shapes), "model.3.fc2.weight", "fuse.weight", "head.weight") == [3, 4, 5]


def test_an_end_that_is_listed_first_ends_the_net() -> None:
    """NAFNet lists `intro ending encoders decoders middle_blks ups downs`."""
    shapes: Shapes = parts("", "intro 8x3x3x3", "ending 3x8x3x3")
    shapes += [one for index in (0, 1) for one in repeated(1, f"encoders.{index}", *_sized(8 << index))]
    shapes += [one for index in (0, 1) for one in repeated(1, f"decoders.{index}", *_sized(16 >> index))]
    shapes += repeated(2, "middle_blks", *_sized(32))
    shapes += parts("", "ups.0.0 64x32x1x1 -", "ups.1.0 32x16x1x1 -", "downs.0 16x8x2x2", "downs.1 32x16x2x2")
    plan = planned(shapes)
    run = ["intro.weight", "encoders.0.0.conv1.weight", "encoders.1.0.conv1.weight", "middle_blks.0.conv1.weight"]
    run += ["decoders.0.0.conv1.weight", "decoders.1.0.conv1.weight", "ending.weight"]
    assert places(plan, *run) == sorted(places(plan, *run))
    assert kind(plan, "ending.weight") is BlockKind.HEAD
    assert owner(plan, "ups.0.0.weight") is owner(plan, "decoders.0.0.conv1.weight")
    assert owner(plan, "downs.0.weight") is owner(plan, "encoders.0.0.conv1.weight")


def _sized(width: int) -> tuple[str, str]:
    return (f"conv1 {2 * width}x{width}x3x3", f"conv2 {width}x{2 * width}x3x3")


def test_what_is_listed_between_two_towers_stays_there() -> None:
    """The variational autoencoder of many examples: `encoder fc_mu fc_var decoder_input decoder final_layer`."""
    shapes = [
        *repeated(3, "encoder", *BLOCK),
        *parts("", "fc_mu 4x128", "fc_var 4x128", "decoder_input 128x4"),
        *repeated(3, "decoder", *BLOCK),
        *parts("", "final_layer 3x8x3x3"),
    ]
    plan = planned(shapes)
    run = ["encoder.2.conv1.weight", "fc_mu.weight", "fc_var.weight", "decoder_input.weight", "decoder.0.conv1.weight"]
    assert places(plan, *run) == sorted(places(plan, *run))
    assert places(plan, "fc_mu.weight")[0] > places(plan, "encoder.2.conv1.weight")[0]


def test_a_codebook_runs_between_the_towers_that_it_joins() -> None:
    """MONAI's VQVAE lists `encoder decoder quantizer`; the codebook is a table of the latent's width."""
    shapes = [
        *parts("encoder.blocks", "0 8x1x3x3", "1 8x8x3x3", "2 4x8x3x3"),
        *parts("decoder.blocks", "0 8x4x3x3", "1 8x8x3x3", "2 1x8x3x3"),
        *parts("", "quantizer 32x4 -"),
    ]
    run = ["encoder.blocks.2.weight", "quantizer.weight", "decoder.blocks.0.weight"]
    assert places(planned(shapes), *run) == sorted(places(planned(shapes), *run))


def test_towers_without_numbers_run_in_their_order() -> None:
    """pythae lists the decoder first; its encoder has no numbered layers."""
    shapes = [
        *parts("decoder.layers", "0.0 16x4", "1.0 64x16"),
        *parts("encoder", "layers.0.0 16x64", "embedding 4x16", "log_var 4x16"),
    ]
    assert places(planned(shapes), "encoder.embedding.weight") < places(planned(shapes), "decoder.layers.0.0.weight")


def test_lists_of_one_length_take_turns_only_where_widths_let_them() -> None:
    """DLRM's two nets have as many layers; the second reads what the first one's end gives."""
    turns = planned([*repeated(3, "filters", "conv 8x8x2"), *repeated(3, "gates", "conv 8x8x2")])
    assert [block.tensors for block in turns.blocks] == [4, 4, 4]
    after = planned([*parts("bot_l", "0 16x4", "2 8x16"), *parts("top_l", "0 16x14", "2 1x16")])
    assert names(after) == ["bot_l.0", "bot_l.2", "top_l.0"]


def test_a_head_that_reads_several_levels_is_one_whole() -> None:
    """YOLOv5's last block has a list a level, beside parts that the blocks before it have too."""
    shapes = repeated(4, "model", "cv1 8x8x1x1", "cv2 8x8x1x1", "cv3 8x16x1x1")
    shapes += parts("model.4", "cv2.0 4x8x1x1", "cv2.1 4x16x1x1", "cv3.0 5x8x1x1", "cv3.1 5x16x1x1", "dfl 1x4x1x1 -")
    assert kind(planned(shapes), "model.4.cv2.0.weight") is BlockKind.HEAD


def test_a_file_is_ordered_by_widths_with_a_warning() -> None:
    """Nothing but widths tells that `front alpha beta gamma omega` run so; a file lists them by the alphabet."""
    shapes = parts("", "front 4x3x3x3", "zeta.0 8x4x3x3", "beta.0 16x8x3x3", "alpha.0 32x16x3x3", "omega 7x32")
    plan = from_header(shapes)
    run = ["front.weight", "zeta.0.weight", "beta.0.weight", "alpha.0.weight", "omega.weight"]
    assert places(plan, *run) == sorted(places(plan, *run))
    assert plan.layout.certainty is LayoutCertainty.ORDER


def test_transposed_layers_are_read_by_their_biases() -> None:
    """A transposed convolution lists what it reads first: its bias tells which side it gives."""
    shapes = parts("", "d 8x3x3x3", "b 32x8x3x3")
    shapes += [("c.weight", [32, 16, 2, 2]), ("c.bias", [16]), ("a.weight", [16, 4, 2, 2]), ("a.bias", [4])]
    run = ["d.weight", "b.weight", "c.weight", "a.weight"]
    assert places(from_header(shapes), *run) == [0, 1, 2, 3]


def test_a_norm_beside_sound_is_not_sure_in_a_file() -> None:
    """torchaudio's wav2vec 2.0 normalises before its layers in the small size, behind them in the large one."""
    shapes = [
        *parts("encoder", "pos_conv_embed.conv 16x4x3", "layer_norm 16"),
        *repeated(4, "encoder.layers", "attention.q_proj 16x16", "fc1 32x16", "fc2 16x32"),
        *parts("", "aux 5x16"),
    ]
    assert from_header(shapes).layout.certainty is LayoutCertainty.ORDER
    assert planned(shapes).layout.certainty is LayoutCertainty.STRUCTURE


def test_heads_of_several_levels_are_all_the_head() -> None:
    """A textbook's single-shot detector: `blk_0 cls_0 bbox_0 blk_1 cls_1 bbox_1`; a file does not tell the turns."""
    shapes = [
        one
        for level, width in enumerate((3, 8, 16))
        for one in (
            *parts(f"blk_{level}", f"0 {8 << level}x{width}x3x3", f"3 {8 << level}x{8 << level}x3x3"),
            *parts("", f"cls_{level} 6x{8 << level}x3x3", f"bbox_{level} 4x{8 << level}x3x3"),
        )
    ]
    for plan in (planned(shapes), from_header(shapes)):
        assert {kind(plan, f"{head}_{level}.weight") for head in ("cls", "bbox") for level in (0, 1, 2)} == {"head"}
        assert plan.layout.certainty is LayoutCertainty.ORDER


def test_layers_that_are_counted_through_are_no_heads_but_the_last() -> None:
    plan = planned(parts("", "conv1 8x3x3x3", "fc1 16x8", "fc2 16x16", "fc3 4x16"))
    assert [kind(plan, f"fc{number}.weight") for number in (1, 2, 3)] == ["block", "block", "head"]


def test_a_norm_beside_a_convolution_over_time_may_be_a_batch_norm() -> None:
    """Informer distils its layers by convolutions with batch norms, beside the layer norms of its attention."""
    attention = ("self_attn.q_proj 16x16", "self_attn.v_proj 16x16", "self_attn_layer_norm 16")
    shapes = [*repeated(4, "encoder.layers", *attention), *parts("encoder", "conv_layers.0.down 16x16x3")]
    shapes += parts("encoder", "conv_layers.0.norm 16")
    assert planned(shapes, strategy="partial-fine-tuning", examples=300).norm.frozen_statistics


def test_a_file_begins_with_what_reads_pixels_and_has_transitions_between_its_blocks() -> None:
    """DenseNet's names, sorted: `conv0` and `transition1` stand behind `denseblock2`."""
    shapes = parts("features", "conv0 8x3x7x7 -", "norm0 8", "norm5 22")
    for block, width in ((1, 8), (2, 10)):
        for layer in (1, 2, 3):
            read = width + 4 * (layer - 1)
            shapes += parts(
                f"features.denseblock{block}.denselayer{layer}", f"conv1 16x{read}x1x1 -", "conv2 4x16x3x3 -"
            )
    shapes += parts("features.transition1", "norm 20", "conv 10x20x1x1 -")
    plan = from_header([*shapes, *parts("", "classifier 5x22")])
    run = ["features.conv0.weight", "features.denseblock1.denselayer3.conv2.weight", "features.transition1.conv.weight"]
    run += ["features.denseblock2.denselayer1.conv1.weight", "features.norm5.weight", "classifier.weight"]
    assert places(plan, *run) == sorted(places(plan, *run))
    assert kind(plan, "features.conv0.weight") is kind(plan, "features.norm0.weight") is BlockKind.STEM
    assert plan.layout.certainty is LayoutCertainty.ORDER


def test_a_bottom_stands_between_the_ways_of_a_file() -> None:
    shapes = parts("", "conv_in 8x4x3x3", "conv_out 4x8x3x3", "mid_block.conv1 16x16x3x3", "mid_block.conv2 16x16x3x3")
    for way, (a, b) in {"down": ("8x8", "16x8"), "up": ("16x32", "8x24")}.items():
        shapes += parts(f"{way}_blocks", *(f"{i}.{c} {w}x3x3" for i, w in enumerate((a, b)) for c in ("a", "b")))
    run = ["conv_in.weight", "down_blocks.1.a.weight", "mid_block.conv1.weight", "up_blocks.0.a.weight"]
    assert places(from_header(shapes), *run) == sorted(set(places(from_header(shapes), *run)))


@pytest.mark.parametrize("planned", [planned, from_header])
def test_a_list_and_a_file_have_one_head(planned: Callable[[Shapes], FreezePlan]) -> None:
    """What a head reads is no part of it; nor an `fc` that another layer reads; the last of a numbered list is."""
    blocks = repeated(4, "blocks", "conv1 8x8x3x3", "conv2 8x8x3x3")
    hgnet = planned([*blocks, *parts("head", "last_conv.0 32x8x1x1 -", "fc 5x32")])
    assert kind(hgnet, "head.fc.weight") is BlockKind.HEAD
    assert kind(hgnet, "head.last_conv.0.weight") is BlockKind.NECK
    for name in ("action", "cls_score"):
        agent = planned([*blocks, *parts("", "fc 64x8", f"{name} 6x64")])
        assert kind(agent, f"{name}.weight") is BlockKind.HEAD
        assert kind(agent, "fc.weight") is BlockKind.NECK
    detector = planned(
        [*repeated(4, "model", "cv1 8x8x1x1", "cv2 8x8x1x1"), *parts("model.4", "dfl 1x4x1x1", "out 5x8")]
    )
    assert kind(detector, "model.4.out.weight") is BlockKind.HEAD


def test_a_list_that_stands_in_the_order_of_its_names_by_chance_is_a_list() -> None:
    """Keras' own names without biases; a file of more parts was sorted."""
    names_of = ("conv2d/kernel", "conv2d_1/kernel", "dense/kernel", "dense_1/kernel")
    shapes: Shapes = list(zip(names_of, ([3, 3, 3, 8], [3, 3, 8, 16], [16, 32], [32, 5]), strict=True))
    plan = planned(shapes)
    assert places(plan, *names_of) == sorted(set(places(plan, *names_of)))
    assert kind(plan, "dense_1/kernel") is BlockKind.HEAD
    inside = ("attn.k 8x8 -", "attn.o 8x8 -", "attn.q 8x8 -", "attn.v 8x8 -", "mlp.down 8x16 -", "mlp.up 16x8 -")
    sorted_by_name = [*repeated(3, "blocks", *inside), *parts("", "output 5x8 -", "stem 8x4 -")]
    assert kind(planned(sorted_by_name), "stem.weight") is BlockKind.STEM


@pytest.mark.parametrize("levels", [(2, 3, 4), (4, 3, 2)])
def test_a_way_up_that_is_listed_backwards_runs_from_its_widest(levels: tuple[int, ...]) -> None:
    """pytorchcv's U-Net lists `up4 up3 up2`, and runs them by their numbers."""
    shapes: Shapes = []
    for level in (2, 3):
        shapes += parts(f"down_seq.down{level}", f"a {4 << level}x{2 << level}x3x3", f"b {4 << level}x{4 << level}x3x3")
    for level in levels:
        width = 128 >> level
        shapes += parts(f"up_seq.up{level}", f"a {width}x{4 * width}x3x3", f"b {width}x{width}x3x3")
    plan = planned([*shapes, *parts("", "head 3x8x1x1")])
    assert names(plan)[-3:] == ["up_seq.up2", "up_seq.up3", "up_seq.up4"]


def test_an_embedding_within_a_later_part_is_no_stem_of_the_model() -> None:
    """MSVTNet embeds places in the transformer behind its convolutions."""
    shapes = repeated(3, "convs_of", "a 8x8x1x15", "b 8x8x1x15")
    shapes += parts("transformer", "pos_embedding 1x9x8 =")
    shapes += [*repeated(3, "transformer.layers", "linear1 16x8", "linear2 8x16"), *parts("", "final_layer 3x8")]
    run = ["convs_of.2.a.weight", "transformer.pos_embedding", "transformer.layers.1.linear1.weight"]
    assert places(planned(shapes), *run) == sorted(places(planned(shapes), *run))
    assert places(planned(shapes), run[0]) < places(planned(shapes), run[1])


def test_a_way_around_a_block_or_a_square_layer_of_a_file_is_no_head() -> None:
    """MONAI's Critic ends in a block with a `residual`; its AutoencoderKL has `quant_conv` between two towers."""
    critic = planned(repeated(2, "net.layer", "conv.0 4x4x3x3", "conv.1 4x4x3x3", "residual 6x4x3x3"))
    assert kind(critic, "net.layer.1.residual.weight") is not BlockKind.HEAD
    towers = [*repeated(3, "encoder.blocks", *BLOCK), *repeated(3, "decoder.blocks", *BLOCK)]
    coder = from_header([*towers, *parts("", "quant_conv 8x8x1x1", "post_quant_conv 8x8x1x1")])
    assert kind(coder, "quant_conv.weight") is not BlockKind.HEAD


def test_what_stands_between_an_autoencoders_nets_runs_before_the_second() -> None:
    """CompressAI lists `g_a g_s h_a h_s`: the second net gives the picture back."""
    shapes = [
        *parts("g_a", "0 8x3x5x5", "2 12x8x5x5"),
        *parts("g_s", "0 8x12x5x5", "2 3x8x5x5"),
        *parts("h_a", "0 8x12x3x3", "2 6x8x3x3"),
        *parts("h_s", "0 8x6x3x3", "2 12x8x3x3"),
    ]
    assert names(planned(shapes)) == ["g_a.0", "g_a.2", "h_a.0", "h_a.2", "h_s.0", "h_s.2", "g_s.0"]


@pytest.mark.parametrize("planned", [planned, from_header])
def test_what_alone_reads_pixels_is_the_stem_wherever_it_stands(planned: Callable[[Shapes], FreezePlan]) -> None:
    """Perceiver's classes hold an `input_preprocessor` behind their encoder; the decoder ends in the answers."""
    shapes = [*repeated(3, "net.encoder.attends", "attn 16x16", "mlp 16x16"), *parts("net.decoder", "final_layer 7x16")]
    plan = planned([*shapes, *parts("net.input_preprocessor", "conv 16x3x1x1", "proj 16x32")])
    assert kind(plan, "net.input_preprocessor.conv.weight") is BlockKind.STEM
    assert kind(plan, "net.decoder.final_layer.weight") is BlockKind.HEAD


@pytest.mark.parametrize("planned", [planned, from_header])
def test_what_leads_away_from_a_stage_runs_behind_its_blocks(planned: Callable[[Shapes], FreezePlan]) -> None:
    """FocalNet's stages hold `layers` and `downsample`; Segformer's `patch_embeddings` and `blocks`."""
    shapes = parts("stages.0", "patch_embeddings.proj 8x3x4x4")
    for stage, width in enumerate((8, 16)):
        shapes += repeated(2, f"stages.{stage}.layers", f"fc1 {4 * width}x{width}", f"fc2 {width}x{4 * width}")
        shapes += parts(f"stages.{stage}", f"downsample.projection {2 * width}x{width}x2x2")
    plan = planned([*shapes, *parts("", "classifier 7x32")])
    assert owner(plan, "stages.1.downsample.projection.weight") is owner(plan, "stages.1.layers.1.fc1.weight")
    assert kind(plan, "stages.0.patch_embeddings.proj.weight") is BlockKind.STEM


def test_a_layer_of_a_stage_that_may_stand_on_either_side_has_a_warning() -> None:
    """MobileViT's `conv_kxk` reads as much as it gives."""
    shapes: Shapes = []
    for stage in (0, 1):
        shapes += parts(f"layer.{stage}", "conv_kxk 8x8x3x3")
        shapes += repeated(2 + stage, f"layer.{stage}.transformer", "fc1 64x16", "fc2 16x64")
    shapes += parts("", "classifier 7x16")
    assert planned(shapes).layout.certainty is LayoutCertainty.STRUCTURE
    assert from_header(shapes).layout.certainty is LayoutCertainty.ORDER


@pytest.mark.parametrize("source", ["parameters", "safetensors"])
def test_a_head_that_holds_the_layer_of_the_classes_is_whole(source: str) -> None:
    """Segformer's `decode_head`: in a file its last layer gives what the classifier reads."""
    shapes = repeated(3, "encoder.blocks", "fc1 32x8", "fc2 8x32")
    shapes += parts("decode_head", "linear_c.0 16x8", "linear_c.1 16x8", "linear_fuse 16x16x1x1", "classifier 7x16x1x1")
    listed: Any = [{"name": name, "shape": list(shape)} for name, shape in shapes]
    if source == "safetensors":
        listed = {name: {"dtype": "F32", "shape": list(shape)} for name, shape in sorted(shapes)}
    plan = frozen(**{source: listed}, dataset={"examples": 3000, "classes": 7})
    assert {kind(plan, name) for name, _ in shapes if name.startswith("decode_head")} == {BlockKind.HEAD}
