// The view: what a person sees. Everything is built once; a step changes texts and classes only.
// `viewOf` builds it, and gives its parts; `nameAll` and `show` write a state into them. What is
// clicked calls one of the `actions` that controls.js has.

const SVG = "http://www.w3.org/2000/svg";
const SIZE = { column: 214, row: 96, width: 128, height: 70, margin: 26 };
const TALL = { across: 152, along: 122 }; // the distances where the graph goes down the page
const LEAST = 0.7; // the least scale at which all is easily read
const MOST_LABELS = 8;

// Elements.

const element = (name, attributes = {}, ...children) =>
  filled(document.createElement(name), attributes, children);

const drawn = (name, attributes = {}, ...children) =>
  filled(document.createElementNS(SVG, name), attributes, children);

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

function classify(target, ...names) {
  const classes = names.filter(Boolean).join(" ");
  if ((target.getAttribute("class") ?? "") !== classes) target.setAttribute("class", classes);
}

const span = (name, text) => element("span", { class: name }, text);

// The picture of the graph. It goes to the right, or down the page where that is narrow.

const placed = ([column, row], isTall) =>
  isTall
    ? [SIZE.margin + row * TALL.across, SIZE.margin + column * TALL.along]
    : [SIZE.margin + column * SIZE.column, SIZE.margin + row * SIZE.row];

const sizeOf = ({ columns, rows }, isTall) => {
  const [right, bottom] = placed([columns - 1, rows - 1], isTall);
  return { width: right + SIZE.width + SIZE.margin, height: bottom + SIZE.height + SIZE.margin };
};

// The points of an edge: where its operand ends, its bends, and its port at the node.
function routeOf({ nodes, layout }, i, operand, isTall) {
  const many = nodes[i].operands.length;
  const [sourceX, sourceY] = placed(layout.places[nodes[i].operands[operand]], isTall);
  const [targetX, targetY] = placed(layout.places[i], isTall);
  const [length, breadth] = isTall ? [SIZE.height, SIZE.width] : [SIZE.width, SIZE.height];
  const port = (operand - (many - 1) / 2) * Math.min(18, (breadth - 24) / many);
  const out = ([x, y], along, aside) => (isTall ? [x + aside, y + along] : [x + along, y + aside]);
  const bends = layout.bends[i][operand].flatMap((place) => {
    const corner = placed(place, isTall);
    return [out(corner, 0, breadth / 2), out(corner, length, breadth / 2)];
  });
  return [
    out([sourceX, sourceY], length, breadth / 2),
    ...bends,
    out([targetX, targetY], -7, breadth / 2 + port),
  ];
}

function pathOf(points, isTall) {
  const curves = points.slice(1).map(([nextX, nextY], i) => {
    const [x, y] = points[i];
    if (isTall) {
      const middle = (y + nextY) / 2;
      return x === nextX ? `V${nextY}` : `C${x},${middle} ${nextX},${middle} ${nextX},${nextY}`;
    }
    const middle = (x + nextX) / 2;
    return y === nextY ? `H${nextX}` : `C${middle},${y} ${middle},${nextY} ${nextX},${nextY}`;
  });
  return `M${points[0][0]},${points[0][1]} ${curves.join(" ")}`;
}

function placeEdge({ path, label }, data, i, operand, isTall) {
  const points = routeOf(data, i, operand, isTall);
  const [[fromX, fromY], [toX, toY]] = points.slice(-2);
  path.setAttribute("d", pathOf(points, isTall));
  label.setAttribute("x", (fromX + toX) / 2);
  label.setAttribute("y", (fromY + toY) / 2 + 4);
}

const edgeOf = () => ({ path: drawn("path", { class: "edge" }), label: drawn("text", { class: "slope" }) });

