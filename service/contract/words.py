"""The closed vocabularies of the wire. What each word means in numbers is a row of a knowledge table."""

from enum import StrEnum


class Policy(StrEnum):
    """What advice follows where published comparisons and the founding guides differ.

    `evidence`: the comparisons, and the guides where there is none. `guides`: the guides alone.
    """

    EVIDENCE = "evidence"
    GUIDES = "guides"


class Modality(StrEnum):
    """What a model reads."""

    IMAGE = "image"
    VIDEO = "video"
    TEXT = "text"
    AUDIO = "audio"
    TIME_SERIES = "time-series"
    TABULAR = "tabular"


class Task(StrEnum):
    """A target task, named by the Hugging Face hub's pipeline tag.

    Where the hub has none: `instance-segmentation` gives each object its mask, `image-regression` and `text-regression`
    a number, `reward-modelling` a score that prefers one answer to another, `preference-tuning` learns from such pairs
    without a reward model, as DPO does.
    """

    IMAGE_CLASSIFICATION = "image-classification"
    OBJECT_DETECTION = "object-detection"
    IMAGE_SEGMENTATION = "image-segmentation"
    INSTANCE_SEGMENTATION = "instance-segmentation"
    MASK_GENERATION = "mask-generation"
    KEYPOINT_DETECTION = "keypoint-detection"
    IMAGE_REGRESSION = "image-regression"
    IMAGE_FEATURE_EXTRACTION = "image-feature-extraction"
    ZERO_SHOT_IMAGE_CLASSIFICATION = "zero-shot-image-classification"
    ZERO_SHOT_OBJECT_DETECTION = "zero-shot-object-detection"
    IMAGE_TO_TEXT = "image-to-text"
    IMAGE_TEXT_TO_TEXT = "image-text-to-text"
    VIDEO_CLASSIFICATION = "video-classification"
    TEXT_CLASSIFICATION = "text-classification"
    TOKEN_CLASSIFICATION = "token-classification"
    QUESTION_ANSWERING = "question-answering"
    SUMMARIZATION = "summarization"
    TRANSLATION = "translation"
    TEXT_GENERATION = "text-generation"
    REWARD_MODELLING = "reward-modelling"
    PREFERENCE_TUNING = "preference-tuning"
    TEXT_REGRESSION = "text-regression"
    TEXT_RANKING = "text-ranking"
    SENTENCE_SIMILARITY = "sentence-similarity"
    AUTOMATIC_SPEECH_RECOGNITION = "automatic-speech-recognition"
    AUDIO_CLASSIFICATION = "audio-classification"
    TIME_SERIES_FORECASTING = "time-series-forecasting"
    TABULAR_CLASSIFICATION = "tabular-classification"
    TABULAR_REGRESSION = "tabular-regression"


