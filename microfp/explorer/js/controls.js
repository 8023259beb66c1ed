// The controls: what a person does. A `player` holds the one thing that changes, the state that is
// shown, and the timer of playing; `actionsOf` lists all that can happen to it. `mount(root, data)`
// is all that a page or a notebook calls; what `data` holds, `page_data` in page.py says.

const SPEEDS = { slow: 2400, normal: 1200, fast: 500, "very fast": 120 };

function initialState(data) {
  const leaves = data.nodes.map((node) => Number(node.data));
  return { data, leaves, values: leaves, frames: data.frames.map(decoded), step: 0 };
}

// Both passes computed anew from the numbers of the leaves.
function withLeaves(state, leaves) {
  const values = forwardPass(state.data, leaves);
  return { ...state, leaves, values, frames: framesOf(state.data, values) };
}

const withStep = (state, step) => ({
  ...state,
  step: Math.min(Math.max(step, 0), state.frames.length - 1),
});

// A node is computed in one step of the forward pass and at work in one of the backward pass.
const stepOf = ({ data, frames, step }, i) =>
  frames[step].phase === "forward" ? i : 2 * data.nodes.length - i;

const isLast = ({ frames, step }) => step === frames.length - 1;

// Actions.

const isPlaying = (player) => player.timer !== null;

function showNow(player) {
  const still = player.calm.matches || isPlaying(player);
  show(player.view, player.state, { still });
}

function go(player, step) {
  player.state = withStep(player.state, step);
  showNow(player);
  if (isLast(player.state)) pause(player);
}

// One step downhill: what can be moved goes against its gradient, and both passes are computed anew.
function descend(player, rate) {
  const { data, leaves, values, frames } = player.state;
  const gradients = tableAt(frames, leaves.length, frames.length - 1);
  const moved = movedBy(data);
  compute(
    player,
    leaves.map((leaf, i) => (moved.has(i) ? leaf - rate * (gradients[i] ?? 0) : leaf)),
  );
  player.inputs.follow(player.state.leaves);
  const output = outputOf(data);
  const [before, after] = [values[output], player.state.values[output]].map((it) => numeral(it));
  return `${outputName(data)}: ${before} \u2192 ${after}`;
}

// The weights of a model; where the page knows of none, all that has a name.
function movedBy(data) {
  const leaves = data.nodes.map((_, i) => i).filter((i) => isLeaf(data, i));
  const weights = leaves.filter((i) => kindOf(data, i) === "weight");
  const named = leaves.filter((i) => kindOf(data, i) === "input");
  return new Set(weights.length ? weights : named.length ? named : leaves);
}

function compute(player, leaves) {
  player.state = withLeaves(player.state, leaves);
  nameAll(player.view, player.state);
  showNow(player);
}

function pause(player) {
  clearInterval(player.timer);
  player.timer = null;
  showPlay(player.view.transport.play, "Play", "\u25b6");
}

function start(player) {
  pause(player);
  if (isLast(player.state)) go(player, 0);
  const pace = SPEEDS[player.view.transport.speed.value];
  player.timer = setInterval(() => go(player, player.state.step + 1), pace);
  showPlay(player.view.transport.play, "Pause", "\u2016");
}

function showPlay(button, label, glyph) {
  button.setAttribute("aria-label", label);
  write(button.firstChild, glyph);
}

const actionsOf = (player) => ({
  first: () => go(player, 0),
  last: () => go(player, player.state.frames.length - 1),
  back: () => go(player, player.state.step - 1),
  forth: () => go(player, player.state.step + 1),
  go: (step) => go(player, step),
  jump: (i) => go(player, stepOf(player.state, i)),
  toggle: () => (isPlaying(player) ? pause(player) : start(player)),
  pace: () => isPlaying(player) && start(player),
  change: (i, number) =>
    compute(player, player.state.leaves.map((leaf, k) => (k === i ? number : leaf))),
  reset: () => compute(player, initialState(player.state.data).leaves),
  descend: (rate) => descend(player, rate),
});

// The transport: buttons, the slider, the pace and the choice of a node.

const buttonOf = (label, glyph, onclick, key) =>
  element(
    "button",
    { type: "button", "aria-label": label, title: `${label} (${key})`, onclick },
    span("glyph", glyph),
  );

function sliderOf(data, actions) {
  const last = data.frames.length - 1;
  const slider = element("input", {
    type: "range", min: 0, max: last, value: 0, class: "steps", "aria-label": "Step",
    oninput: () => actions.go(Number(slider.value)),
  });
  slider.style.setProperty("--split", `${(100 * (data.nodes.length - 0.5)) / Math.max(1, last)}%`);
  return slider;
}

