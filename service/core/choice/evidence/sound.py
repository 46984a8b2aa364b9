"""Speech to be written down, and sounds to be named."""

from service.contract.words import Family, Grade, Objective, Task
from service.core.choice.comparisons import SOUND, Comparison, Setting, found
from service.core.rules.example_requests import AST, WAV2VEC2, WHISPER, WHISPER_LARGE, job

NAMES_SOUNDS = (Objective.SUPERVISED, Objective.CONTRASTIVE_AUDIO_TEXT)
"""Objectives of sound encoders whose features were measured to serve frozen."""


@SOUND.rule(
    "evidence-speech-recognition",
    "A speech encoder is tuned whole but for its front end to recognise speech, from ten minutes of transcripts on: "
    "its frozen features do not spell.",
    grade=Grade.B,
    sources=("wav2vec2-recipes", "transformers", "speechbrain"),
    seeds=("R-008",),
    fires=(
        job(48, task="automatic-speech-recognition", source=WAV2VEC2).decides(
            "full-fine-tuning 60: +60: wav2vec 2.0 was tuned whole, its convolutional front end frozen, on ",
            "ten minutes to 960 hours of transcripts.",
        ),
    ),
    silent=(
        job(48, task="automatic-speech-recognition", source=WHISPER),
        job(900, task="audio-classification", source=WAV2VEC2),
    ),
    dissent=("The guides train a head on so few examples.",),
)
def speech_recognition(setting: Setting) -> Comparison | None:
    if setting.task.id is not Task.AUTOMATIC_SPEECH_RECOGNITION or setting.family is not Family.SPEECH_ENCODER:
        return None
    return found(setting, "speech-tuned", f"{setting.examples} transcripts for a speech encoder")


@SOUND.rule(
    "evidence-recogniser-untouched",
    "A recogniser of some hundred million parameters and more is used untouched on speech that it knows until some "
    "hours are transcribed: an hour and a half of one speaker made three small ones better and two large ones worse.",
    grade=Grade.C,
    sources=("whisper-90min", "distil-whisper"),
    seeds=("R-026",),
    fires=(
        job(90, task="automatic-speech-recognition", source=WHISPER_LARGE, similarity=8).decides(
            "zero-shot 60: +60: Whisper medium went from 2.7 to 3.0 % of words wrong when tuned on 91 clips ",
            "of one speaker, large-v3-turbo from 2.8 to 3.0.",
        ),
    ),
    silent=(
        job(90, task="automatic-speech-recognition", source=WHISPER, similarity=8),
        job(90, task="automatic-speech-recognition", source=WHISPER_LARGE, similarity=3),
        job(20_000, task="automatic-speech-recognition", source=WHISPER_LARGE, similarity=8),
        job(task="text-generation"),
    ),
    dissent=("A language that it hardly knows is another matter: there it is tuned.",),
)
def recogniser_untouched(setting: Setting) -> Comparison | None:
    large, hours = (setting.know.constants[name] for name in ("recogniser-large-params", "recogniser-few-utterances"))
    if not _writes_speech(setting) or setting.params < large.value or setting.examples >= hours.value:
        return None
    unlike = setting.know.constants["similarity-medium"]
    if setting.similarity < unlike.value:
        return None
    formula = f"{setting.params:.3g} parameters >= {large.value:.3g}; {setting.examples} utterances < {hours.value:g}"
    return found(setting, "recogniser-untouched", formula, large, hours, unlike)


