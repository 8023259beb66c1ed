// Words: names of nodes, formulas and numbers as a textbook sets them. A `state` is what a page
// shows at one moment: { data, leaves, values, frames, step }.

const MINUS = "\u2212";
const INFIX = { "+": 1, "-": 1, "*": 2, "/": 2, "**": 4 };
const GLYPHS = { "+": "+", "-": MINUS, "*": "\u00d7", "/": "\u00f7", "**": "^" };

// Numbers.

function numeral(number, digits = 6) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "\u221e" : `${MINUS}\u221e`;
  return String(Number(number.toPrecision(digits))).replaceAll("-", MINUS);
}

// For narrow places: fewer digits where there are many.
const compact = (number) =>
  [6, 4, 3].map((digits) => numeral(number, digits)).find((text) => text.length < 9) ??
  numeral(number, 3);

const inParentheses = (number, digits) => {
  const text = numeral(number, digits);
  return text[0] === MINUS ? `(${text})` : text;
};

// Trees. `words` says what stands in their places: { names, own, notations }, the names of the
// operands, that of the result, and the formula of each primitive.

const operatorOf = (notation) => notation.match(/^\{0\} (\S+) \{1\}$/)?.[1];

function strengthOf(tree, notations) {
  if (!Array.isArray(tree)) return 9;
  const notation = notations[tree[0]];
  return INFIX[operatorOf(notation)] ?? (notation[0] === "-" ? 3 : 9);
}

function formulaOf(tree, words) {
  if (tree === "$y") return words.own;
  if (isOperand(tree)) return words.names[placeOf(tree)];
  if (!Array.isArray(tree)) return numeral(Number(tree));
  const [name, ...trees] = tree;
  return setOut(words.notations[name], trees, words);
}

function setOut(notation, trees, words) {
  const operator = operatorOf(notation);
  if (operator) return infix(operator, trees, words);
  if (notation[0] === "-") return MINUS + inside(trees[0], 3, words);
  const operands = trees.map((tree) => formulaOf(tree, words));
  return notation.includes("{1}")
    ? notation.replace(/\{(\d)\}/g, (_, place) => operands[Number(place)])
    : notation.replace("{0}", operands.join(", "));
}

function infix(operator, trees, words) {
  const strength = INFIX[operator];
  const left = inside(trees[0], strength, words, { first: true });
  const right = inside(trees[1], strength + 1, words);
  return operator === "**" ? `${left}^${right}` : `${left} ${GLYPHS[operator]} ${right}`;
}

// An operand, in parentheses where it binds too weakly for its place or begins with a minus.
function inside(tree, weakest, words, { first = false } = {}) {
  const text = formulaOf(tree, words);
  const loose = text[0] === MINUS && (!first || weakest > 2);
  return strengthOf(tree, words.notations) < weakest || loose ? `(${text})` : text;
}

function symbolOf({ notation, parameter }) {
  const operator = operatorOf(notation);
  if (operator === "**" && parameter !== null) return `power ${numeral(Number(parameter), 3)}`;
  return operator ? GLYPHS[operator] : notation[0] === "-" ? MINUS : notation.split("(")[0];
}

// Nodes.

const isLeaf = (data, i) => !data.nodes[i].operands.length;
const kindOf = (data, i) => data.nodes[i].kind;
const nameOf = (data, i) => data.nodes[i].label ?? `n${i}`;

const outputOf = (data) => data.nodes.length - 1;
const outputName = (data) =>
  data.nodes[outputOf(data)].label ? nameOf(data, outputOf(data)) : "the output";

// In formulas a leaf without a label is its number.
const shortOf = ({ data, values }, i) =>
  data.nodes[i].label === null && isLeaf(data, i) ? numeral(values[i]) : nameOf(data, i);

const namesOf = (state, i) =>
  state.data.nodes[i].operands.map((operand) =>
    isHidden(operand) ? numeral(Number(operand[0])) : shortOf(state, operand),
  );

function composed(data, i, names) {
  const { notation, operands, parameter } = data.nodes[i];
  const trees = operands.map((_, place) => `$${place}`);
  if (parameter !== null) trees.push(parameter);
  return setOut(notation, trees, { names, own: "", notations: data.notations });
}

const formulaAt = (state, i) => composed(state.data, i, namesOf(state, i));

const numbersAt = ({ data, values }, i) =>
  composed(data, i, operandsOf(data.nodes[i], values).map((number) => numeral(number)));

// The rule of a partial derivative; nothing where only Python knows it.
function slopeAt(state, i, operand) {
  const { data } = state;
  const partial = data.rules[data.nodes[i].rule].partials?.[operand];
  const words = { names: namesOf(state, i), own: nameOf(data, i), notations: data.notations };
  return partial === undefined ? "" : formulaOf(partial, words);
}
