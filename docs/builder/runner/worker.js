// Runs Python for a page, beside it, so that the page stays usable: Pyodide with microfp in it.
// It is sent { first, source, isSession }: imports, an example, and whether it has prompts. It answers
// { kind, content } for all that is to be shown, and { done, ok } at the end.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const near = (name) => new URL(name, import.meta.url);
const fetched = async (name, form) => {
  const answer = await fetch(near(name));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer[form]();
};

async function start() {
  postMessage({ kind: "progress", content: "Loading Python" });
  const [python, packages, session] = await Promise.all([
    loadPyodide(),
    fetched("packages.zip", "arrayBuffer"),
    fetched("session.txt", "text"),
  ]);
  postMessage({ kind: "progress", content: "Loading microfp" });
  python.unpackArchive(packages, "zip", { extractDir: "/packages" });
  python.runPython('import sys; sys.path.insert(0, "/packages"); import microfp');
  const names = python.globals.get("dict")();
  python.runPython(session, { globals: names });
  return names.get("Page")();
}

const page = start();
const show = (kind, content) => postMessage({ kind, content });

onmessage = async ({ data: { first, source, isSession } }) => {
  try {
    const { run } = await page;
    const ok = run(first, show, false) && run(source, show, isSession);
    postMessage({ done: true, ok });
  } catch (error) {
    show("error", `This browser could not start Python: ${error.message}`);
    postMessage({ done: true, ok: false });
  }
};
