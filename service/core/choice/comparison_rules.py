"""Which published order of the strategies fits a setting. The first rule that fits decides."""

from service.contract.words import Distinction, Family, Grade, Objective, Task
from service.core.catalogue.model_size import is_large
from service.core.choice.comparisons import EVIDENCE, Comparison, Setting
from service.core.rules.example_requests import CLIP, LLAMA, RESNET, VIT, job
from service.core.rules.rule import Example
from service.knowledge.rows import Claim, ConstantRow

BERT = {"model": "bert-base-uncased"}
WAV2VEC2 = {"model": "facebook/wav2vec2-base"}
WHISPER = {"model": "openai/whisper-small"}
DINO = {"model": "vit_base_patch14_dinov2"}
MAE = {"model": "vit_base_patch16_224.mae"}

LABELLED = (Task.IMAGE_CLASSIFICATION, Task.TEXT_CLASSIFICATION)
TUNED_BY_ADAPTERS = (
    *LABELLED,
    Task.TOKEN_CLASSIFICATION,
    Task.QUESTION_ANSWERING,
    Task.SUMMARIZATION,
    Task.TRANSLATION,
    Task.TEXT_GENERATION,
)
READ_BY_ENCODERS = (Task.TEXT_CLASSIFICATION, Task.TOKEN_CLASSIFICATION, Task.QUESTION_ANSWERING)
WRITTEN_BY_DECODERS = (Task.SUMMARIZATION, Task.TRANSLATION)
SERVE_FROZEN = (Objective.CONTRASTIVE_IMAGE_TEXT, Objective.SELF_DISTILLATION)
"""Objectives whose features, trained to be compared, were measured to serve frozen."""


@EVIDENCE.rule(
    "evidence-few-per-class",
    "With fewer than four labels per class nothing is trained: the model is used untrained where it can do the task, "
    "else the nearest labelled neighbours decide. Where adapters were measured on so few, they come first.",
    grade=Grade.D,
    sources=("judgement", "radford-2021", "seed-explainer"),
    seeds=("C-03", "R-118"),
    fires=(job(30, classes=10, source=CLIP), job(30, classes=10, source=RESNET)),
    silent=(job(50, classes=10, source=CLIP), job(30, classes=10, source=CLIP, policy="guides")),
)
def few_per_class(setting: Setting) -> Comparison | None:
    limit = setting.know.constants["untrained-per-class"]
    per_class = setting.per_class
    if setting.task.id not in LABELLED or per_class is None or per_class >= limit.value:
        return None
    if setting.must_be_tuned or _adapter_limit(setting):
        return None
    name = "few-untrained" if setting.zero_shot else "few-neighbours"
    return _found(setting, name, f"{per_class:.3g} examples per class < {limit.value:g}", limit)


@EVIDENCE.rule(
    "evidence-contrastive-few-shot",
    "With four to a hundred labels per class a text encoder learns from pairs of labelled texts: contrastive tuning "
    "beats plain tuning by 19 points at 8 per class and by 6 at 64.",
    grade=Grade.A,
    sources=("setfit",),
    fires=(job(64, task="text-classification", classes=8),),
    silent=(
        job(64, task="text-classification", classes=30),
        job(5000, task="text-classification", classes=8),
        Example(
            "/recommend",
            {
                "target": {"task": "text-classification"},
                "dataset": {"examples": 64, "classes": 8, "texts_per_example": 2},
            },
        ),
    ),
    dissent=("The guides fit a head on frozen features of so few texts.",),
)
def contrastive_few_shot(setting: Setting) -> Comparison | None:
    limit = setting.know.constants["contrastive-per-class"]
    unsuited = not _labels_texts(setting) or setting.paired or setting.several_labels
    if unsuited or not setting.served_by_pairs:
        return None
    return _found(setting, "contrastive-pairs", f"{setting.per_class:.3g} examples per class < {limit.value:g}", limit)


