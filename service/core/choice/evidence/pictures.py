"""Labels of pictures: what comparisons of probe, adapters and tuning say."""

from service.contract.words import Distinction, Family, Grade, Objective, Task
from service.core.choice.comparisons import PICTURES, Comparison, Setting, found
from service.core.rules.example_requests import CLIP, DINO, IMAGES, MAE, RESNET, VIT, job

MEASURED_FROZEN = (Objective.CONTRASTIVE_IMAGE_TEXT, Objective.SELF_DISTILLATION)
"""Objectives whose features, trained to be compared, were measured to serve frozen."""


@PICTURES.rule(
    "evidence-robust",
    "Where the model must hold up under shift, the head is fitted on frozen features first and everything is tuned "
    "from there: it leads both plain tuning and the probe alone, under shift and on the target's own data.",
    grade=Grade.A,
    sources=("kumar-2022",),
    seeds=("R-035", "R-112"),
    fires=(
        job(source=RESNET, constraints={"robust_to_shift": True}).decides(
            "full-fine-tuning 60: +60: Under shift a probe followed by tuning scored 74.4, a probe alone ",
            "71.6 and plain tuning 66.8; on the target's own data 86.5, 83.5 and 85.8.",
        ),
        job(domain="fine-grained-objects", source=RESNET, constraints={"robust_to_shift": True}).decides(
            "full-fine-tuning 60: +60: Under shift the head is fitted first; features that must be tuned are ",
            "still tuned, so a probe alone comes late.",
        ),
    ),
    silent=(job(source=RESNET), job(100, source=RESNET, constraints={"robust_to_shift": True})),
    dissent=(
        "Of eleven comparisons it lost two: to plain tuning on satellite pictures by 4.7, to a probe elsewhere by 0.9.",
    ),
)
def robust(setting: Setting) -> Comparison | None:
    if not setting.is_compared or not setting.robust:
        return None
    deep = setting.must_be_tuned or setting.distinction is not Distinction.COARSE
    return found(setting, "robust-deep" if deep else "robust", "robustness to shift is asked for")


@PICTURES.rule(
    "evidence-adapters-on-transformers",
    "On a supervised plain vision transformer of 80 million parameters or more, adapters lead with up to a hundred "
    "thousand labels, of fine-grained ones up to five thousand.",
    grade=Grade.A,
    sources=("v-petl-bench-2024", "vpt-2022", "vit-peft"),
    seeds=("R-091",),
    fires=(
        job(1000, classes=20, source=VIT).decides(
            "parameter-efficient 60: +60: On a supervised ViT-B and a thousand labels LoRA beat full tuning ",
            "in 15 of 19 tasks and a probe in 18 (VTAB-1k means 72.3, 65.6 and 52.9).",
        ),
        job(1000, classes=100, similarity=8, source=VIT).decides(
            "parameter-efficient 60: +60: On a supervised ViT-B with thin classes in a near domain adapters ",
            "lead and full tuning comes last: CIFAR-100 with ten labels per class, SUN397 with three.",
        ),
    ),
    silent=(
        job(200_000, source=VIT),
        job(1000, source=RESNET),
        job(1000, source={"model": "swin_base_patch4_window7_224"}),
        job(6000, domain="fine-grained-objects", source=VIT),
    ),
    dissent=(
        "On MedMNIST+, where no adapter ran, a probe of a supervised ViT-B led tuning on three of four small sets.",
    ),
)
def adapters_on_transformers(setting: Setting) -> Comparison | None:
    least, limit = setting.know.constants["adapter-least-params"], setting.adapter_limit
    if limit is None:
        return None
    thin = setting.thin_and_near and setting.distinction is Distinction.COARSE
    name = "adapters-then-probe" if thin else "adapters-for-transformers"
    formula = f"{setting.params:.3g} parameters >= {least.value:.3g}; {setting.examples} examples < {limit.value:g}"
    return found(setting, name, formula, least, limit)


@PICTURES.rule(
    "evidence-reconstruction",
    "Features learned by masked reconstruction or segmentation are tuned, however few the labels.",
    grade=Grade.A,
    sources=("mae-2022", "doerrich-2024"),
    seeds=("R-030",),
    fires=(
        job(500, similarity=8, source=MAE).decides(
            "full-fine-tuning 60: +60: Features learned by reconstruction or segmentation do not serve ",
            "frozen: MAE lost 10 to 16 points to tuning, SAM 23 on average over twelve medical sets.",
        ),
    ),
    silent=(job(500, similarity=8, source=DINO),),
    dissent=("The guides keep the backbone frozen with few labels, whatever the pretraining.",),
)
def reconstruction(setting: Setting) -> Comparison | None:
    if not setting.is_compared or not setting.must_be_tuned:
        return None
    return found(setting, "tune-reconstruction", f"{setting.family} pretrained by {setting.objective}")


