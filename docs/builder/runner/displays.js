// How a page shows what Python comes to: an element for each kind, which may have `redraw`, to show
// other content in its place.
const near = (name) => new URL(name, import.meta.url);

export const element = (name, properties, ...children) => {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
};

const theme = () => (document.body.dataset.mdColorScheme === "slate" ? "dark" : "light");

// Called when the theme of the page changes, as long as the place is on the page.
function followTheme(place, draw) {
  const watch = new MutationObserver(() => (place.isConnected ? draw() : watch.disconnect()));
  watch.observe(document.body, { attributeFilter: ["data-md-color-scheme"] });
}

// Where something may be wider than the page: it scrolls, also by keyboard.
function scrolling(className, label) {
  const place = element("div", { className, tabIndex: 0 });
  place.setAttribute("role", "region");
  place.setAttribute("aria-label", label);
  return place;
}

// Graphviz, as it runs in browsers; the first graph fetches it.
let graphviz;
async function drawnBy(dot) {
  graphviz ??= import(near("graphviz.js")).then(({ Graphviz }) => Graphviz.load());
  return (await graphviz).dot(dot);
}

function picture(markup) {
  const address = `data:image/svg+xml,${encodeURIComponent(markup)}`;
  return element("img", { src: address, alt: "The result, drawn" });
}

function graph(dot) {
  const place = element("div", { className: "run-graph" });
  place.redraw = async (other) => place.replaceChildren(picture(await drawnBy(other)));
  place.redraw(dot);
  return place;
}

// A widget by the protocol of anywidget: a module with `render`, a style, and what it holds.
function widget(told) {
  const place = element("div", { className: "run-widget" });
  showWidget(place, JSON.parse(told));
  return place;
}

async function showWidget(place, { esm, css, state }) {
  const address = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
  const { default: shown } = await import(address);
  place.append(element("style", {}, css));
  const held = { ...state, isPart: true };
  const model = { get: (name) => held[name], set: () => {}, save_changes: () => {}, on: () => {}, off: () => {} };
  await shown.render({ model, el: place });
  const follow = () => place.querySelector(".mfp-explorer")?.setAttribute("data-theme", theme());
  followTheme(place, follow);
  follow();
}

// Vega; the first chart fetches it, and sets `microfpChart`. Charts are drawn one after the other in
// a place, the last one that is asked for.
let vega;
function chart(told) {
  const place = scrolling("run-chart", "The result, as a chart");
  let drawing = Promise.resolve();
  let wanted;
  const draw = () => {
    const asked = wanted;
    drawing = drawing.then(async () => {
      await (vega ??= import(near("vega.js")));
      if (asked !== wanted || !place.isConnected) return;
      const { spec, themes } = JSON.parse(asked);
      place.style.minHeight = `${place.clientHeight}px`; // no jump while the next one is drawn
      await microfpChart(place, spec, themes[theme()]);
      place.style.minHeight = "";
    });
  };
  place.redraw = (other) => {
    wanted = other;
    draw();
  };
  place.redraw(told);
  followTheme(place, draw);
  return place;
}

// Markup in a place of its own; where it has a script, in a frame that knows nothing of the page.
function markup(text) {
  if (/<script/i.test(text)) return framed(text);
  const place = scrolling("run-table", "The result, as a table");
  place.attachShadow({ mode: "open" }).innerHTML = text;
  return place;
}

function framed(text) {
  const frame = element("iframe", { srcdoc: text, title: "The result, drawn" });
  frame.sandbox = "allow-scripts";
  return frame;
}

export const DISPLAYS = {
  "image/svg+xml": picture,
  "text/vnd.graphviz": graph,
  "application/vnd.anywidget": widget,
  "application/vnd.vegalite": chart,
  "text/html": markup,
  "marimo/page": framed,
};
