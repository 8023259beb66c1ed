// The network: a button a neuron, over a canvas with the edges. Neurons are numbered through from the
// first hidden layer to the output; the places of weights are those of `nn.parameters`.
import { colours, drawEdges, largestOf, mapped } from "./drawing.js";

const MINUS = "\u2212";
export const numeral = (it) =>
  Number.isFinite(it) ? String(Number(it.toPrecision(4))).replace("-", MINUS) : String(it);

const made = (name, properties = {}, ...children) => {
  const found = Object.assign(document.createElement(name), properties);
  found.append(...children);
  return found;
};

// Every neuron with its layer, its place in it, and where its weights begin.
export function neuronsOf(widths) {
  const found = [];
  let place = 0;
  widths.slice(1).forEach((width, layer) => {
    for (let i = 0; i < width; i++) {
      found.push({ layer, i, inputs: widths[layer], place });
      place += widths[layer] + 1;
    }
  });
  return found;
}

export const inputName = (layer, k) => (layer === 0 ? ["x", "y"][k] : `h${layer}.${k + 1}`);
export const nameOf = ({ layer, i }, widths) =>
  layer === widths.length - 2 ? "score" : `h${layer + 1}.${i + 1}`;

export class Network {
  constructor(root, choose) {
    this.edgesCanvas = made("canvas", { className: "pg-edges" });
    this.edgesCanvas.setAttribute("aria-hidden", "true");
    this.nodes = made("div", { className: "pg-nodes" });
    this.tip = made("output", { className: "pg-tip", hidden: true });
    root.append(this.edgesCanvas, this.nodes, this.tip);
    this.root = root;
    this.choose = choose;
    root.addEventListener("pointermove", (event) => this.over(event));
    root.addEventListener("pointerleave", () => this.showEdge(null));
    new ResizeObserver(() => this.place()).observe(root);
  }

  build(widths) {
    this.widths = widths;
    this.neurons = neuronsOf(widths);
    this.maps = [];
    const layers = widths.map((width, layer) =>
      made("div", { className: "pg-layer" }, ...Array.from({ length: width }, (_, i) => this.node(layer, i))),
    );
    this.nodes.replaceChildren(...layers);
    this.place();
  }

  node(layer, i) {
    if (layer === 0) return made("span", { className: "pg-node pg-input" }, ["x", "y"][i]);
    const number = this.neurons.findIndex((it) => it.layer === layer - 1 && it.i === i);
    const canvas = made("canvas", { width: 18, height: 18 });
    this.maps[number] = canvas;
    const name = nameOf(this.neurons[number], this.widths);
    const button = made("button", { type: "button", className: "pg-node", title: name }, canvas);
    button.setAttribute("aria-label", `Neuron ${name}`);
    button.setAttribute("aria-pressed", "false");
    const choose = () => this.choose(number);
    Object.assign(button, { onclick: choose, onfocus: choose, onpointerenter: choose });
    return button;
  }

  // Where the edges begin and end.
  place() {
    if (!this.widths) return;
    const most = Math.max(...this.widths);
    const size = Math.max(16, Math.min(38, Math.floor(this.root.clientHeight / most) - 4));
    this.root.style.setProperty("--node", `${size}px`);
    const base = this.root.getBoundingClientRect();
    const boxes = [...this.nodes.children].map((layer) =>
      [...layer.children].map((it) => it.getBoundingClientRect()),
    );
    this.edges = this.neurons.flatMap(({ layer, i, inputs, place }) =>
      Array.from({ length: inputs }, (_, k) => {
        const [from, to] = [boxes[layer][k], boxes[layer + 1][i]];
        return {
          place: place + k,
          name: `${inputName(layer, k)} \u2192 ${nameOf({ layer, i }, this.widths)}`,
          x1: from.right - base.left,
          y1: from.top + from.height / 2 - base.top,
          x2: to.left - base.left,
          y2: to.top + to.height / 2 - base.top,
        };
      }),
    );
    this.draw();
  }

  show(state, chosen) {
    this.state = state;
    const { smallGrid: size, small } = state;
    const palette = colours();
    this.maps.forEach((canvas, k) => {
      const numbers = small.subarray(k * size * size, (k + 1) * size * size);
      mapped(canvas, size, numbers, largestOf(numbers), palette);
      canvas.parentElement.setAttribute("aria-pressed", String(k === chosen));
    });
    this.draw();
    if (this.edge) this.showEdge(this.edge);
  }

  draw() {
    if (this.edges) drawEdges(this.edgesCanvas, this.edges, this.state?.parameters, this.edge);
  }

  // The edge under the pointer, if one is near.
  over(event) {
    if (!this.state || event.target.closest("button")) return this.showEdge(null);
    const base = this.root.getBoundingClientRect();
    const [x, y] = [event.clientX - base.left, event.clientY - base.top];
    let [nearest, least] = [null, 8];
    for (const edge of this.edges) {
      const t = (x - edge.x1) / (edge.x2 - edge.x1);
      if (t < 0 || t > 1) continue;
      const smooth = t * t * (3 - 2 * t); // near enough to the curve that is drawn
      const distance = Math.abs(y - edge.y1 - smooth * (edge.y2 - edge.y1));
      if (distance < least) [nearest, least] = [edge, distance];
    }
    this.tip.style.translate = `${Math.min(x + 12, base.width - 190)}px ${y + 14}px`;
    this.showEdge(nearest);
  }

  showEdge(edge) {
    const { parameters, gradients } = this.state ?? {};
    const changes = edge !== this.edge;
    this.edge = edge;
    this.tip.hidden = !edge;
    if (edge) {
      const [weight, gradient] = [parameters[edge.place], gradients[edge.place]];
      this.tip.textContent = `${edge.name}: weight ${numeral(weight)}, gradient ${numeral(gradient)}`;
    }
    if (changes) this.draw();
  }
}