@SOUND.rule(
    "evidence-recogniser-tuned",
    "Otherwise a recogniser is tuned: small ones whole, which gained 8 to 16 % of the errors from an hour and a half "
    "of one speaker; large ones by adapters, or the decoder alone.",
    grade=Grade.C,
    sources=("whisper-90min", "speechbrain", "transformers"),
    fires=(
        job(90, task="automatic-speech-recognition", source=WHISPER).decides(
            "full-fine-tuning 60: +60: Tuned whole on 91 clips of one speaker, Whisper tiny went from 7.9 to ",
            "6.6 % of words wrong, base from 5.5 to 5.0, small from 4.0 to 3.5.",
        ),
        job(20_000, task="automatic-speech-recognition", source=WHISPER_LARGE).decides(
            "parameter-efficient 60: +60: Large recognisers get adapters, or the decoder alone: one epoch of ",
            "that came to 9.1 % of words wrong on French, and 65 on Mongolian.",
        ),
    ),
    silent=(job(90, task="automatic-speech-recognition", source=WHISPER_LARGE, similarity=8),),
    dissent=("Of decoder alone against everything nobody reported both on one set.",),
)
def recogniser_tuned(setting: Setting) -> Comparison | None:
    large = setting.know.constants["recogniser-large-params"]
    if not _writes_speech(setting):
        return None
    small = setting.params < large.value
    sign = "<" if small else ">="
    formula = f"{setting.params:.3g} parameters {sign} {large.value:.3g}"
    return found(setting, "recogniser-small" if small else "recogniser-large", formula, large)


@SOUND.rule(
    "evidence-speech-encoder-for-sounds",
    "A speech encoder that learned without labels is tuned, its front end frozen, to name sounds or words: frozen, "
    "wav2vec 2.0 told 40 % of spoken commands, tuned 98 %.",
    grade=Grade.B,
    sources=("maeb", "transformers"),
    fires=(
        job(900, task="audio-classification", source=WAV2VEC2).decides(
            "full-fine-tuning 60: +60: wav2vec 2.0 was tuned whole, its convolutional front end frozen, on ",
            "ten minutes to 960 hours of transcripts.",
        ),
    ),
    silent=(job(900, task="audio-classification", source=AST), job(100, task="audio-classification", source=WAV2VEC2)),
    dissent=("The two figures are of related sets, not of one.",),
)
def speech_encoder_for_sounds(setting: Setting) -> Comparison | None:
    least = setting.know.constants["evidence-least-examples"]
    if setting.task.id is not Task.AUDIO_CLASSIFICATION or setting.family is not Family.SPEECH_ENCODER:
        return None
    if setting.examples < least.value:
        return None
    return found(setting, "speech-tuned", f"{setting.examples} clips >= {least.value:g}", least)


@SOUND.rule(
    "evidence-sounds-frozen",
    "An encoder that was taught the names of sounds leads frozen on sounds of its kind, below ten thousand clips: on "
    "ESC-50 96.2 and 97.5 % by a probe, 95.8 % tuned.",
    grade=Grade.B,
    sources=("maeb", "ast-2021"),
    fires=(
        job(900, task="audio-classification", domain="environmental-sound", source=AST).decides(
            "feature-extraction 60: +60: Encoders that were taught the names of sounds serve frozen: ESC-50 ",
            "96.2 (AST) and 97.5 (CLAP) by a probe, 95.8 by tuning AST.",
        ),
    ),
    silent=(
        job(900, task="audio-classification", domain="english-speech", source=AST),
        job(20_000, task="audio-classification", domain="environmental-sound", source=AST),
    ),
    dissent=("On spoken language it told 20 % frozen: far from its sounds it is tuned, or another is taken.",),
)
def sounds_frozen(setting: Setting) -> Comparison | None:
    most = setting.know.constants["probe-most-examples"]
    taught = setting.family is Family.AUDIO_TRANSFORMER and setting.objective in NAMES_SOUNDS
    if setting.task.id is not Task.AUDIO_CLASSIFICATION or not taught or not setting.near:
        return None
    if setting.examples >= most.value:
        return None
    return found(setting, "sounds-frozen", f"{setting.objective}; {setting.examples} clips < {most.value:g}", most)


def _writes_speech(setting: Setting) -> bool:
    return setting.task.id is Task.AUTOMATIC_SPEECH_RECOGNITION and setting.family is Family.SPEECH_SEQ2SEQ
