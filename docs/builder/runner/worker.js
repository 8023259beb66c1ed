// Runs Python for a page, beside it, so that the page stays usable: Pyodide with microfp in it.
// It is sent { home, first, source, isSession }: what the example is of, if it is not of the page;
// imports, an example, and whether it has prompts. It answers { kind, content } for all that is to be
// shown, and { done, ok } at the end.
import { loadPython } from "./python.js";

const show = (kind, content) => postMessage({ kind, content });

const session = loadPython((content) => show("progress", content)).then((python) => {
  const session = python.pyimport("docs.builder.runner.session");
  session.lend_widgets();
  return session;
});

const pages = new Map(); // by what their examples are of

onmessage = async ({ data: { home, first, source, isSession } }) => {
  try {
    const { Page } = await session;
    if (!pages.has(home)) pages.set(home, Page(home));
    const { run } = pages.get(home);
    const ok = run(first, show, false) && run(source, show, isSession);
    postMessage({ done: true, ok });
  } catch (error) {
    show("error", `This browser could not start Python: ${error.message}`);
    postMessage({ done: true, ok: false });
  }
};
