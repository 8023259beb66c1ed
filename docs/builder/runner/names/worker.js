// Trains a GPT for its page, beside it: microfp in Pyodide, some steps at a time, so that questions are
// heard in between. What is on the screen is asked for by name, and answered by name.
import { loadMicrofp } from "../python.js";

const TURN = 120; // milliseconds of training between two messages
const FIRST_NAMES = 20; // steps before the first names are drawn, and between the next
const SAMPLES = 20;

const say = (kind, content) => postMessage({ kind, content });

let python;
let training = null; // the Python object; `done` steps of `steps`
let run = { number: 0, done: 0, steps: 0, isOn: false, temperature: 0.5, seed: 0 };

async function begin(settings) {
  python ??= loadMicrofp("names/names.txt", (content) => say("progress", content));
  const names = await python;
  say("progress", "Preparing the documents");
  training?.destroy();
  const make = names.get("Training");
  training = make(JSON.stringify(settings));
  make.destroy();
  run = { ...run, number: run.number + 1, done: 0, steps: settings.steps, temperature: settings.temperature };
  say("begun", JSON.parse(training.about()));
}

function draw(count) {
  run.seed += 1;
  say("names", { step: run.done, names: JSON.parse(training.drawn(count, run.temperature, run.seed)) });
}

// Steps for a turn, then a pause in which messages come in.
function turn(number) {
  if (!run.isOn || number !== run.number) return;
  const until = performance.now() + TURN;
  const losses = [];
  const before = run.done;
  do {
    const found = JSON.parse(training.advanced(1));
    losses.push(...found);
    run.done += found.length;
  } while (run.done < run.steps && performance.now() < until);
  say("steps", { losses, done: run.done });
  if (Math.floor(before / FIRST_NAMES) < Math.floor(run.done / FIRST_NAMES)) draw(1);
  if (run.done < run.steps) return setTimeout(turn, 0, number);
  run.isOn = false;
  draw(SAMPLES);
  say("finished", {});
}

const QUESTIONS = {
  async train(settings) {
    if (!training || run.done === 0 || run.done >= run.steps) await begin(settings);
    run.isOn = true;
    turn(run.number);
  },
  pause() {
    run.isOn = false;
  },
  temperature(content) {
    run.temperature = content;
  },
  draw(count) {
    if (training) draw(count);
  },
  look(text) {
    if (training) say("look", JSON.parse(training.looked(text)));
  },
};

// One question after the other: a training may still be beginning.
let last = Promise.resolve();
onmessage = ({ data: { kind, content } }) => {
  last = last.then(() => QUESTIONS[kind](content)).catch((error) => say("error", error.message));
};
