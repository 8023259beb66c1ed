// Runs Python for a page, beside it, so that the page stays usable: Pyodide with microfp in it.
// It is sent { page, home, first, source, isSession }: the page that the example stands on and what it
// is of, whose examples share their names; imports, an example, and whether it has prompts. It answers { kind, content } for all that is to be
// shown, with a kind `begun` as the example begins, and { done, ok } at the end.
import { loadPython } from "./python.js";

const OFTEN = 50; // milliseconds between two messages with what is printed
const MOST = 100_000; // characters that an example may print

// What is printed is sent now and then, so that a loop that prints for ever does not hold the page.
const printed = { text: "", size: 0, time: 0 };

function flush() {
  if (printed.text) postMessage({ kind: "text/plain", content: printed.text });
  Object.assign(printed, { text: "", time: performance.now() });
}

function print(text) {
  const room = MOST - printed.size;
  if (room < 0) return;
  printed.size += text.length;
  printed.text += text.slice(0, room);
  if (text.length > room) printed.text += "\n\u2026 and more, which is not shown\n";
  if (text.length > room || performance.now() - printed.time > OFTEN) flush();
}

function show(kind, content) {
  if (kind === "text/plain") return print(content);
  flush();
  postMessage({ kind, content });
}

const session = loadPython((content) => show("progress", content)).then((python) => {
  const session = python.pyimport("docs.builder.runner.session");
  session.lend_widgets();
  return session;
});

const pages = new Map(); // by their addresses and what their examples are of

onmessage = async ({ data: { page, home, first, source, isSession } }) => {
  try {
    const { Page } = await session;
    const key = `${page} ${home}`;
    if (!pages.has(key)) pages.set(key, Page(home));
    const { run } = pages.get(key);
    show("begun", "");
    printed.size = 0;
    const ok = run(first, show, false) && run(source, show, isSession);
    flush();
    postMessage({ done: true, ok });
  } catch (error) {
    show("error", `This browser could not start Python: ${error.message}`);
    postMessage({ done: true, ok: false });
  }
};
