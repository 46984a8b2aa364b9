"""The text of a Python function that fails unless a plan was applied. It needs the standard library only."""

from string import Template

from service.contract.freeze import FreezeAdapter, FreezeBlock, UnfreezePhase

WRAPPING = r"^base_model\.model\.|\.(?:base_layer|original_module|modules_to_save\.\w+)(?=\.|$)"
"""What PEFT puts into names; without it they are the model's own."""

WRAPPERS = r"^module\.|(?:^|(?<=\.))(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\."
"""What data parallelism, compilation, sharding and checkpointing put into names."""

CHECK = Template('''\
def check_plan(model, optimizer, phase=-1):
    """Raises AssertionError unless $said is applied. Call it before the first step of every phase."""
    import re
    patterns = [$patterns]
    train, expected = [$phases][phase]
    compiled, errors = [re.compile(pattern) for pattern in patterns], []

    def owners(name):
        names = {$name, re.sub(r"$wrappers", "", $name)}
        return {i for i, pattern in enumerate(compiled) if any(map(pattern.search, names))}

    named = dict(model.named_parameters())
    owned = {name: owners(name) for name in named$owned}
    if lost := [name for name, found in owned.items() if len(found) != 1]:
        errors.append(f"{len(lost)} parameters are not in exactly one block of the plan: {lost[:5]}. Pass the bare "
                      "model, or ask for a plan for the parameters of this one.")
    kept = [owners(name) for name, _ in model.named_buffers()]
    if empty := [patterns[i] for i in sorted({$own}.difference(*owned.values(), *kept))]:
        errors.append(f"No parameter matches {empty[:5]}. Ask for a plan for the parameters of this model.")
    wanted = {name for name, found in owned.items() if found & train$wanted}$adapters
    found = sum(p.numel() for p in named.values() if p.requires_grad)
    wrong = [name for name, p in named.items() if p.requires_grad != (name in wanted)]
    if wrong or expected not in (None, found):
        hint = (f"Wrong are {wrong[:5]}: call requires_grad_(True) on all that the phase trains, and "
                "requires_grad_(False) on the rest." if wrong else "The model's shapes are not those of the plan, "
                "such as its number of classes: ask for a plan for its parameters.")
        told = "the parameters of the phase" if expected is None else expected
        errors.append(f"Expected {told} to be trainable, found {found}. {hint}")
        if marked := [name for name, module in model.named_modules() if "requires_grad" in vars(module)]:
            errors.append(f"requires_grad was set as an attribute of modules {marked[:5]}. On a module that does "
                          "nothing: call module.requires_grad_(True) or module.requires_grad_(False).")
    held = [id(p) for group in (optimizer.param_groups if optimizer else []) for p in group["params"]]
    ids = set(held)
    missing = [name for name, p in named.items() if p.requires_grad and id(p) not in ids]
    idle = [name for name, p in named.items() if not p.requires_grad and id(p) in ids]
    if missing or idle or len(held) != sum(p.requires_grad for p in named.values()):
        errors.append(f"The optimizer holds {len(held)} parameters; it lacks {missing[:5]}, and {idle[:5]} are frozen. "
                      "Build it after freezing, with each trainable parameter once and no other.")
    norms = {name: m for name, m in model.named_modules() if getattr(m, "num_batches_tracked", None) is not None}
    norms = [name for name, m in norms.items() if m.training and {$own} - train]
    if moving := [name for name in norms if not owners(name + ".weight") & train]:
        errors.append(f"Batch-norm layers of frozen blocks update their statistics: {moving[:5]}. Call eval() on "
                      "them, again after every model.train().")
    if errors:
        raise AssertionError("\\n".join(errors))
''')


def self_check_code(
    blocks: list[FreezeBlock],
    phases: list[UnfreezePhase],
    adapter: FreezeAdapter | None,
    plan_hash: str | None = None,
) -> str:
    """`check_plan(model, optimizer, phase=-1)` as text; `phase` counts from 0, and -1 is the last one.

    It raises AssertionError, with one sentence for each fault, unless every parameter is in one block, exactly the
    phase's parameters require a gradient, the optimizer holds these and no others, and batch-norm layers beside frozen
    blocks, which it finds among the modules whatever their names, are in evaluation mode. Tied weights count once. The
    text is empty where the names of the parameters are not known.
    """
    if any(block.pattern is None for block in blocks):
        return ""
    openings = [(phase.train_blocks, phase.trainable) for phase in phases] or [([], 0)]
    return CHECK.substitute(
        said=f"plan {plan_hash[:12]}" if plan_hash else "the plan",
        patterns=", ".join(_literal(block.pattern or "") for block in blocks),
        phases=", ".join(f"({_set(train)}, {trainable})" for train, trainable in openings),
        wrappers=WRAPPERS,
        name=f're.sub(r"{WRAPPING}", "", name)' if adapter else "name",
        owned=' if "lora_" not in name' if adapter else "",
        own=", ".join(str(block.index) for block in blocks if block.params != 0),
        wanted=' and ".original_module." not in name' if adapter else "",
        adapters=' | {name for name in named if "lora_" in name}' if adapter else "",
    )


def _set(numbers: list[int]) -> str:
    return f"{{{', '.join(map(str, numbers))}}}" if numbers else "set()"


def _literal(pattern: str) -> str:
    """The pattern as a Python literal, raw where that is possible."""
    plain = '"' not in pattern and pattern.isprintable() and not pattern.endswith("\\")
    return f'r"{pattern}"' if plain else repr(pattern)
