"""So few labels that the model is used untrained, compared by, or taught in pairs."""

from service.contract.words import Family, Grade, Objective, Task
from service.core.choice.comparisons import FEW_LABELS, PICTURES_AND_TEXTS, Comparison, Setting, found
from service.core.rules.example_requests import BERT, CLIP, MINILM, RESNET, VIT, job
from service.core.rules.rule import Example


@FEW_LABELS.rule(
    "evidence-few-untrained",
    "With fewer than four labels per class a model that does the task untrained is used so.",
    sources=("judgement", "radford-2021", "seed-explainer"),
    seeds=("C-03", "R-118"),
    fires=(
        job(30, classes=10, source=CLIP).decides(
            "zero-shot 60: +60: With fewer than four labels per class the model is used untrained, and its ",
            "class means are the rival.",
        ),
    ),
    silent=(job(50, classes=10, source=CLIP), job(30, classes=10, source=CLIP, policy="guides"), job()),
)
def few_untrained(setting: Setting) -> Comparison | None:
    limit = setting.know.constants["untrained-per-class"]
    if setting.task.id not in PICTURES_AND_TEXTS or setting.per_class is None or setting.per_class >= limit.value:
        return None
    if not setting.zero_shot:
        return None
    return found(setting, "few-untrained", f"{setting.per_class:.3g} examples per class < {limit.value:g}", limit)


@FEW_LABELS.rule(
    "evidence-few-unlike-texts",
    "Few texts unlike the pretraining text are tuned on plainly: comparing them in pairs gains nothing there.",
    sources=("judgement", "own-few-labels"),
    fires=(
        job(64, task="text-classification", domain="clinical-text", classes=8, source=BERT).decides(
            "full-fine-tuning 60: +60: Few texts unlike the pretraining text: the encoder itself must learn, ",
            "plainly. In a blind check of this advice pairs lost to it there.",
        ),
    ),
    silent=(
        job(64, task="text-classification", domain="news", classes=8, source=BERT),
        job(5000, task="text-classification", domain="clinical-text", classes=8, source=BERT),
    ),
    dissent=("Contrastive tuning led plain tuning of another, larger model by 19 points at 8 labels per class.",),
)
def few_unlike_texts(setting: Setting) -> Comparison | None:
    unlike = setting.know.constants["similarity-medium"]
    if not setting.labels_texts or not setting.served_by_pairs or setting.similarity >= unlike.value:
        return None
    formula = f"similarity {setting.similarity:g} < {unlike.value:g}; {setting.per_class:.3g} examples per class"
    return found(setting, "text-few-unlike", formula, unlike, setting.know.constants["contrastive-per-class"])


