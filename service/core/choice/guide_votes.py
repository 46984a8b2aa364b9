"""What speaks for and against each strategy. Points order the strategies within one answer and mean nothing else."""

from service.contract.words import ComputeKind, DatasetBand, Family, Grade, Objective, Policy, Task
from service.core.catalogue.sizes import is_large
from service.core.choice.case import Case
from service.core.choice.strategy_ranking import DEMANDS, ORDINALS, VOTES, Ballot, Vote
from service.core.rules.example_requests import CLIP, DINO, LLAMA, MAE, MINILM, RESNET, WHISPER, freeze, job

USED_AS_THEY_COME = (
    Task.SENTENCE_SIMILARITY,
    Task.IMAGE_FEATURE_EXTRACTION,
    Task.ZERO_SHOT_IMAGE_CLASSIFICATION,
    Task.ZERO_SHOT_OBJECT_DETECTION,
    Task.MASK_GENERATION,
    Task.TEXT_RANKING,
)


@VOTES.rule(
    "strategy-by-size-and-similarity",
    "The size class and the similarity set the order of the strategies.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-029", "R-031", "R-032", "R-033", "R-034", "R-038", "R-039", "R-041", "C-01"),
    fires=(
        job(500, similarity=8, policy="guides").decides(
            "feature-extraction 60: +60: Hundreds of labels in a familiar domain: a head on frozen features."
        ),
        job(5000, policy="guides").decides(
            "partial-fine-tuning 60: +60: Thousands of labels in a half-familiar domain: train the upper ",
            "blocks, head first.",
        ),
        job(50_000, similarity=3, policy="guides").decides(
            "full-fine-tuning 60: +60: Tens of thousands of labels in an unfamiliar domain: train ",
            "everything, and compare with a checkpoint from the domain.",
        ),
        job(task="image-feature-extraction").decides(
            "zero-shot 70: +20: fifth of six for medium data of medium similarity"
        ),
    ),
    silent=(freeze(depth=12), job(500, similarity=8, source=RESNET)),
)
def by_size_and_similarity(case: Case) -> Ballot:
    row = case.know.preferences[case.job.task.track, case.job.data.band, case.level]
    step = case.know.number("vote-place")
    votes: list[Vote] = []
    for place, strategy in enumerate(row.order):
        reason = f"{ORDINALS[place]} of six for {case.job.data.band} data of {case.level} similarity"
        favours = place < len(row.order) / 2
        votes.append(Vote(strategy, step * (len(row.order) - place), row.claim if place == 0 else reason, favours))
    return Ballot(votes, (row,))


@VOTES.rule(
    "strategy-few-shot",
    "Below ten examples per class a model that can do the task untrained is used so, or with a handful of examples.",
    sources=("judgement", "seed-explainer"),
    seeds=("C-03", "R-118"),
    fires=(job(40, classes=10, source=CLIP).decides("zero-shot 75: +25: only 4 examples per class"),),
    silent=(job(40, classes=10, source=RESNET), job(4000, classes=10), job(domain="food")),
)
def few_shot(case: Case) -> Ballot | None:
    data = case.job.data
    if not data.few_shot or not case.works_untrained:
        return None
    return _push(case, "strategy-few-shot", f"only {data.per_class:.3g} examples per class")


@VOTES.rule(
    "strategy-ready-embeddings",
    "Sentence and image embeddings serve search, clustering and duplicate detection untrained, and so do models that "
    "rank texts or are told what to find; tune them only with many labels at hand.",
    grade=Grade.C,
    sources=("seed-explainer", "mteb"),
    seeds=("R-028", "R-126"),
    fires=(
        job(500, task="sentence-similarity").decides("zero-shot 70: +50: the model works as it comes"),
        job(task="image-feature-extraction").decides("zero-shot 70: +50: the model works as it comes"),
    ),
    silent=(job(task="text-classification"),),
)
def ready_embeddings(case: Case) -> Ballot | None:
    if case.job.task.id not in USED_AS_THEY_COME or case.job.data.many or not case.works_untrained:
        return None
    return _push(case, "strategy-ready-embeddings", "the model works as it comes")


