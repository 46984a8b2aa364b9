# pyright: basic, reportMissingImports=false
"""Each export, run by the trainer that it is for, against factor(step) x peak rate at every step of every group."""

import math
import os
import warnings
from collections import Counter
from collections.abc import Callable
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from service.contract.schedule import ScheduleExport
from service.contract.words import CurveShape, Optimizer, Trainer
from service.core.schedule.curve.curves import curve as factor_of
from service.dialects.trainers import SCHEDULES
from service.dialects.trainers import said_schedule as export
from tests.dialects.jobs import GROUPS, JOBS, LONGEST, ONE_RATE, Job, shaped
from tests.real.recorded import record

os.environ["KERAS_BACKEND"] = "torch"

import jax
import jax.numpy as jnp
import keras
import optax
import timm.scheduler
import torch
from transformers import Trainer as HubTrainer
from transformers import TrainingArguments

EXAMPLES = 60 if os.environ.get("REAL_FAST") == "1" else int(os.environ.get("REAL_EXAMPLES", "400"))
"""Generated configurations for each dialect."""

DOUBLE = 1e-9
SINGLE = 1e-6
FLOOR = {DOUBLE: 1e-15, SINGLE: 5e-7}
"""Of the peak. 1 + cos(x) near x = pi, and 1 - t / T near T, cancel: what is left of a factor near 0 has the absolute
error of numbers near 1: a few units in their last place (1.1e-16 or 6e-8), times the power or the number of cycles.
optax and Keras are run in double precision too, where the floor hides nothing."""

FINE = (
    shaped(CurveShape.STEP, total_steps=LONGEST, every=1, gamma=0.9995, end_ratio=0.0),
    shaped(CurveShape.STEP, total_steps=LONGEST, every=97, gamma=0.1, end_ratio=0.0),
    shaped(CurveShape.EXPONENTIAL, total_steps=LONGEST, gamma=1e-46),
    shaped(CurveShape.TRI_STAGE, total_steps=LONGEST, end_ratio=1e-46),
)
"""Curves that powers or quotients in single precision lose."""

worst: dict[str, float] = {}
"""The largest relative difference that was seen, of factors above 1 % of the peak."""

Rates = dict[str, np.ndarray]
"""Group name to the rate at each step that is used."""

Run = Callable[[Job, ScheduleExport], list[tuple[float, Rates]]]
"""Runs an export in the trainer; gives the tolerance and the rates, once for each precision."""


def words(answer: ScheduleExport) -> dict[str, Any]:
    """The arguments, as loosely typed as the trainers take them."""
    return answer.arguments


def wanted(job: Job) -> Rates:
    factor = factor_of(job.curve)
    factors = np.array([factor(step) for step in range(job.curve.total_steps)])
    return {group.name: group.peak_rate * factors for group in job.groups if group.peak_rate > 0}


def highest(job: Job) -> Rates:
    """What a trainer with one rate for all groups is to run."""
    rates = wanted(job)
    return {"all": max(rates.values(), key=lambda each: float(each.max()))}


def compare(dialect: Trainer, job: Job, tolerance: float, got: Rates, expected: Rates) -> None:
    assert got.keys() == expected.keys()
    peaks = {group.name: group.peak_rate for group in job.groups}
    for name, rates in expected.items():
        peak = peaks.get(name, max(peaks.values()))
        difference = np.abs(got[name] - rates)
        assert np.all(difference <= tolerance * rates + FLOOR[tolerance] * peak), (name, difference / peak)
        large = rates > 0.01 * peak
        if large.any():
            key = f"{dialect} {tolerance:g}"
            worst[key] = max(worst.get(key, 0.0), float((difference[large] / rates[large]).max()))


