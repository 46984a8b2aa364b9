// The plan in words: verdict, glance, warnings, ranks, path, memory.

const readOn = (topic, words = "Read why") => h("button", { type: "button", class: "link", "data-topic": topic }, words);

function verdict(answer) {
  const { verdict: told, summary } = answer;
  const [head, ...reason] = told.summary.split(": ");
  fill("verdict",
    h("h2", {}, head),
    h("p", {}, reason.join(": ")),
    h("ul", { class: "chips" },
      h("li", {}, told.strategy),
      told.method === told.strategy ? null : h("li", {}, told.method),
      h("li", {}, told.model ?? "your own model"),
      summary.lora_rank === null ? null : h("li", {}, "LoRA rank ", num(summary.lora_rank)),
      told.runner_up ? h("li", {}, `next best: ${told.runner_up}`) : null));
}

function glance(answer) {
  const { summary, setup, lr_schedule: schedule, resources: { time } } = answer;
  const tile = (name, value, more) => h("div", {}, h("dt", {}, name), h("dd", {}, value, more ? h("small", {}, more) : null));
  const spans = summary.blocks.filter((span) => span.state !== "frozen");
  const place = (span) => (span.first === span.last ? span.first_name : `${span.first_name} to ${span.last_name}`);
  fill("glance",
    h("dl", { class: "tiles" },
      tile("Train for", counted(summary.steps, "step"), [...counted(summary.epochs, "epoch"), " in ", ...counted(summary.phases, "phase")]),
      schedule && tile("Peak rates", num(schedule.rates.head || schedule.rates.backbone_top), schedule.rates.head && schedule.rates.backbone_top ? ["head; backbone up to ", num(schedule.rates.backbone_top)] : [schedule.rates.head ? "head" : "adapters"]),
      schedule && tile("Warm-up", counted(schedule.warmup_steps, "step"), [`then ${schedule.shape}, ${schedule.optimizer}`]),
      summary.batch_size === null ? null : tile("Batch", num(summary.batch_size), held(summary, setup)),
      time && tile("Time", [num(time.hours), " h"], [num(time.hours_low), " to ", num(time.hours_high)]),
      summary.trainable === null ? null : tile("Trained parameters", num(summary.trainable), [summary.blocks.length && spans.length ? spans.map(place).join(", ") : "parameters"])));
}

const SHARED = { "zero-1": ", ZeRO-1", "zero-2": ", ZeRO-2", sharded: ", sharded (FSDP or ZeRO-3)" };

// How the examples of a step and the model are spread over the machine.
const held = (summary, setup) => [
  num(summary.micro_batch), " at a time on ", ...counted(setup.devices, "device"),
  setup.accumulation > 1 ? [", ", ...counted(setup.accumulation, "time"), " a step"] : [],
  SHARED[setup.sharding] ?? "",
  setup.checkpointing ? ", gradient checkpointing" : "",
  setup.quantised_bits === null ? [] : [", frozen weights in ", ...counted(setup.quantised_bits, "bit")],
  `, ${setup.precision}`].flat();

function warnings(answer) {
  const loud = answer.risks.filter((risk) => ["likely", "observed"].includes(risk.likelihood));
  if (!answer.notices.length && !loud.length) return fill("warnings");
  const order = ["critical", "warning", "info"];
  const notices = [...answer.notices].sort((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity));
  fill("warnings",
    h("h2", {}, "Worth knowing"),
    h("ul", { class: "notes" },
      notices.map((notice) => h("li", { class: notice.severity }, notice.message, " ", readOn(notice.topic))),
      loud.map((risk) => h("li", { class: risk.likelihood }, h("strong", {}, risk.title), `: ${risk.because}. `, readOn(risk.topic)))));
}

