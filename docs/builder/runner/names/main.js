// The page of the GPT: controls, what they ask of the workers that train and that look inside, and
// what those answer. `page` holds all that changes.
import { colours, sharp } from "../playground/drawing.js";
import { made } from "../playground/elements.js";

const CHOICES = { layers: [1, 2], embedding: [8, 16, 32], heads: [1, 2, 4], steps: [200, 1000, 5000, 20000] };
const MOST_NAMES = 60;
const AVERAGED = 50; // steps: a single document says little

const near = (name) => new URL(name, import.meta.url);
const fetched = async (name) => (await fetch(near(name))).json();

const root = document.getElementById("names");
const parts = await fetched("program.json");
const START = { ...parts.start, temperature: 0.5 };
const nothing = { trainer: null, losses: [], isOn: false, isBegun: false, since: null, isLooking: false, isStale: false };
const page = { settings: { ...START }, python: null, told: "", ...nothing };

function begunWorker(name, answers) {
  const worker = new Worker(near(name), { type: "module" });
  worker.onmessage = ({ data }) => answers[data.kind](data.content, data.given);
  worker.onerror = () => failed("the worker could not be started");
  return worker;
}

// What the worker that trains is told, and what it answers.

function ask(kind, content) {
  page.trainer?.postMessage({ kind, content });
}

const TRAINED = {
  steps(losses) {
    page.losses.push(...losses);
    shown();
  },
  names({ step, names }) {
    const rows = names.map((name) => made("li", {}, made("b", {}, name || "\u00a0"), ` ${step.toLocaleString("en")}`));
    view.names.prepend(...rows.reverse());
    while (view.names.children.length > MOST_NAMES) view.names.lastChild.remove();
    look();
  },
  finished() {
    page.isOn = false;
    shown();
  },
  look({ text, next, parameters }) {
    drawNext(next);
    page.isStale = page.isLooking; // Python is asked for one state after the other, not for all
    if (page.isLooking) return;
    page.isLooking = true;
    python("attention", page.told, JSON.stringify(parameters), text);
  },
  error: failed,
};

const look = () => view.look.value && ask("look", view.look.value);

// What Python is asked, and what it answers: another training than the one of the page, and heads.

function python(kind, ...given) {
  page.python ??= begunWorker("worker.js", ANSWERED);
  page.python.postMessage({ kind, given });
}

const ANSWERED = {
  progress: (content) => page.isBegun || tell(`${content} \u2026`),
  setup: (given, [told]) => told === page.told && begun(given), // else it has been reset meanwhile
  attention(rows, [told, , text]) {
    if (told !== page.told) return;
    page.isLooking = false;
    drawHeads(rows, text);
    if (page.isStale) look();
  },
  error: failed,
};

function failed(words) {
  page.isOn = false;
  tell(words, true);
  shown();
}

async function begin() {
  const { text, layers, embedding, heads, steps } = page.settings;
  page.told = JSON.stringify({ text, layers, embedding, heads, steps });
  if (page.told === JSON.stringify(parts.start)) return begun(await fetched("start.json"));
  tell("Loading Python \u2026");
  python("setup", page.told);
}

function begun(given) {
  page.trainer?.terminate();
  Object.assign(page, nothing, { isOn: page.isOn, isBegun: true, losses: [], trainer: begunWorker("train.js", TRAINED) });
  view.names.replaceChildren();
  const characters = [...given.characters].length;
  tell(
    `${given.documents.toLocaleString("en")} documents, written in ${characters} characters; ` +
      `${given.parameters.length.toLocaleString("en")} parameters`,
  );
  root.dataset.uniform = Math.log(characters + 1);
  ask("begin", given);
  ask("temperature", page.settings.temperature);
  if (page.isOn) ask("go");
  shown();
}

function tell(text, isError = false) {
  view.told.textContent = text;
  view.told.classList.toggle("nm-error", isError);
}

// Controls.

function train() {
  page.isOn = !page.isOn;
  page.since = null;
  if (!page.isOn) ask("pause");
  else if (page.isBegun && page.losses.length < page.settings.steps) ask("go");
  else begin();
  shown();
}

