// What can be chosen, and how a choice stands in the address: only what differs from the start.

export const START = {
  data: "moons",
  n: 100,
  noise: 0.1,
  hidden: [16, 16],
  activation: "relu",
  loss: "max_margin",
  optimizer: "sgd",
  rate: 0.1,
  l2: 0.0001,
  batch: null,
  seed: 1337,
};

const numbers = (...all) => Object.fromEntries(all.map((it) => [String(it), it]));
const words = (...all) => Object.fromEntries(all.map((it) => [it.replaceAll("_", " "), it]));

// Each with its label, and its choices by what they are called.
export const CHOICES = {
  data: ["Data", words("moons", "circles", "spiral", "xor", "blobs", "checkerboard")],
  n: ["Points", numbers(20, 50, 100, 200, 300)],
  noise: ["Noise", numbers(0, 0.05, 0.1, 0.2, 0.3, 0.5)],
  activation: ["Activation", words("relu", "tanh", "sigmoid", "gelu", "softplus", "identity")],
  loss: ["Loss", words("max_margin", "binary_cross_entropy", "mean_squared_error")],
  optimizer: ["Optimiser", words("sgd", "momentum", "rmsprop", "adam")],
  rate: ["Rate", numbers(0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1)],
  l2: ["L2 penalty", numbers(0, 0.0001, 0.001, 0.01, 0.1)],
  batch: ["Batch", { all: null, ...numbers(1, 5, 10, 20, 50) }],
  seed: ["Seed", numbers(1337, 1, 2, 3, 4, 5)],
};

export const MOST_LAYERS = 4;
export const MOST_NEURONS = 16;

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

export const isStart = (config) => Object.keys(START).every((key) => same(config[key], START[key]));

export function toHash(config, step) {
  const told = Object.keys(START).filter((key) => !same(config[key], START[key]));
  const pairs = told.map((key) => [key, String(config[key] ?? "all")]);
  if (step) pairs.push(["step", String(step)]);
  return new URLSearchParams(pairs).toString();
}

// What an address says; what it cannot mean is left as it is at the start.
export function fromHash(hash) {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  const config = { ...START };
  for (const [key, [, choices]] of Object.entries(CHOICES)) {
    const found = Object.entries(choices).find(([, it]) => String(it ?? "all") === told.get(key));
    if (found) config[key] = found[1];
  }
  if (told.has("hidden")) config.hidden = layersOf(told.get("hidden"));
  const step = Number(told.get("step"));
  return { config, step: Number.isInteger(step) && step > 0 ? Math.min(step, 100_000) : 0 };
}

function layersOf(text) {
  const widths = text === "" ? [] : text.split(",").map(Number);
  const fits = (it) => Number.isInteger(it) && it >= 1 && it <= MOST_NEURONS;
  return widths.length <= MOST_LAYERS && widths.every(fits) ? widths : START.hidden;
}
