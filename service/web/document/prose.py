"""What the OpenAPI document says about itself in words."""

DESCRIPTION = """\
Tell it about a transfer-learning job, and it answers with a plan that a trainer can run unchanged: strategy, model,
layers to freeze, learning rates, memory, risks; each number with its rule, its sources and their grade.

Stateless and deterministic: the same request under the same `ruleset` gives the same bytes. Nothing of a request is
kept. Every error that the service answers is an RFC 9457 problem, its `errors` naming all that is wrong by JSON
pointer. A path asked with a method that it does not have answers 405 with `Allow`.

A list or an object of a request that need not be given may be empty, which means that it is not given; also where its
schema requires members.

An answer marked `x-also-as` can be asked for in these media types, too, with `Accept`.

With `?fields=verdict,freeze_plan.counts` a POST answers these parts of the JSON alone, and saves the work of others.
Such an answer has a schema of its own, which `x-parts` names; no operation here knows the parameter.

In the examples `ruleset.hash` is 64 zeros: the true hash changes with every change of the rules."""

COMPATIBILITY = """\
**What may change.** A change that can break a caller raises the second number of the version while the first is 0, and
the first number afterwards; any other change of this document raises the last. No break, and to be expected by a
client: new operations; new fields of a request that need not be given; new fields of an answer; new words in the
vocabularies that are marked `x-extensible-enum`; new notices, rules, sources, topics, models and kinds of problem;
wider bounds of a request; other headers, texts, examples and order of members. The vocabularies of a request may get
new words, and lose none. An `enum` of an answer is complete. What a version takes away, the changelog of the version
before announces. Advice may change with every `ruleset`: pin it with `If-Match`."""
