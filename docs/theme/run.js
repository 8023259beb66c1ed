// A button at each example that can run in the page. The first click fetches Python, an editor and
// microfp from the site; what an example needs of those above it is run first.
(() => {
  const RUNTIME = new URL("../run/", document.currentScript.src);
  const SERVE =
    "Python runs in pages that a server sends. In the folder of this site, type\n" +
    "    python -m http.server\nand open http://localhost:8000.";

  let worker; // runs the examples of this page, from the first click on
  let examples = [];
  let queue = Promise.resolve(); // one example at a time, in the order of the clicks

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const hasPrompts = (text) => /^>>> /m.test(text);

  const typed = window.microfpTyped;

  function ask(question, show) {
    worker ??= new Worker(new URL("worker.js", RUNTIME), { type: "module" });
    return new Promise((resolve) => {
      worker.onmessage = ({ data }) => (data.done ? resolve(data.ok) : show(data.kind, data.content));
      worker.onerror = () => {
        show("error", "Python could not be fetched from this site.");
        resolve(false);
      };
      worker.postMessage(question);
    });
  }

  function forget() {
    worker?.terminate();
    worker = undefined;
    for (const example of examples) example.hasRun = false;
  }

  let displays; // how results are shown, from the first click on
  const loaded = async () => (displays ??= (await import(new URL("displays.js", RUNTIME))).DISPLAYS);

  function shown(output) {
    return (kind, content) => {
      if (kind === "progress") {
        output.dataset.progress = `${content} …`;
        return;
      }
      delete output.dataset.progress;
      const draw = displays[kind];
      if (draw) output.append(draw(content));
      else if (output.lastChild?.className === kind.replace("/", "-")) output.lastChild.append(content);
      else output.append(element("pre", { className: kind.replace("/", "-") }, content));
    };
  }

  async function open(example) {
    const [{ edit }] = await Promise.all([import(new URL("editor.js", RUNTIME)), loaded()]);
    if (example.editor) return;
    example.code.hidden = true;
    const place = element("div", { className: "run-editor" });
    example.code.after(place);
    example.editor = edit({
      parent: place,
      text: example.text,
      label: "Python, an example that can be changed",
      run: () => run(example),
      leave: () => example.buttons.run.focus(),
    });
    example.buttons.reset.hidden = false;
  }

  const sourceOf = (example) => example.editor?.state.doc.toString() ?? example.text;

  async function runOne(example) {
    example.output.replaceChildren();
    example.output.hidden = false;
    example.block.dataset.state = "running";
    example.hasRun = true;
    const { home, first, isSession } = example;
    const ok = await ask({ home, first, source: sourceOf(example), isSession }, shown(example.output));
    delete example.output.dataset.progress;
    example.block.dataset.state = ok ? "done" : "failed";
    example.output.hidden = !example.output.hasChildNodes();
    return ok;
  }

  async function runWithThoseAbove(example) {
    const above = examples
      .slice(0, examples.indexOf(example))
      .filter((it) => it.home === example.home && !it.hasRun);
    for (const it of [...above, example]) if (!(await runOne(it))) break;
  }

  function run(example) {
    if (location.protocol === "file:") {
      example.output.replaceChildren(element("pre", {}, SERVE));
      example.output.hidden = false;
      return;
    }
    example.buttons.stop.hidden = false;
    queue = queue
      .then(() => open(example))
      .then(() => runWithThoseAbove(example))
      .finally(() => (example.buttons.stop.hidden = true));
  }

  // What runs for ever holds its worker, so to stop is to begin anew.
  function stop(example) {
    forget();
    queue = Promise.resolve();
    example.output.append(element("pre", { className: "error" }, "stopped"));
    example.block.dataset.state = "failed";
    example.buttons.stop.hidden = true;
  }

  function reset(example) {
    forget();
    const { editor } = example;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: example.text } });
    example.output.replaceChildren();
    example.output.hidden = true;
    delete example.block.dataset.state;
  }

  function prepared(block) {
    const code = block.querySelector("pre");
    const output = element("div", { className: "run-output", hidden: true });
    output.setAttribute("aria-live", "polite");
    const shownText = code.querySelector("code").textContent;
    const example = {
      block,
      code,
      output,
      text: typed(shownText),
      isSession: hasPrompts(shownText),
      home: block.dataset.home ?? "", // in the reference: what the example is of
      first: block.dataset.first ?? "",
      hasRun: false,
    };
    const button = (name, does, hidden) =>
      element("button", { type: "button", className: "run-button", textContent: name, hidden, onclick: () => does(example) });
    example.buttons = { run: button("Run", run, false), stop: button("Stop", stop, true), reset: button("Reset", reset, true) };
    block.append(element("div", { className: "run-buttons" }, ...Object.values(example.buttons)), output);
    return example;
  }

  addEventListener("load", () => {
    examples = [...document.querySelectorAll(".highlight.run")].map(prepared);
  });
})();
