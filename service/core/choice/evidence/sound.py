"""Speech to be written down, and sounds to be named."""

from service.contract.words import Family, Grade, Task
from service.core.choice.comparisons import SOUND, Comparison, Setting, found
from service.core.rules.example_requests import WAV2VEC2, WHISPER, job


@SOUND.rule(
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
    return found(setting, "speech-tuned", f"{setting.examples} transcripts for a speech encoder")
