"""Exports without a trainer: pure, typed, honest about what is lost. `make test-real` runs them in the trainers."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings

from service import dialects
from service.contract.schedule import ScheduleExport
from service.contract.words import CurveShape, Optimizer, Trainer, WarmupKind
from service.dialects import exports
from service.dialects.trainers import SCHEDULES, TRAINERS
from service.dialects.trainers import said_schedule as export
from service.knowledge.loader import load
from tests.ask import job
from tests.dialects.jobs import GROUPS, JOBS, ONE_RATE, Job, shaped

FOLDER = Path(dialects.__file__).parent
LIBRARIES = {"torch", "transformers", "timm", "keras", "optax", "jax", "tensorflow", "numpy"}


def told(dialect: Trainer, shape: CurveShape, **changes: float | WarmupKind) -> ScheduleExport:
    """The export of one rate."""
    return export(dialect, shaped(shape, **changes), ONE_RATE, Optimizer.ADAMW)


def test_every_dialect_has_an_exporter() -> None:
    assert set(TRAINERS) == set(Trainer)
    assert set(SCHEDULES) < set(Trainer)


@pytest.mark.parametrize("dialect", list(SCHEDULES))
def test_a_trainer_was_run_with_the_shapes_that_its_export_has(dialect: Trainer) -> None:
    """100 steps hold no three whole cycles; 90 after the warm-up do."""
    claimed = {shape for shape in CurveShape if any(told(dialect, shape, warmup_steps=n).exact for n in (0, 10))}
    assert len(claimed) >= 8
    assert claimed <= set(load().runs[dialect].schedules)


@settings(max_examples=150, derandomize=True, database=None, deadline=None)
@given(JOBS)
def test_pure_typed_and_honest(job: Job) -> None:
    for dialect in SCHEDULES:
        answer = export(dialect, *job)
        assert answer == export(dialect, *job)
        assert msgspec.json.decode(msgspec.json.encode(answer), type=ScheduleExport) == answer
        assert answer.dialect is dialect
        assert answer.exact or answer.losses, "what is not exact says why"
        assert answer.arguments or not answer.exact
        compile(answer.text, dialect, "exec")
        assert all(line == line.rstrip() for line in answer.text.splitlines())


@settings(max_examples=50, derandomize=True, database=None, deadline=None)
@given(JOBS)
def test_pytorch_text_is_short(job: Job) -> None:
    assert len(export(Trainer.PYTORCH, *job).text.splitlines()) <= 25


def test_frozen_groups_stay_out_of_the_optimizer() -> None:
    curve = shaped(CurveShape.COSINE)
    assert export(Trainer.PYTORCH, curve, GROUPS, Optimizer.SGD).arguments["lr"] == {"backbone": 1e-5, "head": 1e-4}
    assert export(Trainer.TIMM, curve, GROUPS, Optimizer.SGD).arguments["lr_scale"] == {
        "backbone": 0.1,
        "head": 1.0,
    }
    assert export(Trainer.OPTAX, curve, GROUPS, Optimizer.SGD).arguments["peak_rates"] == {
        "backbone": 1e-5,
        "head": 1e-4,
    }
    with pytest.raises(ValueError, match="no group is trained"):
        export(Trainer.PYTORCH, curve, GROUPS[:1], Optimizer.SGD)


@pytest.mark.parametrize("dialect", [Trainer.TRANSFORMERS, Trainer.KERAS])
def test_one_rate_for_all_is_a_loss(dialect: Trainer) -> None:
    answer = export(dialect, shaped(CurveShape.COSINE), GROUPS, Optimizer.ADAMW)
    assert not answer.exact
    assert answer.losses[0].startswith("One rate for all: 2 rates become the highest")
    assert "One weight decay for all: the groups' become the highest." in answer.losses


def test_warmup_is_outside_keras_decay_steps_and_inside_those_of_optax() -> None:
    keras = told(Trainer.KERAS, CurveShape.COSINE, warmup_steps=10).arguments
    assert (keras["decay_steps"], keras["warmup_steps"], keras["warmup_target"]) == (90, 10, 1e-4)
    optax = told(Trainer.OPTAX, CurveShape.COSINE, warmup_steps=10).arguments
    assert (optax["decay_steps"], optax["warmup_steps"], optax["peak_value"]) == (100, 10, 1.0)


def test_transformers_fields() -> None:
    assert told(Trainer.TRANSFORMERS, CurveShape.LINEAR, warmup_steps=10).arguments == {
        "learning_rate": 1e-4,
        "lr_scheduler_type": "polynomial",
        "lr_scheduler_kwargs": {"lr_end": 0.01 * 1e-4, "power": 1.0},
        "warmup_steps": 10,
        "max_steps": 100,
        "weight_decay": 0.0,
        "optim": "adamw_torch",
    }


@pytest.mark.parametrize("dialect", list(SCHEDULES))
def test_plateau_is_never_exact(dialect: Trainer) -> None:
    answer = told(dialect, CurveShape.REDUCE_ON_PLATEAU)
    assert not answer.exact
    assert any("no rate can be told beforehand" in loss for loss in answer.losses)


def test_no_trainer_and_no_server_is_imported() -> None:
    code = "import sys, service.dialects; print(*{name.partition('.')[0] for name in sys.modules})"
    environment = {**os.environ, "PYTHONPATH": str(FOLDER.parent.parent)}
    printed = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert not set(printed.stdout.split()) & (LIBRARIES | {"litestar", "uvicorn", "structlog"})


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_imports_point_to_contract_and_core(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom):
            package = ".".join((node.module or "").split(".")[:2])
            assert not package.startswith("service") or package in {
                "service.contract",
                "service.knowledge",
                "service.core",
                "service.dialects",
            }


def test_a_restart_that_floats_bring_one_step_late_is_not_promised_by_trainers_that_count() -> None:
    """49 * (1 / 49) is below 1 in floats."""
    late = {
        dialect: told(dialect, CurveShape.COSINE_WITH_RESTARTS, cycles=49, total_steps=490).exact
        for dialect in SCHEDULES
    }
    assert [dialect for dialect, exact in late.items() if exact] == [Trainer.PYTORCH]
    counted = told(Trainer.TIMM, CurveShape.COSINE_WITH_RESTARTS, cycles=48, total_steps=480)
    assert counted.arguments["scheduler_kwargs"] == {
        "t_initial": 10,
        "lr_min": 0.01 * 1e-4,
        "cycle_decay": 1.0,
        "cycle_limit": 48,
        "t_in_epochs": False,
    }


def test_a_loss_that_no_trainer_takes_from_the_model_is_said() -> None:
    """transformers' Trainer learns from single texts; axolotl and LLaMA-Factory are told to learn from preferences."""
    body = {
        "target": {"task": "preference-tuning"},
        "dataset": {"examples": 5000},
        "source": {"model": "Qwen/Qwen2.5-7B-Instruct"},
        "compute": {"memory_gib": 80},
        "dialects": ["transformers", "axolotl", "llama-factory"],
    }
    hub, axolotl, factory = exports.recommend(job(body), load(), explain=False).exports
    assert not hub.exact
    assert "DPOTrainer" in hub.losses[0]
    assert "from trl import DPOTrainer, DPOConfig" in hub.text
    assert "TrainingArguments" not in hub.text
    assert (axolotl.arguments["rl"], factory.arguments["stage"]) == ("dpo", "dpo")


def test_a_reward_model_is_trained_as_one() -> None:
    """As in axolotl's example of a reward model of Gemma 2; LLaMA-Factory puts a value head on by itself."""
    body = {
        "target": {"task": "reward-modelling"},
        "dataset": {"examples": 5000},
        "source": {"model": "Qwen/Qwen2.5-7B"},
        "fixed": {"strategy": "parameter-efficient"},
        "dialects": ["axolotl", "llama-factory"],
    }
    axolotl, factory = exports.recommend(job(body), load(), explain=False).exports
    assert axolotl.arguments["reward_model"] is True
    assert (axolotl.arguments["model_type"], axolotl.arguments["num_labels"]) == (
        "AutoModelForSequenceClassification",
        1,
    )
    assert factory.arguments["stage"] == "rm"
    assert factory.arguments["additional_target"] is None