function reset() {
  page.trainer?.terminate();
  Object.assign(page, nothing, { told: "", losses: [] });
  view.names.replaceChildren();
  view.next.replaceChildren();
  view.heads.replaceChildren();
  tell("");
  shown();
}

function choice(name, label) {
  const select = made("select", { aria: { label }, onchange: () => chosen(name, Number(select.value)) });
  select.append(...CHOICES[name].map((it) => made("option", { value: it, selected: it === START[name] }, `${it}`)));
  return made("label", {}, made("span", {}, label), select);
}

// A new setting is a new training; the temperature is only how names are drawn.
function chosen(name, value) {
  page.settings[name] = value;
  reset();
}

const view = {
  train: made("button", { className: "nm-train", onclick: train }, "Train"),
  reset: made("button", { onclick: reset }, "Reset"),
  more: made("button", { onclick: () => ask("draw", 10) }, "Draw 10 more"),
  step: made("output", {}, "0"),
  loss: made("output", {}, "\u2013"),
  pace: made("output", {}, "\u2013"),
  told: made("p", { className: "nm-told", role: "status" }),
  curve: made("canvas", { className: "nm-curve", role: "img", aria: { label: "The loss of each step, and its mean" } }),
  names: made("ol", { className: "nm-names", tabIndex: 0, aria: { label: "Names, the newest first" } }),
  warmth: made("output", {}, START.temperature.toFixed(1)),
  look: made("input", { value: "mar", maxLength: 15, spellcheck: false, oninput: look }),
  next: made("div", { className: "nm-next" }),
  heads: made("div", { className: "nm-heads" }),
  text: made("textarea", { rows: 8, spellcheck: false, placeholder: "one document a line", onchange: () => chosen("text", view.text.value) }),
  program: made("pre", { className: "nm-program", tabIndex: 0, role: "region", aria: { label: "Program" } }),
  copied: made("span", { className: "nm-copied", role: "status" }),
};

const figure = (label, output) => made("div", { className: "nm-figure" }, made("span", {}, label), output);

function laidOut() {
  const warmth = made("input", { type: "range", min: 0.1, max: 2, step: 0.1, value: START.temperature });
  warmth.oninput = () => {
    page.settings.temperature = Number(warmth.value);
    view.warmth.textContent = page.settings.temperature.toFixed(1);
    ask("temperature", page.settings.temperature);
    shown();
  };
  const copy = made("button", { onclick: copyProgram }, "Copy the program");
  root.replaceChildren(
    made(
      "div",
      { className: "nm-transport" },
      made("div", { className: "nm-buttons" }, view.train, view.reset, view.more),
      figure("step", view.step),
      figure(`loss, mean of ${AVERAGED}`, view.loss),
      figure("steps a second", view.pace),
    ),
    view.told,
    made(
      "div",
      { className: "nm-settings" },
      choice("steps", "steps"),
      choice("layers", "layers"),
      choice("embedding", "embedding"),
      choice("heads", "heads"),
      made("label", {}, made("span", {}, "temperature ", view.warmth), warmth),
    ),
    made(
      "div",
      { className: "nm-pictures" },
      made("section", {}, made("h2", {}, "Loss"), view.curve, made("p", { className: "nm-legend" }, "Nats a character. The dashed line is what a model knows that knows nothing.")),
      made("section", {}, made("h2", {}, "Names that nobody wrote"), view.names),
    ),
    made(
      "div",
      { className: "nm-pictures" },
      made("section", {}, made("h2", {}, "What comes next?"), made("label", { className: "nm-look" }, made("span", {}, "after"), view.look), view.next),
      made("section", {}, made("h2", {}, "What each letter looks at"), view.heads),
    ),
    made("details", {}, made("summary", {}, "Documents of your own"), view.text),
    made("section", {}, made("h2", {}, "The program"), view.program, copy, view.copied),
  );
}

async function copyProgram() {
  await navigator.clipboard.writeText(view.program.textContent);
  view.copied.textContent = "Copied";
  setTimeout(() => (view.copied.textContent = ""), 2000);
}

// What is shown.

const meanOf = (numbers) => numbers.reduce((sum, it) => sum + it, 0) / numbers.length;

