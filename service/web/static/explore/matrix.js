// Models by tasks with stars; a cell says its evidence when it is pointed at or focused. Arrow keys move between cells.

function matrix(data, task, chosen) {
  const able = data.models.filter((model) => data.cells.some((cell) => cell.model === model.id && cell.task === task && serves(cell)));
  const tasks = [task, ...data.tasks.filter((one) => one !== task && data.cells.some((cell) => cell.task === one && serves(cell) && able.some((model) => model.id === cell.model)))];
  const cells = new Map(data.cells.map((cell) => [`${cell.model} ${cell.task}`, cell]));
  const score = (model) => cells.get(`${model.id} ${task}`).score ?? 0;
  able.sort((one, other) => (other.id === chosen) - (one.id === chosen) || score(other) - score(one) || one.params - other.params);
  const evidence = h("p", { id: "evidence", "aria-live": "polite" }, "Point at stars, or move to them, to read what they rest on.");
  const tell = (cell) => evidence.replaceChildren(h("strong", {}, `${cell.model}, ${cell.task}: `), num(cell.score), " of 5. ", cell.reason, ". ",
    cell.judged ? "Judged, grade " : "Computed from published results, grade ", cell.grade, ", ", ...counted(cell.results, "result"), cell.benchmarks.length ? ` on ${cell.benchmarks.join(", ")}` : "", `. Sources: ${cell.sources.join(", ")}.`);
  const button = (cell) => h("button", { type: "button", class: cell.judged ? "stars judged" : "stars", tabindex: "-1", "aria-label": `${cell.score} of 5, ${cell.judged ? "judged" : "computed"}`, onfocus: () => tell(cell), onmouseenter: () => tell(cell) },
    "★".repeat(cell.score), h("i", {}, "★".repeat(5 - cell.score)));
  const grid = h("table", {},
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Model"), tasks.map((one) => h("th", { scope: "col" }, one)))),
    h("tbody", {}, able.map((model) => h("tr", { class: model.id === chosen ? "chosen" : null }, h("th", { scope: "row" }, parted(model.id)), tasks.map((one) => {
      const cell = cells.get(`${model.id} ${one}`);
      return h("td", {}, cell && cell.score !== null ? button(cell) : h("span", { "aria-label": cell && serves(cell) ? "no evidence" : "cannot" }, cell && serves(cell) ? "?" : "·"));
    })))));
  grid.addEventListener("keydown", (event) => step(event, grid));
  fill("matrix", h("h2", {}, "Pretrained models for this task"), h("p", {}, "Five stars serve best. Gold stars are computed from published results, grey ones judged; of what has a question mark there is no evidence."),
    h("div", { class: "scroll", role: "region", "aria-label": "Models by tasks" }, grid), evidence);
  grid.querySelector(".stars")?.setAttribute("tabindex", "0");
}

function serves(cell) {
  return cell.score !== null || !cell.judged;
}

function step(event, grid) {
  const way = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  if (!way || !event.target.matches(".stars")) return;
  event.preventDefault();
  let { rowIndex: row } = event.target.closest("tr"), { cellIndex: column } = event.target.closest("td");
  for (;;) {
    row += way[0];
    column += way[1];
    const cell = row >= 1 && grid.rows[row]?.cells[column];
    if (!cell) return;
    const star = cell.querySelector(".stars");
    if (!star) continue;
    event.target.tabIndex = -1;
    star.tabIndex = 0;
    star.focus();
    return;
  }
}
