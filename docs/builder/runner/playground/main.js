// The playground: controls, what they ask of the worker that trains, and what is shown of its answers.
// `page` holds all that changes.
import { drawCurve, drawPlane } from "./drawing.js";
import { made } from "./elements.js";
import { Network, inputName, nameOf, numeral } from "./network.js";
import { CHOICES, MOST_LAYERS, MOST_NEURONS, fromHash, isStart, toHash } from "./settings.js";

const SPEEDS = {
  "1 step a second": { steps: 1, wait: 1000 },
  "10 steps a second": { steps: 1, wait: 100 },
  "a step a frame": { steps: 1, wait: 0 },
  "10 steps a frame": { steps: 10, wait: 0 },
  "as fast as it goes": { steps: 400, wait: 0 },
};
const USUAL_SPEED = "10 steps a frame";
const BUDGET = 12; // milliseconds of training between two frames
const SLOWLY = 120; // milliseconds between two pictures of the network while it trains

const root = document.getElementById("playground");
const page = {
  ...fromHash(location.hash),
  worker: null,
  state: null,
  losses: [],
  rows: [],
  reach: null,
  example: 0,
  chosen: 0,
  isPlaying: false,
  isWaiting: false,
  next: {},
  program: "",
  speed: USUAL_SPEED,
  frames: [],
  shownAt: 0,
};

// The worker. One question at a time: what is wanted meanwhile is asked together with the next.

function ask(wanted) {
  page.next = { ...page.next, ...wanted };
  if (page.isWaiting) return;
  page.isWaiting = true;
  if (!page.worker) {
    page.worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
    page.worker.onmessage = ({ data }) => ANSWERS[data.kind](data);
    page.worker.onerror = () => ANSWERS.error({ content: "the worker could not be started" });
  }
  const question = { example: page.example, from: page.losses.length && page.losses.length - 1, ...page.next };
  page.next = {};
  page.worker.postMessage(question);
}

const ANSWERS = {
  progress: ({ content }) => tell(`${content} \u2026`),
  begun: ({ program, rows, widths, reach }) => {
    tell("");
    Object.assign(page, { program, rows, reach, losses: [] });
    page.example = Math.min(page.example, rows.length - 1);
    view.example.max = rows.length - 1;
    page.chosen = widths.slice(1).reduce((sum, it) => sum + it) - 1;
    view.network.build(widths);
  },
  state: (state) => {
    page.isWaiting = false;
    page.losses.length = Math.min(page.losses.length, state.from);
    page.losses.push(...state.losses);
    page.state = state;
    requestAnimationFrame(() => {
      goOn(); // the worker trains while this state is drawn
      shown();
    });
    if (Object.keys(page.next).length) ask({});
  },
  explored: ({ data }) => {
    tell("");
    showExplorer(data);
  },
  error: ({ content }) => {
    page.isWaiting = false;
    pause();
    tell(`This cannot be trained: ${content}`);
  },
};

const tell = (text) => (view.told.textContent = text);

function begin(step = 0) {
  page.losses = [];
  view.buttons.train.disabled = false;
  ask({ begin: { config: isStart(page.config) ? null : page.config, step }, from: 0 });
}

// Playing: the next steps are asked for when those before are on the screen.

function play() {
  if (!page.worker) begin(page.step);
  page.isPlaying = true;
  labelled(view.buttons.train, "Pause", "\u2016 Pause");
  goOn();
}

function pause() {
  page.isPlaying = false;
  clearTimeout(page.timer);
  labelled(view.buttons.train, "Train", "\u25b6 Train");
  store();
}

const labelled = (button, label, text) => {
  button.textContent = text;
  button.setAttribute("aria-label", label);
};

function goOn() {
  if (!page.isPlaying) return;
  const { steps, wait } = SPEEDS[page.speed];
  clearTimeout(page.timer);
  const now = () => ask({ advance: { steps, milliseconds: BUDGET } });
  if (wait && page.state) page.timer = setTimeout(now, wait);
  else now();
}

function seek(step) {
  pause();
  if (!page.worker) begin(page.step);
  const wanted = Math.max(0, step);
  page.step = wanted;
  ask({ seek: wanted });
}

const stepNow = () => page.next.seek ?? page.state?.step ?? page.step;

// The address says what is on the screen, and leads back to it.
function store() {
  const hash = toHash(page.config, stepNow());
  history.replaceState(null, "", hash ? `#${hash}` : location.pathname + location.search);
}