function shown() {
  const { losses, settings, isOn, isBegun } = page;
  const isDone = isBegun && losses.length >= settings.steps;
  view.train.textContent = isOn ? "Pause" : isDone ? "Train again" : losses.length ? "Go on" : "Train";
  view.more.disabled = !isBegun;
  view.step.textContent = `${losses.length.toLocaleString("en")} of ${settings.steps.toLocaleString("en")}`;
  view.loss.textContent = losses.length ? meanOf(losses.slice(-AVERAGED)).toFixed(3) : "\u2013";
  if (isOn && isBegun) {
    page.since ??= { time: performance.now(), step: losses.length };
    const seconds = (performance.now() - page.since.time) / 1000;
    const pace = (losses.length - page.since.step) / seconds;
    if (seconds > 0.3) view.pace.textContent = pace.toLocaleString("en", { maximumFractionDigits: 0 });
  }
  view.program.textContent = programOf(settings);
  root.dataset.step = losses.length;
  root.losses = losses;
  drawCurve();
}

function programOf(settings) {
  const { head, own, ours } = parts;
  const text = settings.text.trim() ? own : ours;
  return Object.entries({ ...settings, documents: text.documents, reading: text.reading }).reduce(
    (program, [name, value]) => program.replaceAll(`{${name}}`, value),
    head,
  );
}

function drawCurve() {
  const { ink, line } = colours();
  const { context, width, height } = sharp(view.curve);
  const { losses, settings } = page;
  const uniform = Number(root.dataset.uniform ?? 3.3);
  const top = Math.max(uniform + 0.4, ...losses.slice(0, 3));
  const at = (step, loss) => [(step / settings.steps) * width, (1 - loss / top) * (height - 4) + 2];
  context.setLineDash([4, 4]);
  context.strokeStyle = line;
  context.strokeRect(-1, at(0, uniform)[1], width + 2, height * 2);
  context.setLineDash([]);
  context.fillStyle = line;
  losses.forEach((loss, step) => context.fillRect(...at(step, Math.min(loss, top)), 1.5, 1.5));
  context.strokeStyle = ink;
  context.lineWidth = 2;
  context.beginPath();
  for (let step = 0; step < losses.length; step += 5) {
    const mean = meanOf(losses.slice(Math.max(0, step - AVERAGED), step + 1));
    context.lineTo(...at(step, mean));
  }
  context.stroke();
}

function drawNext(next) {
  view.next.replaceChildren(
    ...next.map(([letter, chance]) =>
      made(
        "div",
        { className: "nm-bar" },
        made("span", {}, letter === "." ? "end" : letter === " " ? "space" : letter),
        made("i", { style: `width:${(100 * chance).toFixed(1)}%` }),
        made("output", {}, `${(100 * chance).toFixed(0)} %`),
      ),
    ),
  );
}

function drawHeads(attention, text) {
  const letters = ["\u00b7", ...text];
  const kinds = [...new Set(attention.map((it) => `${it.layer}.${it.head}`))];
  view.heads.replaceChildren(...kinds.map((kind) => headOf(kind, attention.filter((it) => `${it.layer}.${it.head}` === kind), letters)));
}

// One head as a table: a row for each letter, a column for each that it may look at.
function headOf(kind, rows, letters) {
  const [layer, head] = kind.split(".");
  const size = letters.length;
  const cells = letters.map((_, row) =>
    made(
      "tr",
      {},
      made("th", { scope: "row" }, letters[row]),
      ...letters.map((__, column) => {
        const found = rows.find((it) => it.position === row && it.seen === column);
        if (!found) return made("td", {});
        const percent = Math.round(100 * found.weight);
        return made("td", { style: `--share:${percent}%`, title: `${letters[row]} looks at ${letters[column]}: ${percent} %` }, size < 9 ? `${percent}` : "");
      }),
    ),
  );
  const top = made("tr", {}, made("td", {}), ...letters.map((it) => made("th", { scope: "col" }, it)));
  return made("table", {}, made("caption", {}, `layer ${layer}, head ${head}`), made("thead", {}, top), made("tbody", {}, ...cells));
}

laidOut();
shown();
new MutationObserver(drawCurve).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
new ResizeObserver(drawCurve).observe(view.curve);
