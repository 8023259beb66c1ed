// The explorer in a browser: the frames of a pass, drawn one at a time, and computed anew where
// an input is changed. `mount(root, data)` is all that a page or a notebook calls. What `data`
// holds, `page_data` in explorer.py says; every rule of differentiation in it comes from the one
// table of primitives, and only the values of primitives are written here.

// Numbers. What JSON cannot hold comes as a string that Number reads: NaN, Infinity, -Infinity.

const isNegative = (a) => a < 0 || Object.is(a, -0);

const larger = (a, b) =>
  a === b ? (isNegative(a) ? b : a) : a > b || Number.isNaN(a) ? a : b;

function power(a, b) {
  // IEEE 754: 1 to any power is 1, and -1 to an infinite one; JavaScript says NaN.
  if (a === 1 || (a === -1 && Math.abs(b) === Infinity)) return 1;
  return Math.pow(a, b);
}

function sigmoid(a) {
  if (a >= 0) return 1 / (1 + Math.exp(-a));
  const e = Math.exp(a);
  return e / (1 + e);
}

const FORWARD = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  total: (...terms) => (terms.length ? terms.reduce((a, b) => a + b) : 0),
  neg: (a) => -a,
  divide: (a, b) => a / b,
  constant_power: power,
  pow: power,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  sigmoid,
  tanh: Math.tanh,
  softplus: (a) => (Number.isNaN(a) ? a : Math.log1p(Math.exp(-Math.abs(a))) + (a > 0 ? a : 0)),
  relu: (a) => (a <= 0 ? 0 : a),
  absolute: Math.abs,
  maximum: larger,
  minimum: (a, b) => -larger(-a, -b),
  positive: (a) => (a > 0 ? 1 : 0),
  sign: (a) => (a > 0 ? 1 : a < 0 ? -1 : a === 0 ? 0 : a),
  above: (a, b) => (a > b ? 1 : a === b ? 0.5 : a < b ? 0 : NaN),
  where: (condition, a, b) => (condition !== 0 ? a : b),
  stop_gradient: (a) => a,
};

// The evaluator. A rule is a tree: a number, an operand such as "$0", the result "$y", or a
// primitive and its trees.

function evaluate(tree, operands, result) {
  if (!Array.isArray(tree)) {
    if (tree === "$y") return result;
    return typeof tree === "string" && tree[0] === "$" ? operands[+tree.slice(1)] : Number(tree);
  }
  return FORWARD[tree[0]](...tree.slice(1).map((it) => evaluate(it, operands, result)));
}

function operandsOf(node, values) {
  return node.operands.map((it) => (Array.isArray(it) ? Number(it[0]) : values[it]));
}

// Every value of the graph from those of its leaves; a node beyond the cut keeps its number.
function forwardPass(data, leaves) {
  const values = [];
  data.nodes.forEach((node, i) => {
    const rule = data.rules[node.rule];
    values.push(rule ? evaluate(rule.value, operandsOf(node, values)) : leaves[i]);
  });
  return values;
}

// The frames of both passes, as `frames` in explorer.py lists them.
function framesOf(data, values) {
  const order = data.nodes.map((_, i) => i);
  const output = order.length - 1;
  const gradients = { [output]: 1 };
  const live = new Set([output]);
  const frame = (phase, node, upstream, terms) => ({ phase, node, upstream, terms });
  return [
    ...order.map((node) => frame("forward", node, null, [])),
    frame("seed", output, null, []),
    ...order.reverse().map((i) => {
      const terms = termsOf(data, values, gradients, live, i);
      return frame("backward", i, gradients[i], terms);
    }),
  ];
}

// Nothing comes back along a slope that is 0 by its rule, however large the gradient is; only the
// other slopes make their operand one of the live nodes.
function termsOf(data, values, gradients, live, i) {
  const node = data.nodes[i];
  const rule = data.rules[node.rule];
  if (!rule) return [];
  const operands = operandsOf(node, values);
  const terms = [];
  rule.partials.forEach((partial, operand) => {
    const parent = node.operands[operand];
    if (Array.isArray(parent)) return; // beyond the cut
    const local = evaluate(partial, operands, values[i]);
    const before = gradients[parent] ?? 0;
    const passes = live.has(i) && partial !== 0;
    if (passes) live.add(parent);
    gradients[parent] = before + (passes ? gradients[i] * local : 0);
    terms.push({ parent, operand, local, before, after: gradients[parent] });
  });
  return terms;
}

