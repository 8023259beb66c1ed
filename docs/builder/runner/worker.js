// Runs Python for a page, beside it, so that the page stays usable: Pyodide with microfp in it.
// It is sent { first, source, isSession }: imports, an example, and whether it has prompts. It answers
// { kind, content } for all that is to be shown, and { done, ok } at the end.
import { loadMicrofp } from "./python.js";

const show = (kind, content) => postMessage({ kind, content });

const page = loadMicrofp("session.txt", (content) => show("progress", content)).then((names) =>
  (names.get("lend_widgets")(), names.get("Page")()),
);

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