@PICTURES.rule(
    "evidence-adapters-on-compared-features",
    "Where fine parts tell the classes apart, a vision transformer whose features were trained to be compared gets "
    "adapters: on aircraft, food and cars they led full tuning by 2.0, 4.6 and 1.5 points.",
    grade=Grade.A,
    sources=("geti-4466",),
    fires=(
        job(6000, domain="fine-grained-objects", source=DINO).decides(
            "parameter-efficient 60: +60: With LoRA DINOv2 told aircraft 49.1 %, food 88.5 and cars 76.5; ",
            "tuned whole 47.1, 83.9 and 75.0; frozen 38.5, 87.1 and 66.2.",
        ),
    ),
    silent=(
        job(6000, domain="fine-grained-objects", source=RESNET),
        job(6000, source=DINO),
        job(6000, domain="fine-grained-objects", source=VIT),
        job(6000, source=DINO, target={**IMAGES, "distinction": "geometric"}),
    ),
    dissent=("On birds, where adapters did not run, a probe led full tuning by 6.6 points.",),
)
def adapters_on_compared_features(setting: Setting) -> Comparison | None:
    fits = setting.family is Family.VISION_TRANSFORMER and setting.objective in MEASURED_FROZEN and setting.adapters
    if not setting.is_compared or not fits or setting.distinction is not Distinction.FINE:
        return None
    return found(setting, "adapters-for-compared", f"{setting.objective}; the classes differ in fine traits")


@PICTURES.rule(
    "evidence-distinction",
    "Where fine parts or geometry tell the classes apart, everything is tuned, however near the domain.",
    grade=Grade.A,
    sources=("salman-2020", "v-petl-bench-2024", "vpt-2022"),
    fires=(
        job(2000, domain="fine-grained-objects", source=RESNET).decides(
            "full-fine-tuning 60: +60: Where small parts or geometry tell the classes apart frozen features ",
            "miss them: tuning gained 43 points on cars and aircraft, 2 to 9 on coarse classes.",
        ),
    ),
    silent=(job(2000, domain="pets-and-animals", source=RESNET),),
    dissent=("The guides look at the domain alone.",),
)
def distinction(setting: Setting) -> Comparison | None:
    if not setting.is_compared or setting.distinction is Distinction.COARSE:
        return None
    return found(setting, "tune-fine", f"the classes differ in {setting.distinction} traits")


@PICTURES.rule(
    "evidence-thin-classes",
    "Below twenty labels per class in a near domain the probe leads full tuning.",
    grade=Grade.A,
    sources=("vit-peft", "v-petl-bench-2024"),
    seeds=("R-040", "C-01", "C-03"),
    fires=(
        job(1500, classes=100, similarity=8, source=RESNET).decides(
            "feature-extraction 60: +60: Below twenty labels per class in a near domain the probe leads full ",
            "tuning: ImageNet with 16 per class 76.1 against 74.6, CIFAR-100 with ten 80.5 against 49.",
        ),
    ),
    silent=(job(1500, classes=10, similarity=8, source=RESNET), job(1500, classes=100, similarity=5, source=RESNET)),
)
def thin_classes(setting: Setting) -> Comparison | None:
    if not setting.is_compared or not setting.thin_and_near:
        return None
    thin, near = (setting.know.constants[name] for name in ("per-class-thin", "probe-similarity"))
    formula = f"{setting.per_class:.3g} examples per class < {thin.value:g}; similarity {setting.similarity:g}"
    return found(setting, "probe-thin-classes", f"{formula} >= {near.value:g}", thin, near)