// The caption stands in the middle, or beside the number of the node where both have no room.
function captionOf(node, i) {
  const symbol = symbolOf(node).replace("power ", "^");
  const text = !symbol
    ? (node.label ?? node.kind)
    : node.label === null ? symbol : `${node.label} = ${symbol}`;
  const id = node.label === null ? `n${i}` : "";
  const [letter, digit] = [9.4, 7.2]; // a little more than the widest fonts take
  const taken = id ? id.length * digit + 13 : 8;
  const room = SIZE.width - taken - 8;
  const most = Math.floor(room / letter);
  const shown = text.length > most ? `${text.slice(0, most - 1)}\u2026` : text;
  const isFree = shown.length * letter < SIZE.width - 2 * taken;
  return { id, text: shown, middle: isFree ? SIZE.width / 2 : 8 + room / 2 };
}

function boxOf(data, i, actions) {
  const caption = captionOf(data.nodes[i], i);
  const line = (name, y, x = SIZE.width / 2) => drawn("text", { x, y, class: name });
  const title = line("title", 22, caption.middle);
  const id = line("id", 16, SIZE.width - 9);
  const [value, gradient] = [line("data", 42), line("gradient", 60)];
  const group = drawn(
    "g",
    { class: "node", onclick: () => actions.jump(i) },
    drawn("rect", { width: SIZE.width, height: SIZE.height, rx: 12 }),
    title, id, value, gradient,
  );
  write(title, caption.text);
  write(id, caption.id);
  return { group, value, gradient };
}

const markerOf = (id, name) =>
  drawn(
    "marker",
    {
      id, class: name, viewBox: "0 0 8 8", refX: 4, refY: 4, orient: "auto-start-reverse",
      markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse",
    },
    drawn("path", { d: "M0,0.5 L8,4 L0,7.5 Z" }),
  );

function pictureOf(data, actions) {
  const boxes = data.nodes.map((_, i) => boxOf(data, i, actions));
  const edges = data.nodes.map((node) =>
    node.operands.map((parent) => (isHidden(parent) ? null : edgeOf())),
  );
  const shown = edges.flat().filter((edge) => edge !== null);
  const svg = drawn(
    "svg",
    { role: "img", "aria-label": `Graph of ${boxes.length} nodes; the table below lists them.` },
    drawn("defs", {}, markerOf("mfp-arrow", "arrow"), markerOf("mfp-flow", "arrow flow"),
      markerOf("mfp-pulse", "arrow pulse")),
    drawn("g", {}, ...shown.map((edge) => edge.path)),
    drawn("g", {}, ...boxes.map((box) => box.group)),
    drawn("g", {}, ...shown.map((edge) => edge.label)),
  );
  const about = { class: "stage", tabindex: 0, role: "region", "aria-label": "Graph" };
  const picture = { stage: element("div", about, svg), svg, boxes, edges, scale: null };
  const zoom = (label, text, change) =>
    element("button", { type: "button", "aria-label": label, title: label, onclick: () => {
      change();
      resize(picture, data);
    } }, text);
  picture.zooms = element(
    "div",
    { class: "zooms", role: "group", "aria-label": "Size of the graph" },
    zoom("Smaller", MINUS, () => (picture.scale = picture.shown / 1.25)),
    zoom("Fit", "Fit", () => (picture.scale = picture.fit)),
    zoom("Larger", "+", () => (picture.scale = Math.min(3, picture.shown * 1.25))),
  );
  arrange(picture, data, false);
  return picture;
}

// Puts all in its place.
function arrange(picture, data, isTall) {
  picture.isTall = isTall;
  picture.size = sizeOf(data.layout, isTall);
  picture.boxes.forEach(({ group }, i) => {
    const [x, y] = placed(data.layout.places[i], isTall);
    group.setAttribute("transform", `translate(${x} ${y})`);
  });
  picture.edges.forEach((edges, i) =>
    edges.forEach((edge, operand) => edge && placeEdge(edge, data, i, operand, isTall)),
  );
  picture.svg.setAttribute("viewBox", `0 0 ${picture.size.width} ${picture.size.height}`);
}