@VOTES.rule(
    "strategy-ready-forecaster",
    "Pretrained forecasters and prior-fitted tabular models predict in context, without training.",
    grade=Grade.A,
    sources=("gift-eval", "tabpfn-2025"),
    seeds=("R-026",),
    fires=(
        job(task="tabular-classification", policy="guides").decides("zero-shot 70: +50: the model predicts in context"),
    ),
    silent=(job(), job(1_000_000, task="tabular-classification", policy="guides")),
)
def ready_forecaster(case: Case) -> Ballot | None:
    if case.model.family not in (Family.TIME_SERIES, Family.TABULAR) or case.job.data.massive:
        return None
    return _push(case, "strategy-ready-forecaster", "the model predicts in context")


@VOTES.rule(
    "strategy-ready-recogniser",
    "A speech model that already transcribes is tuned only when labelled speech is there to learn from.",
    grade=Grade.B,
    sources=("distil-whisper",),
    seeds=("R-026",),
    fires=(
        job(100, task="automatic-speech-recognition", source=WHISPER, policy="guides").decides(
            "zero-shot 75: +25: the model already transcribes"
        ),
    ),
    silent=(
        job(50_000, task="automatic-speech-recognition", source=WHISPER, policy="guides"),
        job(500, task="audio-classification"),
        job(500, task="automatic-speech-recognition", source=WHISPER, policy="guides"),
    ),
)
def ready_recogniser(case: Case) -> Ballot | None:
    transcribes = case.model.family is Family.SPEECH_SEQ2SEQ and case.works_untrained
    if not transcribes or not case.job.data.tiny:
        return None
    return _push(case, "strategy-ready-recogniser", "the model already transcribes")


@DEMANDS.rule(
    "strategy-no-gpu",
    "Without a GPU, features are computed once and a small classifier is trained on them, unless a night suffices to "
    "tune the model.",
    grade=Grade.C,
    sources=("seed-complete-guide", "seed-calculator"),
    seeds=("R-017", "R-032", "R-036"),
    fires=(job(compute={"kind": "cpu"}).decides("feature-extraction 55: +25: there is no GPU"),),
    silent=(
        job(),
        job(200, task="text-classification", classes=2, source=MINILM, compute={"kind": "cpu"}),
    ),
    dissent=("The guides fit a head wherever there is no GPU, however small the model.",),
)
def no_gpu(case: Case) -> Ballot | None:
    if case.job.machine.kind is not ComputeKind.CPU:
        return None
    if case.job.policy is Policy.EVIDENCE and case.tunes_overnight:
        return None
    return _push(case, "strategy-no-gpu", "there is no GPU")


@VOTES.rule(
    "strategy-large-model",
    "Above a billion parameters, and from a thousand examples on, adapters come first: they match full tuning at "
    "about half the memory.",
    grade=Grade.A,
    sources=("peft-bench", "lora-without-regret", "seed-explainer"),
    seeds=("R-091", "R-092", "C-04"),
    fires=(
        job(task="text-generation", source=LLAMA, policy="guides").decides(
            "parameter-efficient 85: +25: the model has more than a billion parameters"
        ),
    ),
    silent=(job(source=RESNET), job(5_000_000, task="text-generation", source=LLAMA, policy="guides")),
)
def large_model(case: Case) -> Ballot | None:
    data = case.job.data
    if not is_large(case.know, case.model.params) or data.few or data.massive:
        return None
    return _push(case, "strategy-large-model", "the model has more than a billion parameters")


@VOTES.rule(
    "strategy-small-generator",
    "A generator below a billion parameters is cheap to train whole, and is usually trained so.",
    grade=Grade.B,
    sources=("transformers",),
    seeds=("R-120", "R-087"),
    fires=(
        job(task="text-generation", source={"model": "gpt2"}).decides(
            "full-fine-tuning 75: +25: the model is small enough to train whole"
        ),
    ),
    silent=(job(task="text-generation", source=LLAMA), job()),
)
def small_generator(case: Case) -> Ballot | None:
    large = is_large(case.know, case.model.params)
    if case.job.task.track != "generation" or large or case.job.data.few:
        return None
    return _push(case, "strategy-small-generator", "the model is small enough to train whole")


@DEMANDS.rule(
    "strategy-keep-source-ability",
    "Where the source ability must be kept, the pretrained weights stay untouched: head or adapter only.",
    grade=Grade.A,
    sources=("peft-bench", "seed-explainer"),
    seeds=("R-044", "R-093"),
    fires=(
        job(50_000, constraints={"keep_source_ability": True}).decides(
            "parameter-efficient 110: +50: the source ability must be kept"
        ),
    ),
    silent=(job(50_000),),
)
def keep_source_ability(case: Case) -> Ballot | None:
    if not case.job.constraints.keep_source_ability:
        return None
    return _push(case, "strategy-keep-source-ability", "the source ability must be kept")


