"""Words of callers for kinds of data."""

from collections.abc import Mapping

LANGUAGES = (
    "arabic bengali chinese czech dutch french german greek hindi indonesian italian japanese korean persian "
    "polish portuguese russian spanish swedish thai turkish ukrainian urdu vietnamese"
)

DOMAINS: Mapping[str, str] = {
    "radiology": (
        "medical medicine clinical health x-ray xray x-rays chest-x-ray chest-xray endoscopy mammography ultrasound"
    ),
    "clinical-text": "medical medicine clinical health ehr clinical-notes discharge-summaries",
    "microscopy": "biomedical microscope cells",
    "biomedical-text": "biomedical pubmed",
    "medical-tables": "medical medicine clinical health biomedical ehr",
    "biosignals": "medical medicine clinical health biomedical ecg eeg emg",
    "ct-and-mri": "mri ct ct-scan",
    "dermoscopy": "skin dermatology",
    "histopathology": "pathology histology",
    "retinal-images": "fundus retina oct",
    "satellite-rgb": "satellite remote-sensing",
    "satellite-multispectral": "multispectral hyperspectral sar sentinel-2",
    "aerial-images": "aerial drone drones",
    "retail-products": "e-commerce ecommerce retail products groceries",
    "reviews": "e-commerce ecommerce retail products sentiment sentiment-analysis movies imdb",
    "retail-series": "e-commerce ecommerce retail sales demand",
    "plants": "agriculture crops flowers leaves leaf plant-disease weeds",
    "fashion": "clothes shoes",
    "faces": "people",
    "human-actions": "people action-recognition actions sports gestures sign-language kinetics",
    "screenshots": "ui",
    "document-images": "handwriting invoices receipts documents scans",
    "depth-and-thermal": "infrared thermal depth",
    "textures-and-defects": "manufacturing industrial defects pcb steel",
    "sensor-series": "manufacturing industrial iot sensors",
    "pets-and-animals": "animals pets dogs cats",
    "natural-images": "photos images general natural imagenet coco interiors rooms landmarks",
    "encyclopedic-text": "general wikipedia wiki",
    "environmental-sound": "general sounds environmental-sounds esc50 esc-50 urban machine-sounds",
    "music": "genres instruments",
    "vehicles": "cars",
    "sketches-and-art": "art sketches paintings cartoons anime",
    "social-media": "tweets twitter reddit forum comments hate-speech memes",
    "e-mail": "emails email spam",
    "conversations": (
        "chat chatbot conversational dialogue dialogues customer-support support-tickets tickets transcripts "
        "instructions"
    ),
    "protein-sequences": "proteins protein amino-acids peptides antibodies",
    "legal-text": "contracts law legal legal-documents court-decisions patents",
    "financial-text": "finance financial banking",
    "finance-series": "finance financial banking stocks prices",
    "business-tables": (
        "e-commerce ecommerce retail invoices general finance financial banking fraud credit churn marketing "
        "insurance sales customers"
    ),
    "scientific-text": "arxiv papers science scientific math",
    "scientific-tables": "agriculture science scientific chemistry",
    "source-code": "code code-generation programming python sql html",
    "fiction": "books poetry",
    "non-english-text": f"multilingual {LANGUAGES} multilingual-speech",
    "low-resource-languages": "swahili",
    "multilingual-speech": f"multilingual {LANGUAGES} non-english-text low-resource-languages swahili common-voice",
    "english-speech": "english speech podcasts audiobooks librispeech lectures broadcast",
    "accented-speech": "accent accents dialect",
    "childrens-speech": "kids children",
    "telephone-speech": "phone-calls call-center telephone",
    "speaker-traits": "emotion-recognition speaker-identification emotion emotions",
    "bioacoustics": "birds bird-song birdsong whales bats animal-sounds",
    "wildlife": "birds camera-traps",
    "energy-series": "electricity energy load",
    "weather-series": "weather",
    "traffic-series": "traffic",
    "street-scenes": "driving autonomous-driving traffic street pedestrians cctv surveillance",
}
"""What callers call our kinds of data; where a word is of several, the task tells which."""