function strategies(answer) {
  const best = Math.max(1, ...answer.strategies.map((option) => option.score));
  fill("strategies",
    h("h2", {}, "Strategies, ranked"),
    h("p", {}, "The score orders them for this job; it is no probability."),
    h("ol", { class: "ranks" }, answer.strategies.map((option) => h("li", { class: option.feasible ? null : "no" },
      h("div", { class: "name" }, h("span", {}, option.strategy, option.method === option.strategy ? "" : ` (${option.method})`), h("span", { class: "tag" }, option.feasible ? ["score ", num(option.score)] : "not possible")),
      s("svg", { class: "track", viewBox: "0 0 100 8", preserveAspectRatio: "none", height: 8, "aria-hidden": "true" }, s("rect", { width: 100, height: 8, rx: 2, fill: "var(--paper)" }), s("rect", { width: (100 * option.score) / best, height: 8, rx: 2, fill: option.strategy === answer.verdict.strategy ? "var(--accent)" : "var(--frozen)" })),
      h("p", {}, `${(option.feasible ? option.why : option.why_not).map((one) => one.replace(/\.$/, "")).join("; ")}.`)))));
}

function path(answer) {
  fill("path",
    h("h2", {}, "How it was decided"),
    h("p", {}, "Each question has its rule; choose one to read what it rests on."),
    h("ol", { class: "steps" }, answer.decision_path.map((step) => h("li", {}, `${step.question} `, h("b", {}, step.answer), " ", h("button", { type: "button", class: "link tag", "data-rule": step.rule }, step.rule)))));
}

const PARTS = ["var(--accent)", "var(--frozen)", "var(--low)", "var(--full)", "var(--good)", "var(--soft)", "var(--seventh)", "var(--eighth)", "var(--ninth)", "var(--tenth)"];

function memory(answer) {
  const told = answer.resources;
  const terms = told.terms.filter((term) => term.expected_gib > 0);
  const wide = width("memory"), most = Math.max(told.peak_high_gib, told.usable_memory_gib);
  const x = (gib) => (wide * gib) / most;
  let start = 0;
  const pieces = terms.map((term, place) => {
    const piece = s("rect", { x: x(start), width: Math.max(1, x(term.expected_gib) - 1), y: 4, height: 20, fill: PARTS[place % PARTS.length] }, s("title", {}, `${term.part}: ${shown(term.expected_gib)} GiB`));
    start += term.expected_gib;
    return piece;
  });
  fill("memory",
    h("h2", {}, !told.fits ? "It does not fit the memory" : told.peak_high_gib > told.usable_memory_gib ? "It fits the memory, but perhaps not at its upper bound" : "It fits the memory"),
    h("p", {}, "A device needs about ", num(told.peak_gib), " GiB at its peak, between ", num(told.peak_low_gib), " and ", num(told.peak_high_gib), ", of ", num(told.usable_memory_gib), " GiB that may be used."),
    s("svg", { viewBox: `0 0 ${wide} 28`, height: 28, role: "img", "aria-label": `${told.peak_gib} of ${told.usable_memory_gib} GiB` },
      s("rect", { width: wide, y: 4, height: 20, rx: 4, fill: "var(--paper)" }), pieces,
      s("line", { x1: x(told.usable_memory_gib), x2: x(told.usable_memory_gib), y1: 0, y2: 28, stroke: "var(--ink)", "stroke-width": 2 })),
    h("ul", { class: "legend" }, terms.map((term, place) => h("li", {}, s("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, s("rect", { width: 14, height: 14, rx: 3, fill: PARTS[place % PARTS.length] })), `${term.part} `, num(term.expected_gib)))),
    h("details", {}, h("summary", {}, "Every part, and what would take less"),
      table("Memory by part, GiB", ["Part", "Expected", "Least", "Most"], terms.map((term) => [term.part, num(term.expected_gib), num(term.low_gib), num(term.high_gib)])),
      h("ul", {}, told.changes.map((one) => h("li", {}, `${one.change}: `, num(one.peak_gib), " GiB", one.fits ? ", fits. " : ". ", one.price))),
      told.assumptions.map((one) => h("p", { class: "hint" }, one))));
}
