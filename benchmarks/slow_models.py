"""CPU and memory of freeze plans for the slowest models that a request can describe: `make bench-models`.

Each shape is asked at n, 2n and 4n tensors, the last as many as are planned, and at `most`, as many as a request may
list. The unit is a fixed loop that takes about 3 ms on a quiet machine; MiB is what Python allocates beyond the
request.
"""

import gc
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import msgspec

from service.contract.job import MOST_TENSORS, Job
from service.core.engine import freeze_plan
from service.core.rules.refusal import Refusal
from service.knowledge.loader import load

LARGEST_BODY = 4 * 2**20
PLANNED = "planned,"
MOST_UNITS = 100
MOST_MIB = 64
STEPS = (4, 2, 1)
"""Divisors of the number of tensors."""
SIZES = [MOST_TENSORS * share // 20 for share in range(20, 0, -1)]
"""How many tensors are tried, the most first, until a model is planned."""

Shapes = list[tuple[str, list[int]]]


def deep(many: int) -> Shapes:
    """Names of 64 parts that share none."""
    return [(f"a{i}." + ".".join("bc" * 31) + ".w", [2, 2]) for i in range(many)]


def deep_alike(many: int) -> Shapes:
    """Names of 64 parts that differ in the last."""
    return [(".".join("ab" * 31) + f".{i}.w", [2, 2]) for i in range(many)]


def digits(many: int) -> Shapes:
    """Long runs of digits."""
    return [(f"{'1' * 150}{i:06}x.{'2' * 10}y.w", [2, 2]) for i in range(many)]


def digits_at_end(many: int) -> Shapes:
    """Long runs of digits at the end of names, as numbers to read."""
    return [(f"l{'1' * 150}{i:06}.q.w", [2, 2]) for i in range(many)]


def plain_digits(many: int) -> Shapes:
    """Nothing but layers, counted through with long numbers."""
    return [(f"fc{'1' * 150}{i:06}", [2, 2]) for i in range(many)]


def stages(many: int) -> Shapes:
    """Many stacks of stages beside each other."""
    return _staged(many, "pq")


def stages_in_one(many: int) -> Shapes:
    """Many stacks of stages in one module, told apart by a word."""
    return [
        (f"w{_word(group)}{stage}.{block}.{part}.weight", [2, 2])
        for group in range(many // 8)
        for stage in range(2)
        for block in range(2)
        for part in "pq"
    ]


def stacks(many: int) -> Shapes:
    """Many stacks in one module, told apart by a word."""
    return [
        (f"w{_word(group)}{block}.{part}.weight", [2, 2])
        for group in range(many // 4)
        for block in range(2)
        for part in "pq"
    ]


def families(many: int) -> Shapes:
    """Many parts that are counted like the stages beside them."""
    half = many // 2
    counted = [(f"{_word(i)}.{stage}.weight", [2, 2]) for i in range(half // 2) for stage in range(2)]
    words = ["", *map(_word, range(half // 8))]
    return counted + [
        (f"s{word}.{stage}.{block}.{part}.w", [2, 2])
        for word in words
        for stage in range(2)
        for block in range(2)
        for part in "pq"
    ]


def towers(many: int) -> Shapes:
    """Many towers, each with a stack."""
    return [
        (f"encoder_{_word(tower)}.layers.{block}.{part}.weight", [2, 2])
        for tower in range(many // 4)
        for block in range(2)
        for part in "pq"
    ]


def nested(many: int) -> Shapes:
    """Stacks within stacks, twenty deep."""
    found: Shapes = []
    for i in range(many):
        bits = f"{i:b}".zfill(15)
        found.append((".".join(bits) + ".weight", [2, 2]))
    return found


def wide_blocks(many: int) -> Shapes:
    """Two blocks of many parts each."""
    return [(f"layers.{i % 2}.{_word(i // 2)}.weight", [2, 2]) for i in range(many)]


def many_stages(many: int) -> Shapes:
    """One stack of very many stages with two blocks each."""
    return [
        (f"stages.{stage}.{block}.{part}.weight", [2, 2])
        for stage in range(many // 4)
        for block in range(2)
        for part in "pq"
    ]


def parts_between(many: int) -> Shapes:
    """Blocks with unnamed parts between them."""
    return [
        name
        for i in range(many // 4)
        for name in (
            (f"b{i}.p.weight", [2, 2]),
            (f"b{i}.q.weight", [2, 2]),
            (f"x{_word(i)}.weight", [2, 2]),
            (f"norm{_word(i)}.weight", [2]),
        )
    ]


def wrapped(many: int) -> Shapes:
    """A stack below 60 modules that each hold it alone, with parts beside it."""
    found: Shapes = []
    path = ""
    for _ in range(60):
        found += [(f"{path}x{i}.weight", [2, 2]) for i in range(many // 120)]
        path += "m."
    return found + [(f"{path}layers.{i}.{part}.weight", [2, 2]) for i in range(many // 8) for part in "pq"]


def keras(many: int) -> Shapes:
    """Keras' names, whose layers' names have parts of their own."""
    return [(f"c{i}_b{i}_" + "1_" * 60 + "c/kernel", [2, 2]) for i in range(many)]


def full(many: int) -> Shapes:
    """As many blocks as a plan may have."""
    return [(f"layers.{'x' * 100}{i}.{part}.weight", [2, 2]) for i in range(many // 10 - 10) for part in "abcdefghij"]


def full_stages(many: int) -> Shapes:
    """As many blocks as a plan may have, in many stacks of stages, each of many parts."""
    return _staged(many, "abcdefghij")


def loose(many: int) -> Shapes:
    """Two blocks, and parts behind them that no name puts anywhere."""
    blocks: Shapes = [(f"layers.{i}.{part}.weight", [2, 2]) for i in range(2) for part in "pq"]
    return blocks + [(f"{'y' * 120}{_word(i)}.weight", [2, 2]) for i in range(many - 4)]


def in_rows(many: int) -> Shapes:
    """As many blocks as a plan may have, with parts between them."""
    return [
        name
        for i in range(many // 10 - 10)
        for name in (
            *((f"b{i}.{part}.weight", [2, 2]) for part in "pq"),
            *((f"{'x' * 100}{_word(i)}{part}.weight", [2, 2]) for part in "abcd"),
        )
    ]


def _staged(many: int, parts: str) -> Shapes:
    """Stacks of two stages of two blocks, each of these parts."""
    return [
        (f"w{group}.b.{stage}.{block}.{part}.weight", [2, 2])
        for group in range(many // (4 * len(parts)))
        for stage in range(2)
        for block in range(2)
        for part in parts
    ]


def _word(number: int) -> str:
    """A word of letters for a number."""
    letters = ""
    while True:
        letters, number = "abcdefghij"[number % 10] + letters, number // 10
        if not number:
            return letters


def loose_in_stages(many: int) -> Shapes:
    """Stages, and parts beside their blocks that no name puts anywhere."""
    blocks: Shapes = [(f"layer{s}.{i}.{part}.weight", [99, 99]) for s in range(1, 5) for i in range(2) for part in "pq"]
    return blocks + [(f"layer{i % 4 + 1}.{'y' * 100}{_word(i)}.weight", [2, 2]) for i in range(many - 16)]


MODELS: list[Callable[[int], Shapes]] = [
    deep,
    deep_alike,
    digits,
    digits_at_end,
    plain_digits,
    stages,
    stages_in_one,
    stacks,
    families,
    towers,
    nested,
    wide_blocks,
    many_stages,
    parts_between,
    wrapped,
    keras,
    full,
    full_stages,
    loose,
    loose_in_stages,
    in_rows,
]


def unit() -> float:
    """CPU seconds of a fixed loop: about .003 on a quiet machine. The least of nine."""
    return min(_timed(lambda: sum(i * i for i in range(100_000))) for _ in range(9))


def _timed(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def ask(request: Job) -> str:
    """How many blocks were planned, or the message of the refusal."""
    try:
        return f"{PLANNED} {len(freeze_plan(request, load(), True).freeze_plan.blocks)} blocks"
    except Refusal as refused:
        return refused.faults[0].message[:60]


def request_of(shapes: Shapes, form: str) -> Job:
    """The request that lists these tensors, cut to what a body may hold."""
    head = '{"dataset":{"examples":5000},"":}'
    size, kept = len(head), 0
    for name, shape in shapes[:MOST_TENSORS]:
        size += len(name) + 2 * len(shape) + (60 if form == "safetensors" else 24)
        if size > LARGEST_BODY:
            break
        kept += 1
    listed: Any = (
        [{"name": name, "shape": shape} for name, shape in shapes[:kept]]
        if form == "parameters"
        else {name: {"dtype": "F32", "shape": shape} for name, shape in shapes[:kept]}
    )
    return msgspec.convert({"dataset": {"examples": 5000}, "source": {form: listed}}, Job)


def measure(make: Callable[[int], Shapes], form: str, many: int) -> tuple[float, float, str]:
    """CPU seconds, MiB allocated at the most, and the answer."""
    request = request_of(make(many), form)
    gc.collect()
    cpu = min(_timed(lambda: ask(request)) for _ in range(3))
    tracemalloc.start()
    answer = ask(request)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    return cpu, peak, answer


def main() -> None:
    """Prints a line for each model and form; exits with 1 where a limit is passed."""
    load()
    gc.freeze()  # as the service does
    gc.set_threshold(20_000)
    passed = False
    print(f"{'model':18}{'form':12}{'n':>8}{'2n':>8}{'4n':>8}{'growth':>8}{'MiB':>8}{'most':>8}  answer")  # noqa: T201
    wanted = sys.argv[1:]
    for make in MODELS:
        if wanted and make.__name__ not in wanted:
            continue
        for form in ("parameters", "safetensors"):
            planned = (many for many in SIZES if ask(request_of(make(many), form)).startswith(PLANNED))
            size = next(planned, MOST_TENSORS)
            one = unit()
            found = [measure(make, form, size // step) for step in STEPS]
            found.append(measure(make, form, MOST_TENSORS))
            *units, most = [cpu / one for cpu, _, _ in found]
            mib = max(peak for _, peak, _ in found)
            passed |= max(*units, most) > MOST_UNITS or mib > MOST_MIB
            growth = units[-1] / max(units[0], 0.01)
            line = "".join(f"{each:8.1f}" for each in units)
            answers = " | ".join(dict.fromkeys(answer for _, _, answer in found[-2:]))
            print(f"{make.__name__:18}{form:12}{line}{growth:8.1f}{mib:8.1f}{most:8.1f}  {answers}", flush=True)  # noqa: T201
    sys.exit(int(passed))


if __name__ == "__main__":
    main()