def every_configuration(dialect: Trainer, run: Run) -> Counter[str]:
    """How many configurations were exact, were exact for the highest rate only, or were refused with a loss.

    The shapes of exact ones are recorded, once all have been compared.
    """
    counts: Counter[str] = Counter()
    exact: set[CurveShape] = set()

    def judged(job: Job) -> None:
        found = judge(dialect, job, run)
        counts[found] += 1
        if found == "exact":
            exact.add(job.curve.shape)

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(JOBS)
    def check(job: Job) -> None:
        judged(job)

    for shape, steps in product(CurveShape, (0, 10)):
        judged(Job(shaped(shape, warmup_steps=steps), ONE_RATE, Optimizer.ADAMW))
    for curve in FINE:
        judged(Job(curve, ONE_RATE, Optimizer.ADAMW))
    check()
    record.write(dialect, schedules=exact)
    differences = ", ".join(f"{worst[key]:.1e}" for key in worst if key.startswith(dialect))
    print(f"\n{dialect}: {dict(counts)}, largest relative difference {differences}")  # noqa: T201
    return counts


def judge(dialect: Trainer, job: Job, run: Run) -> str:
    """Exports and runs one configuration, compares every step, and says what it was."""
    answer = export(dialect, *job)
    assert answer.exact or answer.losses
    if job.curve.shape is CurveShape.REDUCE_ON_PLATEAU:
        assert not answer.exact
        return "plateau"
    if not answer.arguments:
        assert not answer.exact
        return "curve lost"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        runs = run(job, answer)
    rates = {group.peak_rate for group in job.groups if group.peak_rate > 0}
    for tolerance, got in runs:
        one = got.keys() == {"all"}
        assert answer.exact is (not one or len(rates) == 1)
        compare(dialect, job, tolerance, got, highest(job) if one else wanted(job))
    return "exact" if answer.exact else "highest rate only"


def torch_optimizer(job: Job, answer: ScheduleExport) -> torch.optim.Optimizer:
    lr, decay = words(answer)["lr"], words(answer)["weight_decay"]
    kind = getattr(torch.optim, words(answer)["optimizer"].rpartition(".")[2])
    return kind(
        [
            {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr[name], "weight_decay": decay[name], "name": name}
            for name in wanted(job)
        ]
    )


def torch_pair(job: Job, answer: ScheduleExport) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler]:
    """An optimizer, and the scheduler that the exported text builds for it."""
    names = {"optimizer": torch_optimizer(job, answer)}
    exec(answer.text, names)  # noqa: S102
    return names["optimizer"], names["scheduler"]


def torch_steps(
    job: Job, optimizer: torch.optim.Optimizer, scheduler: object, start: int, end: int
) -> list[list[float]]:
    used = []
    for _ in range(start, end):
        used.append([group["lr"] for group in optimizer.param_groups])
        optimizer.step()
        scheduler.step()  # type: ignore[attr-defined]
    return used


def by_group(job: Job, used: list[list[float]]) -> Rates:
    return dict(zip(wanted(job), np.array(used).T, strict=True))


def run_torch(job: Job, answer: ScheduleExport) -> list[tuple[float, Rates]]:
    """The text, run through; saved and loaded half-way; and the same expression as data."""
    total, half = job.curve.total_steps, job.curve.total_steps // 2
    whole = torch_steps(job, *torch_pair(job, answer), 0, total)
    optimizer, scheduler = torch_pair(job, answer)
    first = torch_steps(job, optimizer, scheduler, 0, half)
    resumed, again = torch_pair(job, answer)
    resumed.load_state_dict(optimizer.state_dict())
    again.load_state_dict(scheduler.state_dict())
    assert first + torch_steps(job, resumed, again, half, total) == whole
    names = {"cos": math.cos, "pi": math.pi, "sqrt": math.sqrt}
    code = compile(words(answer)["lr_lambda"], "lr_lambda", "eval")
    data = [eval(code, {**names, "s": step}) for step in range(total)]  # noqa: S307
    peaks = words(answer)["lr"]
    spoken = {name: np.array(data) * peaks[name] for name in wanted(job)}
    return [(DOUBLE, by_group(job, whole)), (DOUBLE, spoken)]


def run_transformers(job: Job, answer: ScheduleExport, folder: Path) -> list[tuple[float, Rates]]:
    """The optimizer and the scheduler that Trainer makes of the fields. State in 8 bits needs a GPU's library: rates
    do not depend on it, and are those of the usual state."""
    told = words(answer)
    arguments = trainer_fields(told | {"optim": "adamw_torch"} if "8bit" in told.get("optim", "") else told, folder)
    trainer = HubTrainer(model=torch.nn.Linear(2, 2), args=arguments)
    trainer.create_optimizer_and_scheduler(num_training_steps=arguments.max_steps)
    used = torch_steps(job, trainer.optimizer, trainer.lr_scheduler, 0, job.curve.total_steps)
    assert all(len(set(rates)) == 1 for rates in used)
    return [(DOUBLE, {"all": np.array(used)[:, 0]})]