// What is shown.

function shown() {
  const { state, rows, reach, example } = page;
  if (!state || !reach) return;
  const isWhole = Number.isInteger(state.step);
  page.step = state.step;
  drawPlane(view.plane, state, { rows, reach, example });
  drawCurve(view.curve, page.losses, state.step);
  view.step.textContent = state.step.toLocaleString("en");
  view.loss.textContent = isWhole ? figure(state.loss) : "";
  view.loss.dataset.exact = String(state.loss);
  view.accuracy.textContent = `${(100 * state.accuracy).toFixed(0)} %`;
  view.track.max = Math.max(page.losses.length - 1, 1);
  view.track.value = state.step;
  view.track.setAttribute("aria-valuetext", `step ${state.step}, loss ${figure(state.loss)}`);
  view.example.value = example;
  root.dataset.step = state.step;
  root.losses = page.losses; // for who measures
  countFrame();
  showSlowly(state);
  if (!page.isPlaying) store();
}

// What nobody reads while it runs is shown a few times a second.
function showSlowly(state) {
  const now = performance.now();
  if (page.isPlaying && now - page.shownAt < SLOWLY) return;
  page.shownAt = now;
  view.network.show(state, page.chosen);
  showNeuron(state);
  showProgram(state.step);
}

const figure = (number) => (Number.isFinite(number) ? number.toPrecision(6) : String(number));

// Frames of the last second, for who measures.
function countFrame() {
  const now = performance.now();
  page.frames = [...page.frames.filter((it) => now - it.time < 1000), { time: now, step: page.state.step }];
  const [first] = page.frames;
  const seconds = (now - first.time) / 1000;
  if (seconds < 0.5) return;
  root.dataset.framesASecond = Math.round((page.frames.length - 1) / seconds);
  root.dataset.stepsASecond = Math.round((page.state.step - first.step) / seconds);
}

function showProgram(step) {
  const text = page.program.replace("STEPS", String(step));
  if (view.code.textContent !== text) view.code.textContent = text;
}

// A neuron: what it computes, at the example that is chosen, and its weights.
function showNeuron(state) {
  const neuron = view.network.neurons[page.chosen];
  const { widths } = view.network;
  const { outputs, slopes, cost } = state.inspected;
  const row = page.rows[page.example];
  const name = nameOf(neuron, widths);
  const activation = name === "score" ? "" : page.config.activation;
  const value = outputs[page.chosen];
  view.neuronTitle.textContent = `Neuron ${name}`;
  view.neuronFormula.textContent = `${name} = ${activation}(bias + \u03a3 weight \u00d7 input)`.replace(/ \((.*)\)$/, " $1");
  view.neuronAt.textContent =
    `At example ${page.example}, the point (${numeral(row[0])}, ${numeral(row[1])}) of class ${numeral(row[2])}: ` +
    `value ${numeral(value)}, gradient ${numeral(slopes[page.chosen])} of a loss of ${numeral(cost)}.`;
  const lines = Array.from({ length: neuron.inputs + 1 }, (_, k) => {
    const place = neuron.place + k;
    const from = k === neuron.inputs ? "bias" : inputName(neuron.layer, k);
    return [from, numeral(state.parameters[place]), numeral(state.gradients[place])];
  });
  fill(view.weights, lines);
}

// The explorer of the neuron that is chosen, at the example that is chosen: Python makes its graph.
function explore() {
  pause();
  if (!page.state) return;
  const { widths, neurons } = view.network;
  const neuron = neurons[page.chosen];
  const { layer, inputs, place } = neuron;
  const before = neurons.findIndex((it) => it.layer === layer - 1);
  const numbers = layer === 0 ? page.rows[page.example] : [...page.state.inspected.outputs].slice(before);
  const name = nameOf(neuron, widths);
  const short = (it) => Number(it.toPrecision(5)); // as many digits as its fields have room for
  ask({
    explore: {
      name: `${name} at example ${page.example}`,
      activation: name === "score" ? "identity" : page.config.activation,
      inputs: Array.from({ length: inputs }, (_, k) => [inputName(layer, k), short(numbers[k])]),
      weights: [...page.state.parameters].slice(place, place + inputs + 1).map(short),
    },
  });
}