const phasesOf = (data, actions) =>
  ["forward", "backward"].map((phase, i) =>
    element(
      "button",
      {
        type: "button", class: `phase ${phase}`,
        onclick: () => actions.go(i ? data.nodes.length : 0),
      },
      i ? "Backward pass" : "Forward pass",
    ),
  );

function transportOf(data, actions) {
  const play = buttonOf("Play", "\u25b6", actions.toggle, "space");
  play.classList.add("play");
  const paces = Object.keys(SPEEDS).map((name) =>
    element("option", { selected: name === "normal" }, name),
  );
  const chooser = element("select", { onchange: () => actions.jump(Number(chooser.value)) });
  const parts = {
    play,
    slider: sliderOf(data, actions),
    counter: element("p", { class: "counter" }),
    speed: element("select", { onchange: actions.pace }, ...paces),
    chooser,
    phases: phasesOf(data, actions),
  };
  return { ...parts, section: transportSection(parts, actions) };
}

function transportSection({ play, slider, counter, speed, chooser, phases }, actions) {
  const buttons = [
    buttonOf("First step", "\u21e4", actions.first, "Home"),
    buttonOf("Step back", "\u2190", actions.back, "left arrow"),
    play,
    buttonOf("Step forward", "\u2192", actions.forth, "right arrow"),
    buttonOf("Last step", "\u21e5", actions.last, "End"),
  ];
  const choices = [
    element("label", {}, span("caption", "Speed"), speed),
    element("label", {}, span("caption", "Go to node"), chooser),
  ];
  return element(
    "section",
    { class: "transport", "aria-label": "Steps" },
    element("div", { class: "buttons" }, ...buttons),
    element("div", { class: "track" }, element("div", { class: "phases" }, ...phases), slider),
    counter,
    element("div", { class: "choices" }, ...choices),
  );
}

// The inputs: a field and a slider for each leaf.

// The number in a field, or null; the message says what is wrong with it.
function readNumber(text, name, message) {
  const number = text.trim() === "" ? NaN : Number(text);
  const wrong = !Number.isFinite(number);
  write(message, wrong ? `${name} must be a finite number.` : "");
  return wrong ? null : number;
}

// What a field holds; browsers refuse numbers that are not finite.
const written = (number) => (Number.isFinite(number) ? number : "");

function fieldOf(data, i, message, actions) {
  const name = nameOf(data, i);
  const start = Number(data.nodes[i].data);
  const reach = Math.max(3, 2 * Math.abs(Number.isFinite(start) ? start : 0));
  const shared = { value: written(start), step: "any", disabled: !data.editable };
  const change = (text, other) => {
    const number = readNumber(text, name, message);
    if (number === null) return false;
    other.value = number;
    actions.change(i, number);
    return true;
  };
  const field = element("input", {
    ...shared, type: "number", "aria-label": `Value of ${name}`,
    oninput: () => field.setAttribute("aria-invalid", String(!change(field.value, drag))),
  });
  const drag = element("input", {
    ...shared, type: "range", min: start - reach, max: start + reach,
    "aria-label": `Drag ${name}`,
    oninput: () => change(String(Number(Number(drag.value).toPrecision(4))), field),
  });
  drag.value = written(start);
  const words = element("span", { class: "name" }, name);
  if (kindOf(data, i) !== "input") words.append(span("caption", kindOf(data, i)));
  return { i, start, field, drag, row: element("li", {}, words, field, drag) };
}

// The step downhill: a rate, a button, and what has come of it.
function downhillOf(data, message, actions) {
  const rate = element("input", {
    type: "number", value: 0.1, min: 0, step: "any", "aria-label": "Rate", disabled: !data.editable,
  });
  const onclick = () => {
    const number = readNumber(rate.value, "The rate", message);
    if (number !== null) write(told, actions.descend(number));
  };
  const about = { type: "button", class: "downhill", disabled: !data.editable, onclick };
  const told = element("p", { class: "told", role: "status" });
  return element(
    "div",
    { class: "descent" },
    element("button", about, "Step downhill"),
    element("label", {}, span("caption", "rate"), rate),
    span("rule", `x ${MINUS}= rate \u00d7 grad`),
    told,
  );
}

// The leaves that have a label come first.
const leavesOf = (data) =>
  data.nodes
    .map((node, i) => ({ i, unnamed: node.label === null }))
    .filter(({ i }) => isLeaf(data, i))
    .sort((a, b) => a.unnamed - b.unnamed)
    .map(({ i }) => i);

