// The freeze bar and the rate curve, as SVG, each with a table behind it.

const STATES = { frozen: "frozen: kept as pretrained", "low-rate": "low rate: trained gently", "full-rate": "full rate: trained freely" };
const COLOURS = { frozen: "var(--frozen)", "low-rate": "var(--low)", "full-rate": "var(--full)" };
const hatch = () => s("pattern", { id: "hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
  s("rect", { width: 6, height: 6, fill: "var(--frozen)" }), s("line", { x1: 0, x2: 0, y1: 0, y2: 6, stroke: "var(--card)", "stroke-width": 1.5, opacity: 0.55 }));
const paint = (state) => (state === "frozen" ? "url(#hatch)" : COLOURS[state]);
// The inner width of a card; an empty one has none yet.
function width(id) {
  const card = at(id);
  card.append("\u00a0");
  const { paddingLeft, paddingRight } = getComputedStyle(card);
  return Math.max(200, card.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight));
}

// Round marks from 0 to the highest rate.
function marks(high) {
  const size = 10 ** Math.floor(Math.log10(high));
  const apart = [0.1, 0.2, 0.25, 0.5, 1, 2, 2.5].map((one) => one * size).find((one) => high / one <= 5);
  return [...Array(Math.floor(high / apart + 1e-9) + 1).keys()].map((one) => one * apart);
}

