// What the answers to a sentence are, and which sentences a filter lets through. A sentence is
// [id, units, gold, spans, levels, answers], as harness/report/sentences.py says.
const DATA = JSON.parse(document.getElementById("data").textContent);
let task = DATA[0];

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
// A run is [row, seed]; the filter names one of them, or a row for all its seeds.
const title = (run) => `${task.rows[task.runs[run][0]]} #${task.runs[run][1]}`;
const runsInScope = () => [...task.runs.keys()].filter((run) =>
  state.run === "" || state.run === title(run) || state.run === task.rows[task.runs[run][0]]);

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
