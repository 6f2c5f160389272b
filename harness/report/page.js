"use strict";
// All text of the data goes into the document as textContent or as an attribute, never as markup.
(() => {
  const DATA = JSON.parse(document.getElementById("data").textContent);
  const PER_PAGE = 20;
  const SYMBOLS = { type: "≠", short: "⊂", long: "⊃", shifted: "↔", "type+boundary": "≠↔", split: "÷",
    merged: "∪", missed: "∅", spurious: "+", repair: "✎", "window edge": "¦" };
  const DEFAULTS = { task: "0", view: "scores", kind: "", type: "", run: "", bucket: "", q: "", sort: "",
    s: "", fold: "1" };
  const byId = (id) => document.getElementById(id);
  const controls = ["kind", "type", "run", "bucket", "q", "sort"];
  let state = { ...DEFAULTS };
  let task = DATA[0];
  let matches = [];
  let page = 0;
  let current = -1; // position in matches

  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  // ---- sentences: [id, units, gold, spans, levels, answers], as harness/report/sentences.py says
  const units = (sentence) => (typeof sentence[1] === "string" ? [...sentence[1]] : sentence[1]);
  const text = (sentence) => (typeof sentence[1] === "string" ? sentence[1] : sentence[1].join(task.joiner));
  const length = (sentence) => units(sentence).length;
  const label = (sentence, span) => sentence[3][3 * span + 2];
  const answer = (sentence, run) => {
    const given = sentence[5][run];
    if (given === 0) return null;
    return typeof given === "number" ? sentence[5][-given - 1] : given;
  };
  const kindOf = (letter) => task.kinds[letter.charCodeAt(0) - 97];
  const runsInScope = () => (state.run === "" ? task.runs.map((_, index) => index) : [task.runs.indexOf(state.run)]);

  // Calls visit(span, kind, isGold) for each entity of a run.
  const eachEntity = (sentence, run, visit) => {
    const given = answer(sentence, run);
    for (let gold = 0; gold < sentence[2]; gold++) visit(gold, given ? kindOf(given[1][gold]) : "exact", true);
    if (given) given[0].forEach((span, index) => visit(span, kindOf(given[2][index]), false));
  };
  const errors = (sentence) => {
    let total = 0;
    for (const run of runsInScope()) eachEntity(sentence, run, (_, kind) => { total += kind !== "exact"; });
    return total;
  };
  const variety = (sentence) => {
    const given = runsInScope().map((run) => answer(sentence, run));
    return new Set(given).size;
  };

  // A predicate over entities, or null where no filter asks about them.
  const entityFilter = () => {
    const type = task.labels.indexOf(state.type);
    const [bucket, level] = bucketLevel();
    const kind = state.kind === "disagree" ? "" : state.kind;
    if (!kind && type < 0 && bucket < 0) return null;
    return (sentence, span, found) =>
      (!kind || (kind === "any" ? found !== "exact" : found === kind)) &&
      (type < 0 || label(sentence, span) === type) &&
      (bucket < 0 || sentence[4][span * task.buckets.length + bucket] === String(level));
  };
  const bucketLevel = () => {
    const [name, ...rest] = state.bucket.split(":");
    const bucket = task.buckets.findIndex((each) => each[0] === name);
    return [bucket, bucket < 0 ? -1 : task.buckets[bucket][2].indexOf(rest.join(":"))];
  };
  const passes = (sentence, wanted, query) => {
    if (query && !text(sentence).toLowerCase().includes(query) && !sentence[0].toLowerCase().includes(query)) return false;
    if (state.kind === "disagree" && variety(sentence) < 2) return false;
    if (!wanted) return true;
    return runsInScope().some((run) => {
      let hit = false;
      eachEntity(sentence, run, (span, kind) => { hit = hit || wanted(sentence, span, kind); });
      return hit;
    });
  };
  const ORDERS = { errors: (s) => -errors(s), disagreement: (s) => -variety(s), longest: (s) => -length(s), shortest: length };

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

  // ---- drawing
  const shown = (unit) => {
    if (unit === " ") return ["␣", ""];
    if (/^[\p{C}\p{Z}]+$/u.test(unit)) return [[...unit].map((c) => "U+" + c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")).join(" "), "code"];
    return [/^\p{M}/u.test(unit) ? "◌" + unit : unit, ""];
  };
  const hue = (index) => (index * 137.5 + 215) % 360;

  // Runs that say the same between two borders share a line.
  const groups = (sentence, barsOf, from, to) => {
    const found = new Map();
    barsOf.forEach(([run, all]) => {
      const here = all.filter((bar) => inside(sentence, bar, from, to));
      const key = state.fold === "1" ? JSON.stringify(here) : run;
      if (found.has(key)) found.get(key).runs.push(run);
      else found.set(key, { runs: [run], bars: here });
    });
    return [...found.values()];
  };
  const inside = (sentence, bar, from, to) => {
    const start = sentence[3][3 * bar.span];
    return start < to && start + sentence[3][3 * bar.span + 1] > from;
  };
  // "bert-crf #1 #2, electra #1": a name once, then its seeds.
  const named = (runs) => {
    if (runs.length > 1 && runs.length === runsInScope().length) return `all ${runs.length} runs`;
    const seeds = new Map();
    for (const run of runs) {
      const title = task.runs[run];
      const cut = title.lastIndexOf(" #");
      const name = title.slice(0, cut);
      seeds.set(name, [...(seeds.get(name) || []), title.slice(cut + 1)]);
    }
    return [...seeds].map(([name, each]) => `${name} ${each.join(" ")}`).join(", ");
  };
  const bars = (sentence, run) => {
    const drawn = [];
    const given = answer(sentence, run);
    eachEntity(sentence, run, (span, kind, isGold) => {
      const alone = isGold && kind !== "exact" && !given[0].some((other) => touches(sentence, span, other));
      if (!isGold || !given || alone) drawn.push({ span, kind, missed: alone });
    });
    return drawn.sort((one, other) => one.span - other.span);
  };
  const touches = (sentence, one, other) => {
    const spans = sentence[3];
    const [a, b] = [spans[3 * one], spans[3 * other]];
    return a < b + spans[3 * other + 1] && b < a + spans[3 * one + 1];
  };

  const drawBar = (chunk, sentence, bar, row, from, to, hits) => {
    const start = sentence[3][3 * bar.span];
    const end = start + sentence[3][3 * bar.span + 1];
    const type = task.labels[label(sentence, bar.span)];
    const classes = { gold: "span", exact: "span right" };
    const element = make("div", bar.missed ? "span missed" : classes[bar.kind] || "span wrong");
    const symbol = SYMBOLS[bar.kind] || "";
    const narrow = Math.min(end, to) - Math.max(start, from) < 2;
    element.textContent = narrow ? symbol || [...type].slice(0, 2).join("") : symbol ? `${symbol} ${type}` : type;
    element.title = `${type}${bar.kind === "gold" ? "" : ", " + bar.kind}: ${units(sentence).slice(start, end).join(task.joiner)}`;
    element.style.setProperty("--hue", hue(label(sentence, bar.span)));
    element.style.gridRow = row;
    element.style.gridColumn = `${Math.max(start, from) - from + 2} / ${Math.min(end, to) - from + 2}`;
    element.classList.toggle("open-left", start < from);
    element.classList.toggle("open-right", end > to);
    element.classList.toggle("hit", hits(bar));
    chunk.append(element);
  };

  const drawChunk = (sentence, rows, from, to, wanted) => {
    const chunk = make("div", "chunk");
    chunk.style.gridTemplateColumns = `11em repeat(${to - from}, minmax(22px, auto))`;
    const wrong = new Set();
    rows.forEach((row) => row.bars.forEach((bar) => {
      if (bar.kind === "gold" || bar.kind === "exact") return;
      const start = sentence[3][3 * bar.span];
      for (let at = start; at < start + sentence[3][3 * bar.span + 1]; at++) wrong.add(at);
    }));
    units(sentence).slice(from, to).forEach((unit, index) => {
      const [glyph, extra] = shown(unit);
      const cell = make("span", `unit ${extra} ${wrong.has(from + index) ? "wrong" : ""}`.trim(), glyph);
      cell.style.gridRow = 1;
      cell.style.gridColumn = index + 2;
      chunk.append(cell);
    });
    rows.forEach((row, index) => {
      const name = make("div", `name ${row.gold ? "gold" : ""}`.trim(), row.name);
      name.style.gridRow = index + 2;
      chunk.append(name);
      const hits = (bar) => !row.gold && wanted !== null && state.kind !== "any" && wanted(sentence, bar.span, bar.kind);
      row.bars.forEach((bar) => drawBar(chunk, sentence, bar, index + 2, from, to, hits));
    });
    return chunk;
  };

  // Cuts a sentence into lines that fit the window.
  const cuts = (sentence) => {
    const room = Math.max(240, byId("list").clientWidth - 220);
    const found = [0];
    let used = 0;
    units(sentence).forEach((unit, index) => {
      const [glyph, extra] = shown(unit);
      const width = extra ? 40 : Math.max(23, [...glyph].length * 10 + 4);
      if (used + width > room && used) { found.push(index); used = 0; }
      used += width;
    });
    return [...found, length(sentence)];
  };

  const drawSentence = (sentence, position, wanted) => {
    const card = make("article", "sentence");
    card.dataset.id = sentence[0];
    const head = make("header");
    const link = make("a", "", sentence[0]);
    link.href = "#" + encoded({ ...state, view: "sentences", s: sentence[0] });
    const wrong = errors(sentence);
    head.append(link, make("span", "", `${length(sentence)} units`),
      make("span", "", wrong ? `${wrong} entities in errors, ${runsInScope().length} runs` : "all right"));
    card.append(head);
    const gold = Array.from({ length: sentence[2] }, (_, span) => ({ span, kind: "gold" }));
    const barsOf = runsInScope().map((run) => [run, bars(sentence, run)]);
    const borders = cuts(sentence);
    for (let index = 0; index + 1 < borders.length; index++) {
      const [from, to] = [borders[index], borders[index + 1]];
      if (from === to) continue;
      const rows = groups(sentence, barsOf, from, to).map((each) => ({ name: named(each.runs), bars: each.bars }));
      const here = gold.filter((bar) => inside(sentence, bar, from, to));
      const empty = !here.length && rows.every((row) => !row.bars.length);
      card.append(drawChunk(sentence, empty ? [] : [{ name: "gold", gold: true, bars: here }, ...rows], from, to, wanted));
    }
    card.addEventListener("click", (event) => {
      if (event.target.tagName !== "A") mark(position);
    });
    return card;
  };

  const drawPage = () => {
    const list = byId("list");
    const wanted = entityFilter();
    const first = page * PER_PAGE;
    const cards = matches.slice(first, first + PER_PAGE).map((sentence, index) => drawSentence(sentence, first + index, wanted));
    list.replaceChildren(...cards);
    const pages = Math.max(1, Math.ceil(matches.length / PER_PAGE));
    byId("count").textContent = `${matches.length} of ${task.sentences.length} sentences`;
    byId("page").textContent = `${page + 1} of ${pages}`;
    byId("previous").disabled = page === 0;
    byId("next").disabled = page + 1 >= pages;
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
    byId("run").replaceChildren(option("", "all"), ...task.runs.map((name) => option(name, name)));
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
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("theme").addEventListener("click", toggleTheme);
  window.addEventListener("hashchange", read);
  window.addEventListener("resize", () => later(() => state.view === "sentences" && drawPage()));
  document.querySelectorAll(".heat").forEach((cell) => {
    cell.style.backgroundColor = `rgb(var(--shade) / ${0.6 * Number(cell.dataset.share)})`;
  });
  read();
})();
