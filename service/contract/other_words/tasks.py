"""Words of callers for tasks."""

from collections.abc import Mapping

TASKS: Mapping[str, str] = {
    "token-classification": (
        "ner named-entity-recognition pos-tagging pos chunking keyphrase-extraction sequence-labelling "
        "sequence-labeling"
    ),
    "text-classification": (
        "classification sequence-classification sentiment sentiment-analysis intent-classification intent-detection "
        "topic-classification spam-detection hate-speech-detection toxicity document-classification "
        "sentence-classification news-classification language-identification relation-extraction "
        "zero-shot-classification nli natural-language-inference textual-entailment paraphrase"
    ),
    "question-answering": "qa squad reading-comprehension extractive-qa table-question-answering",
    "translation": "mt nmt machine-translation",
    "summarization": "summarisation text2text-generation seq2seq seq2seq-lm",
    "automatic-speech-recognition": "asr stt ctc transcription speech-recognition speech-to-text",
    "audio-classification": (
        "keyword-spotting sound-classification speech-classification emotion-recognition speaker-identification "
        "speaker-recognition speaker-verification music-classification voice-activity-detection"
    ),
    "sentence-similarity": (
        "sts similarity embedding embeddings sentence-embeddings text-embedding semantic-search retrieval"
    ),
    "image-feature-extraction": (
        "embedding embeddings feature-extraction image-retrieval image-similarity metric-learning face-recognition "
        "face-verification"
    ),
    "text-generation": (
        "fill-mask masked-lm mlm causal-lm clm language-modeling language-modelling lm llm chat chatbot "
        "conversational code code-completion code-generation text-to-sql grammar-correction paraphrasing "
        "instruction-tuning sft rag retrieval-augmented-generation"
    ),
    "image-text-to-text": "vqa vlm visual-question-answering document-question-answering",
    "image-to-text": "ocr captioning image-captioning",
    "video-classification": "action-recognition",
    "keypoint-detection": "keypoints pose-estimation landmark-detection",
    "mask-generation": "promptable-segmentation",
    "text-ranking": "ranking rerank reranker reranking cross-encoder",
    "preference-tuning": "dpo orpo kto rlhf",
    "reward-modelling": "reward-model reward-modeling",
    "image-segmentation": "segmentation semantic-segmentation panoptic-segmentation",
    "instance-segmentation": "segmentation",
    "object-detection": "detection bounding-boxes yolo",
    "image-classification": "image-recognition multilabel multi-label multi-label-classification",
    "time-series-forecasting": "forecasting time-series",
    "tabular-classification": "tabular",
    "tabular-regression": "regression",
    "text-regression": "regression",
    "image-regression": "regression",
}
"""What callers call our tasks, the likelier task first where a word is of several."""

NOT_ANSWERED = (
    "3d-object-detection anomaly-detection any-to-any audio-captioning audio-to-audio change-detection clustering "
    "denoising depth-estimation diffusion graph-classification graph-ml grpo image-colorization image-compression "
    "image-generation image-inpainting image-restoration image-to-3d image-to-image image-to-video link-prediction "
    "molecule-generation music-generation node-classification node-regression object-tracking optical-flow "
    "point-cloud-classification point-cloud-segmentation ppo pretraining recommendation reinforcement-learning rl "
    "robotics source-separation speaker-diarization speech-enhancement speech-synthesis speech-to-speech "
    "style-transfer super-resolution text-to-3d text-to-audio text-to-image text-to-music text-to-speech "
    "text-to-video time-series-classification topic-modelling tts unconditional-image-generation video-generation "
    "video-segmentation video-summarization voice-conversion"
)
"""Tasks that people train for and no rule here speaks of: none of ours is near them."""