class Domain(StrEnum):
    """Where data come from."""

    NATURAL_IMAGES = "natural-images"
    PETS_AND_ANIMALS = "pets-and-animals"
    WILDLIFE = "wildlife"
    FOOD = "food"
    FINE_GRAINED_OBJECTS = "fine-grained-objects"
    RETAIL_PRODUCTS = "retail-products"
    STREET_SCENES = "street-scenes"
    FACES = "faces"
    SKETCHES_AND_ART = "sketches-and-art"
    DOCUMENT_IMAGES = "document-images"
    TEXTURES_AND_DEFECTS = "textures-and-defects"
    SATELLITE_RGB = "satellite-rgb"
    SATELLITE_MULTISPECTRAL = "satellite-multispectral"
    DEPTH_AND_THERMAL = "depth-and-thermal"
    RADIOLOGY = "radiology"
    DERMOSCOPY = "dermoscopy"
    HISTOPATHOLOGY = "histopathology"
    MICROSCOPY = "microscopy"
    RETINAL_IMAGES = "retinal-images"
    AERIAL_IMAGES = "aerial-images"
    CT_AND_MRI = "ct-and-mri"
    ULTRASOUND = "ultrasound"
    PLANTS = "plants"
    FASHION = "fashion"
    VEHICLES = "vehicles"
    SCREENSHOTS = "screenshots"
    UNDERWATER = "underwater"
    SPORTS = "sports"
    HUMAN_ACTIONS = "human-actions"
    ENCYCLOPEDIC_TEXT = "encyclopedic-text"
    NEWS = "news"
    REVIEWS = "reviews"
    SOCIAL_MEDIA = "social-media"
    CONVERSATIONS = "conversations"
    LEGAL_TEXT = "legal-text"
    FINANCIAL_TEXT = "financial-text"
    BIOMEDICAL_TEXT = "biomedical-text"
    CLINICAL_TEXT = "clinical-text"
    SCIENTIFIC_TEXT = "scientific-text"
    SOURCE_CODE = "source-code"
    NON_ENGLISH_TEXT = "non-english-text"
    PATENTS = "patents"
    E_MAIL = "e-mail"
    LOW_RESOURCE_LANGUAGES = "low-resource-languages"
    FICTION = "fiction"
    ENGLISH_SPEECH = "english-speech"
    MULTILINGUAL_SPEECH = "multilingual-speech"
    ENVIRONMENTAL_SOUND = "environmental-sound"
    MUSIC = "music"
    BIOACOUSTICS = "bioacoustics"
    TELEPHONE_SPEECH = "telephone-speech"
    MEETINGS = "meetings"
    CHILDRENS_SPEECH = "childrens-speech"
    ACCENTED_SPEECH = "accented-speech"
    SPEAKER_TRAITS = "speaker-traits"
    ENERGY_SERIES = "energy-series"
    RETAIL_SERIES = "retail-series"
    FINANCE_SERIES = "finance-series"
    SENSOR_SERIES = "sensor-series"
    BIOSIGNALS = "biosignals"
    WEATHER_SERIES = "weather-series"
    TRAFFIC_SERIES = "traffic-series"
    BUSINESS_TABLES = "business-tables"
    SCIENTIFIC_TABLES = "scientific-tables"
    MEDICAL_TABLES = "medical-tables"


class Corpus(StrEnum):
    """A family of pretraining data."""

    IMAGENET = "imagenet"
    WEB_IMAGE_TEXT = "web-image-text"
    CURATED_IMAGES = "curated-images"
    COCO = "coco"
    SCENE_PARSING = "scene-parsing"
    SATELLITE_IMAGES = "satellite-images"
    RADIOLOGY_IMAGES = "radiology-images"
    PATHOLOGY_IMAGES = "pathology-images"
    MULTISPECTRAL_IMAGES = "multispectral-images"
    DOCUMENT_PAGES = "document-pages"
    ACTION_VIDEOS = "action-videos"
    BOOKS_AND_WIKIPEDIA = "books-and-wikipedia"
    WEB_TEXT = "web-text"
    MULTILINGUAL_WEB_TEXT = "multilingual-web-text"
    BIOMEDICAL_ARTICLES = "biomedical-articles"
    CODE = "code"
    LEGAL_DOCUMENTS = "legal-documents"
    FINANCIAL_NEWS = "financial-news"
    SCIENTIFIC_ARTICLES = "scientific-articles"
    CLINICAL_NOTES = "clinical-notes"
    SOCIAL_POSTS = "social-posts"
    ENGLISH_SPEECH = "english-speech"
    MULTILINGUAL_SPEECH = "multilingual-speech"
    AUDIO_EVENTS = "audio-events"
    AUDIO_TEXT = "audio-text"
    UNTRANSCRIBED_MULTILINGUAL_SPEECH = "untranscribed-multilingual-speech"
    MIXED_SERIES = "mixed-series"
    SYNTHETIC_TABLES = "synthetic-tables"


