// Sentences on the page: gold and answers as bars under the units. All text of the data goes into
// the document as textContent or as an attribute, never as markup.
const SYMBOLS = { type: "≠", short: "⊂", long: "⊃", shifted: "↔", "type+boundary": "×", split: "÷",
  merged: "∪", missed: "∅", spurious: "+", repair: "✎", "window edge": "¦" };
const make = (name, className, text) => {
  const element = document.createElement(name);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
};

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
// "bert-crf, electra #1": the name of a row where all its seeds in scope agree, else with the seeds.
const named = (runs) => {
  const scope = runsInScope();
  if (runs.length > 1 && runs.length === scope.length) return `all ${runs.length} runs`;
  const of = (row, some) => some.filter((run) => task.runs[run][0] === row);
  return [...new Set(runs.map((run) => task.runs[run][0]))].map((row) => {
    const [agree, all] = [of(row, runs), of(row, scope)];
    const seeds = agree.length === all.length && all.length > 1 ? [] : agree;
    return [task.rows[row], ...seeds.map((run) => `#${task.runs[run][1]}`)].join(" ");
  }).join(", ");
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
  const whole = symbol ? `${symbol} ${type}` : type;
  const room = 3 * (Math.min(end, to) - Math.max(start, from)); // letters that fit in its units
  element.textContent = [...whole].length <= room ? whole : symbol || [...type].slice(0, room).join("");
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
  chunk.style.gridTemplateColumns = `var(--names) repeat(${to - from}, minmax(22px, auto))`;
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
  const list = byId("list");
  const names = parseFloat(getComputedStyle(list).getPropertyValue("--names"));
  const room = Math.max(180, list.clientWidth - names - 44);
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
    make("span", "", wrong ? `${wrong} wrong or missed entities in ${runsInScope().length} runs` : "all right"));
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
