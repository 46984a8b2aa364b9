"""Texts of a hundred labels per class and more, and language models."""

from service.contract.words import Family, Grade, Task
from service.core.catalogue.heads import TOKEN_TASKS
from service.core.catalogue.sizes import is_large
from service.core.choice.comparisons import LANGUAGE, PICTURES_AND_TEXTS, Comparison, Setting, found
from service.core.rules.example_requests import BERT, LLAMA, T5, VIT, job

TUNED_BY_ADAPTERS = (
    *PICTURES_AND_TEXTS,
    Task.TOKEN_CLASSIFICATION,
    Task.QUESTION_ANSWERING,
    Task.SUMMARIZATION,
    Task.TRANSLATION,
    Task.TEXT_GENERATION,
)
SCORED_BY_ENCODERS = (Task.TEXT_REGRESSION, Task.TEXT_RANKING)
WRITTEN_BY_DECODERS = (Task.SUMMARIZATION, Task.TRANSLATION)


@LANGUAGE.rule(
    "evidence-text-partly-tuned",
    "With a hundred labels per class, but less than a thousand in all, a text encoder is tuned but for a part.",
    sources=("lee-2019", "judgement"),
    fires=(
        job(500, task="text-classification", classes=2, source=BERT).decides(
            "partial-fine-tuning 60: +60: Below a thousand texts a moderate share of the encoder is frozen: ",
            "tuning all layers does not always help, and the upper half alone keeps nearly all of the ",
            "quality. In a blind check of this advice, neither nothing nor three quarters frozen was best.",
        ),
    ),
    silent=(
        job(64, task="text-classification", classes=2, source=BERT),
        job(1000, task="text-classification", classes=2, source=BERT),
    ),
    dissent=("Published recipes tune every layer, of some thousands of texts.",),
)
def text_partly_tuned(setting: Setting) -> Comparison | None:
    each, most = (setting.know.constants[name] for name in ("contrastive-per-class", "language-tuned-least-examples"))
    if not setting.labels_texts or setting.per_class is None or setting.per_class < each.value:
        return None
    if setting.examples >= most.value:
        return None
    formula = f"{setting.per_class:.4g} examples per class >= {each.value:g}; {setting.examples} < {most.value:g}"
    return found(setting, "text-partly-tuned", formula, each, most)


@LANGUAGE.rule(
    "evidence-tuned-text",
    "With a hundred labels per class or more, and a thousand in all, a text encoder is tuned whole.",
    grade=Grade.B,
    sources=("transformers", "lora-2021", "gururangan-2020"),
    fires=(
        job(5000, task="text-classification", classes=8).decides(
            "full-fine-tuning 60: +60: Text encoders with a hundred labels per class or more are tuned ",
            "whole, as every published recipe does; an adapter comes within a point.",
        ),
    ),
    silent=(job(64, task="text-classification", classes=8), job(500, task="text-classification", classes=2)),
    dissent=("The guides train the head or the top blocks of so many texts in a familiar domain.",),
)
def tuned_text(setting: Setting) -> Comparison | None:
    if not setting.labels_texts or setting.per_class is None or setting.massive_and_unlike:
        return None
    limit = setting.know.constants["contrastive-per-class"]
    if setting.per_class < limit.value:
        return None
    return found(setting, "text-tuned", f"{setting.per_class:.4g} examples per class >= {limit.value:g}", limit)


@LANGUAGE.rule(
    "evidence-tuned-tokens",
    "Encoders that label tokens or point at answers are tuned whole, however few the texts: a sentence carries as many "
    "labels as words, and comparisons on 16 questions, and on 5 sentences a type, tuned every layer.",
    grade=Grade.B,
    sources=("splinter", "few-shot-ner", "transformers"),
    fires=(
        job(800, task="token-classification", domain="clinical-text", classes=9).decides(
            "full-fine-tuning 60: +60: Taggers and readers are tuned whole, on few texts too: a label for ",
            "every word, and comparisons down to 16 questions and 5 sentences a type tuned every layer.",
        ),
        job(300, task="question-answering", source=BERT).decides(
            "full-fine-tuning 60: +60: Taggers and readers are tuned whole, on few texts too: a label for ",
            "every word, and comparisons down to 16 questions and 5 sentences a type tuned every layer.",
        ),
    ),
    silent=(job(500, task="text-classification", source=BERT), job(300, task="question-answering", source=LLAMA)),
    dissent=("The guides fit a head on frozen features of some hundreds of examples.",),
)
def tuned_tokens(setting: Setting) -> Comparison | None:
    reads = setting.family is Family.TEXT_ENCODER and setting.task.id in TOKEN_TASKS
    if not reads or setting.massive_and_unlike:
        return None
    return found(setting, "tokens-tuned", f"{setting.examples} examples of {setting.task.id}")


@LANGUAGE.rule(
    "evidence-tuned-language",
    "From a thousand examples on, encoders of texts whose classes nobody counted, encoders that score texts, and "
    "encoder-decoders that summarise or translate, are tuned whole.",
    grade=Grade.B,
    sources=("transformers", "gururangan-2020", "sentence-transformers"),
    fires=(
        job(14_000, task="text-classification", source=BERT).decides(
            "full-fine-tuning 60: +60: Published recipes for labelling, scoring, summarising and translating ",
            "texts tune every layer, on sets of some thousands of examples and more.",
        ),
        job(5749, task="text-regression", source=BERT).decides(
            "full-fine-tuning 60: +60: Published recipes for labelling, scoring, summarising and translating ",
            "texts tune every layer, on sets of some thousands of examples and more.",
        ),
        job(5000, task="summarization", source=T5).decides(
            "full-fine-tuning 60: +60: Published recipes for labelling, scoring, summarising and translating ",
            "texts tune every layer, on sets of some thousands of examples and more.",
        ),
    ),
    silent=(
        job(500, task="summarization", source=T5),
        job(5000, task="text-generation", source=LLAMA),
    ),
    dissent=("The guides train the top blocks of some thousands of texts in a familiar domain.",),
)
def tuned_language(setting: Setting) -> Comparison | None:
    scores = setting.family is Family.TEXT_ENCODER and setting.task.id in SCORED_BY_ENCODERS
    writes = setting.family is Family.ENCODER_DECODER and setting.task.id in WRITTEN_BY_DECODERS
    if not (setting.labels_texts or scores or writes) or setting.massive_and_unlike:
        return None
    least = setting.know.constants["language-tuned-least-examples"]
    if setting.examples < least.value:
        return None
    return found(setting, "language-tuned", f"{setting.examples} examples >= {least.value:g}", least)


@LANGUAGE.rule(
    "evidence-large-model",
    "From a thousand to a million examples adapters come first on models above a billion parameters.",
    grade=Grade.A,
    sources=("peft-bench", "lora-without-regret", "lora-2021"),
    seeds=("R-042", "R-091", "R-092", "C-04"),
    fires=(
        job(task="text-generation", source=LLAMA).decides(
            "parameter-efficient 60: +60: Above a billion parameters adapters equal full tuning (GSM8K 47.8 ",
            "against 47.2) at little more than half the memory.",
        ),
        job(task="text-generation", schedule={"adapter": {"rank": 8}}).decides(
            "parameter-efficient 60: +60: Above a billion parameters adapters equal full tuning (GSM8K 47.8 ",
            "against 47.2) at little more than half the memory.",
        ),
    ),
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
    return found(setting, "adapters-for-large", formula, large, least, most)
