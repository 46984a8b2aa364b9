// Asks the API, and nothing else: as the job changes, with the job in the fragment of the address.

const BASE = location.pathname.replace(/explore$/, "");
const JSON_TYPE = { "content-type": "application/json", accept: "application/json" };
let answered = null, logarithmic = null, words = null, asking = null, matrices = new Map();

async function get(path) {
  const answer = await fetch(BASE + path, { headers: { accept: "application/json" } });
  return answer.json();
}

async function post(job, signal) {
  const answer = await fetch(`${BASE}recommend?explain=false`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(job), signal });
  return { ok: answer.ok, told: await answer.json() };
}

const isAsked = (job) => Boolean(job.target?.task && (job.dataset?.examples || job.dataset?.size));

async function ask() {
  asking?.abort();
  asking = new AbortController();
  const job = readJob();
  history.replaceState(null, "", addressOf(job));
  if (!isAsked(job)) return showFaults([{ pointer: "/dataset/examples", message: "Say how many labelled examples there are, or about how many." }]);
  at("answer").setAttribute("aria-busy", "true");
  try {
    const { ok, told } = await post(job, asking.signal);
    showFaults(ok ? [] : told.errors.length ? told.errors : [{ pointer: "", message: told.detail }]);
    if (ok) show(told, job);
  } catch (error) {
    if (error.name === "AbortError") return;
    showFaults([{ pointer: "", message: "The service did not answer. Is it still running?" }]);
  }
  at("answer").setAttribute("aria-busy", "false");
}

function show(told, job) {
  answered = told;
  verdict(told);
  glance(told);
  warnings(told);
  strategies(told);
  path(told);
  fill("ruleset", told.ruleset.version);
  draw();
  compare(job.target.task, told.verdict.model);
}

function draw() {
  if (!answered) return;
  memory(answered);
  freezeBar(answered.freeze_plan);
  rateCurve(answered, logarithmic ?? spread(answered.lr_schedule), (wanted) => { logarithmic = wanted; draw(); at("log").focus(); });
}

async function compare(task, chosen) {
  const key = words.tasks.find((one) => one.id === task).modalities.join("&modality=");
  if (!matrices.has(key)) matrices.set(key, await get(`matrix?modality=${key}`));
  if (readJob().target?.task === task) matrix(matrices.get(key), task, chosen);
}

function followTask() {
  const task = words.tasks.find((one) => one.id === field("target.task").value);
  if (!task) return;
  const domains = words.domains.filter((one) => task.modalities.includes(one.modality)).map((one) => one.id);
  options(field("target.domain"), domains, "not said");
  fill("unit", `One example: ${task.examples_mean}`);
  followDomain();
  get(`models?task=${task.id}`).then((found) => fill("models", found.models.map((model) => h("option", { value: model.id }, model.title))));
}

function followDomain() {
  fill("meaning", words.domains.find((one) => one.id === field("target.domain").value)?.meaning ?? "");
}

async function complete(name) {
  if (name.length < 3 || [...at("models").options].some((one) => one.value.includes(name))) return;
  const found = await get(`models?unranked=true&limit=20&name=${encodeURIComponent(name)}`);
  if (found.models) at("models").append(...found.models.map((model) => h("option", { value: model.id }, model.title)));
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const curl = (job) => `curl -s ${quoted(`${location.origin}${BASE}recommend`)} -H 'content-type: application/json' -H 'accept: text/plain' -d ${quoted(JSON.stringify(job))}`;

async function copy(text, said) {
  try {
    await navigator.clipboard.writeText(text);
    fill("said", said);
  } catch {
    open("Copy it from here", h("pre", { tabindex: "0" }, text));
  }
}

async function copyPlan() {
  const trainer = at("trainer").value;
  const { ok, told } = await post({ ...readJob(), dialects: [trainer] });
  if (!ok) return showFaults(told.errors);
  const exported = told.exports[0];
  if (!exported || !exported.text) return fill("said", exported?.losses.length ? exported.losses.join(" ") : "Nothing is trained, so there is no plan to copy.");
  await copy(exported.text, `Copied for ${trainer}${exported.exact ? "" : "; not all of it can be said there"}. ${exported.losses.join(" ")}`);
}

function open(title, ...children) {
  const close = h("button", { type: "button", onclick: () => at("page").close() }, "Close");
  fill("page", h("h2", { id: "page-title" }, title), ...children, close);
  at("page").showModal();
}

async function openTopic(id) {
  const page = await get(`guide/${id}`);
  open(page.title, page.text.map((paragraph) => h("p", {}, paragraph)), h("p", { class: "hint" }, `Sources: ${page.sources.join(", ")}`));
}

async function openRule(id) {
  const rule = await get(`rules/${id}`);
  open(rule.claim, h("p", { class: "hint" }, `Rule ${rule.id}, grade ${rule.grade}. Sources: ${rule.sources.join(", ")}`), rule.dissent.map((one) => h("p", {}, `Against: ${one}`)));
}

let waiting = 0;
function later() {
  clearTimeout(waiting);
  waiting = setTimeout(ask, 250);
}

function changed(event) {
  const name = event.target.dataset.field;
  if (!name) return;
  if (name === "target.task") followTask();
  if (name === "target.domain") followDomain();
  if (name === "source.model") complete(event.target.value);
  const other = { "dataset.examples": "dataset.size", "dataset.size": "dataset.examples" }[name];
  if (other && event.target.value) field(other).value = "";
  later();
}

async function fillWords() {
  const [tasks, domains] = await Promise.all([get("tasks"), get("domains")]);
  words = { tasks: tasks.tasks, domains: domains.domains };
  options(field("target.task"), words.tasks.map((one) => one.id), null);
}

function showAddress() {
  const job = jobOfAddress();
  field("target.task").value = job.target?.task ?? "";
  followTask();
  showJob(job);
  followDomain();
  return ask();
}

at("job").addEventListener("input", changed);
at("job").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
at("job").addEventListener("reset", () => { history.replaceState(null, "", location.pathname + location.search); setTimeout(showAddress); });
at("curl").addEventListener("click", () => copy(curl(readJob()), "Copied: a curl line that answers in plain text."));
at("link").addEventListener("click", () => copy(location.href, "Copied: whoever opens the link sees this job. No server sees what stands after the #."));
at("plan").addEventListener("click", copyPlan);
at("skip").addEventListener("click", (event) => { event.preventDefault(); at("answer").focus(); });
document.addEventListener("click", (event) => {
  const { topic, rule } = event.target.dataset;
  if (topic) openTopic(topic);
  if (rule) openRule(rule);
});
addEventListener("hashchange", showAddress);
addEventListener("resize", draw);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
await fillWords();
await showAddress();