@VOTES.rule(
    "strategy-reconstruction-features",
    "Features of models pretrained by reconstruction do not serve frozen: linear probes lose 10 to 16 points "
    "against tuning.",
    grade=Grade.A,
    sources=("mae-2022",),
    seeds=("R-030",),
    fires=(
        job(500, similarity=8, source=MAE, policy="guides").decides(
            "partial-fine-tuning 52: +12.5: reconstruction features must be tuned"
        ),
    ),
    silent=(job(500, similarity=8, source=DINO),),
)
def reconstruction_features(case: Case) -> Ballot | None:
    if case.model.objective is not Objective.MASKED_RECONSTRUCTION:
        return None
    return _push(case, "strategy-reconstruction-features", "reconstruction features must be tuned")


@VOTES.rule(
    "strategy-scratch-bar",
    "From scratch comes first only for data that are very large and very different at once.",
    grade=Grade.C,
    sources=("seed-calculator", "seed-explainer", "seed-complete-guide"),
    seeds=("R-019", "R-023", "R-025", "C-05"),
    fires=(job(5_000_000, similarity=1).decides("from-scratch 75: +25: very large and very different data"),),
    silent=(job(5_000_000, similarity=6), job(50_000, similarity=1), job(5_000_000, similarity=3, policy="guides")),
    dissent=("The complete guide calls a million labels alone enough; even then a pretrained start costs nothing.",),
)
def scratch_bar(case: Case) -> Ballot | None:
    if not case.job.data.massive or not case.very_different:
        return None
    return _push(case, "strategy-scratch-bar", "very large and very different data")


@VOTES.rule(
    "strategy-scratch-rarely",
    "Fine-tuning rarely does worse than training from scratch, which on small sets memorises noise.",
    grade=Grade.A,
    sources=("kornblith-2019", "he-2019", "seed-calculator", "seed-complete-guide", "seed-explainer"),
    seeds=("R-014", "R-022", "R-024"),
    fires=(
        job(500, policy="guides").decides("from-scratch 5: -5: a pretrained start is rarely worse"),
        job(500, task="audio-classification").decides("from-scratch 5: -5: a pretrained start is rarely worse"),
    ),
    silent=(job(500_000, similarity=2), job(500_000, similarity=2, policy="guides")),
)
def scratch_rarely(case: Case) -> Ballot | None:
    if case.job.data.band in (DatasetBand.HUGE, DatasetBand.MASSIVE) and case.unlike:
        return None
    return _push(case, "strategy-scratch-rarely", "a pretrained start is rarely worse")


@DEMANDS.rule(
    "strategy-measured",
    "Scores measured on the target outweigh every prior: the best measured strategy comes first, where a fully tuned "
    "run stands beside the cheaper ones.",
    grade=Grade.A,
    sources=("kumar-2022", "seed-explainer"),
    seeds=("R-045", "R-109", "R-113", "C-07"),
    fires=(
        job(50_000, measurements={"linear_probe": 0.75, "full_fine_tuning": 0.40}).decides(
            "feature-extraction 130: +100: measured: 0.75 against full-fine-tuning 0.4"
        ),
    ),
    silent=(
        job(50_000, measurements={"linear_probe": 0.75}),
        job(50_000, measurements={"linear_probe": 0.75, "zero_shot": 0.4}),
    ),
)
def measured(case: Case) -> Ballot | None:
    scores, best = case.job.scores.by_strategy, case.job.scores.best
    if best is None or not case.job.scores.tuned_beside_others:
        return None
    others = ", ".join(f"{strategy} {score:g}" for strategy, score in scores.items() if strategy is not best)
    row = case.know.constants["vote-measured"]
    return Ballot([Vote(best, row.value, f"measured: {scores[best]:g} against {others}", favours=True)], (row,))


def _push(case: Case, rule: str, reason: str) -> Ballot:
    """The votes of one rule, from its rows. One push is worth two and a half places."""
    unit = case.know.constants["vote-push"]
    rows = case.know.votes[rule]
    votes = [Vote(row.strategy, row.pushes * unit.value, reason, favours=row.pushes > 0) for row in rows]
    return Ballot(votes, (*rows, unit))
