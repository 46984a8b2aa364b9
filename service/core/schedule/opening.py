"""The case of a schedule, opened from the job: whose rates and whose lengths it rests on."""

import msgspec

from service.contract.freeze import FreezePlan
from service.contract.words import Family, Method, Optimizer, Strategy
from service.core.catalogue.heads import acting_family, keeps_head
from service.core.choice.case import Case
from service.core.choice.comparisons import trains
from service.core.rules.example_requests import schedule
from service.core.rules.refusal import Refusal, fault, late_refusal, unknown_word
from service.core.rules.resolved_inputs import Inputs, known
from service.core.schedule.case import KnownPlace, ScheduleCase
from service.knowledge.rows import Place

NO_RATE = late_refusal(
    "refuse-optimizer-without-rate",
    "An optimizer for which no rate is published for the family and strategy is refused.",
    fires=(schedule(family="detector", optimizer="adafactor", total_steps=100).decides("/fixed/optimizer"),),
    silent=(schedule(family="detector", optimizer="sgd", total_steps=100),),
)
NO_KNOWN_RATE = late_refusal(
    "refuse-known-rate-without-rate",
    "A rate that worked elsewhere is carried over by published rates: without one for that place it is refused.",
    fires=(
        schedule(
            family="cnn", total_steps=100, known_rate={"rate": 1e-4, "model": "resnet50", "strategy": "zero-shot"}
        ).decides("/schedule/known_rate"),
    ),
    silent=(schedule(family="cnn", total_steps=100, known_rate={"rate": 1e-4, "model": "resnet50"}),),
)


def open_schedule(
    case: Case, strategy: Strategy, method: Method | None, plan: FreezePlan | None, inputs: Inputs
) -> ScheduleCase | None:
    """What the schedule is decided by; None where nothing is trained, or no rate is known for such a model.

    Raises Refusal where none is known for the optimizer asked for.
    """
    know, job, fixed = case.know, case.job, case.job.fixed
    family = acting_family(case.model, job.target.id if job.target else None)
    if not trains(strategy, method) or strategy not in know.trainable[family]:
        return None
    optimizer, usual = known(fixed.optimizer), rated_optimizers(case, family, strategy)
    if optimizer is None:
        optimizer = Optimizer.ADAMW if Optimizer.ADAMW in usual or not usual else usual[0]
        inputs.assumed("/fixed/optimizer", optimizer, "the usual optimizer for fine-tuning")
    place = place_of(case)
    rates = know.rate(family, strategy, optimizer, case.model.published_params, job.policy, place)
    if rates is None:
        message = f"No published rate is known for the family {family} with {strategy} and this optimizer."
        raise Refusal([unknown_word("/fixed/optimizer", message, optimizer, usual)], NO_RATE)
    if case.model.published_params is None and rates.reference_params and not job.decides:
        because = "the size at which the family's rates are published"
        inputs.assumed("/source/params", rates.reference_params, because)
    length = know.lengths[family, strategy]
    return ScheduleCase(
        know=know,
        task=job.target.id if job.target else None,
        family=family,
        objective=case.model.objective,
        strategy=strategy,
        method=method,
        level=case.level,
        policy=job.policy,
        place=place,
        params=case.model.published_params,
        norm=case.model.norm,
        blocks=plan.blocks if plan else None,
        keeps_head=_keeps_head(case, strategy),
        examples=job.size.examples if job.size else None,
        classes=job.size.classes if job.size else None,
        devices=job.machine.count,
        fixed=fixed,
        wishes=job.request.schedule,
        given_batch=job.given_batch,
        known_place=_known_place(case, family, strategy),
        optimizer=optimizer,
        rates=rates,
        length=length,
        shape=known(job.request.schedule.shape) or length.shape,
    )


def _keeps_head(case: Case, strategy: Strategy) -> bool:
    """Whether the head that trains is the pretrained one."""
    task = case.job.target.id if case.job.target else None
    built = case.model.build(case.know, task, None, strategy)
    return built.keeps_head if built else keeps_head(case.model, task, strategy)


def place_of(case: Case) -> Place:
    """By what the rates of this job differ from those of others with its family, strategy and optimizer.

    A similarity that is only assumed moves no rate.
    """
    job = case.job
    return Place(
        objective=case.model.objective,
        level=case.level if job.domain or known(job.request.similarity) is not None else None,
        distinction=job.distinction,
        model=case.model.row.id if case.model.row else None,
        unit_features=job.request.schedule.unit_features,
    )


def rated_optimizers(case: Case, family: Family, strategy: Strategy) -> list[Optimizer]:
    """The optimizers for which a rate is published for this family and strategy."""
    params, policy = case.model.published_params, case.job.policy
    return [one for one in Optimizer if case.know.rate(family, strategy, one, params, policy)]


def _known_place(case: Case, family: Family, strategy: Strategy) -> KnownPlace | None:
    """The rate that worked elsewhere, with its row of the table. Raises Refusal where there is none to compare with."""
    know, policy, given = case.know, case.job.policy, known(case.job.request.schedule.known_rate)
    if given is None:
        return None
    there = know.find_model(given.model)
    away, used = there.family if there else family, known(given.strategy) or strategy
    usual = [one for one in Optimizer if know.rate(away, used, one, None, policy)]
    optimizer = known(given.optimizer) or known(case.job.fixed.optimizer) or (usual or [Optimizer.ADAMW])[0]
    place = place_of(case)
    if there is not None:
        place = msgspec.structs.replace(place, objective=there.objective, model=there.id)
    row = know.rate(away, used, optimizer, there.params if there else case.model.published_params, policy, place)
    if row is None:
        message = f"No published rate is known for the family {away} with {used} and {optimizer}."
        raise Refusal([fault("/schedule/known_rate", message)], NO_KNOWN_RATE)
    return KnownPlace(given.rate, row, optimizer, known(given.batch_size))