// As large as its column has room for, but no smaller than can be read; or as somebody has chosen.
function resize(picture, data) {
  const room = picture.stage.clientWidth;
  if (!room) return;
  const [wide, tall] = [false, true].map((it) => room / sizeOf(data.layout, it).width);
  const isTall = wide < LEAST && tall > wide && data.nodes.length <= 60;
  if (isTall !== picture.isTall) arrange(picture, data, isTall);
  const { width, height } = picture.size;
  const most = parseFloat(getComputedStyle(picture.stage).maxHeight) || Infinity;
  picture.fit = Math.min(1, room / width, most / height);
  picture.shown = picture.scale ?? Math.min(1, Math.max(room / width, LEAST));
  picture.svg.style.width = `${Math.floor(picture.shown * width)}px`;
  picture.stage.dataset.scale = picture.shown.toFixed(3);
}

// The story of a step: a headline, and what stands below it.

function termCard(state, node, upstream, term) {
  const { data } = state;
  const parent = nameOf(data, term.parent);
  const rule = slopeAt(state, node, term.operand);
  const local = numeral(term.local);
  return element(
    "li",
    {},
    element(
      "p",
      { class: "rule" },
      span("local", `\u2202${nameOf(data, node)} / \u2202${parent}`),
      rule && rule !== local ? ` = ${rule}` : "",
      " = ",
      span("local", local),
    ),
    sumOf(parent, upstream, term),
  );
}

function sumOf(parent, upstream, term) {
  return element(
    "p",
    { class: "sum" },
    figure("whose", `of ${parent}`, "gradient"),
    signed("=", "before", "so far", numeral(term.before)),
    signed("+", "upstream", "upstream", inParentheses(upstream)),
    signed("\u00d7", "local", "local", inParentheses(term.local)),
    signed("=", "after", "now", numeral(term.after)),
  );
}

const figure = (name, caption, text) =>
  element("span", { class: `figure ${name}` }, span("number", text), span("caption", caption));

// A sign stays with the number that follows it.
const signed = (sign, name, caption, text) =>
  element("span", { class: "signed" }, span("sign", sign), figure(name, caption, text));

function leafStory({ data, values }, i) {
  const text = `${nameOf(data, i)} is a leaf of the graph: it is given, not computed.`;
  return [`${nameOf(data, i)} is ${numeral(values[i])}`, [element("p", {}, text)]];
}

function forwardStory(state, i) {
  const name = nameOf(state.data, i);
  const lines = [formulaAt(state, i), numbersAt(state, i), numeral(state.values[i])].filter(
    (line, place, all) => line && line !== all[place - 1],
  );
  const worked = lines.map((line, place) =>
    element("span", { class: place === lines.length - 1 ? "data" : "" }, `= ${line}`),
  );
  return [
    `Compute ${name}`,
    [
      element("p", { class: "worked" }, element("span", {}, name), ...worked),
      element("p", {}, "Its operands are known, so it can be computed."),
    ],
  ];
}

function seedStory({ data }, i) {
  const name = nameOf(data, i);
  return [
    "Start at the output: gradient 1",
    [
      element("p", { class: "rule" }, span("upstream", `\u2202${name} / \u2202${name} = 1`)),
      element(
        "p",
        {},
        "The output changes exactly as much as itself. From here gradients go backwards: each " +
          "node hands its own on to what it was computed from.",
      ),
    ],
  ];
}

function arrivalStory({ data }, { node, upstream }) {
  const [name, gradient] = [nameOf(data, node), numeral(upstream)];
  const output = nameOf(data, outputOf(data));
  const meaning = Number.isFinite(upstream)
    ? `: raise ${name} by a little, and ${outputName(data)} changes by ${gradient} times as much.`
    : ".";
  return [
    `The gradient of ${name} is ${gradient}`,
    [
      element(
        "p",
        { class: "rule" },
        span("upstream", `\u2202${output} / \u2202${name} = ${gradient}`),
      ),
      element("p", {}, `Nothing lies below ${name}, so it is complete${meaning}`),
    ],
  ];
}