function resetButton(data, fields, message, actions) {
  const onclick = () => {
    for (const { start, field, drag } of fields) field.value = drag.value = written(start);
    write(message, "");
    actions.reset();
  };
  const about = { type: "button", class: "reset", disabled: !data.editable, onclick };
  return element("button", about, "Reset");
}

function inputsOf(data, actions) {
  const message = element("p", { class: "message", role: "alert" });
  const fields = leavesOf(data).map((i) => fieldOf(data, i, message, actions));
  const follow = (leaves) => {
    for (const { i, field, drag } of fields) {
      field.value = written(Number(leaves[i].toPrecision(6)));
      drag.value = written(leaves[i]);
    }
  };
  const hint = data.editable
    ? "Change a number, and both passes are computed again."
    : "This graph has a primitive with no form outside Python, so its numbers are fixed.";
  const section = element(
    "section",
    { class: "card inputs", "aria-label": "Inputs" },
    element(
      "div",
      { class: "cardhead" },
      element("h2", {}, "Inputs"),
      resetButton(data, fields, message, actions),
    ),
    element("p", { class: "hint" }, hint),
    downhillOf(data, message, actions),
    element("ul", {}, ...fields.map(({ row }) => row)),
    message,
  );
  return { section, follow };
}

// The head and the foot.

function headOf(root, { isPart }) {
  const title = element("p", { class: "formula" });
  const isDark = () => root.dataset.theme === "dark";
  const setTheme = (name) => {
    root.dataset.theme = name;
    write(theme, name === "dark" ? "Light theme" : "Dark theme");
  };
  const onclick = () => setTheme(isDark() ? "light" : "dark");
  const theme = element("button", { type: "button", class: "theme", onclick });
  if (isPart) return { title, header: element("header", {}, title) };
  setTheme(window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  const words = element("div", {}, element("h1", {}, "Backpropagation, step by step"), title);
  return { title, header: element("header", {}, words, theme) };
}

const KEYS = [
  ["\u2190", "\u2192", " step"],
  ["Space", "", " play, pause"],
  ["Home", "End", " first, last"],
];

function helpOf() {
  const keys = KEYS.map(([one, other, words]) =>
    element("span", {}, element("kbd", {}, one), other && element("kbd", {}, other), words),
  );
  const click = element("span", {}, "Click a node or a row to go to its step.");
  return element("p", { class: "help" }, ...keys, click);
}

// The whole.

function viewOf(root, data, actions, options) {
  const view = {
    head: headOf(root, options),
    picture: pictureOf(data, actions),
    transport: transportOf(data, actions),
    story: storyCard(),
    table: tableOf(data, actions),
    inputs: inputsOf(data, actions),
  };
  const panels = [view.story.section, view.inputs.section, view.table.section];
  root.classList.add("mfp-explorer");
  if (options.isPart) root.classList.add("part");
  root.append(
    view.head.header,
    data.note ? element("p", { class: "note" }, data.note) : "",
    element("div", { class: "frame" }, view.picture.zooms, view.picture.stage),
    view.transport.section,
    element("div", { class: "panels" }, ...panels),
    helpOf(),
    view.story.live,
  );
  return view;
}

const keyMap = (actions) => ({
  ArrowRight: actions.forth,
  ArrowLeft: actions.back,
  Home: actions.first,
  End: actions.last,
  " ": actions.toggle,
});

function keyListener(actions) {
  const map = keyMap(actions);
  return (event) => {
    // A slider has arrows of its own, but nothing to do with a space.
    const taking = event.key === " " ? "input:not([type=range]), select" : "input, select";
    const own = event.target.closest?.(taking);
    const pressed = event.key === " " && event.target.closest?.("button");
    if (own || pressed || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(event.key in map)) return;
    event.preventDefault();
    map[event.key]();
  };
}

// `isPart` says that the page around it has a heading and a theme of its own.
function mount(root, data, { keys = root, isPart = false } = {}) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const player = { state: initialState(data), view: null, timer: null, calm };
  const actions = actionsOf(player);
  const onKey = keyListener(actions);
  player.view = viewOf(root, data, actions, { isPart });
  player.inputs = player.view.inputs;
  keys.addEventListener("keydown", onKey);
  nameAll(player.view, player.state);
  const fitted = () => {
    resize(player.view.picture, data);
    centre(player.view, data, player.state.frames[player.state.step].node, "instant");
  };
  const watching = new ResizeObserver(fitted);
  watching.observe(player.view.picture.stage);
  fitted();
  showNow(player);
  return () => {
    watching.disconnect();
    pause(player);
    keys.removeEventListener("keydown", onKey);
    root.replaceChildren();
  };
}
