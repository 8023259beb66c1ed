// The penalty and the update of a training. Above stand what primitives compute, the functions of a
// penalty and of an update, and SHAPE, which says how long their arrays are.

const single = new Float64Array(2);
const changing = new Float64Array(2 + SHAPE.memory.length + SHAPE.scalars);
const changed = new Float64Array(2 + SHAPE.memory.length);
const nothing = new Float64Array(0);

export const shape = SHAPE;

// What the optimiser remembers before the first step: an array for each number of a parameter.
export const firstMemory = () =>
  SHAPE.memory.map((start) => new Float64Array(SHAPE.parameters).fill(start));

// The penalty of all parameters, with whose gradient the gradients begin.
function penalised(parameters, gradients) {
  if (!SHAPE.hasPenalty) {
    gradients.fill(0);
    return 0;
  }
  let sum = -0;
  const one = new Float64Array(1);
  for (let i = 0; i < parameters.length; i++) {
    one[0] = parameters[i];
    penalty(nothing, one, nothing, single);
    sum += single[0];
    gradients[i] = single[1];
  }
  return sum;
}

// Moves the parameters, and what is remembered of them. `scalars` are those of the step.
export function change(parameters, gradients, memory, scalars) {
  const kept = SHAPE.memory.length;
  for (let k = 0; k < SHAPE.scalars; k++) changing[2 + kept + k] = scalars[k];
  for (let i = 0; i < parameters.length; i++) {
    changing[0] = parameters[i];
    changing[1] = gradients[i];
    for (let k = 0; k < kept; k++) changing[2 + k] = memory[k][i];
    update(changing, nothing, nothing, changed);
    parameters[i] = changed[1];
    for (let k = 0; k < kept; k++) memory[k][i] = changed[2 + k];
  }
}
