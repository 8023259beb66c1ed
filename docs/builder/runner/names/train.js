// Trains a GPT for its page, and draws names from it, beside the page: by functions that microfp has
// written in JavaScript. What is told comes by name, and so do the answers.
const TURN = 100; // milliseconds of training between two messages
const FIRST_NAMES = 20; // steps before the first name is drawn
const SAMPLES = 20;
const SHOWN = 8;

const say = (kind, content) => postMessage({ kind, content });

let training = null; // functions, rows, numbers; `done` steps of `steps`
let isOn = false;
let temperature = 0.5;

async function begin(given) {
  const engine = await import(URL.createObjectURL(new Blob([given.module], { type: "text/javascript" })));
  const { parameters, scores } = engine.shape;
  training = {
    ...engine,
    ...given,
    letters: [...given.characters],
    rows: given.rows.map((row) => Float64Array.from(row)),
    parameters: Float64Array.from(given.parameters),
    memory: engine.firstMemory(),
    gradients: new Float64Array(parameters),
    scores: new Float64Array(scores),
    steps: given.order.length,
    done: 0,
  };
}

// Training.

function step() {
  const { rows, order, parameters, gradients, scores, memory, scalars, done } = training;
  const { loss } = training.measure(parameters, rows[order[done]], gradients, scores);
  training.change(parameters, gradients, memory, scalars[done]);
  training.done += 1;
  return loss;
}

// Steps for a turn, then a pause in which messages come in.
function turn(own) {
  if (!isOn || own !== training) return;
  const until = performance.now() + TURN;
  const losses = [];
  do losses.push(step());
  while (own.done < own.steps && performance.now() < until);
  say("steps", losses);
  if (own.done < own.steps) {
    if (own.done >= FIRST_NAMES) draw(1);
    return setTimeout(turn, 0, own);
  }
  isOn = false;
  draw(SAMPLES);
  say("finished");
}

// Drawing: token by token, until the one that ends a name.

function chancesAfter(tokens, warmth) {
  const scores = training.read(training.parameters, Float64Array.from(tokens)).at(-1);
  const largest = Math.max(...scores);
  const parts = Array.from(scores, (score) => Math.exp((score - largest) / warmth));
  const sum = parts.reduce((a, b) => a + b);
  return parts.map((part) => part / sum);
}

function chosen(chances) {
  let left = Math.random();
  const found = chances.findIndex((chance) => (left -= chance) < 0);
  return found < 0 ? chances.length - 1 : found;
}

function name() {
  const end = training.letters.length; // the token that begins a name, and ends it
  const tokens = [end];
  while (tokens.length <= training.shape.columns) {
    const next = chosen(chancesAfter(tokens, temperature));
    if (next === end) break;
    tokens.push(next);
  }
  return textOf(tokens.slice(1));
}

const textOf = (tokens) => tokens.map((token) => training.letters[token]).join("");

function draw(count) {
  say("names", { step: training.done, names: Array.from({ length: count }, name) });
}

// What may come after a text, of the characters that the model knows and as long as it can read.
function look(text) {
  const { letters, parameters, shape } = training;
  const known = [...text].filter((it) => letters.includes(it)).slice(0, shape.columns - 1);
  const chances = chancesAfter([letters.length, ...known.map((it) => letters.indexOf(it))], 1);
  const rows = chances.map((chance, token) => [letters[token] ?? ".", chance]);
  const next = rows.sort((a, b) => b[1] - a[1]).slice(0, SHOWN);
  say("look", { text: known.join(""), next, parameters: Array.from(parameters) });
}

const TOLD = {
  begin,
  async go() {
    isOn = true;
    turn(training);
  },
  pause() {
    isOn = false;
  },
  temperature(content) {
    temperature = content;
  },
  draw(count) {
    if (training) draw(count);
  },
  look(text) {
    if (training) look(text);
  },
};

// One after the other: a training may still be beginning.
let last = Promise.resolve();
onmessage = ({ data: { kind, content } }) => {
  last = last.then(() => TOLD[kind](content)).catch((error) => say("error", error.message));
};
