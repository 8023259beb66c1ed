// The loss of a batch of examples, by the function of one example.

const inputs = new Float64Array(SHAPE.columns + SHAPE.targets + 1);
const outputs = new Float64Array(1 + SHAPE.scores);

// The loss of a batch; its gradient is written into `gradients`, the outputs of the model into
// `scores`. A row holds the columns of an example and then its targets. The examples come from last
// to first, the sum of their costs in order, so that the bits are those of microfp.
export function measure(parameters, rows, gradients, scores) {
  let penalty = penalised(parameters, gradients);
  const width = SHAPE.columns + SHAPE.targets;
  const count = rows.length / width;
  const costs = new Float64Array(count);
  inputs[width] = 1 / count;
  for (let i = count - 1; i >= 0; i--) {
    for (let k = 0; k < width; k++) inputs[k] = rows[i * width + k];
    example(inputs, parameters, gradients, outputs);
    costs[i] = outputs[0];
    for (let k = 0; k < SHAPE.scores; k++) scores[i * SHAPE.scores + k] = outputs[1 + k];
  }
  const data = costs.reduce((sum, cost) => sum + cost) * inputs[width];
  return { loss: data + penalty, data, penalty };
}