@EVIDENCE.rule(
    "evidence-tuned-text",
    "With a hundred labels per class or more a text encoder is tuned whole.",
    grade=Grade.B,
    sources=("transformers", "lora-2021", "gururangan-2020"),
    fires=(job(5000, task="text-classification", classes=8),),
    silent=(job(64, task="text-classification", classes=8), job(5000, task="text-classification")),
    dissent=("The guides train the head or the top blocks of so many texts in a familiar domain.",),
)
def tuned_text(setting: Setting) -> Comparison | None:
    if not _labels_texts(setting) or setting.per_class is None or setting.massive_and_unlike:
        return None
    limit = setting.know.constants["contrastive-per-class"]
    if setting.per_class < limit.value:
        return None
    return _found(setting, "text-tuned", f"{setting.per_class:.4g} examples per class >= {limit.value:g}", limit)


@EVIDENCE.rule(
    "evidence-tuned-language",
    "From a thousand examples on, encoders that label tokens, answer questions or whose classes nobody counted, and "
    "encoder-decoders that summarise or translate, are tuned whole.",
    grade=Grade.B,
    sources=("transformers", "gururangan-2020"),
    fires=(
        job(14_000, task="token-classification", source=BERT),
        job(5000, task="summarization", source={"model": "t5-small"}),
    ),
    silent=(job(500, task="token-classification", source=BERT), job(5000, task="text-generation", source=LLAMA)),
    dissent=("The guides train the top blocks of some thousands of texts in a familiar domain.",),
)
def tuned_language(setting: Setting) -> Comparison | None:
    encodes = setting.family is Family.TEXT_ENCODER and setting.task.id in READ_BY_ENCODERS
    writes = setting.family is Family.ENCODER_DECODER and setting.task.id in WRITTEN_BY_DECODERS
    if not (encodes or writes) or setting.massive_and_unlike:
        return None
    least = setting.know.constants["language-tuned-least-examples"]
    if setting.examples < least.value:
        return None
    return _found(setting, "language-tuned", f"{setting.examples} examples >= {least.value:g}", least)


@EVIDENCE.rule(
    "evidence-speech-recognition",
    "A speech encoder is tuned whole but for its front end to recognise speech, from ten minutes of transcripts on: "
    "its frozen features do not spell.",
    grade=Grade.B,
    sources=("wav2vec2-recipes", "transformers"),
    seeds=("R-008",),
    fires=(job(48, task="automatic-speech-recognition", source=WAV2VEC2),),
    silent=(job(48, task="automatic-speech-recognition", source=WHISPER),),
    dissent=("The guides train a head on so few examples.",),
)
def speech_recognition(setting: Setting) -> Comparison | None:
    if setting.task.id is not Task.AUTOMATIC_SPEECH_RECOGNITION or setting.family is not Family.SPEECH_ENCODER:
        return None
    return _found(setting, "speech-tuned", f"{setting.examples} transcripts for a speech encoder")


@EVIDENCE.rule(
    "evidence-large-model",
    "From a thousand to a million examples adapters come first on models above a billion parameters.",
    grade=Grade.A,
    sources=("peft-bench", "lora-without-regret", "lora-2021"),
    seeds=("R-042", "R-091", "R-092", "C-04"),
    fires=(job(task="text-generation", source=LLAMA),),
    silent=(job(500, task="text-generation", source=LLAMA), job(source=VIT)),
)
def large_model(setting: Setting) -> Comparison | None:
    know = setting.know
    if setting.task.id not in TUNED_BY_ADAPTERS or not setting.adapters or not is_large(know, setting.params):
        return None
    names = ("large-model-parameters", "adapter-large-least-examples", "adapter-large-most-examples")
    large, least, most = (know.constants[name] for name in names)
    if not least.value <= setting.examples < most.value:
        return None
    formula = f"{setting.params:.3g} parameters >= {large.value:.3g}; {setting.examples} examples"
    return _found(setting, "adapters-for-large", formula, large, least, most)


@EVIDENCE.rule(
    "evidence-robust",
    "Where the model must hold up under shift, the head is fitted on frozen features first and everything is tuned "
    "from there: it leads both plain tuning and the probe alone, under shift and on the target's own data.",
    grade=Grade.A,
    sources=("kumar-2022",),
    seeds=("R-035", "R-112"),
    fires=(job(source=RESNET, constraints={"robust_to_shift": True}),),
    silent=(job(source=RESNET), job(100, source=RESNET, constraints={"robust_to_shift": True})),
    dissent=(
        "Of eleven comparisons it lost two: to plain tuning on satellite pictures by 4.7, to a probe elsewhere by 0.9.",
    ),
)
def robust(setting: Setting) -> Comparison | None:
    if not setting.is_compared or not setting.robust:
        return None
    deep = setting.must_be_tuned or setting.distinction is not Distinction.COARSE
    return _found(setting, "robust-deep" if deep else "robust", "robustness to shift is asked for")


