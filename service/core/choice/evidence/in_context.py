"""Series, tables and embeddings: models that answer untouched, and when tuning them gains."""

from service.contract.words import Family, Grade, Objective, Task
from service.core.choice.comparisons import IN_CONTEXT, Comparison, Setting, found
from service.core.rules.example_requests import BGE, CHRONOS, TABPFN, job
from service.core.rules.rule import Example


@IN_CONTEXT.rule(
    "evidence-series-tuned",
    "From some hundred windows on a forecaster is tuned whole, beside the untouched one: that lowered the error on 88 "
    "percent of the tasks of GIFT-Eval, and of 92 comparisons on long series 14 got worse, one by more than 2 %.",
    grade=Grade.A,
    sources=("gift-eval", "granite-tsfm"),
    fires=(
        job(5000, task="time-series-forecasting", source=CHRONOS).decides(
            "full-fine-tuning 60: +60: Tuning lowered the error of TTM-R2 on 88 % of the tasks of GIFT-Eval ",
            "(1.02 to 0.76 of the seasonal naive); of 92 comparisons on long series it harmed 14. Keep the ",
            "untouched forecaster as the rival.",
        ),
    ),
    silent=(job(100, task="time-series-forecasting", source=CHRONOS), job(5000), job(task="summarization")),
    dissent=("Both are of one family of small forecasters; on long series the mean gain was 0.6 %.",),
)
def series_tuned(setting: Setting) -> Comparison | None:
    least = setting.know.constants["series-least-windows"]
    if setting.task.id is not Task.TIME_SERIES_FORECASTING or setting.examples < least.value:
        return None
    if setting.massive_and_unlike:
        return None
    return found(setting, "series-tuned", f"{setting.examples} windows >= {least.value:g}", least)


@IN_CONTEXT.rule(
    "evidence-series-untouched",
    "With fewer windows a pretrained forecaster is used as it is: it beat forecasters trained on the set itself.",
    grade=Grade.A,
    sources=("gift-eval",),
    seeds=("R-026",),
    fires=(
        job(100, task="time-series-forecasting", source=CHRONOS).decides(
            "zero-shot 60: +60: Untouched, Chronos-Bolt beat a transformer trained on the set itself on 75 % ",
            "of the tasks.",
        ),
    ),
    silent=(job(5000, task="time-series-forecasting", source=CHRONOS), job(900)),
)
def series_untouched(setting: Setting) -> Comparison | None:
    if setting.task.id is not Task.TIME_SERIES_FORECASTING or setting.massive_and_unlike:
        return None
    return found(setting, "series-untouched", f"{setting.examples} windows")


@IN_CONTEXT.rule(
    "evidence-tables-tuned",
    "From five thousand rows on a tabular model is tuned, at a small rate, beside the untouched one: of 21 sets 14 "
    "gained, and all 13 whose search ended at a rate of 6.5e-5 or below.",
    grade=Grade.A,
    sources=("tabpfn-tuned",),
    fires=(
        job(6400, task="tabular-classification", source=TABPFN).decides(
            "full-fine-tuning 60: +60: Tuned whole TabPFN gained on adult (26,048 rows) 1.2 points and on ",
            "churn (6,400) 0.5; over 21 sets 14 gained and 7 lost. Keep the untouched model as the rival.",
        ),
    ),
    silent=(job(500, task="tabular-classification", source=TABPFN), job(6400)),
    dissent=(
        "Seven sets of 21 lost, the three with 3,589 rows all: a tuned model is kept only where it beats the other.",
    ),
)
def tables_tuned(setting: Setting) -> Comparison | None:
    least = setting.know.constants["tables-least-rows"]
    if setting.family is not Family.TABULAR or setting.examples < least.value or setting.massive_and_unlike:
        return None
    return found(setting, "tables-tuned", f"{setting.examples} rows >= {least.value:g}", least)