@FEW_LABELS.rule(
    "evidence-contrastive-few-shot",
    "Below a hundred labels per class a text encoder learns from pairs of labelled texts. The gain over plain tuning "
    "of the same encoder is small: 57.5 against 54.4 at 8 per class; over a larger model it was 19 points.",
    grade=Grade.A,
    sources=("setfit", "own-few-labels"),
    fires=(
        job(64, task="text-classification", classes=8).decides(
            "full-fine-tuning 60: +60: Contrastive tuning of a sentence encoder beat plain tuning of ",
            "RoBERTa-large in all six sets at 8 labels per class and in five of six at 64; of the same ",
            "encoder by 3 points at 8 per class, three seeds, not beyond doubt.",
        ),
        job(4, task="text-classification", classes=2, source=MINILM).decides(
            "full-fine-tuning 60: +60: Contrastive tuning of a sentence encoder beat plain tuning of ",
            "RoBERTa-large in all six sets at 8 labels per class and in five of six at 64; of the same ",
            "encoder by 3 points at 8 per class, three seeds, not beyond doubt.",
        ),
    ),
    silent=(
        job(5000, task="text-classification", classes=8),
        job(64, task="text-classification", classes=8, domain="clinical-text", source=BERT),
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
    if not setting.labels_texts or setting.paired or setting.several_labels or not setting.served_by_pairs:
        return None
    return found(setting, "contrastive-pairs", f"{setting.per_class:.3g} examples per class < {limit.value:g}", limit)


@FEW_LABELS.rule(
    "evidence-few-class-means",
    "At a handful of labels per class frozen features are compared with the mean of each class: below eight pictures, "
    "below four of anything that adapters or pairs were not measured on.",
    grade=Grade.A,
    sources=("own-few-labels", "seed-explainer"),
    seeds=("C-03", "R-118"),
    fires=(
        job(30, classes=10, source=RESNET).decides(
            "feature-extraction 60: +60: At a handful of labels per class, unlike the pretraining data, ",
            "class means lead and full tuning is next: 45.0 and 42.9 % at two per class, 47.8 and 47.3 at ",
            "five; a probe 42.1 and 46.4.",
        ),
        job(45, domain="sketches-and-art", classes=9, source=RESNET).decides(
            "feature-extraction 60: +60: At a handful of labels per class, unlike the pretraining data, ",
            "class means lead and full tuning is next: 45.0 and 42.9 % at two per class, 47.8 and 47.3 at ",
            "five; a probe 42.1 and 46.4.",
        ),
    ),
    silent=(
        job(30, classes=10, source=CLIP),
        job(100, domain="sketches-and-art", classes=9, source=RESNET),
        job(30, classes=10, source=RESNET, policy="guides"),
        job(300, classes=100, source=VIT),
    ),
    dissent=("On texts at eight per class class means came last of fourteen ways.",),
)
def few_class_means(setting: Setting) -> Comparison | None:
    if setting.task.id not in PICTURES_AND_TEXTS or setting.per_class is None or setting.zero_shot:
        return None
    if setting.must_be_tuned or setting.adapter_limit:
        return None
    pictures = setting.labels_pictures and not setting.is_compared
    limit = setting.know.constants["class-means-per-class" if pictures else "untrained-per-class"]
    if setting.per_class >= limit.value:
        return None
    name = "few-class-means" if setting.near else "few-class-means-unlike"
    return found(setting, name, f"{setting.per_class:.3g} examples per class < {limit.value:g}", limit)


@FEW_LABELS.rule(
    "evidence-uncounted",
    "Where some hundreds of texts have numbers, or classes that nobody counted, a head is fitted on a sentence "
    "encoder, whose features serve frozen, and any other encoder is tuned for the most part.",
    sources=("judgement", "own-few-labels"),
    fires=(
        job(100, task="text-classification", source=MINILM).decides(
            "feature-extraction 60: +60: On the features of a sentence encoder a logistic regression beat ",
            "plain tuning of it: 56.3 against 54.4 % at 16 texts, 58.6 against 56.4 at 50.",
        ),
        job(500, task="text-classification", source=BERT).decides(
            "partial-fine-tuning 60: +60: Below a thousand texts a moderate share of the encoder is frozen: ",
            "tuning all layers does not always help, and the upper half alone keeps nearly all of the ",
            "quality. In a blind check of this advice, neither nothing nor three quarters frozen was best.",
        ),
    ),
    silent=(job(100, task="text-classification", classes=2, source=MINILM), job(5749, task="text-regression")),
    dissent=("The guides fit a head whatever the encoder.",),
)
def uncounted(setting: Setting) -> Comparison | None:
    most = setting.know.constants["language-tuned-least-examples"]
    numbers = setting.family is Family.TEXT_ENCODER and setting.task.id is Task.TEXT_REGRESSION
    uncounted_classes = setting.labels_texts and setting.per_class is None
    if not (numbers or uncounted_classes) or setting.examples >= most.value:
        return None
    serves = setting.objective is Objective.CONTRASTIVE_TEXT
    formula = (
        f"{setting.task.id}, classes not counted; {setting.objective}; {setting.examples} examples < {most.value:g}"
    )
    return found(setting, "probe-sentences" if serves else "text-partly-tuned", formula, most)
