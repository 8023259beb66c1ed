// The loss of a batch of sequences, by the function of one sequence.

const unknown = new Float64Array(SHAPE.columns); // targets, where nobody asks what a sequence costs
const each = SHAPE.scores / SHAPE.columns; // scores of a position

const scoresOf = (t) => N.subarray(scoresAt(t), scoresAt(t) + each);

// The scores of what comes after each of some tokens, position by position.
export function read(parameters, tokens) {
  computed(tokens, unknown, tokens.length, parameters);
  return Array.from(tokens, (_, t) => scoresOf(t).slice());
}

// As of examples. A row holds the tokens of a sequence and then its targets, and -1 behind either
// where it is shorter; the scores of its positions are written one after the other.
export function measure(parameters, rows, gradients, scores) {
  const penalty = penalised(parameters, gradients);
  const width = SHAPE.columns;
  const count = rows.length / (2 * width);
  const costs = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(2 * width * i, 2 * width * (i + 1));
    const first = row.indexOf(-1);
    const length = first < 0 || first > width ? width : first;
    costs[i] = sequence(row, row.subarray(width), length, 1 / count, parameters, gradients);
    for (let t = 0; t < length; t++) scores.set(scoresOf(t), SHAPE.scores * i + each * t);
  }
  const data = costs.reduce((sum, cost) => sum + cost) * (1 / count);
  return { loss: data + penalty, data, penalty };
}