@EVIDENCE.rule(
    "evidence-adapters-on-transformers",
    "On a supervised plain vision transformer of 80 million parameters or more, adapters lead with up to ten thousand "
    "labels, of fine-grained ones up to five thousand.",
    grade=Grade.A,
    sources=("v-petl-bench-2024", "vpt-2022", "vit-peft"),
    seeds=("R-091",),
    fires=(job(1000, classes=20, source=VIT), job(1000, classes=100, similarity=8, source=VIT)),
    silent=(
        job(20_000, source=VIT),
        job(1000, source=RESNET),
        job(1000, source={"model": "swin_base_patch4_window7_224"}),
        job(6000, domain="fine-grained-objects", source=VIT),
    ),
    dissent=(
        "On MedMNIST+, where no adapter ran, a probe of a supervised ViT-B led tuning on three of four small sets.",
    ),
)
def adapters_on_transformers(setting: Setting) -> Comparison | None:
    least, limit = setting.know.constants["adapter-least-params"], _adapter_limit(setting)
    if limit is None:
        return None
    thin = setting.thin_and_near and setting.distinction is Distinction.COARSE
    name = "adapters-then-probe" if thin else "adapters-for-transformers"
    formula = f"{setting.params:.3g} parameters >= {least.value:.3g}; {setting.examples} examples < {limit.value:g}"
    return _found(setting, name, formula, least, limit)


@EVIDENCE.rule(
    "evidence-reconstruction",
    "Features learned by masked reconstruction or segmentation are tuned, however few the labels.",
    grade=Grade.A,
    sources=("mae-2022", "doerrich-2024"),
    seeds=("R-030",),
    fires=(job(500, similarity=8, source=MAE),),
    silent=(job(500, similarity=8, source=DINO),),
    dissent=("The guides keep the backbone frozen with few labels, whatever the pretraining.",),
)
def reconstruction(setting: Setting) -> Comparison | None:
    if not setting.is_compared or not setting.must_be_tuned:
        return None
    return _found(setting, "tune-reconstruction", f"{setting.family} pretrained by {setting.objective}")


@EVIDENCE.rule(
    "evidence-distinction",
    "Where fine parts or geometry tell the classes apart, everything is tuned, however near the domain.",
    grade=Grade.A,
    sources=("salman-2020", "v-petl-bench-2024", "vpt-2022"),
    fires=(job(2000, domain="fine-grained-objects", source=RESNET),),
    silent=(job(2000, domain="pets-and-animals", source=RESNET),),
    dissent=("The guides look at the domain alone.",),
)
def distinction(setting: Setting) -> Comparison | None:
    if not setting.is_compared or setting.distinction is Distinction.COARSE:
        return None
    return _found(setting, "tune-fine", f"the classes differ in {setting.distinction} traits")


@EVIDENCE.rule(
    "evidence-thin-classes",
    "Below twenty labels per class in a near domain the probe leads full tuning.",
    grade=Grade.A,
    sources=("vit-peft", "v-petl-bench-2024"),
    seeds=("R-040", "C-01", "C-03"),
    fires=(job(1500, classes=100, similarity=8, source=RESNET),),
    silent=(job(1500, classes=10, similarity=8, source=RESNET), job(1500, classes=100, similarity=5, source=RESNET)),
)
def thin_classes(setting: Setting) -> Comparison | None:
    if not setting.is_compared or not setting.thin_and_near:
        return None
    thin, near = (setting.know.constants[name] for name in ("per-class-thin", "probe-similarity"))
    formula = f"{setting.per_class:.3g} examples per class < {thin.value:g}; similarity {setting.similarity:g}"
    return _found(setting, "probe-thin-classes", f"{formula} >= {near.value:g}", thin, near)


