// The page of a notebook: a button makes it live. Marks on the page stand around each cell; a worker
// runs the cells, and runs again what depends on a control or on a cell that was edited.
(() => {
  const RUNTIME = new URL("../", document.currentScript.src);
  const SERVE =
    "Notebooks run in pages that a server sends. In the folder of this site, type\n" +
    "    python -m http.server\nand open http://localhost:8000.";
  const LIVE = "The notebook is live: what depends on a control or a cell runs again.";
  const STOPPED =
    "Stopped. What the cells had made is lost; your changes to them are kept. The cell that ran when you " +
    "stopped is left out of the next run, until you change it or press its Run cell.";
  const STATES = { waiting: "waits", running: "runs", done: "", failed: "" };

  const bar = document.querySelector(".notebook-here");
  let cells = new Map(); // by number: what of the page belongs to each
  let displays;
  let edit;
  let worker;
  let isBusy = false;
  let waiting = new Map(); // what is to be asked next: the last of each kind

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  // The worker. One question at a time; of what comes meanwhile, the last to each control or cell.

  function ask(what, ...given) {
    waiting.set(what === "set" || what === "edit" ? `${what} ${given[0]}` : what, { do: what, given });
    next();
  }

  function next() {
    if (isBusy || !waiting.size) return;
    const [[key, question]] = waiting;
    waiting.delete(key);
    isBusy = true;
    view.stop.hidden = false;
    worker.postMessage(question);
  }

  function begin() {
    worker = new Worker(new URL("notebooks/worker.js", RUNTIME), { type: "module" });
    worker.onerror = () => tell("Python could not be fetched from this site.");
    worker.onmessage = ({ data }) => {
      if (data.progress) tell(`${data.progress} \u2026`);
      else if (data.codes) offer(data.codes);
      else if (data.done) end(data.error);
      else became(data);
    };
  }

  function end(error) {
    isBusy = false;
    tell(error ? `This browser could not run the notebook: ${error}` : LIVE);
    if (!error) next();
    view.stop.hidden = !isBusy;
    if (!isBusy) bar.dataset.state = error ? "failed" : "done";
  }

  // What runs for ever holds its worker, so to stop is to begin anew.
  function stop() {
    worker.terminate();
    clearInterval(clock);
    [worker, isBusy, waiting] = [undefined, false, new Map()];
    for (const cell of cells.values()) {
      if (cell.state === "running") cell.stopped = standing(cell);
      if (cell.state !== "done") show(cell, "failed", []);
    }
    Object.assign(view.run, { hidden: false, textContent: "Run this notebook again" });
    view.stop.hidden = true;
    bar.dataset.state = "stopped";
    tell(STOPPED);
  }

  const tell = (words) => (view.words.textContent = words);

  // The cells.

  function found(begins) {
    const parts = [];
    for (let it = begins.nextElementSibling; it && !it.matches(".cell-ends"); it = it.nextElementSibling) parts.push(it);
    const code = parts.find((it) => it.matches(".highlight"));
    return { number: Number(begins.dataset.cell), begins, code, still: parts.filter((it) => it !== code), nodes: [] };
  }

  // A mark may stand in a paragraph of its own.
  const marks = () =>
    [...document.querySelectorAll(".cell-begins, .cell-ends")].map((it) => {
      const alone = it.closest("p");
      if (!alone) return it;
      alone.replaceWith(it);
      return it;
    });

  function offer(codes) {
    for (const cell of cells.values()) {
      cell.output ??= element("div", { className: "cell-output", hidden: true });
      if (!cell.output.isConnected) (cell.still.at(-1) ?? cell.code ?? cell.begins).after(cell.output);
      cell.output.setAttribute("aria-live", "polite");
      if (cell.code && !cell.editor) open(cell, codes[cell.number]);
    }
  }

  const sourceOf = (cell) => cell.editor.state.doc.toString();

  // What a cell that was stopped would run again with: its code, or that of all where it shows none.
  const standing = (cell) => (cell.editor ? [cell] : edited()).map(sourceOf).join();
  const edited = () => [...cells.values()].filter((it) => it.editor);

  // What is asked before anything runs anew.
  const changes = () => [
    ...edited().map((it) => ["change", it.number, sourceOf(it)]),
    ...[...cells.values()].filter((it) => it.stopped === standing(it)).map((it) => ["leave", it.number]),
  ];

  function open(cell, text) {
    const run = () => (worker ? ask("edit", cell.number, sourceOf(cell)) : start());
    const button = element("button", { type: "button", className: "run-button", textContent: "Run cell", onclick: run });
    const place = element("div", { className: "run-editor" });
    cell.state = "waiting";
    cell.word = element("span", { className: "cell-word" });
    cell.frame = element("div", { className: "cell-frame" }, place, element("div", { className: "run-buttons" }, button, cell.word));
    cell.editor = edit({ parent: place, text, label: "Python, a cell that can be changed", run, leave: () => button.focus() });
    cell.code.replaceWith(cell.frame);
  }

  function became({ number, state, nodes }) {
    const cell = cells.get(number);
    if (cell) show(cell, state, nodes);
  }

  function show(cell, state, nodes) {
    cell.state = state;
    if (cell.word) cell.word.textContent = STATES[state];
    cell.output.dataset.state = state;
    if (state === "running") return;
    if (state === "done") delete cell.stopped;
    for (const it of cell.still) it.remove();
    cell.still = [];
    fill(cell.output, cell.nodes, nodes);
    cell.nodes = nodes;
    cell.output.hidden = !nodes.length;
  }

  // What is shown. Where the same kind stands in the same place, it stays and shows the other content,
  // so that a slider can be held while what it stands beside is drawn again.

  function fill(place, before, after) {
    after.forEach((node, i) => {
      const old = place.children[i];
      if (old && before[i] && keeps(old, before[i], node)) return;
      const made = shown(node);
      if (old) old.replaceWith(made);
      else place.append(made);
    });
    while (place.children.length > after.length) place.lastElementChild.remove();
  }

  function keeps(old, before, after) {
    if (before.kind !== after.kind) return false;
    if (after.kind === "control") return before.content.id === after.content.id;
    if (Array.isArray(after.content)) fill(old, before.content, after.content);
    else if (JSON.stringify(before) === JSON.stringify(after)) return true;
    else if (old.redraw) old.redraw(after.content);
    else return false;
    return true;
  }

  function shown({ kind, content }) {
    if (kind === "control") return CONTROLS[content.type](content);
    if (Array.isArray(content)) return element("div", { className: `cell-${kind}` }, ...content.map(shown));
    if (kind === "marimo/text") return element("div", { className: "cell-text", innerHTML: content });
    return displays[kind]?.(content) ?? element("pre", { className: kind.replace("/", "-") }, content);
  }

  // Controls. One that stands in two places is the same in both.

  const set = (id, value) => ask("set", id, JSON.stringify(value));
  const alike = (id) => [...document.querySelectorAll(`[data-control="${id}"]`)];

  function labelled(label, ...parts) {
    return element("label", { className: "cell-control" }, element("span", {}, label.replaceAll("`", "")), ...parts);
  }

  const CONTROLS = {
    slider({ id, label, least, most, step, steps, value, shows }) {
      const said = (it) => (steps.length ? String(steps[it]) : String(Number(Number(it).toPrecision(12))));
      const input = element("input", { type: "range", min: least, max: most, step });
      input.value = value;
      input.dataset.control = id;
      const output = element("output", { hidden: !shows }, said(value));
      const tell = () => {
        input.setAttribute("aria-valuetext", said(input.value));
        output.textContent = said(input.value);
      };
      input.addEventListener("moved", tell);
      input.oninput = () => {
        for (const it of alike(id)) {
          it.value = input.value;
          it.dispatchEvent(new Event("moved"));
        }
        set(id, Number(input.value));
      };
      tell();
      return labelled(label, input, output);
    },
    dropdown({ id, label, options, value }) {
      const select = element("select", {}, ...options.map((it) => element("option", {}, it)));
      select.value = value;
      select.dataset.control = id;
      select.onchange = () => {
        for (const it of alike(id)) it.value = select.value;
        set(id, select.value);
      };
      return labelled(label, select);
    },
    refresh({ id, label, options }) {
      const select = element("select", {}, element("option", { value: "" }, "off"), ...options.map((it) => element("option", {}, it)));
      select.onchange = () => play(id, select.value);
      return labelled(label, select);
    },
  };

  // One clock: marimo's value is how often, and how many times so far. A turn that would come while
  // Python is at work is left out.
  let clock;
  function play(id, often) {
    clearInterval(clock);
    let turns = 0;
    const turn = () => !isBusy && set(id, `${often} (${turns++})`);
    if (often) clock = setInterval(turn, 1000 * parseFloat(often));
    else set(id, "");
  }

  // The button.

  async function start() {
    if (location.protocol === "file:") {
      tell(SERVE);
      return;
    }
    view.run.hidden = true;
    view.stop.hidden = false;
    bar.dataset.state = "running";
    begin();
    tell("Loading Python \u2026");
    const [source, shows, editor] = await Promise.all([
      fetch(new URL(bar.dataset.source, location)).then((it) => it.text()),
      import(new URL("displays.js", RUNTIME)),
      import(new URL("editor.js", RUNTIME)),
    ]);
    displays = shows.DISPLAYS;
    edit = editor.edit;
    if (!cells.size) {
      marks();
      cells = new Map([...document.querySelectorAll(".cell-begins")].map(found).map((it) => [it.number, it]));
    }
    ask("open", source, changes());
    ask("run_all");
  }

  const button = (text, onclick, hidden) => element("button", { type: "button", className: "md-button notebook-button", textContent: text, onclick, hidden });
  const view = {
    run: button("Run this notebook", start, false),
    stop: button("Stop", stop, true),
    words: element("span", { className: "notebook-words", role: "status" }),
  };
  bar.append(view.run, view.stop, view.words);
})();
