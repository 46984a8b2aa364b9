"""What the word after the dot of a timm name says of a checkpoint's pretraining."""

import re

from service.contract.words import Corpus, Objective
from service.knowledge.rows import RecipeRow

LABELS = Objective.SUPERVISED
PAIRS = Objective.CONTRASTIVE_IMAGE_TEXT
IMAGENET = Corpus.IMAGENET
REBUILT = Objective.MASKED_RECONSTRUCTION

SETS = {size: f"ImageNet-{size}" for size in ("1k", "12k", "21k", "22k")} | {"w21k": "ImageNet-W21k"}

STARTS = (
    (r"clip|openai|laion|datacomp|webli|dfn", "pairs of images and texts"),
    (r"(?:^|_)(?:mae|fcmae|mim|beit)", "masked images without labels"),
    (r"seer|ssl_yfcc|dino|lvd", "images without labels"),
    (r"swag|wsl_ig|swsl_ig", "public photographs with hashtags"),
    (r"jft", "JFT-300M, labelled by an earlier model"),
    (r"m30m|m38m|ogvl|bamboo", "a larger collection of images"),
)
"""What came before ImageNet's labels, by a part of the tag."""

PLAIN = (
    (r"lvd142m", Corpus.CURATED_IMAGES, Objective.SELF_DISTILLATION, "LVD-142M: 142 million web images, no labels."),
    (r"lvd1689m", Corpus.CURATED_IMAGES, Objective.SELF_DISTILLATION, "LVD-1689M: 1.7 billion web images, no labels."),
    (r"sat493m", Corpus.SATELLITE_IMAGES, Objective.SELF_DISTILLATION, "SAT-493M: satellite images, no labels."),
    (r"^(?:fb_)?dino$", IMAGENET, Objective.SELF_DISTILLATION, "ImageNet-1k without labels, by self-distillation."),
    (r"^(?:mae|fcmae)$", IMAGENET, Objective.MASKED_RECONSTRUCTION, "ImageNet-1k without labels, masked and rebuilt."),
    (r"^mim_in22k$", IMAGENET, Objective.MASKED_RECONSTRUCTION, "ImageNet-22k without labels, masked and rebuilt."),
    (r"^openai$", Corpus.WEB_IMAGE_TEXT, PAIRS, "OpenAI's 400 million pairs of images and texts."),
    (r"^(?:clip_)?laion(?:2b|400m|a)", Corpus.WEB_IMAGE_TEXT, PAIRS, "LAION: pairs of images and texts of the web."),
    (r"^(?:v2_)?webli|^webli_i18n$", Corpus.WEB_IMAGE_TEXT, PAIRS, "WebLI: pairs of images and texts of the web."),
    (r"^datacomp", Corpus.WEB_IMAGE_TEXT, PAIRS, "DataComp: filtered pairs of images and texts of the web."),
    (r"^dfn[25]b", Corpus.WEB_IMAGE_TEXT, PAIRS, "DFN: filtered pairs of images and texts of the web."),
    (r"^metaclip", Corpus.WEB_IMAGE_TEXT, PAIRS, "MetaCLIP: balanced pairs of images and texts of the web."),
    (r"^apple_mclip", Corpus.WEB_IMAGE_TEXT, PAIRS, "MobileCLIP: reinforced pairs of images and texts of the web."),
    (
        r"^(?:tinyclip_)?(?:laion400m|yfcc15m|cc12m)",
        Corpus.WEB_IMAGE_TEXT,
        PAIRS,
        "Pairs of images and texts.",
    ),
    (
        r"^vit_pe_core",
        Corpus.WEB_IMAGE_TEXT,
        PAIRS,
        "Perception Encoder: 5.4 billion images of the web and their texts.",
    ),
    (
        r"^vit_pe_lang",
        Corpus.WEB_IMAGE_TEXT,
        PAIRS,
        "Perception Encoder, then tuned with a model that writes about images.",
    ),
    (
        r"^vit_pe_spatial",
        Corpus.WEB_IMAGE_TEXT,
        Objective.SELF_DISTILLATION,
        "Perception Encoder, then taught by its own features and by SAM's.",
    ),
    (r"^merged2b$", Corpus.WEB_IMAGE_TEXT, PAIRS, "Merged-2B: pairs of images and texts of the web."),
    (r"^apple_pt", Corpus.WEB_IMAGE_TEXT, REBUILT, "Pairs of images and texts: each patch, then the text, foretold."),
    (r"^(?:indomain_)?pt$", Corpus.WEB_IMAGE_TEXT, REBUILT, "Images, texts and pairs of both, masked and rebuilt."),
    (r"^mim_m38m$", Corpus.WEB_IMAGE_TEXT, REBUILT, "Merged-38M: images without labels, masked and rebuilt."),
    (
        r"^(?:pali|qwen|deepseek|gemma|msft_florence|fb_tiling|ogvl)",
        Corpus.WEB_IMAGE_TEXT,
        PAIRS,
        "The eye of a model that writes about images; tuned with that model.",
    ),
    (r"^(?:sa1b|fb_r\d+)", Corpus.CURATED_IMAGES, LABELS, "SA-1B: 11 million photographs with masks."),
    (r"ijepa$", IMAGENET, Objective.SELF_DISTILLATION, "ImageNet without labels: features of hidden parts foretold."),
    (r"^seer$", Corpus.CURATED_IMAGES, Objective.SELF_DISTILLATION, "A billion public photographs, no labels."),
    (r"^bamboo$", Corpus.CURATED_IMAGES, LABELS, "Bamboo: 69 million images with labels."),
    (r"^c_radio$", Corpus.WEB_IMAGE_TEXT, Objective.SELF_DISTILLATION, "Taught by several vision models at once."),
)
"""Tags without ImageNet's labels: what they hold, corpus, objective, and words for it."""

LABELLED = re.compile(r"(?:^|_)in(w?\d+k)(?:_|$)")


def recipe_of(tag: str) -> RecipeRow | None:
    """The pretraining that a tag tells; None where it does not tell."""
    trained = LABELLED.findall(tag.replace("in22ft1k", "in22k_in1k"))
    plain = next((row for row in PLAIN if re.search(row[0], tag)), None)
    if plain is not None and ("_ft_" not in tag or not trained):
        _, corpus, objective, words = plain
        return RecipeRow(id=tag, corpus=corpus, objective=objective, pretraining=words)
    if not trained:
        return None
    start = next((words for part, words in STARTS if re.search(part, tag)), None)
    steps = [SETS[name] for name in dict.fromkeys(trained) if name in SETS]
    before = f"Started from {start}, then " if start else ""
    distilled = "; taught by a larger model" if "dist" in tag or "ssld" in tag else ""
    words = f"{before}{' and '.join(steps)} with labels{distilled}."
    return RecipeRow(id=tag, corpus=IMAGENET, objective=LABELS, pretraining=words)
