// The passes: every value and every gradient of the graph, computed anew in the browser. A rule is
// a tree: a number, an operand such as "$0", the result "$y", or a primitive and its trees. Every
// rule, of a value or of a derivative, comes from the one table of primitives, and so does FORWARD,
// which says what each primitive computes.

function evaluate(tree, operands, result) {
  if (Array.isArray(tree)) {
    const [name, ...trees] = tree;
    return FORWARD[name](...trees.map((operand) => evaluate(operand, operands, result)));
  }
  if (tree === "$y") return result;
  return isOperand(tree) ? operands[placeOf(tree)] : Number(tree);
}

const isOperand = (tree) => typeof tree === "string" && tree[0] === "$";
const placeOf = (operand) => Number(operand.slice(1));

// A node beyond the cut is no number of a node, but a list of the number that it holds.
const isHidden = (operand) => Array.isArray(operand);

const operandsOf = (node, values) =>
  node.operands.map((operand) => (isHidden(operand) ? Number(operand[0]) : values[operand]));

// Every value of the graph from those of its leaves.
function forwardPass(data, leaves) {
  const values = [];
  data.nodes.forEach((node, i) => {
    const rule = data.rules[node.rule];
    values.push(rule ? evaluate(rule.value, operandsOf(node, values)) : leaves[i]);
  });
  return values;
}

// The frames of both passes, as `frames` in frames.py lists them.
function framesOf(data, values) {
  const order = data.nodes.map((_, i) => i);
  const output = order.length - 1;
  const table = { gradients: { [output]: 1 }, live: new Set([output]) };
  const frame = (phase, node, upstream, terms) => ({ phase, node, upstream, terms });
  return [
    ...order.map((node) => frame("forward", node, null, [])),
    frame("seed", output, null, []),
    ...order.reverse().map((node) => {
      const terms = termsOf(data, values, table, node);
      return frame("backward", node, table.gradients[node], terms);
    }),
  ];
}

// What a node adds to the gradients of its operands, which the table of the pass takes up. Nothing
// comes back along a slope that is 0 by its rule, however large the gradient is; only the other
// slopes make their operand one of the live nodes.
function termsOf(data, values, { gradients, live }, i) {
  const node = data.nodes[i];
  const partials = data.rules[node.rule]?.partials ?? [];
  const operands = operandsOf(node, values);
  return partials.flatMap((partial, operand) => {
    const parent = node.operands[operand];
    if (isHidden(parent)) return [];
    const local = evaluate(partial, operands, values[i]);
    const before = gradients[parent] ?? 0;
    const passes = live.has(i) && partial !== 0;
    if (passes) live.add(parent);
    gradients[parent] = before + (passes ? gradients[i] * local : 0);
    return [{ parent, operand, local, before, after: gradients[parent] }];
  });
}

// What JSON cannot hold comes as a string that Number reads: NaN, Infinity, -Infinity.
function decoded(frame) {
  const terms = frame.terms.map(({ parent, operand, local, before, after }) => ({
    parent,
    operand,
    local: Number(local),
    before: Number(before),
    after: Number(after),
  }));
  return { ...frame, upstream: frame.upstream === null ? null : Number(frame.upstream), terms };
}

// The gradients known after a frame; null for a node that nothing has reached yet.
function tableAt(frames, count, step) {
  const table = Array(count).fill(null);
  for (const { phase, node, terms } of frames.slice(0, step + 1)) {
    if (phase === "seed") table[node] = 1;
    for (const term of terms) table[term.parent] = term.after;
  }
  return table;
}
