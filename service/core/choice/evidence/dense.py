"""Boxes and masks."""

from service.contract.words import Family, Grade, Task
from service.core.catalogue.heads import BACKBONES
from service.core.choice.comparisons import DENSE, Comparison, Setting, found
from service.core.rules.example_requests import DINO, RESNET, SEGFORMER, YOLO, job

"""Families that a detector or a decoder is put on."""
MASKS = (Task.IMAGE_SEGMENTATION, Task.INSTANCE_SEGMENTATION)
"""Tasks whose answers are the masks of classes."""


@DENSE.rule(
    "evidence-few-boxes",
    "With ten boxes per class or fewer, of things like those that the detector knows, its last box layers alone are "
    "trained: that was as good or better on the new classes in 13 of 13 comparisons, and keeps the old ones.",
    grade=Grade.A,
    sources=("tfa-2020",),
    fires=(
        job(60, task="object-detection", domain="street-scenes", classes=10).decides(
            "feature-extraction 60: +60: Last box layers alone: at ten boxes per class AP 9.1 against 5.5 on ",
            "new COCO classes and 32.4 against 16.1 on the old; on VOC 32.0 against 22.7 and 50.4 against ",
            "36.8.",
        ),
    ),
    silent=(
        job(500, task="object-detection", domain="street-scenes", classes=10),
        job(60, task="object-detection", domain="satellite-rgb", classes=10, source=YOLO),
        job(60, task="object-detection", classes=10, source=RESNET),
        job(task="object-detection"),
    ),
    dissent=("At one box per class on COCO full tuning led the linear layers by 0.1 points of AP.",),
)
def few_boxes(setting: Setting) -> Comparison | None:
    limit = setting.know.constants["few-boxes-per-class"]
    if setting.family is not Family.DETECTOR or setting.per_class is None or not setting.near:
        return None
    if setting.per_class > limit.value:
        return None
    formula = f"{setting.per_class:.3g} per class <= {limit.value:g}; similarity {setting.similarity:g}"
    return found(setting, "detector-last-layers", formula, limit)


@DENSE.rule(
    "evidence-keep-old-classes",
    "Where a detector must keep the classes that it knows, its last box layers alone are trained: full tuning on few "
    "boxes lost 10 to 16 points of AP on the old classes, the last layers none.",
    grade=Grade.A,
    sources=("tfa-2020",),
    fires=(
        job(500, task="object-detection", constraints={"keep_source_ability": True}).decides(
            "feature-extraction 85: +60: Last box layers alone: at ten boxes per class AP 9.1 against 5.5 on ",
            "new COCO classes and 32.4 against 16.1 on the old; on VOC 32.0 against 22.7 and 50.4 against ",
            "36.8.",
        ),
    ),
    silent=(job(500, task="object-detection"),),
    dissent=("It was measured up to ten boxes per class; with many the new classes want more than a layer.",),
)
def keep_old_classes(setting: Setting) -> Comparison | None:
    if setting.family is not Family.DETECTOR or not setting.keep_source_ability:
        return None
    return found(setting, "detector-last-layers", "the classes that it knows must be kept")


@DENSE.rule(
    "evidence-detectors-whole",
    "Otherwise detectors are tuned whole: on 49 of 49 sets of other domains, from 54 pictures on, that beat an "
    "untouched detector that finds things by name, and no number of frozen layers was reported to gain.",
    grade=Grade.A,
    sources=("roboflow-100", "mmdet", "yolo-frozen"),
    fires=(
        job(500, task="object-detection", classes=10).decides(
            "full-fine-tuning 60: +60: Detectors are tuned whole: on sets of 54 to 14,180 pictures that beat ",
            "an untouched one by name on 49 of 49; frozen layers were reported to save time and never to ",
            "gain precision.",
        ),
        job(60, task="object-detection", domain="satellite-rgb", classes=10, source=YOLO).decides(
            "full-fine-tuning 60: +60: Detectors are tuned whole: on sets of 54 to 14,180 pictures that beat ",
            "an untouched one by name on 49 of 49; frozen layers were reported to save time and never to ",
            "gain precision.",
        ),
    ),
    silent=(
        job(500),
        job(500, task="object-detection", source=RESNET),
        job(500, task="zero-shot-object-detection"),
    ),
    dissent=("The guides train a head alone on so few pictures.",),
)
def detectors_whole(setting: Setting) -> Comparison | None:
    if setting.family is not Family.DETECTOR or setting.zero_shot:
        return None
    return found(setting, "tune-detectors-whole", f"a detector of its own; {setting.examples} pictures")