def trainer_fields(fields: dict[str, Any], folder: Path) -> TrainingArguments:
    return TrainingArguments(output_dir=str(folder), use_cpu=True, report_to=[], **fields)


def run_timm(job: Job, answer: ScheduleExport) -> list[tuple[float, Rates]]:
    return [(DOUBLE, timm_rates(job, *timm_pair(job, answer)))]


def timm_pair(job: Job, answer: ScheduleExport) -> tuple[torch.optim.Optimizer, timm.scheduler.scheduler.Scheduler]:
    scales = words(answer)["lr_scale"]
    optimizer = torch.optim.SGD(
        [
            {"params": [torch.nn.Parameter(torch.zeros(1))], "lr": words(answer)["lr"], "lr_scale": scales[name]}
            for name in wanted(job)
        ]
    )
    kind = getattr(timm.scheduler, words(answer)["scheduler"].rpartition(".")[2])
    return optimizer, kind(optimizer, **words(answer)["scheduler_kwargs"])


def timm_rates(job: Job, optimizer: torch.optim.Optimizer, scheduler: timm.scheduler.scheduler.Scheduler) -> Rates:
    """Stepped on updates as timm's train.py does: the first update runs at what the constructor has set."""
    used = []
    for update in range(1, job.curve.total_steps + 1):
        used.append([group["lr"] for group in optimizer.param_groups])
        scheduler.step_update(update)
    return by_group(job, used)


def run_keras(job: Job, answer: ScheduleExport) -> list[tuple[float, Rates]]:
    """The schedule at each step, in both precisions; a plain rate stays what it is."""
    not_schedule = {"optimizer", "weight_decay", "schedule"}
    keywords = {name: value for name, value in words(answer).items() if name not in not_schedule}
    found = []
    for precision, tolerance in (("float32", SINGLE), ("float64", DOUBLE)):
        keras.config.set_floatx(precision)
        try:
            rates = keras_rates(answer, keywords, job.curve.total_steps)
            assert str(rates.dtype) == precision
        finally:
            keras.config.set_floatx("float32")
        found.append((tolerance, {"all": rates.astype("float64")}))
    return found


def keras_rates(answer: ScheduleExport, keywords: dict[str, Any], total: int) -> np.ndarray:
    if words(answer)["schedule"] is None:
        return np.full(total, keywords["learning_rate"], keras.config.floatx())
    schedule = getattr(keras.optimizers.schedules, words(answer)["schedule"].rpartition(".")[2])(**keywords)
    return np.array([keras.ops.convert_to_numpy(schedule(step)) for step in range(total)])


def run_optax(job: Job, answer: ScheduleExport) -> list[tuple[float, Rates]]:
    """The text, and the factor that the data describe, in both precisions."""
    found, total = [], job.curve.total_steps
    for double, tolerance in ((False, SINGLE), (True, DOUBLE)):
        with jax.enable_x64(double):
            steps = jnp.arange(LONGEST)  # of one length, so that JAX compiles once
            names: dict[str, Any] = {}
            exec(answer.text, names)  # noqa: S102
            factor = constructed(words(answer))
            peaks = words(answer)["peak_rates"]
            spoken = {name: spread(schedule(steps), total) for name, schedule in names["schedules"].items()}
            told = {name: spread(factor(steps) * peak, total) for name, peak in peaks.items()}
        found += [(tolerance, spoken), (tolerance, told)]
    return found


def spread(values: object, total: int) -> np.ndarray:
    """A constant schedule gives one number for all steps."""
    return np.broadcast_to(np.asarray(values, "float64"), LONGEST)[:total]