// The script of the explorer mounts those that it finds, so each comes with the script anew.
function showExplorer(data) {
  const near = (name) => new URL(`../../explorer/${name}`, import.meta.url).href;
  const held = made("script", { type: "application/json" }, JSON.stringify(data));
  view.explorer.replaceChildren(
    made("link", { rel: "stylesheet", href: near("explorer.css") }),
    made("div", { className: "explorer-here" }, held),
    made("script", { src: near("explorer.js") }),
  );
  view.explorer.hidden = false;
  view.explorer.scrollIntoView({ block: "start" });
}

function fill(body, lines) {
  while (body.rows.length < lines.length) {
    const row = body.insertRow();
    row.append(made("th", { scope: "row" }), made("td"), made("td"));
  }
  while (body.rows.length > lines.length) body.deleteRow(-1);
  lines.forEach((line, i) =>
    line.forEach((text, k) => {
      const cell = body.rows[i].cells[k];
      if (cell.textContent !== text) cell.textContent = text;
    }),
  );
}

// Controls.

function changed(change) {
  pause();
  page.config = { ...page.config, ...change };
  page.step = 0;
  showLayers();
  begin();
}

function chooser(key) {
  const [label, choices] = CHOICES[key];
  const select = made("select", { onchange: () => changed({ [key]: choices[select.value] }) });
  for (const [name, value] of Object.entries(choices)) {
    select.append(made("option", { value: name, selected: value === page.config[key] }, name));
  }
  return made("label", {}, made("span", {}, label), select);
}

function showLayers() {
  const { hidden } = page.config;
  const button = (label, text, disabled, onclick) =>
    made("button", { type: "button", disabled, onclick, title: label, aria: { label } }, text);
  const withWidth = (i, width) => changed({ hidden: hidden.map((it, k) => (k === i ? width : it)) });
  const parts = hidden.map((width, i) =>
    made(
      "span",
      { className: "pg-width" },
      button(`Fewer neurons in layer ${i + 1}`, "\u2212", width === 1, () => withWidth(i, width - 1)),
      made("b", {}, String(width)),
      button(`More neurons in layer ${i + 1}`, "+", width === MOST_NEURONS, () => withWidth(i, width + 1)),
    ),
  );
  view.layers.replaceChildren(
    made("span", {}, "Hidden layers"),
    button("Fewer layers", "\u2212", !hidden.length, () => changed({ hidden: hidden.slice(0, -1) })),
    ...parts,
    button("More layers", "+", hidden.length === MOST_LAYERS, () => changed({ hidden: [...hidden, 4] })),
  );
}

async function copy() {
  await navigator.clipboard.writeText(view.code.textContent);
  view.copied.textContent = "copied";
  setTimeout(() => (view.copied.textContent = ""), 2000);
}

function chooseExample(number) {
  page.example = Math.max(0, Math.min(page.rows.length - 1, Math.round(number) || 0));
  ask({});
}

// The point that is nearest to a click.
function pointed({ offsetX, offsetY }) {
  const { reach, rows } = page;
  if (!reach) return;
  const { clientWidth: width, clientHeight: height } = view.plane;
  const x = reach.x + (2 * (offsetX / width) - 1) * reach.size;
  const y = reach.y - (2 * (offsetY / height) - 1) * reach.size;
  const distances = rows.map((row) => Math.hypot(row[0] - x, row[1] - y));
  chooseExample(distances.indexOf(Math.min(...distances)));
}

function chooseNeuron(number) {
  page.chosen = number;
  if (page.state) requestAnimationFrame(() => (view.network.show(page.state, number), showNeuron(page.state)));
}

// The parts of the page.

const button = (label, text, onclick, className = "") =>
  made("button", { type: "button", onclick, className, aria: { label } }, text);

function transport() {
  const speed = made("select", { onchange: () => (page.speed = speed.value) });
  for (const name of Object.keys(SPEEDS)) speed.append(made("option", { selected: name === USUAL_SPEED }, name));
  view.buttons = {
    train: button("Train", "\u25b6 Train", () => (page.isPlaying ? pause() : play()), "pg-train"),
    back: button("Step back", "\u2190 Back", () => seek(stepNow() - 1)),
    step: button("Step forward", "Step \u2192", () => seek(stepNow() + 1)),
    reset: button("Reset", "Reset", () => changed({})),
  };
  view.track = made("input", { type: "range", min: 0, max: 1, value: 0, oninput: () => seek(Number(view.track.value)), aria: { label: "Go to step" } });
  const told = (name, key) => made("span", { className: "pg-figure" }, made("span", {}, name), (view[key] = made("output", {}, "\u2013")));
  return made(
    "section",
    { className: "pg-transport", aria: { label: "Training" } },
    made("div", { className: "pg-buttons" }, ...Object.values(view.buttons)),
    made("label", {}, made("span", {}, "Speed"), speed),
    told("Step", "step"),
    told("Loss", "loss"),
    told("Accuracy", "accuracy"),
    view.track,
  );
}