function backwardStory(state, { node, upstream, terms }) {
  const name = nameOf(state.data, node);
  const hidden = state.data.nodes[node].operands.filter(isHidden).length;
  const cards = terms.map((term) => termCard(state, node, upstream, term));
  return [
    `Pass the gradient of ${name} on`,
    [
      element(
        "p",
        { class: "arrival" },
        `${name} = ${formulaAt(state, node)} has its whole gradient: `,
        span("upstream", numeral(upstream)),
        ". Each operand adds upstream \u00d7 local to its own.",
      ),
      element("ol", { class: "terms" }, ...cards),
      hidden ? element("p", { class: "note" }, `${hidden} operands lie beyond the cut.`) : "",
    ],
  ];
}

function storyOf(state, frame) {
  const leaf = isLeaf(state.data, frame.node);
  if (frame.phase === "seed") return seedStory(state, frame.node);
  if (frame.phase === "forward") return (leaf ? leafStory : forwardStory)(state, frame.node);
  return (leaf ? arrivalStory : backwardStory)(state, frame);
}

// The same in one sentence, for those who listen.
function spoken({ data, values }, { phase, node, upstream, terms }) {
  const name = nameOf(data, node);
  if (phase === "forward") return `${name} is ${numeral(values[node])}.`;
  if (phase === "seed") return `The gradient of the output ${name} is 1.`;
  if (!terms.length) return `The gradient of ${name} is complete: ${numeral(upstream)}.`;
  const said = terms.map(
    ({ parent, before, local, after }) =>
      `gradient of ${nameOf(data, parent)}: ${numeral(before)} plus ${numeral(upstream)} ` +
      `times ${numeral(local)} is ${numeral(after)}`,
  );
  return `From ${name}: ${said.slice(0, MOST_LABELS).join("; ")}.`;
}

function storyCard() {
  const heading = element("h2", {});
  const story = element("div", { class: "story" });
  const about = { class: "card step", "aria-label": "This step" };
  const live = element("p", { class: "unseen", "aria-live": "polite", role: "status" });
  return { section: element("section", about, heading, story), heading, story, live };
}

// The table.

function rowOf(i, actions) {
  const cells = ["name", "formula", "data", "gradient"].map((name) => element("td", { class: name }));
  return { row: element("tr", { onclick: () => actions.jump(i) }, ...cells), cells };
}

function tableOf(data, actions) {
  const rows = data.nodes.map((_, i) => rowOf(i, actions));
  const heads = ["node", "computed as", "data", "gradient"].map((text) =>
    element("th", { scope: "col" }, text),
  );
  const table = element(
    "table",
    { class: "nodes" },
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...rows.map(({ row }) => row)),
  );
  const about = { class: "rows", tabindex: 0, role: "region", "aria-label": "Rows of the table" };
  const area = element("div", about, table);
  const section = element(
    "section",
    { class: "card table", "aria-label": "Table so far" },
    element("h2", {}, "The table so far"),
    area,
  );
  return { section, area, rows };
}

// Names and formulas: they change with the numbers of leaves only.

function nameAll({ head, table, transport }, state) {
  const { data, values } = state;
  const output = outputOf(data);
  const own = isLeaf(data, output) ? nameOf(data, output) : formulaAt(state, output);
  const whole = data.title ?? data.nodes[output].label ?? own;
  write(head.title, `${whole} = ${numeral(values[output])}`);
  const options = table.rows.map(({ cells: [name, formula] }, i) => {
    const words = isLeaf(data, i) ? kindOf(data, i) : formulaAt(state, i);
    write(name, nameOf(data, i));
    write(formula, words);
    return element("option", { value: i }, `${nameOf(data, i)}: ${words}`);
  });
  transport.chooser.replaceChildren(...options);
}

// One step. What a node looks like then: whether its value is known, whether it is at work, whether
// its gradient changes, whether that is complete, and what it is.

