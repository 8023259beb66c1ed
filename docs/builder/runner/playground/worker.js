// Trains for the playground, beside the page. Python, loaded with the first question, turns a
// configuration into functions of JavaScript; those train. A state is the parameters and what the
// optimiser remembers; states of the past are kept or computed again, so that time goes both ways.
import { fetched, functionsOf } from "../python.js";

const KEPT = 1500; // so many states are kept, and those between are computed from them
const AHEAD = 1000; // so many steps are asked of Python at once
const GRID = 44;
const SMALL = 18;

const ask = functionsOf("playground/playground.txt"); // a configuration that is not that of the page
let training; // what the present configuration is made of

async function begin({ config, step }) {
  const told = JSON.stringify(config);
  const made = config ? await ask("setup", told) : await fetched("playground/start.json", "json");
  const engine = await import(URL.createObjectURL(new Blob([made.module], { type: "text/javascript" })));
  const { shape } = engine;
  training = {
    ...engine,
    widths: made.widths,
    rows: Float64Array.from(made.rows.flat()),
    count: made.rows.length,
    given: made.given,
    askAhead: (start) => ask("ahead", told, start, AHEAD),
    reach: reachOf(made.rows),
    gradients: new Float64Array(shape.parameters),
    scores: new Float64Array(made.rows.length),
    losses: [],
    kept: new Map(),
    every: 1,
    step: 0,
    parameters: Float64Array.from(made.parameters),
    memory: engine.firstMemory(),
  };
  remember();
  await seek(step);
  postMessage({ kind: "begun", program: made.program, rows: made.rows, widths: made.widths, reach: training.reach });
}

// The square that all points lie in, with a margin.
function reachOf(rows) {
  const [left, right, bottom, top] = [0, 1].flatMap((k) => {
    const column = rows.map((row) => row[k]);
    return [Math.min(...column), Math.max(...column)];
  });
  const size = 0.575 * Math.max(right - left, top - bottom, 0.1);
  return { x: (left + right) / 2, y: (bottom + top) / 2, size };
}

// States.

const copied = ({ parameters, memory }) => ({
  parameters: parameters.slice(),
  memory: memory.map((column) => column.slice()),
});

// Every state at first; where there are too many, every second one goes.
function remember() {
  const { kept, step, every } = training;
  if (step % every || kept.has(step)) return;
  kept.set(step, copied(training));
  if (kept.size <= KEPT) return;
  training.every *= 2;
  for (const other of kept.keys()) if (other % training.every) kept.delete(other);
}

async function seek(step) {
  const nearest = step - (step % training.every);
  const start = training.kept.has(nearest) ? nearest : 0;
  await provide(step);
  if (training.step > step || training.step < start) {
    Object.assign(training, copied(training.kept.get(start)), { step: start });
  }
  while (training.step < step) forth();
}

// A step.

// Python says in advance what the steps up to one are given.
async function provide(step) {
  const { given } = training;
  while (!given.isConstant && given.scalars.length <= step) {
    const more = await training.askAhead(given.scalars.length);
    given.scalars.push(...more.scalars);
    if (more.batches) (given.batches ??= []).push(...more.batches);
  }
}

function givenAt(step) {
  const { isConstant, scalars, batches } = training.given;
  return { scalars: scalars[isConstant ? 0 : step], batch: batches?.[step] };
}

function rowsOf(batch) {
  if (!batch) return training.rows;
  const rows = new Float64Array(3 * batch.length);
  batch.forEach((place, i) => rows.set(training.rows.subarray(3 * place, 3 * place + 3), 3 * i));
  return rows;
}

function measured(batch) {
  const { parameters, gradients, scores } = training;
  return training.measure(parameters, rowsOf(batch), gradients, scores);
}

function forth() {
  const { step } = training;
  const { scalars, batch } = givenAt(step);
  training.losses[step] = measured(batch).loss;
  training.change(training.parameters, training.gradients, training.memory, scalars);
  training.step = step + 1;
  remember();
}

// What is shown of a state.

function accuracyOf({ scores, rows, count }) {
  let right = 0;
  for (let i = 0; i < count; i++) right += scores[i] > 0 === rows[3 * i + 2] > 0;
  return right / count;
}

// The outputs of neurons over the square that the data lie in, row by row from the top.
function maps() {
  const { widths, parameters, neurons, reach } = training;
  const count = widths.slice(1).reduce((sum, width) => sum + width);
  const point = new Float64Array(2);
  const found = new Float64Array(count);
  const over = (size, take) => {
    for (let i = 0; i < size * size; i++) {
      point[0] = reach.x - reach.size + ((2 * (i % size) + 1) / size) * reach.size;
      point[1] = reach.y + reach.size - ((2 * Math.floor(i / size) + 1) / size) * reach.size;
      neurons(point, parameters, null, found);
      take(i);
    }
  };
  const whole = new Float32Array(GRID * GRID);
  const small = new Float32Array(SMALL * SMALL * count);
  over(GRID, (i) => (whole[i] = found[count - 1]));
  over(SMALL, (i) => {
    for (let k = 0; k < count; k++) small[k * SMALL * SMALL + i] = found[k];
  });
  return { whole, small };
}

function inspected(example) {
  const { rows, widths, parameters, inspect } = training;
  const count = widths.slice(1).reduce((sum, width) => sum + width);
  const found = new Float64Array(1 + 2 * count);
  inspect(rows.subarray(3 * example, 3 * example + 3), parameters, null, found);
  return { cost: found[0], outputs: found.slice(1, 1 + count), slopes: found.slice(1 + count) };
}

function shown(example, from) {
  const { step, losses, parameters } = training;
  const { loss } = measured(null);
  const accuracy = accuracyOf(training);
  const { batch } = givenAt(step);
  if (batch) losses[step] = measured(batch).loss;
  else losses[step] = loss;
  return {
    kind: "state",
    step,
    loss,
    accuracy,
    from,
    losses: Float64Array.from(losses.slice(from)),
    parameters: parameters.slice(),
    gradients: training.gradients.slice(),
    inspected: inspected(example),
    grid: GRID,
    smallGrid: SMALL,
    ...maps(),
  };
}

// So many steps, or as many as there is time for.
async function advance({ steps, milliseconds }) {
  await provide(training.step + steps);
  const end = performance.now() + milliseconds;
  for (let i = 0; i < steps && performance.now() < end; i++) forth();
}

let queue = Promise.resolve();

onmessage = ({ data }) => {
  queue = queue.then(async () => {
    try {
      if (data.explore) postMessage({ kind: "explored", data: await ask("explored", JSON.stringify(data.explore)) });
      if (data.begin) await begin(data.begin);
      if (data.seek !== undefined) await seek(data.seek);
      if (data.advance) await advance(data.advance);
      await provide(training.step);
      postMessage(shown(data.example, data.from));
    } catch (error) {
      postMessage({ kind: "error", content: error.message });
    }
  });
};