def constructed(arguments: dict[str, Any]) -> Callable:
    """The schedule that the data describe."""
    if arguments["call"] == "optax.join_schedules":
        parts = [value for name, value in arguments.items() if name.startswith("schedule_")]
        return optax.join_schedules([constructed(part) for part in parts], arguments["boundaries"])
    other = {"call", "optimizer", "peak_rates", "weight_decays"}
    keywords = {name: value for name, value in arguments.items() if name not in other}
    if arguments["call"] == "lambda":
        return eval(f"lambda step: {keywords['lambda']}", {"jnp": jnp})  # noqa: S307
    return getattr(optax, arguments["call"].rpartition(".")[2])(**keywords)


def enough(counts: Counter[str], share: float) -> bool:
    """Whether this share of all configurations was run by the trainer: the tests cannot pass by refusing."""
    return counts["exact"] + counts["highest rate only"] >= share * EXAMPLES and counts["exact"] > 0


def test_pytorch() -> None:
    counts = every_configuration(Trainer.PYTORCH, run_torch)
    assert enough(counts, 0.8)
    assert not counts["curve lost"]


def test_transformers(tmp_path: Path) -> None:
    assert enough(
        every_configuration(Trainer.TRANSFORMERS, lambda job, answer: run_transformers(job, answer, tmp_path)), 0.25
    )


def test_timm() -> None:
    assert enough(every_configuration(Trainer.TIMM, run_timm), 0.3)


def test_keras() -> None:
    assert enough(every_configuration(Trainer.KERAS, run_keras), 0.2)


def test_optax() -> None:
    counts = every_configuration(Trainer.OPTAX, run_optax)
    assert enough(counts, 0.8)
    assert not counts["curve lost"]


def test_plateau_is_what_the_trainers_can_build(tmp_path: Path) -> None:
    """Its rates depend on a metric; that its arguments are known to the trainer does not."""
    curve = shaped(CurveShape.REDUCE_ON_PLATEAU)
    told = {dialect: export(dialect, curve, GROUPS, Optimizer.ADAMW) for dialect in SCHEDULES}
    job = Job(curve, GROUPS, Optimizer.ADAMW)
    _, scheduler = torch_pair(job, told[Trainer.PYTORCH])
    assert isinstance(scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    fields = words(told[Trainer.TRANSFORMERS])
    trainer = HubTrainer(model=torch.nn.Linear(2, 2), args=trainer_fields(fields, tmp_path), eval_dataset=[0])
    trainer.create_optimizer_and_scheduler(num_training_steps=curve.total_steps)
    assert isinstance(trainer.lr_scheduler, torch.optim.lr_scheduler.ReduceLROnPlateau)
    with pytest.warns(FutureWarning):
        timm_pair(job, told[Trainer.TIMM])
    assert eval(told[Trainer.KERAS].text, {"keras": keras}).patience == 10  # noqa: S307
    assert eval(told[Trainer.OPTAX].text, {"optax": optax})  # noqa: S307


@pytest.mark.parametrize(
    "shape",
    [CurveShape.LINEAR, CurveShape.COSINE, CurveShape.COSINE_WITH_RESTARTS, CurveShape.STEP, CurveShape.CONSTANT],
)
def test_timm_flags_say_the_same(shape: CurveShape) -> None:
    """The flags of train.py, read by timm's own factory, with one update an epoch."""
    job = Job(shaped(shape, gamma=0.5, every=20, warmup_steps=10), GROUPS, Optimizer.ADAMW)
    answer = export(Trainer.TIMM, job.curve, job.groups, job.optimizer)
    words = answer.text.splitlines()[-1].partition("epoch: ")[2].replace("/U", "").split()
    flags: dict[str, Any] = {}
    for word in words:
        if word.startswith("--"):
            name = word[2:].replace("-", "_")
            flags[name] = True
        else:
            flags[name] = word if name == "sched" else float(word)
    optimizer, _ = timm_pair(job, answer)
    for group in optimizer.param_groups:
        group["lr"] = flags["lr"]
        del group["initial_lr"]
    scheduler, _ = timm.scheduler.create_scheduler(SimpleNamespace(**flags), optimizer, updates_per_epoch=1)
    compare(Trainer.TIMM, job, DOUBLE, timm_rates(job, optimizer, scheduler), wanted(job))
