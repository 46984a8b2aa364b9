"""Words of callers for models that no catalogue of checkpoints to tune can hold."""

NOT_PUBLISHED = (
    "bard chatgpt claude copilot dall-e dalle davinci embed-english embed-multilingual gemini gpt-3 gpt-3.5 gpt-4 "
    "gpt-4o gpt-4.1 gpt-4.5 gpt-5 gpt3 gpt4 gpt4o gpt5 grok-3 grok-4 haiku midjourney mistral-large-latest nova-pro "
    "o1 o3 o4-mini opus palm sonnet sora text-ada text-davinci text-embedding-3 text-embedding-ada"
)
"""Models that are served and whose weights nobody outside can train."""

OTHER_KINDS = (
    "adaboost arima catboost controlnet cogvideox decision-tree flux gradient-boosting hunyuanvideo isolation-forest "
    "knn k-means kandinsky lightgbm linear-regression logistic-regression naive-bayes pixart prophet random-forest "
    "sd-turbo sd3 sdxl stable-cascade stable-diffusion stable-video-diffusion svm wan2 wan2.1 wan2.2 xgboost"
)
"""Models that make pictures or films, or that start from no pretraining: no rule here speaks of them."""

WHY_NOT = (
    (NOT_PUBLISHED.split(), "Its weights are not published: only its maker can tune it."),
    (OTHER_KINDS.split(), "No model of this kind is answered."),
)


def why_no_model(name: str) -> str | None:
    """Why no checkpoint of the catalogue can be meant by the name; None where one may be."""
    plain = name.rpartition("/")[2].strip().lower().replace("_", "-").replace(" ", "-")
    for words, why in WHY_NOT:
        if any(plain == word or plain.startswith((f"{word}-", f"{word}.")) for word in words):
            return why
    return None