function settings() {
  view.layers = made("div", { className: "pg-layers" });
  const choosers = Object.keys(CHOICES).map(chooser);
  return made("section", { className: "pg-settings", aria: { label: "Settings" } }, ...choosers, view.layers);
}

function pictures() {
  view.plane = made("canvas", { className: "pg-plane", onclick: pointed });
  view.plane.setAttribute("role", "img");
  view.plane.setAttribute("aria-label", "The data and the boundary that the network has learned");
  view.curve = made("canvas", { className: "pg-curve" });
  view.curve.setAttribute("role", "img");
  view.curve.setAttribute("aria-label", "The loss, step by step");
  view.example = made("input", { type: "number", min: 0, value: 0, oninput: () => chooseExample(Number(view.example.value)) });
  const network = made("div", { className: "pg-network" });
  view.network = new Network(network, chooseNeuron);
  return made(
    "div",
    { className: "pg-pictures" },
    made("section", { aria: { label: "Network" } }, made("h2", {}, "Network"), network),
    made(
      "section",
      { className: "pg-plots", aria: { label: "Data and boundary" } },
      made("h2", {}, "Data and boundary"),
      view.plane,
      made("p", { className: "pg-legend" }, made("i", { className: "pg-low" }), " class \u22121 ", made("i", { className: "pg-high" }), " class 1"),
      made("label", { className: "pg-example" }, made("span", {}, "Example"), view.example),
      made("h2", {}, "Loss"),
      view.curve,
    ),
  );
}

function details() {
  view.neuronTitle = made("h2", {}, "Neuron");
  view.neuronFormula = made("p", { className: "pg-formula" });
  view.neuronAt = made("p");
  view.weights = made("tbody");
  const heads = ["from", "weight", "gradient"].map((it) => made("th", { scope: "col" }, it));
  const table = made("table", { className: "pg-table" }, made("thead", {}, made("tr", {}, ...heads)), view.weights);
    view.copied = made("output", { className: "pg-copied" });
  view.explorer = made("section", { className: "pg-explorer", hidden: true, aria: { label: "Explorer" } });
  const scrolled = made("div", { className: "pg-rows", tabIndex: 0, role: "region", aria: { label: "Weights of the neuron" } }, table);
  view.code = made("div", { className: "pg-program", tabIndex: 0, role: "region", aria: { label: "Program" } });
  return made(
    "div",
    { className: "pg-details" },
    made("section", { aria: { label: "Neuron" } }, view.neuronTitle, view.neuronFormula, view.neuronAt, scrolled, button("Explore this neuron", "Explore this neuron", explore, "pg-explore")),
    made(
      "section",
      { aria: { label: "Program for what is on the screen" } },
      made("h2", {}, "The program for what is on the screen"),
      view.code,
      button("Copy the program", "Copy", copy),
      view.copied,
    ),
  );
}

const KEYS = {
  " ": () => (page.isPlaying ? pause() : play()),
  ArrowRight: () => seek(stepNow() + 1),
  ArrowLeft: () => seek(stepNow() - 1),
  Home: () => seek(0),
};

function onKey(event) {
  const taking = event.target.closest?.("input, select, textarea, .pg-program, .pg-rows, [contenteditable]");
  const pressed = event.key === " " && event.target.closest?.("button, a, label");
  if (taking || pressed || event.ctrlKey || event.altKey || event.metaKey || !(event.key in KEYS)) return;
  event.preventDefault();
  KEYS[event.key]();
}

const view = {};

function mount() {
  view.told = made("p", { className: "pg-told", role: "status" });
  root.replaceChildren(transport(), view.told, pictures(), settings(), details());
  root.after(view.explorer); // which has a style of its own
  showLayers();
  view.network.build([2, ...page.config.hidden, 1]);
  addEventListener("keydown", onKey);
  new MutationObserver(shown).observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
  new ResizeObserver(shown).observe(view.plane);
  if (isStart(page.config)) begin(page.step);
  else tell("Press Train: Python is fetched for a network of this form.");
}

mount();
