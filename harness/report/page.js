// The state of the page: it stands in the address, and every control, key and link changes it.
const PER_PAGE = 20;
const DEFAULTS = { task: "0", view: "scores", kind: "", type: "", run: "", bucket: "", q: "", sort: "",
  s: "", fold: "1" };
const byId = (id) => document.getElementById(id);
const controls = ["kind", "type", "run", "bucket", "q", "sort"];
let state = { ...DEFAULTS };
let matches = [];
let page = 0;
let current = -1; // position in matches

const select = () => {
  const wanted = entityFilter();
  const query = state.q.toLowerCase();
  matches = task.sentences.filter((sentence) => passes(sentence, wanted, query));
  const order = ORDERS[state.sort];
  if (order) {
    const keyed = matches.map((sentence) => [order(sentence), sentence]);
    keyed.sort((a, b) => a[0] - b[0]);
    matches = keyed.map((pair) => pair[1]);
  }
  current = state.s === "" ? -1 : matches.findIndex((sentence) => sentence[0] === state.s);
  page = Math.max(0, Math.floor(current / PER_PAGE));
};

const drawPage = () => {
  const list = byId("list");
  const wanted = entityFilter();
  const first = page * PER_PAGE;
  const cards = matches.slice(first, first + PER_PAGE).map((sentence, index) => drawSentence(sentence, first + index, wanted));
  list.replaceChildren(...cards);
  const pages = Math.max(1, Math.ceil(matches.length / PER_PAGE));
  const here = task.sentences.length;
  const drawn = here === task.all ? "" : `; the page has room for ${here} of ${task.all}, drawn at ` +
    "random, those that some run has wrong first; tables and figures are of all";
  byId("count").textContent = `${matches.length} of ${here} sentences${drawn}`;
  byId("page").textContent = `${page + 1} of ${pages}`;
  for (const button of document.querySelectorAll("[data-turn]")) {
    const wanted = page + Number(button.dataset.turn);
    button.disabled = wanted < 0 || wanted >= pages;
  }
  highlight(current >= 0);
};
const highlight = (scroll) => {
  document.querySelectorAll(".sentence.current").forEach((card) => card.classList.remove("current"));
  const card = byId("list").children[current - page * PER_PAGE];
  if (current < 0 || !card) return;
  card.classList.add("current");
  if (scroll) card.scrollIntoView({ block: "nearest" });
};

// ---- state and address
const encoded = (values) => {
  const parameters = new URLSearchParams();
  for (const name of Object.keys(DEFAULTS)) {
    if (name === "view" || values[name] !== DEFAULTS[name]) parameters.set(name, values[name]);
  }
  return parameters.toString();
};
const remember = () => history.replaceState(null, "", "#" + encoded(state));
const update = (changes) => {
  state = { ...state, ...changes };
  remember();
  show();
};
const mark = (position) => {
  if (!matches.length) return;
  current = Math.min(Math.max(position, 0), matches.length - 1);
  state.s = matches[current][0];
  remember();
  const wanted = Math.floor(current / PER_PAGE);
  if (wanted !== page) { page = wanted; drawPage(); } else highlight(true);
};
const turn = (by) => {
  const pages = Math.ceil(matches.length / PER_PAGE);
  const wanted = Math.min(Math.max(page + by, 0), Math.max(0, pages - 1));
  if (wanted === page) return;
  page = wanted;
  current = -1;
  state.s = "";
  remember();
  drawPage();
  window.scrollTo(0, 0);
};