@EVIDENCE.rule(
    "evidence-compared-features",
    "Below ten thousand labels a vision transformer pretrained by contrasting or self-distillation leads frozen.",
    grade=Grade.A,
    sources=("doerrich-2024", "dinov2-2023"),
    seeds=("R-032", "C-22"),
    fires=(job(5000, source=DINO), job(9999, similarity=3, source=CLIP)),
    silent=(job(10_000, source=DINO), job(5000, source=RESNET)),
    dissent=(
        "The guides train the top blocks from a thousand labels on.",
        "A frozen MoCo-v3 lost to its tuned self where classes or domain were unlike ImageNet's.",
    ),
)
def compared_features(setting: Setting) -> Comparison | None:
    limit = setting.know.constants["probe-most-examples"]
    fits = setting.family is Family.VISION_TRANSFORMER and setting.objective in SERVE_FROZEN
    if not setting.is_compared or not fits or setting.examples >= limit.value:
        return None
    formula = f"{setting.objective}; {setting.examples} examples < {limit.value:g}"
    name = "probe-then-untrained" if setting.zero_shot and setting.thin_classes else "probe-compared-features"
    return _found(setting, name, formula, limit)


@EVIDENCE.rule(
    "evidence-tune",
    "Otherwise full tuning leads a frozen backbone on image labels from some hundreds on; nothing shows that training "
    "a part leads either.",
    grade=Grade.A,
    sources=("doerrich-2024", "salman-2020", "kornblith-2019"),
    seeds=("R-030", "R-034"),
    fires=(job(500, similarity=8, source=RESNET), job(20_000, source=DINO)),
    silent=(job(100, source=RESNET), job(5000, task="object-detection"), job(5_000_000, similarity=1, source=RESNET)),
    dissent=("The guides train a head on hundreds of labels and the top blocks on thousands.",),
)
def tune(setting: Setting) -> Comparison | None:
    if not setting.is_compared:
        return None
    least = setting.know.constants["evidence-least-examples"]
    return _found(setting, "tune-whole", f"{setting.examples} examples >= {least.value:g}", least)


@EVIDENCE.rule(
    "evidence-detectors-whole",
    "Detectors are tuned whole from a few hundred pictures on: no number of frozen layers was reported to gain.",
    grade=Grade.C,
    sources=("yolo-frozen", "detr-2020"),
    fires=(job(500, task="object-detection", classes=10),),
    silent=(job(100, task="object-detection", classes=10), job(500)),
)
def detectors_whole(setting: Setting) -> Comparison | None:
    least = setting.know.constants["detector-least-examples"]
    if setting.family is not Family.DETECTOR or setting.examples < least.value:
        return None
    return _found(setting, "tune-detectors-whole", f"{setting.examples} examples >= {least.value:g}", least)


@EVIDENCE.rule(
    "evidence-none",
    "Where no published comparison of strategies reaches, the guides' order stands.",
    seeds=("R-031",),
    fires=(job(100), job(100, task="object-detection")),
    silent=(job(5000, source=RESNET), job(100, policy="guides")),
)
def none(setting: Setting) -> Comparison:
    return Comparison(None, f"no comparison for {setting.task.id} with {setting.examples} examples: the guides' order")


def _adapter_limit(setting: Setting) -> ConstantRow | None:
    """Where adapters lead on vision transformers: the number of examples below which they do."""
    constants = setting.know.constants
    if setting.objective is not Objective.SUPERVISED or setting.family is not Family.VISION_TRANSFORMER:
        return None
    if not setting.plain or not setting.adapters or setting.params < constants["adapter-least-params"].value:
        return None
    fine = setting.distinction is Distinction.FINE
    limit = constants["adapter-most-fine-examples" if fine else "adapter-most-examples"]
    return limit if setting.is_compared and setting.examples < limit.value else None


def _labels_texts(setting: Setting) -> bool:
    return setting.task.id is Task.TEXT_CLASSIFICATION and setting.family is Family.TEXT_ENCODER


def _found(setting: Setting, order: str, formula: str, *rows: Claim) -> Comparison:
    row = setting.know.orders[order]
    return Comparison(row, formula, (row, *rows))