function looksOf({ data, frames, step }) {
  const frame = frames[step];
  const count = data.nodes.length;
  const forward = frame.phase === "forward";
  const gradients = tableAt(frames, count, step);
  const changed = new Set(frame.terms.map(({ parent }) => parent));
  return data.nodes.map((_, i) => ({
    known: !forward || i <= frame.node,
    current: i === frame.node,
    changed: changed.has(i),
    complete: !forward && i >= 2 * count - step,
    gradient: gradients[i],
  }));
}

function show(view, state, { still }) {
  const frame = state.frames[state.step];
  looksOf(state).forEach((look, i) => {
    showBox(view.picture.boxes[i], state, i, look);
    showRow(view.table.rows[i], state.values[i], look);
  });
  view.picture.edges.forEach((edges, i) => showEdges(edges, frame, i));
  const headline = showStory(view.story, state, frame);
  showTransport(view.transport, state, headline);
  centre(view, state.data, frame.node, still ? "instant" : "smooth");
}

function showBox({ group, value, gradient }, { data, frames, step, values }, i, look) {
  classify(
    group,
    "node",
    isLeaf(data, i) && `leaf ${kindOf(data, i)}`,
    !look.known && "unknown",
    look.current && `current ${frames[step].phase}`,
    look.changed && "changed",
  );
  write(value, look.known ? compact(values[i]) : "");
  write(gradient, look.gradient === null ? "" : `grad ${compact(look.gradient)}`);
}

function showRow({ row, cells }, value, look) {
  classify(row, look.current && "current", look.changed && "changed", look.complete && "complete");
  if (look.current) row.setAttribute("aria-current", "step");
  else row.removeAttribute("aria-current");
  write(cells[2], look.known ? numeral(value) : "");
  write(cells[3], look.gradient === null ? "" : numeral(look.gradient));
}

// The edges that end at a node; in the backward phase their labels hold the local slopes.
function showEdges(edges, { phase, node, terms }, i) {
  const forward = phase === "forward";
  const backwards = phase === "backward" && i === node;
  const labelled = backwards && edges.length <= MOST_LABELS;
  edges.forEach((edge, operand) => {
    if (!edge) return;
    classify(
      edge.path,
      "edge",
      forward && i > node && "unknown",
      forward && i === node && "flow",
      backwards && "pulse",
    );
    const term = labelled ? terms.find((each) => each.operand === operand) : null;
    write(edge.label, term ? `\u00d7\u202f${compact(term.local)}` : "");
  });
}

function showStory({ section, heading, story, live }, state, frame) {
  const [headline, children] = storyOf(state, frame);
  write(heading, headline);
  story.replaceChildren(...children);
  section.dataset.phase = frame.phase;
  write(live, spoken(state, frame));
  return headline;
}

function showTransport({ slider, counter, phases, chooser }, { frames, step }, headline) {
  const forward = frames[step].phase === "forward";
  const place = `${step + 1} of ${frames.length}`;
  const phase = forward ? "forward" : "backward";
  slider.value = step;
  slider.setAttribute("aria-valuetext", `${place}, ${phase}: ${headline}`);
  write(counter, `Step ${place}`);
  phases.forEach((button, i) => button.setAttribute("aria-pressed", String((i === 0) === forward)));
  chooser.value = frames[step].node;
}

// The node at work comes to the middle of the picture, its row to the middle of the table.
function centre({ picture, table }, data, i, behavior) {
  const { stage, svg, size, isTall } = picture;
  const [x, y] = placed(data.layout.places[i], isTall);
  const scale = svg.clientWidth / size.width || 1;
  stage.scrollTo({
    left: (x + SIZE.width / 2) * scale - stage.clientWidth / 2,
    top: (y + SIZE.height / 2) * scale - stage.clientHeight / 2,
    behavior,
  });
  const { area, rows } = table;
  if (area.scrollHeight > area.clientHeight) {
    area.scrollTo({ left: 0, top: rows[i].row.offsetTop - area.clientHeight / 2, behavior });
  }
}