@DENSE.rule(
    "evidence-segmenters-whole",
    "Segmenters are tuned whole, the new last layer at ten times the rate, as their authors do; nobody measured "
    "freezing a part on few masks.",
    grade=Grade.B,
    sources=("segformer-2021", "mask2former-2021", "geobench"),
    fires=(
        job(300, task="image-segmentation", source=SEGFORMER).decides(
            "full-fine-tuning 60: +60: Segmenters are tuned whole, as their authors do; on satellite ",
            "pictures one hundredth of the data was tuned on so.",
        ),
        job(300, task="instance-segmentation").decides(
            "full-fine-tuning 60: +60: Segmenters are tuned whole, as their authors do; on satellite ",
            "pictures one hundredth of the data was tuned on so.",
        ),
    ),
    silent=(job(300, task="image-segmentation", source=RESNET), job(300, source=RESNET)),
    dissent=("The guides train a head alone on some hundreds of pictures.",),
)
def segmenters_whole(setting: Setting) -> Comparison | None:
    if setting.family is not Family.SEGMENTER or setting.task.id not in MASKS:
        return None
    return found(setting, "tune-segmenters-whole", f"a segmenter of its own; {setting.examples} pictures")


@DENSE.rule(
    "evidence-poses-whole",
    "Networks that find key points are tuned whole, as their authors do: parts of ViTPose kept frozen cost precision.",
    grade=Grade.A,
    sources=("vitpose-2022",),
    fires=(
        job(300, task="keypoint-detection").decides(
            "full-fine-tuning 60: +60: Pose estimators are tuned whole, as ViTPose is: with its attention ",
            "frozen it lost 0.7 points of AP on COCO, with its other layers frozen 3.",
        ),
    ),
    silent=(job(300), job(300, task="instance-segmentation")),
    dissent=("It was measured on the 150,000 persons of COCO; on few pictures nobody did.",),
)
def poses_whole(setting: Setting) -> Comparison | None:
    if setting.family not in BACKBONES or setting.task.id is not Task.KEYPOINT_DETECTION:
        return None
    return found(setting, "tune-poses-whole", f"{setting.family} for {setting.task.id}")


@DENSE.rule(
    "evidence-backbones-below-a-decoder",
    "A backbone under a new detector or decoder is trained: a convolutional one but for its stem and first blocks, a "
    "transformer whole, at rates that decay towards the stem. Frozen, one lost 4 points of AP.",
    grade=Grade.B,
    sources=("torchvision", "detectron2", "vitdet-2022", "deimv2-38"),
    fires=(
        job(500, task="object-detection", source=RESNET).decides(
            "partial-fine-tuning 60: +60: Libraries open a convolutional backbone below a new detector but ",
            "for its stem and first stage.",
        ),
        job(500, task="image-segmentation", source=RESNET).decides(
            "partial-fine-tuning 60: +60: Libraries open a convolutional backbone below a new detector but ",
            "for its stem and first stage.",
        ),
        job(500, task="object-detection", source=DINO).decides(
            "full-fine-tuning 60: +60: A vision transformer below a detector is tuned whole with rates that ",
            "decay towards the stem, as ViTDet does; a frozen DINOv3 came to AP 36 where its tuned self had ",
            "40 after one epoch.",
        ),
    ),
    silent=(job(500, source=RESNET), job(500, task="image-segmentation", source=SEGFORMER)),
    dissent=(
        "From ImageNet or from nothing, 10,000 pictures came to the same precision after four times the steps.",
        "A linear layer on a frozen DINOv2 reaches 47 to 53 of mean IoU on 20,000 pictures.",
    ),
)
def backbones_below_a_decoder(setting: Setting) -> Comparison | None:
    dense = setting.task.id in (Task.OBJECT_DETECTION, Task.IMAGE_SEGMENTATION)
    if not dense or setting.family not in BACKBONES or setting.massive_and_unlike:
        return None
    name = "transformer-below-decoder" if setting.family is Family.VISION_TRANSFORMER else "backbone-below-decoder"
    return found(setting, name, f"{setting.family} for {setting.task.id}")