function decoded(frame) {
  const number = (it) => (it === null ? null : Number(it));
  return {
    ...frame,
    upstream: number(frame.upstream),
    terms: frame.terms.map((it) => ({
      ...it,
      local: number(it.local),
      before: number(it.before),
      after: number(it.after),
    })),
  };
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

// Words. Names of nodes, formulas and numbers as a textbook sets them.

const MINUS = "\u2212";
const INFIX = { "+": 1, "-": 1, "*": 2, "/": 2, "**": 4 };
const GLYPHS = { "+": "+", "-": MINUS, "*": "\u00d7", "/": "\u00f7", "**": "^" };

function numeral(number, digits = 6) {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "\u221e" : `${MINUS}\u221e`;
  return String(Number(number.toPrecision(digits))).replaceAll("-", MINUS);
}

// For narrow places: fewer digits where there are many.
const compact = (number) =>
  [6, 4, 3].map((digits) => numeral(number, digits)).find((it) => it.length < 9) ??
  numeral(number, 3);

const inParentheses = (number, digits) => {
  const text = numeral(number, digits);
  return text[0] === MINUS ? `(${text})` : text;
};

const operatorOf = (notation) => notation.match(/^\{0\} (\S+) \{1\}$/)?.[1];

const isOperand = (tree) => typeof tree === "string" && tree[0] === "$";

function strengthOf(tree, notations) {
  if (!Array.isArray(tree)) return 9;
  const notation = notations[tree[0]];
  return INFIX[operatorOf(notation)] ?? (notation[0] === "-" ? 3 : 9);
}

// A tree as a formula; `names` says what its operands are called, `own` its result.
function formulaOf(tree, names, own, notations) {
  if (tree === "$y") return own;
  if (isOperand(tree)) return names[+tree.slice(1)];
  if (!Array.isArray(tree)) return numeral(Number(tree));
  return setOut(notations[tree[0]], tree.slice(1), names, own, notations);
}

function setOut(notation, trees, names, own, notations) {
  const written = (it, weakest, first) => {
    const text = formulaOf(it, names, own, notations);
    const loose = text[0] === MINUS && (!first || weakest > 2);
    return strengthOf(it, notations) < weakest || loose ? `(${text})` : text;
  };
  const operator = operatorOf(notation);
  if (operator) {
    const strength = INFIX[operator];
    const [left, right] = [written(trees[0], strength, true), written(trees[1], strength + 1)];
    return operator === "**" ? `${left}^${right}` : `${left} ${GLYPHS[operator]} ${right}`;
  }
  if (notation[0] === "-") return MINUS + written(trees[0], 3);
  const operands = trees.map((it) => formulaOf(it, names, own, notations));
  return notation.includes("{1}")
    ? notation.replace(/\{(\d)\}/g, (_, i) => operands[+i])
    : notation.replace("{0}", operands.join(", "));
}

function symbolOf({ notation, parameter }) {
  const operator = operatorOf(notation);
  if (operator === "**" && parameter !== null) return `power ${numeral(Number(parameter))}`;
  return operator ? GLYPHS[operator] : notation[0] === "-" ? MINUS : notation.split("(")[0];
}

// The page. Everything is built once; a step changes texts and classes only.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = { column: 214, row: 96, width: 128, height: 70, margin: 26 };
const SPEEDS = { slow: 2400, normal: 1200, fast: 500, "very fast": 120 };
const MOST_LABELS = 8;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  return filled(made, attributes, children);
}

function drawn(name, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, name), attributes, children);
}

