// The form and the job that it stands for. What a shared link holds beside the form's fields is kept as it is.

const fields = () => [...document.querySelectorAll("[data-field]")];
const field = (name) => document.querySelector(`[data-field="${name}"]`);
const EXAMPLE = { target: { task: "image-classification", domain: "pets-and-animals" }, dataset: { examples: 3680, classes: 37 }, source: { model: "resnet50" } };
let beside = {};

function valueOf(control) {
  if (control.type === "checkbox") return control.checked || undefined;
  if (control.value === "") return undefined;
  return control.type === "number" ? Number(control.value) : control.value;
}

function put(job, path, value) {
  const [name, ...rest] = path.split(".");
  if (rest.length) put((job[name] ??= {}), rest.join("."), value);
  else job[name] = value;
}

function take(job, path) {
  const [name, ...rest] = path.split(".");
  if (!job || typeof job !== "object" || !(name in job)) return undefined;
  if (rest.length) {
    const value = take(job[name], rest.join("."));
    if (typeof job[name] === "object" && !Object.keys(job[name]).length) delete job[name];
    return value;
  }
  const value = job[name];
  delete job[name];
  return value;
}

function readJob() {
  const job = structuredClone(beside);
  for (const control of fields()) {
    const value = valueOf(control);
    if (value !== undefined) put(job, control.dataset.field, value);
  }
  return job;
}

function showJob(job) {
  beside = structuredClone(job);
  for (const control of fields()) {
    const value = take(beside, control.dataset.field);
    if (control.type === "checkbox") control.checked = value === true;
    else {
      if (value !== undefined && control.tagName === "SELECT" && ![...control.options].some((one) => one.value === value)) control.append(h("option", {}, String(value)));
      control.value = value ?? "";
    }
  }
}

function jobOfAddress() {
  try {
    const job = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    return job && typeof job === "object" && !Array.isArray(job) ? job : EXAMPLE;
  } catch {
    return EXAMPLE;
  }
}

const addressOf = (job) => `#${encodeURIComponent(JSON.stringify(job))}`;

function options(control, words, none) {
  const before = control.value;
  control.replaceChildren(...(none === null ? [] : [h("option", { value: "" }, none)]), ...words.map((word) => h("option", { value: word }, word)));
  control.value = [...control.options].some((one) => one.value === before) ? before : control.options[0]?.value ?? "";
}

function showFaults(faults) {
  for (const control of fields()) control.removeAttribute("aria-invalid");
  fill("faults", faults.map((fault) => {
    const control = field(fault.pointer.slice(1).replaceAll("/", "."));
    control?.setAttribute("aria-invalid", "true");
    const nearest = control && fault.nearest && h("button", { type: "button", onclick: () => { control.value = fault.nearest; control.dispatchEvent(new Event("input", { bubbles: true })); } }, `Use ${fault.nearest}`);
    return h("p", {}, h("code", {}, fault.pointer), " ", fault.message, " ", nearest);
  }));
}