@PICTURES.rule(
    "evidence-compared-features",
    "Below ten thousand labels a vision transformer pretrained by contrasting or self-distillation leads frozen.",
    grade=Grade.A,
    sources=("doerrich-2024", "dinov2-2023"),
    seeds=("R-032", "C-22"),
    fires=(
        job(5000, source=DINO).decides(
            "feature-extraction 60: +60: Below ten thousand labels vision transformers whose features were ",
            "trained to be compared lead frozen: DINO by 3 to 8 points on four of four small medical sets.",
        ),
        job(9999, similarity=3, source=CLIP).decides(
            "feature-extraction 60: +60: Below ten thousand labels vision transformers whose features were ",
            "trained to be compared lead frozen: DINO by 3 to 8 points on four of four small medical sets.",
        ),
        job(1500, classes=100, source=CLIP).decides(
            "feature-extraction 60: +60: With few labels per class a model that does the task untrained is ",
            "the probe's nearest rival: compare the two before anything is tuned.",
        ),
    ),
    silent=(job(10_000, source=DINO), job(5000, source=RESNET)),
    dissent=(
        "The guides train the top blocks from a thousand labels on.",
        "A frozen MoCo-v3 lost to its tuned self where classes or domain were unlike ImageNet's.",
    ),
)
def compared_features(setting: Setting) -> Comparison | None:
    limit = setting.know.constants["probe-most-examples"]
    fits = setting.family is Family.VISION_TRANSFORMER and setting.objective in MEASURED_FROZEN
    if not setting.is_compared or not fits or setting.examples >= limit.value:
        return None
    formula = f"{setting.objective}; {setting.examples} examples < {limit.value:g}"
    name = "probe-then-untrained" if setting.zero_shot and setting.thin_classes else "probe-compared-features"
    return found(setting, name, formula, limit)


@PICTURES.rule(
    "evidence-tune",
    "Otherwise full tuning leads a frozen backbone on image labels: from some hundreds on, and far from the "
    "pretraining data from eight per class on. Nothing shows that training a part leads either.",
    grade=Grade.A,
    sources=("doerrich-2024", "salman-2020", "kornblith-2019"),
    seeds=("R-030", "R-034"),
    fires=(
        job(500, similarity=8, source=RESNET).decides(
            "full-fine-tuning 60: +60: Full tuning beat a frozen backbone in 101 of 120 medical comparisons ",
            "and in all 48 on natural images, small sets included; on aerial scenes, each way with a search ",
            "of its own, it led the top third opened by 1 to 2 points and a probe by 6 to 15.",
        ),
        job(20_000, source=DINO).decides(
            "full-fine-tuning 60: +60: Full tuning beat a frozen backbone in 101 of 120 medical comparisons ",
            "and in all 48 on natural images, small sets included; on aerial scenes, each way with a search ",
            "of its own, it led the top third opened by 1 to 2 points and a probe by 6 to 15.",
        ),
        job(90, domain="radiology", classes=9, source=RESNET).decides(
            "full-fine-tuning 60: +60: Pictures unlike the pretraining data are tuned from eight per class ",
            "on: full tuning led a probe by 0.8 points at 2 per class already and by 0.9 at 5.",
        ),
    ),
    silent=(
        job(100, source=RESNET),
        job(100, classes=5, similarity=8, source=RESNET),
        job(40, classes=10, source=RESNET),
        job(5000, task="object-detection"),
        job(5_000_000, similarity=1, source=RESNET),
    ),
    dissent=("The guides train a head on hundreds of labels and the top blocks on thousands.",),
)
def tune(setting: Setting) -> Comparison | None:
    if not setting.is_compared:
        return None
    least = setting.know.constants["evidence-least-examples"]
    if setting.examples >= least.value:
        return found(setting, "tune-whole", f"{setting.examples} examples >= {least.value:g}", least)
    each = setting.know.constants["class-means-per-class"]
    formula = f"{setting.per_class:.3g} examples per class >= {each.value:g}; similarity {setting.similarity:g}"
    return found(setting, "tune-unlike", formula, each, setting.know.constants["probe-similarity"])


@PICTURES.rule(
    "evidence-videos",
    "From a thousand clips on models of videos are tuned whole, as their authors do on sets of 3,500 and 9,500.",
    grade=Grade.B,
    sources=("videomae-2022", "transformers"),
    fires=(
        job(9537, task="video-classification", domain="human-actions", classes=101).decides(
            "full-fine-tuning 60: +60: Models of videos are tuned whole: VideoMAE so came to 96.1 % on ",
            "UCF101 (9,500 clips) and 73.3 on HMDB51 (3,500).",
        ),
    ),
    silent=(job(300, task="video-classification", classes=10), job(5000), job(task="summarization")),
    dissent=("The guides train the top blocks of some thousands of examples in a familiar domain.",),
)
def videos(setting: Setting) -> Comparison | None:
    least = setting.know.constants["video-least-clips"]
    if setting.task.id is not Task.VIDEO_CLASSIFICATION or setting.examples < least.value or setting.massive_and_unlike:
        return None
    return found(setting, "videos-tuned", f"{setting.examples} clips >= {least.value:g}", least)