const option = (value, title) => {
  const element = make("option", "", title);
  element.value = value;
  return element;
};
const fillControls = () => {
  byId("kind").replaceChildren(option("", "all"), option("any", "any error"), option("disagree", "runs disagree"),
    ...task.kinds.map((kind) => option(kind, `${SYMBOLS[kind] || "="} ${kind}`)));
  byId("type").replaceChildren(option("", "all"), ...task.labels.map((name) => option(name, name)));
  byId("run").replaceChildren(option("", "all"), ...[...new Set([...task.rows, ...[...task.runs.keys()].map(title)])]
    .map((name) => option(name, name)));
  byId("bucket").replaceChildren(option("", "all"), ...task.buckets.map(([name, title, levels]) => {
    const group = make("optgroup");
    group.label = title;
    group.append(...levels.map((level) => option(`${name}:${level}`, `${title}: ${level}`)));
    return group;
  }));
  byId("legend").replaceChildren(...Object.entries(SYMBOLS).map(([kind, symbol]) => {
    const entry = make("span");
    entry.append(make("b", "", symbol), " ", kind);
    return entry;
  }), make("span", "", "outlined: right · dashed: wrong · dotted: missed"));
};
const known = (id, value) => [...byId(id).options].some((each) => each.value === value);

const show = () => {
  const fresh = DATA[Number(state.task)] || DATA[0];
  if (fresh !== task || !byId("kind").options.length) { task = fresh; fillControls(); }
  for (const name of ["kind", "type", "run", "bucket", "sort"]) if (!known(name, state[name])) state[name] = "";
  byId("task").value = state.task;
  for (const name of controls) if (byId(name).value !== state[name]) byId(name).value = state[name];
  byId("fold").checked = state.fold === "1";
  document.querySelectorAll(".task").forEach((each) => { each.hidden = each.dataset.task !== state.task; });
  document.querySelectorAll("section[data-view]").forEach((each) => { each.hidden = each.dataset.view !== state.view; });
  document.querySelectorAll("#views a").forEach((each) => {
    each.href = "#" + encoded({ ...state, view: each.dataset.view });
    if (each.dataset.view === state.view) each.setAttribute("aria-current", "page");
    else each.removeAttribute("aria-current");
  });
  if (state.view === "sentences") { select(); drawPage(); }
};
const read = () => {
  const given = new URLSearchParams(location.hash.slice(1));
  state = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS)) if (given.has(name)) state[name] = given.get(name);
  if (!DATA[Number(state.task)]) state.task = "0";
  if (!document.querySelector(`section[data-view="${CSS.escape(state.view)}"]`)) state.view = DEFAULTS.view;
  show();
};

// ---- events
const toggleTheme = () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
};
const KEYS = {
  j: () => mark(current + 1), ArrowDown: () => mark(current + 1),
  k: () => mark(current < 0 ? 0 : current - 1), ArrowUp: () => mark(current < 0 ? 0 : current - 1),
  n: () => turn(1), ArrowRight: () => turn(1), p: () => turn(-1), ArrowLeft: () => turn(-1),
  f: () => update({ fold: state.fold === "1" ? "0" : "1" }), "/": () => byId("q").focus(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "t") toggleTheme();
  const act = state.view === "sentences" && KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});
let waiting = 0;
const later = (act) => { clearTimeout(waiting); waiting = setTimeout(act, 120); };
byId("q").addEventListener("input", () => later(() => update({ q: byId("q").value, s: "" })));
for (const name of ["kind", "type", "run", "bucket", "sort"]) {
  byId(name).addEventListener("change", () => update({ [name]: byId(name).value, s: "" }));
}
byId("task").addEventListener("change", () => update({ ...DEFAULTS, view: state.view, task: byId("task").value }));
byId("fold").addEventListener("change", () => update({ fold: byId("fold").checked ? "1" : "0" }));
byId("reset").addEventListener("click", () => update({ ...DEFAULTS, view: "sentences", task: state.task }));
byId("filters").addEventListener("submit", (event) => event.preventDefault());
for (const button of document.querySelectorAll("[data-turn]")) {
  button.addEventListener("click", () => turn(Number(button.dataset.turn)));
}
byId("theme").addEventListener("click", toggleTheme);
window.addEventListener("hashchange", read);
window.addEventListener("resize", () => later(() => state.view === "sentences" && drawPage()));
document.querySelectorAll(".heat").forEach((cell) => {
  cell.style.backgroundColor = `rgb(var(--shade) / ${0.6 * Number(cell.dataset.share)})`;
});
read();
