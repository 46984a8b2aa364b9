// The freeze bar, as SVG, and the rate curve, by uPlot, each with a table behind it.

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

// The phases on one axis of steps, each with the rate of every group at a step.
function runs(answer) {
  let end = 0;
  return answer.phases.map((phase, place) => {
    const start = end;
    const peaks = peaksOf(phase, place === answer.phases.length - 1, answer.lr_schedule.groups, answer.freeze_plan);
    const factor = factors(phase.segments);
    end += phase.steps;
    const corners = phase.segments.flatMap((part) => [part.start, Math.max(part.start, part.end - 1)]);
    const even = [...Array(161).keys()].map((one) => Math.round((one / 160) * (phase.steps - 1)));
    const drawn = [...new Set([...even, ...corners])].sort((one, other) => one - other).map((step) => start + step);
    return { name: phase.name, start, end, drawn, rates: (step) => peaks.map((peak) => peak * factor(step - start)) };
  });
}

// Whether the peaks are too far apart to be seen on one even scale.
function spread(schedule) {
  const peaks = (schedule?.groups ?? []).map((group) => group.peak_rate).filter((rate) => rate > 0);
  return Math.max(...peaks) > 10 * Math.min(...peaks);
}

// From cold at the stem to warm at the head.
const tone = (place, count) => `hsl(${Math.round(225 - 225 * (count < 2 ? 1 : place / (count - 1)))} 70% 52%)`;

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
let chart = null;

function rateCurve(answer, logarithmic, redraw) {
  chart?.destroy();
  chart = null;
  const schedule = answer.lr_schedule;
  if (!schedule || !answer.phases.length) return fill("rates");
  const wide = width("rates"), phases = runs(answer), steps = phases[phases.length - 1].end;
  const ratesAt = (step) => (phases.find((one) => step < one.end) ?? phases[phases.length - 1]).rates(step);
  const drawn = phases.flatMap((one) => one.drawn), rows = drawn.map(ratesAt);
  const trained = schedule.groups.map((group, place) => ({ group, rates: rows.map((row) => row[place]), place })).filter(({ rates }) => rates.some((rate) => rate > 0));
  const high = Math.max(...trained.flatMap(({ rates }) => rates)), low = 10 ** Math.floor(Math.log10(Math.min(...trained.map(({ group }) => group.peak_rate))) - 1);
  const ends = trained.length > 2 ? [trained[0], ...trained.slice(-2)] : trained;
  const picture = h("div", { role: "img", "aria-label": `Rates over ${steps} steps in ${phases.length} phases; the slider and the table below have the numbers.` });
  const told = h("output", {}, "Move over the curve, or slide, to read the rates of a step.");
  const slider = h("input", { id: "step", type: "range", min: 0, max: steps, value: 0, oninput: () => { chart.setCursor({ left: chart.valToPos(slider.value, "x"), top: 0 }, false); tell(Number(slider.value)); } });
  function tell(step) {
    slider.value = step;
    const rates = ratesAt(step);
    told.textContent = `Step ${shown(step)}: ${ends.map(({ group, place }) => `${group.name} ${shown(rates[place])}`).join(", ")}`;
  }
  fill("rates",
    h("h2", {}, "Learning rates over the steps"),
    h("p", {}, "A line for each group of parameters, cold at the stem, warm at the head. Each phase starts a new optimizer."),
    picture,
    h("ul", { class: "legend" }, ends.map((one) => h("li", {}, s("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" }, s("rect", { y: 5, width: 14, height: 4, rx: 2, fill: tone(trained.indexOf(one), trained.length) })), one.group.name, ", peak ", num(one.group.peak_rate)))),
    h("label", {}, "Step ", slider), h("p", { class: "hint" }, told),
    h("label", { class: "check" }, h("input", { id: "log", type: "checkbox", checked: logarithmic, onchange: (event) => redraw(event.target.checked) }), "Logarithmic scale"),
    h("details", {}, h("summary", {}, "The numbers"),
      table("Phases", ["Phase", "Epochs", "Steps", "Warm-up", "Backbone peak", "Head peak"], answer.phases.map((phase) => [phase.name, num(phase.epochs), num(phase.steps), num(phase.warmup_steps), num(phase.backbone_rate), num(phase.head_rate)])),
      table("Groups of the last phase", ["Group", "State", "Peak rate", "Weight decay"], schedule.groups.map((group) => [group.name, group.state, num(group.peak_rate), num(group.weight_decay)])),
      table("Points of the last phase", ["Step", "Share of peak", "Top of backbone", "Head"], schedule.points.map((point) => [num(point.step), num(point.factor), num(point.backbone_top), num(point.head)]))));
  const fits = ({ name, start, end }) => (wide * (end - start)) / steps > name.length * 7;
  const axis = { stroke: colour("--soft"), font: "12px system-ui, sans-serif", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
  chart = new uPlot({
    width: wide, height: 260, legend: { show: false },
    cursor: { y: false, drag: { x: false }, points: { show: false } },
    scales: { x: { time: false, range: [0, steps] }, y: { distr: logarithmic ? 3 : 1, range: logarithmic ? [low, high] : [0, high] } },
    series: [{}, ...trained.map(({ group }, place) => ({ label: group.name, stroke: tone(place, trained.length), width: 2, points: { show: false } }))],
    axes: [
      { ...axis, label: "optimizer steps, all phases", labelFont: axis.font, labelSize: 16, size: 28, values: (_, marks) => marks.map(shown) },
      { ...axis, size: 62, values: (_, marks) => marks.map((mark) => (mark === null ? "" : shown(Number(mark.toPrecision(3))))) },
      { ...axis, scale: "x", side: 0, size: 24, align: 1, grid: { stroke: axis.stroke, width: 1, dash: [3, 4] }, splits: () => phases.map((one) => one.start), values: () => phases.map((one, place) => (fits(one) ? one.name : `phase ${place + 1}`)) },
    ],
    hooks: { setCursor: [({ cursor, posToVal }) => cursor.left >= 0 && tell(Math.min(steps, Math.max(0, Math.round(posToVal(cursor.left, "x")))))] },
  }, [drawn, ...trained.map(({ rates }) => rates.map((rate) => rate || (logarithmic ? null : 0)))], picture);
}
