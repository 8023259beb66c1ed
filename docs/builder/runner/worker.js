// Runs Python for a page, beside it, so that the page stays usable: Pyodide with microfp in it.
// It is sent { first, source, isSession }: imports, an example, and whether it has prompts. It answers
// { kind, content } for all that is to be shown, and { done, ok } at the end.
import { loadPython } from "./python.js";

const show = (kind, content) => postMessage({ kind, content });

const page = loadPython((content) => show("progress", content)).then((python) => {
  const session = python.pyimport("docs.builder.runner.session");
  session.lend_widgets();
  return session.Page();
});

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