class Objective(StrEnum):
    """How a model was pretrained."""

    SUPERVISED = "supervised"
    CONTRASTIVE_IMAGE_TEXT = "contrastive-image-text"
    CONTRASTIVE_AUDIO_TEXT = "contrastive-audio-text"
    CONTRASTIVE_TEXT = "contrastive-text"
    CONTRASTIVE_IMAGES = "contrastive-images"
    SELF_DISTILLATION = "self-distillation"
    MASKED_RECONSTRUCTION = "masked-reconstruction"
    MASKED_LANGUAGE = "masked-language-modelling"
    REPLACED_TOKEN = "replaced-token-detection"
    SPAN_CORRUPTION = "span-corruption"
    MULTITASK_TEXT = "multitask-text-to-text"
    TEXT_DENOISING = "text-denoising"
    NEXT_TOKEN = "causal-language-modelling"
    SELF_SUPERVISED_SPEECH = "self-supervised-speech"
    WEAKLY_SUPERVISED_SPEECH = "weakly-supervised-speech"
    FORECASTING = "forecasting"
    PRIOR_FITTING = "prior-fitting"


class Family(StrEnum):
    """Models that take the same rates and are frozen in the same way."""

    CNN = "cnn"
    CONVNEXT = "convnext"
    VISION_TRANSFORMER = "vision-transformer"
    DETECTOR = "detector"
    SEGMENTER = "segmenter"
    TEXT_ENCODER = "text-encoder"
    ENCODER_DECODER = "encoder-decoder"
    DECODER_LM = "decoder-lm"
    SPEECH_ENCODER = "speech-encoder"
    SPEECH_SEQ2SEQ = "speech-seq2seq"
    AUDIO_TRANSFORMER = "audio-transformer"
    TIME_SERIES = "time-series"
    TABULAR = "tabular"


class NormKind(StrEnum):
    """How a model normalises its activations."""

    BATCH = "batch-norm"
    LAYER = "layer-norm"
    RMS = "rms-norm"
    GROUP = "group-norm"
    UNKNOWN = "unknown"
    NONE = "none"


class SizeWord(StrEnum):
    """A dataset size in one word."""

    TINY = "tiny"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    HUGE = "huge"


class DatasetBand(StrEnum):
    """A dataset size as the rules see it: examples and examples per class together."""

    TINY = "tiny"
    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    HUGE = "huge"
    MASSIVE = "massive"


