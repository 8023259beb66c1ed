// A button at each example that can run in the page. The first click fetches Python, an editor and
// microfp from the site; what an example needs of those above it is run first.
(() => {
  const RUNTIME = new URL("../run/", document.currentScript.src);
  const SERVE =
    "Python runs in pages that a server sends. In the folder of this site, type\n" +
    "    python -m http.server\nand open http://localhost:8000.";

  const STOPPED =
    "Stopped. Python begins anew: what the examples of this page had made is lost, and the next run " +
    "makes what it needs of it again.";
  const WITHOUT = " This one is left out of that, until you change it or press its Run.";
  const QUIET = "It ran to its end, and has nothing to show.";
  const LEFT_OUT = "An example above was stopped, and is left out.";

  let worker; // runs the examples of this page, from the first click on
  let examples = [];
  let queue = Promise.resolve(); // one example at a time, in the order of the clicks
  let running; // the example that Python is at
  let life = {}; // another one each time that Python begins anew

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

  // Python begins anew. What waits for an answer of the old worker never gets one.
  function forget() {
    worker?.terminate();
    [worker, running, queue, life] = [undefined, undefined, Promise.resolve(), {}];
    for (const example of examples) {
      example.hasRun = false;
      example.buttons.stop.hidden = true;
      if (example.block.dataset.state === "running") delete example.block.dataset.state;
      delete example.output.dataset.progress;
    }
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
      if (kind === "begun") {
        running.isBegun = true;
        return;
      }
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
    Object.assign(example, { hasRun: true, isBegun: false });
    running = example;
    const { home, first, isSession } = example;
    const ok = await ask({ page: location.pathname, home, first, source: sourceOf(example), isSession }, shown(example.output));
    running = undefined;
    delete example.stopped; // it has an end after all
    delete example.output.dataset.progress;
    example.block.dataset.state = ok ? "done" : "failed";
    if (!example.output.hasChildNodes()) say(example, QUIET);
    return ok;
  }

  async function runWithThoseAbove(example) {
    const above = examples
      .slice(0, examples.indexOf(example))
      .filter((it) => it.home === example.home && !it.hasRun);
    const isLeftOut = (it) => it.stopped === sourceOf(it);
    for (const it of [...above.filter((it) => !isLeftOut(it)), example]) if (!(await runOne(it))) break;
    if (above.some(isLeftOut)) say(example, LEFT_OUT);
  }

  function say(example, words) {
    example.output.append(element("pre", { className: "said" }, words));
    example.output.hidden = false;
  }

  function run(example) {
    if (location.protocol === "file:") {
      example.output.replaceChildren(element("pre", {}, SERVE));
      example.output.hidden = false;
      return;
    }
    example.buttons.stop.hidden = false;
    const own = life;
    const ifAlive = (does) => () => (own === life ? does() : undefined);
    queue = queue
      .then(() => open(example))
      .then(ifAlive(() => runWithThoseAbove(example)))
      .finally(ifAlive(() => (example.buttons.stop.hidden = true)));
  }

  // What runs for ever holds its worker, so to stop is to begin anew.
  function stop(example) {
    const stopped = running ?? example;
    if (stopped.isBegun) stopped.stopped = sourceOf(stopped);
    forget();
    say(stopped, stopped.isBegun ? STOPPED + WITHOUT : STOPPED);
    stopped.block.dataset.state = "failed";
  }

  function reset(example) {
    forget();
    const { editor } = example;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: example.text } });
    example.output.replaceChildren();
    example.output.hidden = true;
    delete example.block.dataset.state;
    delete example.stopped;
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