function filled(made, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

function write(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

const css = (...names) => names.filter(Boolean).join(" ");
const span = (name, text) => element("span", { class: name }, text);

function mount(root, data, { keys = root } = {}) {
  const given = data.nodes.map((node) => Number(node.data));
  const state = {
    leaves: [...given],
    values: given,
    frames: data.frames.map(decoded),
    step: 0,
    timer: null,
  };
  const count = data.nodes.length;
  const output = count - 1;

  const isLeaf = (i) => !data.nodes[i].operands.length;
  const nameOf = (i) => data.nodes[i].label ?? `n${i}`;
  // In formulas a leaf without a label is its number.
  const shortOf = (i) =>
    data.nodes[i].label === null && isLeaf(i) ? numeral(state.values[i]) : nameOf(i);
  const kindOf = (i) => (data.nodes[i].label === null ? "leaf" : "input");
  const namesOf = (i) =>
    data.nodes[i].operands.map((it) =>
      Array.isArray(it) ? numeral(Number(it[0])) : shortOf(it),
    );
  const ruleOf = (i) => data.rules[data.nodes[i].rule];
  const composed = (i, names) => {
    const { notation, operands, parameter } = data.nodes[i];
    const trees = [...operands.map((_, n) => `$${n}`), ...(parameter === null ? [] : [parameter])];
    return setOut(notation, trees, names, "", data.notations);
  };
  const formula = (i) => composed(i, namesOf(i));
  const withNumbers = (i) =>
    composed(i, operandsOf(data.nodes[i], state.values).map((it) => numeral(it)));
  const slope = (i, operand) => {
    const partial = ruleOf(i).partials?.[operand];
    return partial === undefined ? "" : formulaOf(partial, namesOf(i), nameOf(i), data.notations);
  };

  // The graph.

  const { width: boxWidth, height: boxHeight } = SIZE;
  const at = ([column, row]) => [
    SIZE.margin + column * SIZE.column,
    SIZE.margin + row * SIZE.row + boxHeight / 2,
  ];
  const width = 2 * SIZE.margin + (data.layout.columns - 1) * SIZE.column + boxWidth;
  const height = 2 * SIZE.margin + (data.layout.rows - 1) * SIZE.row + boxHeight;

  function routeOf(i, operand) {
    const parent = data.nodes[i].operands[operand];
    const many = data.nodes[i].operands.length;
    const [sourceX, sourceY] = at(data.layout.places[parent]);
    const [targetX, targetY] = at(data.layout.places[i]);
    const port = targetY + (operand - (many - 1) / 2) * Math.min(18, (boxHeight - 24) / many);
    const bends = data.layout.bends[i][operand].flatMap((it) => {
      const [x, y] = at(it);
      return [[x, y], [x + boxWidth, y]];
    });
    return [[sourceX + boxWidth, sourceY], ...bends, [targetX - 7, port]];
  }

  function pathOf(points) {
    const [first, ...rest] = points;
    let [x, y] = first;
    const curves = rest.map(([nextX, nextY]) => {
      const middle = (x + nextX) / 2;
      const text = y === nextY
        ? `H${nextX}`
        : `C${middle},${y} ${middle},${nextY} ${nextX},${nextY}`;
      [x, y] = [nextX, nextY];
      return text;
    });
    return `M${first[0]},${first[1]} ${curves.join(" ")}`;
  }

  const edges = data.nodes.map((node, i) =>
    node.operands.map((parent, operand) => {
      if (Array.isArray(parent)) return null;
      const points = routeOf(i, operand);
      const [[fromX, fromY], [toX, toY]] = points.slice(-2);
      return {
        path: drawn("path", { d: pathOf(points), class: "edge" }),
        label: drawn("text", {
          x: (fromX + toX) / 2, y: (fromY + toY) / 2 + 4, class: "slope",
        }),
      };
    }),
  );
  const boxes = data.nodes.map((node, i) => {
    const [x, y] = at(data.layout.places[i]);
    const top = y - boxHeight / 2;
    const middle = x + boxWidth / 2;
    const title = drawn("text", { x: middle, y: top + 22, class: "title" });
    const id = drawn("text", { x: x + boxWidth - 9, y: top + 16, class: "id" });
    const value = drawn("text", { x: middle, y: top + 42, class: "data" });
    const gradient = drawn("text", { x: middle, y: top + 60, class: "gradient" });
    const group = drawn(
      "g",
      { class: "node", onclick: () => jump(i) },
      drawn("rect", { x, y: top, width: boxWidth, height: boxHeight, rx: 12 }),
      title, id, value, gradient,
    );
    const named = node.label !== null;
    const symbol = symbolOf(node);
    const short = (text) => (text.length > 12 ? `${text.slice(0, 11)}\u2026` : text);
    write(title, short(symbol ? (named ? `${node.label} = ${symbol}` : symbol) : (node.label ?? "leaf")));
    if (!named) write(id, `n${i}`);
    if (isLeaf(i)) group.classList.add("leaf");
    return { group, value, gradient };
  });
  const marker = (id, name) =>
    drawn(
      "marker",
      {
        id, class: name, viewBox: "0 0 8 8", refX: 4, refY: 4, orient: "auto-start-reverse",
        markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse",
      },
      drawn("path", { d: "M0,0.5 L8,4 L0,7.5 Z" }),
    );
  const picture = drawn(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`, role: "img",
      style: `width: clamp(${0.85 * width}px, 100%, ${width}px)`,
      "aria-label": `Graph of ${count} nodes; the table below lists them.`,
    },
    drawn("defs", {}, marker("mfp-arrow", "arrow"), marker("mfp-flow", "arrow flow"),
      marker("mfp-pulse", "arrow pulse")),
    drawn("g", {}, ...edges.flat().flatMap((it) => (it ? [it.path] : []))),
    drawn("g", {}, ...boxes.map((it) => it.group)),
    drawn("g", {}, ...edges.flat().flatMap((it) => (it ? [it.label] : []))),
  );
  const stage = element(
    "div",
    { class: "stage", tabindex: 0, role: "region", "aria-label": "Graph" },
    picture,
  );

  // The controls.

  const button = (label, glyph, action, key) =>
    element(
      "button",
      { type: "button", "aria-label": label, title: key ? `${label} (${key})` : label, onclick: action },
      span("glyph", glyph),
    );
  const last = () => state.frames.length - 1;
  const playing = () => state.timer !== null;
  const play = button("Play", "\u25b6", () => toggle(), "space");
  play.classList.add("play");
  const slider = element("input", {
    type: "range", min: 0, max: last(), value: 0, class: "steps", "aria-label": "Step",
    oninput: () => go(+slider.value),
  });
  slider.style.setProperty("--split", `${(100 * (count - 0.5)) / Math.max(1, last())}%`);
  const counter = element("p", { class: "counter" });
  const speed = element(
    "select",
    { onchange: () => playing() && start() },
    ...Object.keys(SPEEDS).map((it) => element("option", { selected: it === "normal" }, it)),
  );
  const chooser = element("select", { onchange: () => jump(+chooser.value) });
  const phases = ["forward", "backward"].map((phase, i) =>
    element(
      "button",
      { type: "button", class: `phase ${phase}`, onclick: () => go(i ? count : 0) },
      i ? "Backward pass" : "Forward pass",
    ),
  );
  const transport = element(
    "section",
    { class: "transport", "aria-label": "Steps" },
    element(
      "div",
      { class: "buttons" },
      button("First step", "\u21e4", () => go(0), "Home"),
      button("Step back", "\u2190", () => go(state.step - 1), "left arrow"),
      play,
      button("Step forward", "\u2192", () => go(state.step + 1), "right arrow"),
      button("Last step", "\u21e5", () => go(last()), "End"),
    ),
    element("div", { class: "track" }, element("div", { class: "phases" }, ...phases), slider),
    counter,
    element(
      "div",
      { class: "choices" },
      element("label", {}, span("caption", "Speed"), speed),
      element("label", {}, span("caption", "Go to node"), chooser),
    ),
  );

  // What happens in this step.

  const heading = element("h2", {});
  const story = element("div", { class: "story" });
  const step = element("section", { class: "card step", "aria-label": "This step" }, heading, story);
  const live = element("p", { class: "unseen", "aria-live": "polite", role: "status" });

  const number = (name, caption, text) =>
    element("span", { class: `figure ${name}` }, span("number", text), span("caption", caption));
  // A sign stays with the number that follows it.
  const signed = (sign, name, caption, text) =>
    element("span", { class: "signed" }, span("sign", sign), number(name, caption, text));

  function termCard(node, upstream, term) {
    const parent = nameOf(term.parent);
    const rule = slope(node, term.operand);
    const shown = numeral(term.local);
    return element(
      "li",
      {},
      element(
        "p",
        { class: "rule" },
        span("local", `\u2202${nameOf(node)} / \u2202${parent}`),
        rule && rule !== shown ? ` = ${rule}` : "",
        " = ",
        span("local", shown),
      ),
      element(
        "p",
        { class: "sum" },
        element("span", { class: "figure whose" }, span("number", "gradient"), span("caption", `of ${parent}`)),
        signed("=", "before", "so far", numeral(term.before)),
        signed("+", "upstream", "upstream", inParentheses(upstream)),
        signed("\u00d7", "local", "local", inParentheses(term.local)),
        signed("=", "after", "now", numeral(term.after)),
      ),
    );
  }

  const outputName = () => (data.nodes[output].label ? nameOf(output) : "the output");

  function forwardStory(i) {
    const value = numeral(state.values[i]);
    if (isLeaf(i)) {
      return [
        `${nameOf(i)} is ${value}`,
        [element("p", {}, `${nameOf(i)} is a leaf of the graph: it is given, not computed.`)],
      ];
    }
    const numbers = withNumbers(i);
    const lines = [formula(i), numbers, value].filter((it, n, all) => it && it !== all[n - 1]);
    return [
      `Compute ${nameOf(i)}`,
      [
        element(
          "p",
          { class: "worked" },
          element("span", {}, nameOf(i)),
          ...lines.map((it, n) =>
            element("span", { class: n === lines.length - 1 ? "data" : "" }, `= ${it}`),
          ),
        ),
        element("p", {}, "Its operands are known, so it can be computed."),
      ],
    ];
  }

  function seedStory(i) {
    return [
      `Start at the output: gradient 1`,
      [
        element("p", { class: "rule" }, span("upstream", `\u2202${nameOf(i)} / \u2202${nameOf(i)} = 1`)),
        element(
          "p",
          {},
          "The output changes exactly as much as itself. From here gradients go backwards: each " +
            "node hands its own on to what it was computed from.",
        ),
      ],
    ];
  }

  function backwardStory({ node, upstream, terms }) {
    const gradient = numeral(upstream);
    const name = nameOf(node);
    if (isLeaf(node)) {
      return [
        `The gradient of ${name} is ${gradient}`,
        [
          element("p", { class: "rule" }, span("upstream", `\u2202${nameOf(output)} / \u2202${name} = ${gradient}`)),
          element(
            "p",
            {},
            `Nothing lies below ${name}, so it is complete` +
              (Number.isFinite(upstream)
                ? `: raise ${name} by a little, and ${outputName()} changes by ${gradient} times as much.`
                : "."),
          ),
        ],
      ];
    }
    const hidden = data.nodes[node].operands.filter(Array.isArray).length;
    return [
      `Pass the gradient of ${name} on`,
      [
        element(
          "p",
          { class: "arrival" },
          `${name} = ${formula(node)} has its whole gradient: `,
          span("upstream", gradient),
          ". Each operand adds upstream \u00d7 local to its own.",
        ),
        element("ol", { class: "terms" }, ...terms.map((it) => termCard(node, upstream, it))),
        hidden ? element("p", { class: "note" }, `${hidden} operands lie beyond the cut.`) : "",
      ],
    ];
  }

  function storyOf(frame) {
    if (frame.phase === "forward") return forwardStory(frame.node);
    return frame.phase === "seed" ? seedStory(frame.node) : backwardStory(frame);
  }

  function spoken({ phase, node, upstream, terms }) {
    const name = nameOf(node);
    if (phase === "forward") return `${name} is ${numeral(state.values[node])}.`;
    if (phase === "seed") return `The gradient of the output ${name} is 1.`;
    if (!terms.length) return `The gradient of ${name} is complete: ${numeral(upstream)}.`;
    const said = terms.map(
      (it) =>
        `gradient of ${nameOf(it.parent)}: ${numeral(it.before)} plus ${numeral(upstream)} ` +
        `times ${numeral(it.local)} is ${numeral(it.after)}`,
    );
    return `From ${name}: ${said.slice(0, MOST_LABELS).join("; ")}.`;
  }

  // The inputs.

  const inputs = data.nodes
    .map((node, i) => ({ node, i }))
    .filter(({ i }) => isLeaf(i))
    .sort((a, b) => (a.node.label === null) - (b.node.label === null));
  const message = element("p", { class: "message", role: "alert" });

  function change(i, text, other) {
    const read = text.trim() === "" ? NaN : Number(text);
    const wrong = !Number.isFinite(read);
    write(message, wrong ? `${nameOf(i)} must be a finite number.` : "");
    if (wrong) return false;
    other.value = read;
    state.leaves[i] = read;
    recompute();
    return true;
  }

  function recompute() {
    state.values = forwardPass(data, state.leaves);
    state.frames = framesOf(data, state.values);
    nameAll();
    show();
  }

  const fields = inputs.map(({ i }) => {
    const name = nameOf(i);
    const start = given[i];
    const reach = Math.max(3, 2 * Math.abs(Number.isFinite(start) ? start : 0));
    const shared = { value: start, step: "any", disabled: !data.editable };
    const field = element("input", {
      ...shared, type: "number", "aria-label": `Value of ${name}`,
      oninput: () => {
        const right = change(i, field.value, drag);
        field.setAttribute("aria-invalid", String(!right));
      },
    });
    const drag = element("input", {
      ...shared, type: "range", min: start - reach, max: start + reach,
      "aria-label": `Drag ${name}`,
      oninput: () => change(i, String(Number(Number(drag.value).toPrecision(4))), field),
    });
    drag.value = start;
    return { i, start, field, drag, row: element("li", {}, span("name", name), field, drag) };
  });
  const reset = element(
    "button",
    {
      type: "button", class: "reset", disabled: !data.editable,
      onclick: () => {
        for (const { i, start, field, drag } of fields) {
          [field.value, drag.value, state.leaves[i]] = [start, start, start];
        }
        write(message, "");
        recompute();
      },
    },
    "Reset",
  );
  const inputCard = element(
    "section",
    { class: "card inputs", "aria-label": "Inputs" },
    element("div", { class: "cardhead" }, element("h2", {}, "Inputs"), reset),
    element(
      "p",
      { class: "hint" },
      data.editable
        ? "Change a number, and both passes are computed again."
        : "This graph has a primitive with no form outside Python, so its numbers are fixed.",
    ),
    element("ul", {}, ...fields.map((it) => it.row)),
    message,
  );

  // The table.

  const rows = data.nodes.map((_, i) => {
    const cells = ["name", "formula", "data", "gradient"].map((it) => element("td", { class: it }));
    const row = element("tr", { onclick: () => jump(i) }, ...cells);
    return { row, cells };
  });
  const table = element(
    "section",
    { class: "card table", "aria-label": "Table so far" },
    element("h2", {}, "The table so far"),
    element(
      "div",
      { class: "rows", tabindex: 0, role: "region", "aria-label": "Rows of the table" },
      element(
        "table",
        {},
        element(
          "thead",
          {},
          element(
            "tr",
            {},
            ...["node", "computed as", "data", "gradient"].map((it) =>
              element("th", { scope: "col" }, it),
            ),
          ),
        ),
        element("tbody", {}, ...rows.map((it) => it.row)),
      ),
    ),
  );

  // The head.

  const title = element("p", { class: "formula" });
  const theme = element(
    "button",
    { type: "button", class: "theme", onclick: () => setTheme(dark() ? "light" : "dark") },
  );
  const dark = () => root.dataset.theme === "dark";
  function setTheme(name) {
    root.dataset.theme = name;
    write(theme, name === "dark" ? "Light theme" : "Dark theme");
  }
  setTheme(window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");

  root.classList.add("mfp-explorer");
  root.append(
    element(
      "header",
      {},
      element("div", {}, element("h1", {}, "Backpropagation, step by step"), title),
      theme,
    ),
    data.note ? element("p", { class: "note" }, data.note) : "",
    stage,
    transport,
    element("div", { class: "panels" }, step, inputCard, table),
    element(
      "p",
      { class: "help" },
      ...[["\u2190", " \u2192", " step"], ["Space", "", " play, pause"], ["Home", " End", " first, last"]]
        .map(([a, b, words]) =>
          element("span", {}, element("kbd", {}, a), b && element("kbd", {}, b.trim()), words)),
      element("span", {}, "Click a node or a row to go to its step."),
    ),
    live,
  );

  // Names and formulas: they change with the numbers of leaves only.

  function nameAll() {
    const whole = data.title ?? data.nodes[output].label;
    const own = isLeaf(output) ? nameOf(output) : formula(output);
    write(title, `${whole ?? own} = ${numeral(state.values[output])}`);
    const options = rows.map(({ cells }, i) => {
      const words = isLeaf(i) ? kindOf(i) : formula(i);
      write(cells[0], nameOf(i));
      write(cells[1], words);
      return element("option", { value: i }, `${nameOf(i)}: ${words}`);
    });
    chooser.replaceChildren(...options);
  }

  // One step: texts and classes of what is there already.

  function show() {
    const frame = state.frames[state.step];
    const forward = frame.phase === "forward";
    const gradients = tableAt(state.frames, count, state.step);
    const changed = new Map(frame.terms.map((it) => [it.parent, it]));
    const complete = forward ? 0 : 2 * count - state.step;

    boxes.forEach(({ group, value, gradient }, i) => {
      const known = !forward || i <= frame.node;
      const classes = css(
        "node",
        isLeaf(i) && "leaf",
        !known && "unknown",
        i === frame.node && `current ${frame.phase}`,
        changed.has(i) && "changed",
      );
      if (group.getAttribute("class") !== classes) group.setAttribute("class", classes);
      write(value, known ? compact(state.values[i]) : "");
      write(gradient, gradients[i] === null ? "" : `grad ${compact(gradients[i])}`);
      const { row, cells } = rows[i];
      const rowClasses = css(i === frame.node && "current", changed.has(i) && "changed", !forward && i >= complete && "complete");
      if (row.className !== rowClasses) row.className = rowClasses;
      if (i === frame.node) row.setAttribute("aria-current", "step");
      else row.removeAttribute("aria-current");
      write(cells[2], known ? numeral(state.values[i]) : "");
      write(cells[3], gradients[i] === null ? "" : numeral(gradients[i]));
    });
    edges.forEach((ofNode, i) => {
      const backwards = frame.phase === "backward" && i === frame.node;
      const classes = css(
        "edge",
        forward && i > frame.node && "unknown",
        forward && i === frame.node && "flow",
        backwards && "pulse",
      );
      ofNode.forEach((edge, operand) => {
        if (!edge) return;
        if (edge.path.getAttribute("class") !== classes) edge.path.setAttribute("class", classes);
        const term = backwards && ofNode.length <= MOST_LABELS
          ? frame.terms.find((it) => it.operand === operand)
          : null;
        write(edge.label, term ? `\u00d7\u202f${compact(term.local)}` : "");
      });
    });

    const [headline, children] = storyOf(frame);
    write(heading, headline);
    story.replaceChildren(...children);
    step.dataset.phase = frame.phase;
    slider.value = state.step;
    const phase = forward ? "forward" : "backward";
    slider.setAttribute("aria-valuetext", `${state.step + 1} of ${last() + 1}, ${phase}: ${headline}`);
    write(counter, `Step ${state.step + 1} of ${last() + 1}`);
    phases.forEach((it, i) => it.setAttribute("aria-pressed", String((i === 0) === forward)));
    chooser.value = frame.node;
    write(live, spoken(frame));
    centre(frame.node);
  }

  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");

  function bring(area, left, top) {
    const behavior = calm.matches || playing() ? "instant" : "smooth";
    area.scrollTo({ left, top, behavior });
  }

  function centre(i) {
    const [x, y] = at(data.layout.places[i]);
    const scale = picture.clientWidth / width || 1;
    bring(
      stage,
      (x + boxWidth / 2) * scale - stage.clientWidth / 2,
      y * scale - stage.clientHeight / 2,
    );
    const { row } = rows[i];
    const area = row.closest(".rows");
    if (area.scrollHeight > area.clientHeight) {
      bring(area, 0, row.offsetTop - area.clientHeight / 2);
    }
  }

  // Moving about.

  function go(step) {
    state.step = Math.min(Math.max(step, 0), last());
    show();
    if (state.step === last()) pause();
  }

  function jump(i) {
    go(state.frames[state.step].phase === "forward" ? i : 2 * count - i);
  }

  function pause() {
    clearInterval(state.timer);
    state.timer = null;
    play.setAttribute("aria-label", "Play");
    write(play.firstChild, "\u25b6");
  }

  function start() {
    pause();
    if (state.step === last()) go(0);
    state.timer = setInterval(() => go(state.step + 1), SPEEDS[speed.value]);
    play.setAttribute("aria-label", "Pause");
    write(play.firstChild, "\u2016");
  }

  function toggle() {
    if (playing()) pause();
    else start();
  }

  const ACTIONS = {
    ArrowRight: () => go(state.step + 1),
    ArrowLeft: () => go(state.step - 1),
    Home: () => go(0),
    End: () => go(last()),
    " ": toggle,
  };

  function onKey(event) {
    // A slider has arrows of its own, but nothing to do with a space.
    const taking = event.key === " " ? "input:not([type=range]), select" : "input, select";
    const own = event.target.closest?.(taking);
    const pressed = event.key === " " && event.target.closest?.("button");
    if (own || pressed || event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(event.key in ACTIONS)) return;
    event.preventDefault();
    ACTIONS[event.key]();
  }

  keys.addEventListener("keydown", onKey);
  nameAll();
  show();
  return () => {
    pause();
    keys.removeEventListener("keydown", onKey);
    root.replaceChildren();
  };
}