@IN_CONTEXT.rule(
    "evidence-tables-untouched",
    "With fewer rows a prior-fitted model answers in context: tuning lost on three of three sets of 3,589 rows.",
    grade=Grade.A,
    sources=("tabpfn-tuned", "tabpfn-2025"),
    seeds=("R-026",),
    fires=(
        job(500, task="tabular-classification", source=TABPFN).decides(
            "zero-shot 60: +60: A prior-fitted model answers in context: tuning it lost 0.3 to 1.8 points on ",
            "three sets of 3,589 rows.",
        ),
    ),
    silent=(job(6400, task="tabular-classification", source=TABPFN),),
)
def tables_untouched(setting: Setting) -> Comparison | None:
    if setting.family is not Family.TABULAR or setting.massive_and_unlike:
        return None
    return found(setting, "tables-untouched", f"{setting.examples} rows")


@IN_CONTEXT.rule(
    "evidence-embedder-tuned",
    "From a thousand pairs on an embedder is tuned with a pair loss, the other texts of a batch as wrong answers and "
    "hard ones among them. Without pairs, pseudo-labels on unlabelled texts gained 3 to 8 points of nDCG.",
    grade=Grade.C,
    sources=("sentence-transformers", "in-batch-negatives", "gpl-2022"),
    fires=(
        job(3000, task="sentence-similarity", source=BGE).decides(
            "full-fine-tuning 60: +60: An embedder is tuned with a pair loss and the other texts of its ",
            "batch as wrong answers; supervised pairs took E5 from 42.9 to 48.8 on BEIR. Without pairs, ",
            "pseudo-labels on unlabelled texts gained 3 to 8 points on three sets.",
        ),
    ),
    silent=(
        job(300, task="sentence-similarity", source=BGE),
        job(3000),
        job(1208, task="text-classification", classes=151),
    ),
    dissent=(
        "How many pairs it takes nobody reported: the thousand is a judgement. The guides use embeddings untouched.",
    ),
)
def embedder_tuned(setting: Setting) -> Comparison | None:
    least = setting.know.constants["embedder-least-pairs"]
    embeds = setting.task.id is Task.SENTENCE_SIMILARITY and setting.objective is Objective.CONTRASTIVE_TEXT
    if not embeds or setting.examples < least.value or setting.massive_and_unlike:
        return None
    return found(setting, "embedder-tuned", f"{setting.examples} pairs >= {least.value:g}", least)


@IN_CONTEXT.rule(
    "evidence-embedder-pseudo-labels",
    "With few pairs and a thousand unlabelled texts or more an embedder is tuned on pseudo-labels, questions that a "
    "generator writes for the texts and another model judges: 4.8, 3.1 and 8.1 points of nDCG on three sets.",
    grade=Grade.A,
    sources=("gpl-2022",),
    fires=(
        Example(
            "/recommend",
            {
                "target": {"task": "sentence-similarity"},
                "dataset": {"examples": 100, "unlabelled": 50_000},
                "source": BGE,
            },
        ).decides(
            "full-fine-tuning 60: +60: Pseudo-labels: SciFact 57.1 to 65.2, CQADupStack 29.6 to 34.4, ",
            "Robust04 39.0 to 42.1; with a denoising pretraining before it 67.3, 35.1 and 42.1.",
        ),
    ),
    silent=(job(100, task="sentence-similarity", source=BGE), job(3000, task="sentence-similarity", source=BGE)),
    dissent=("Pretraining on the texts before it gained up to 2 points more; alone it gained 0.4 to 5.7.",),
)
def embedder_pseudo_labels(setting: Setting) -> Comparison | None:
    least = setting.know.constants["pseudo-labels-least-texts"]
    embeds = setting.task.id is Task.SENTENCE_SIMILARITY and setting.objective is Objective.CONTRASTIVE_TEXT
    if not embeds or setting.unlabelled < least.value:
        return None
    return found(setting, "embedder-pseudo-labels", f"{setting.unlabelled} unlabelled texts >= {least.value:g}", least)