function freezeBar(plan) {
  const total = plan.blocks.reduce((sum, block) => sum + (block.params ?? 0), 0);
  const wide = width("freeze");
  const least = Math.min(6, wide / plan.blocks.length);
  const open = Math.max(0, wide - least * plan.blocks.length);
  const share = (block) => (total ? (block.params ?? 0) / total : 1 / plan.blocks.length);
  let x = 0;
  const blocks = plan.blocks.map((block) => {
    const across = least + open * share(block);
    const rect = s("rect", { x: x + 0.5, y: 0, width: Math.max(1, across - 1), height: 46, rx: Math.min(3, across / 3), fill: paint(block.state) },
      s("title", {}, `${block.name}: ${block.state}${block.params === null ? "" : `, ${shown(block.params)} parameters, ${percent(share(block))}`}`));
    x += across;
    return rect;
  });
  const told = Object.keys(STATES).map((state) => [state, plan.blocks.filter((block) => block.state === state)]).filter(([, found]) => found.length);
  const first = plan.blocks[0], last = plan.blocks[plan.blocks.length - 1];
  fill("freeze",
    h("h2", {}, "What is frozen, stem to head"),
    h("p", {}, "One piece for each block, as wide as its share of the parameters."),
    s("svg", { class: "bar", viewBox: `0 0 ${wide} 46`, height: 46, role: "img", "aria-label": told.map(([state, found]) => `${found.length} blocks ${state}`).join(", ") }, s("defs", {}, hatch()), blocks),
    h("div", { class: "ends" }, h("span", {}, first.name), h("span", {}, last.name)),
    h("ul", { class: "legend" }, told.map(([state, found]) => h("li", {},
      s("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, s("rect", { width: 14, height: 14, rx: 3, fill: paint(state) })), STATES[state], `, ${found.length === 1 ? "1 block" : `${found.length} blocks`}`))),
    h("details", {}, h("summary", {}, "Every block"),
      table("Every block", ["Block", "State", "Parameters", "Share"], plan.blocks.map((block) => [block.name, block.state, num(block.params), total && block.params !== null ? percent(share(block)) : ""]))));
}

// Peak rates of every group in one phase: heads take the phase's own, blocks those of their groups.
function peaksOf(phase, isLast, groups, plan) {
  return groups.map((group) => {
    if (group.state === "frozen") return 0;
    const block = plan.blocks.find((one) => one.name === group.name);
    if (!block || isLast) return group.peak_rate;
    if (!phase.train_blocks.includes(block.index)) return 0;
    return block.kind === "head" ? phase.head_rate : group.peak_rate;
  });
}

function lines(answer) {
  const { groups } = answer.lr_schedule;
  let start = 0;
  const found = groups.map(() => []);
  const edges = [];
  answer.phases.forEach((phase, place) => {
    const peaks = peaksOf(phase, place === answer.phases.length - 1, groups, answer.freeze_plan);
    const factor = factors(phase.segments);
    const count = Math.min(160, phase.steps);
    const steps = new Set([...Array(count + 1).keys()].map((one) => (one / count) * (phase.steps - 1)));
    for (const part of phase.segments) steps.add(part.start).add(Math.max(part.start, part.end - 1));
    for (const step of [...steps].sort((one, other) => one - other)) {
      const height = factor(step);
      peaks.forEach((peak, group) => found[group].push([start + step, peak * height]));
    }
    edges.push({ start, end: start + phase.steps, name: phase.name });
    start += phase.steps;
  });
  return { found, edges, steps: start };
}

// Whether the peaks are too far apart to be seen on one even scale.
function spread(schedule) {
  const peaks = (schedule?.groups ?? []).map((group) => group.peak_rate).filter((rate) => rate > 0);
  return Math.max(...peaks) > 10 * Math.min(...peaks);
}

// From cold at the stem to warm at the head.
const tone = (place, count) => `hsl(${Math.round(225 - 225 * (count < 2 ? 1 : place / (count - 1)))} 70% 52%)`;

function rateCurve(answer, logarithmic, redraw) {
  const schedule = answer.lr_schedule;
  if (!schedule || !answer.phases.length) return fill("rates");
  const { found, edges, steps } = lines(answer);
  const trained = schedule.groups.map((group, place) => ({ group, points: found[place] })).filter(({ points }) => points.some(([, rate]) => rate > 0));
  const high = Math.max(...trained.flatMap(({ points }) => points.map(([, rate]) => rate)));
  const low = Math.min(...trained.map(({ group }) => group.peak_rate)) / 10;
  const wide = width("rates"), tall = 250, left = 66, below = 40, top = 22;
  const x = (step) => left + (step / steps) * (wide - left - 4);
  const y = (rate) => {
    const share = logarithmic ? Math.max(0, Math.log(Math.max(rate, low) / low) / Math.log(high / low)) : rate / high;
    return top + (1 - share) * (tall - top - below);
  };
  const ticks = logarithmic ? [...Array(9).keys()].map((one) => 10 ** (Math.ceil(Math.log10(low)) + one)).filter((one) => one <= high) : marks(high);
  const drawn = trained.map(({ group, points }, place) =>
    s("path", { class: "curve", stroke: tone(place, trained.length), d: points.map(([step, rate], index) => `${index ? "L" : "M"}${x(step).toFixed(1)} ${y(rate).toFixed(1)}`).join("") }, s("title", {}, `${group.name}: peak ${shown(group.peak_rate)}`)));
  const ends = trained.length > 2 ? [trained[0], trained[trained.length - 2], trained[trained.length - 1]] : trained;
  fill("rates",
    h("h2", {}, "Learning rates over the steps"),
    h("p", {}, "A line for each group of parameters, cold at the stem, warm at the head. Each phase starts a new optimizer."),
    s("svg", { viewBox: `0 0 ${wide} ${tall}`, height: tall, role: "img", "aria-label": `Rates over ${steps} steps in ${edges.length} phases; the table below has the numbers.` },
      ticks.map((tick) => [s("line", { class: "axis", x1: left, x2: wide, y1: y(tick), y2: y(tick) }), s("text", { x: left - 8, y: y(tick) + 4, "text-anchor": "end" }, tick ? shown(Number(tick.toPrecision(3))) : "0")]).flat(),
      edges.map((edge, place) => [
        place ? s("line", { class: "phase", x1: x(edge.start), x2: x(edge.start), y1: top - 12, y2: tall - below }) : null,
        s("text", { x: x(edge.start) + (place ? 5 : 2), y: 10 }, wide * (edge.end - edge.start) / steps > edge.name.length * 6.6 ? edge.name : `phase ${place + 1}`),
        s("text", { x: x(edge.end), y: tall - below + 18, "text-anchor": "end" }, shown(edge.end)),
      ]).flat(),
      s("text", { x: left, y: tall - below + 18 }, "0"), s("text", { x: wide, y: tall - 4, "text-anchor": "end" }, "optimizer steps, all phases"),
      drawn),
    h("ul", { class: "legend" }, [...new Set(ends)].map((one) => h("li", {}, s("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, s("rect", { y: 5, width: 14, height: 4, rx: 2, fill: tone(trained.indexOf(one), trained.length) })), one.group.name, ", peak ", num(one.group.peak_rate)))),
    h("label", { class: "check" }, h("input", { id: "log", type: "checkbox", checked: logarithmic, onchange: (event) => redraw(event.target.checked) }), "Logarithmic scale"),
    h("details", {}, h("summary", {}, "The numbers"),
      table("Phases", ["Phase", "Epochs", "Steps", "Warm-up", "Backbone peak", "Head peak"], answer.phases.map((phase) => [phase.name, num(phase.epochs), num(phase.steps), num(phase.warmup_steps), num(phase.backbone_rate), num(phase.head_rate)])),
      table("Groups of the last phase", ["Group", "State", "Peak rate", "Weight decay"], schedule.groups.map((group) => [group.name, group.state, num(group.peak_rate), num(group.weight_decay)])),
      table("Points of the last phase", ["Step", "Share of peak", "Top of backbone", "Head"], schedule.points.map((point) => [num(point.step), num(point.factor), num(point.backbone_top), num(point.head)]))));
}