class SimilarityLevel(StrEnum):
    """A similarity in one word."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class ComputeKind(StrEnum):
    """What there is to train on, in one word."""

    CPU = "cpu"
    CONSUMER_GPU = "consumer-gpu"
    DATACENTER_GPU = "datacenter-gpu"
    MULTI_GPU = "multi-gpu"


class Framework(StrEnum):
    """What the trainer is written in."""

    ANY = "any"
    PYTORCH = "pytorch"
    KERAS = "keras"
    JAX = "jax"


class Strategy(StrEnum):
    """How much of a pretrained model is trained."""

    ZERO_SHOT = "zero-shot"
    FEATURE_EXTRACTION = "feature-extraction"
    PARTIAL = "partial-fine-tuning"
    FULL = "full-fine-tuning"
    PARAMETER_EFFICIENT = "parameter-efficient"
    FROM_SCRATCH = "from-scratch"


class Method(StrEnum):
    """How a strategy is carried out.

    `contrastive-few-shot` tunes a sentence encoder on pairs of labelled texts and fits a small classifier on it;
    `probe-then-fine-tune` fits the head on the frozen backbone to the end before anything else is trained.
    `class-means` gives an example the class whose mean of frozen features, scaled to length one, is nearest by cosine;
    `nearest-neighbours` the class of the nearest labelled example. Neither trains anything.
    """

    ZERO_SHOT = "zero-shot"
    NEAREST_NEIGHBOURS = "nearest-neighbours"
    CLASS_MEANS = "class-means"
    LINEAR_PROBE = "linear-probe"
    CONTRASTIVE_FEW_SHOT = "contrastive-few-shot"
    ADAPTERS = "adapters"
    PARTIAL = "partial-fine-tuning"
    PROBE_THEN_FINE_TUNE = "probe-then-fine-tune"
    FULL = "full-fine-tuning"
    FROM_SCRATCH = "from-scratch"


STRATEGY_OF = {
    Method.ZERO_SHOT: Strategy.ZERO_SHOT,
    Method.LINEAR_PROBE: Strategy.FEATURE_EXTRACTION,
    Method.NEAREST_NEIGHBOURS: Strategy.FEATURE_EXTRACTION,
    Method.CLASS_MEANS: Strategy.FEATURE_EXTRACTION,
    Method.ADAPTERS: Strategy.PARAMETER_EFFICIENT,
    Method.PARTIAL: Strategy.PARTIAL,
    Method.FULL: Strategy.FULL,
    Method.PROBE_THEN_FINE_TUNE: Strategy.FULL,
    Method.CONTRASTIVE_FEW_SHOT: Strategy.FULL,
    Method.FROM_SCRATCH: Strategy.FROM_SCRATCH,
}
"""The strategy that each method carries out; the first method of a strategy is its usual one."""


class Distinction(StrEnum):
    """What tells the classes apart.

    `coarse`: kinds of things; `fine`: sub-kinds told by small parts; `geometric`: number, distance, position or pose.
    """

    COARSE = "coarse"
    FINE = "fine"
    GEOMETRIC = "geometric"


class Optimizer(StrEnum):
    """What turns gradients into steps."""

    ADAMW = "adamw"
    ADAM = "adam"
    SGD = "sgd"
    ADAFACTOR = "adafactor"


class Precision(StrEnum):
    """In which numbers a run computes.

    `mixed`: weights are updated in 32 bits, passes run in 16; `bf16` has the range of 32 bits, `fp16` overflows at
    65,504 and needs its loss scaled.
    """

    FP32 = "fp32"
    BF16_MIXED = "bf16-mixed"
    FP16_MIXED = "fp16-mixed"


class MemoryPart(StrEnum):
    """What memory is taken for.

    `logits` are the scores of a vocabulary, `buffers` what the block at work needs, `overhead` what the driver's
    context takes and the allocator keeps back.
    """

    WEIGHTS = "weights"
    GRADIENTS = "gradients"
    OPTIMIZER = "optimizer-state"
    ADAPTERS = "adapters"
    HEAD = "head"
    ACTIVATIONS = "activations"
    LOGITS = "logits"
    BUFFERS = "buffers"
    OVERHEAD = "overhead"


class Sharding(StrEnum):
    """How devices share weights, gradients and optimizer state: each holds all (DDP), or a part (FSDP, ZeRO-3)."""

    NONE = "none"
    REPLICATED = "replicated"
    SHARDED = "sharded"


class LabelsPerExample(StrEnum):
    """How many labels one example carries: one of the classes, or any number of them."""

    ONE = "one"
    SEVERAL = "several"


class Metric(StrEnum):
    """What a score measures; its row says whether higher or lower is better. The last two words are for any other."""

    ACCURACY = "accuracy"
    F1 = "f1"
    AUC = "auc"
    AVERAGE_PRECISION = "average-precision"
    IOU = "iou"
    RECALL = "recall"
    NDCG = "ndcg"
    CORRELATION = "correlation"
    BLEU = "bleu"
    ROUGE = "rouge"
    SUCCESS_RATE = "success-rate"
    ERROR_RATE = "error-rate"
    WORD_ERROR_RATE = "word-error-rate"
    CHARACTER_ERROR_RATE = "character-error-rate"
    LOSS = "loss"
    PERPLEXITY = "perplexity"
    MAE = "mae"
    RMSE = "rmse"
    MASE = "mase"
    QUANTILE_LOSS = "quantile-loss"
    HIGHER_IS_BETTER = "higher-is-better"
    LOWER_IS_BETTER = "lower-is-better"


class Loss(StrEnum):
    """What training makes small.

    `weighted` ones count the examples of rare classes more, in proportion to how rare these are; `binary` ones judge
    each class by itself; `pair-similarity` draws texts of one class together and others apart.
    """

    CROSS_ENTROPY = "cross-entropy"
    WEIGHTED_CROSS_ENTROPY = "weighted-cross-entropy"
    BINARY_CROSS_ENTROPY = "binary-cross-entropy"
    WEIGHTED_BINARY_CROSS_ENTROPY = "weighted-binary-cross-entropy"
    PAIR_SIMILARITY = "pair-similarity"


class CurveShape(StrEnum):
    """How the rate falls after warm-up."""

    LINEAR = "linear"
    COSINE = "cosine"
    COSINE_WITH_RESTARTS = "cosine-with-restarts"
    POLYNOMIAL = "polynomial"
    CONSTANT = "constant"
    STEP = "step"
    EXPONENTIAL = "exponential"
    INVERSE_SQUARE_ROOT = "inverse-square-root"
    ONE_CYCLE = "one-cycle"
    SLANTED_TRIANGULAR = "slanted-triangular"
    WARMUP_STABLE_DECAY = "warmup-stable-decay"
    TRI_STAGE = "tri-stage"
    REDUCE_ON_PLATEAU = "reduce-on-plateau"


class DecayKind(StrEnum):
    """How the last phase of warmup-stable-decay falls: `1-sqrt` is one less the root of the share that has passed."""

    LINEAR = "linear"
    COSINE = "cosine"
    ONE_MINUS_SQRT = "1-sqrt"


class WarmupKind(StrEnum):
    """How the rate rises at the start."""

    LINEAR = "linear"
    COSINE = "cosine"
    CONSTANT = "constant"
    NONE = "none"


class Trainer(StrEnum):
    """A trainer that a whole plan can be said to: what is frozen, at which rates, in which phases."""

    PYTORCH = "pytorch"
    TIMM = "timm"
    TRANSFORMERS = "transformers"
    SENTENCE_TRANSFORMERS = "sentence-transformers"
    KERAS = "keras"
    LIGHTNING = "lightning"
    OPTAX = "optax"
    AXOLOTL = "axolotl"
    LLAMA_FACTORY = "llama-factory"


class TargetShift(StrEnum):
    """How the target differs from the source: in its pixels or sound, in its patterns, or in its labels alone."""

    INPUT_LEVEL = "input-level"
    FEATURE_LEVEL = "feature-level"
    OUTPUT_LEVEL = "output-level"


class LayoutCertainty(StrEnum):
    """What the order of a model's blocks rests on, best first.

    verified: compared with the library's own model. structure: numbered siblings and well-known names. order: for some
    parts, the order of the list alone. count: a number of layers without names.
    """

    VERIFIED = "verified"
    STRUCTURE = "structure"
    ORDER = "order"
    COUNT = "count"


class Protection(StrEnum):
    """How pretrained weights are kept from being lost: not trained, trained slowly, both, or not at all."""

    HARD = "hard"
    SOFT = "soft"
    BOTH = "hard-and-soft"
    NONE = "none"


class BlockState(StrEnum):
    """What training does to a block."""

    FROZEN = "frozen"
    LOW_RATE = "low-rate"
    FULL_RATE = "full-rate"


class BlockKind(StrEnum):
    """Where a block sits."""

    STEM = "stem"
    BLOCK = "block"
    NORM = "norm"
    NECK = "neck"
    HEAD = "head"


class Grade(StrEnum):
    """How well a claim is supported.

    A measured; B shipped default of a maintained library; C agreed by guides; D judgement.
    """

    A = "A"
    B = "B"
    C = "C"
    D = "D"


class InputOrigin(StrEnum):
    """Where a resolved input comes from."""

    GIVEN = "given"
    DERIVED = "derived"
    ASSUMED = "assumed"


class Severity(StrEnum):
    """How much a notice should worry its reader."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Degree(StrEnum):
    """An amount that nobody measured, in three words."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Likelihood(StrEnum):
    """How likely a risk is for this request."""

    UNLIKELY = "unlikely"
    POSSIBLE = "possible"
    LIKELY = "likely"
    OBSERVED = "observed"


FIXED: tuple[type[StrEnum], ...] = (
    Strategy,
    BlockState,
    Distinction,
    Grade,
    InputOrigin,
    Severity,
    Degree,
    Likelihood,
)
"""Vocabularies that are complete: a new word is a break. All others may grow, and answers hold them as strings."""
