// Runs a notebook for its page, beside it. It is sent { do, given }: a method of the notebook and what
// it is given, first `open`, the file, and what to ask before anything runs. It answers { codes } to
// that, { number, state, nodes } for each cell that runs, and { done } at the end.
import { loadPython } from "../python.js";

const progress = (content) => postMessage({ progress: content });
const python = loadPython(progress);
let notebook;

const tell = (number, state, nodes) => postMessage({ number, state, nodes: JSON.parse(nodes) });

async function open(source, first) {
  const loaded = await python;
  loaded.pyimport("docs.builder.runner.session").lend_widgets();
  notebook = loaded.pyimport("docs.builder.runner.notebook").Notebook(source, tell);
  postMessage({ codes: notebook.codes.toJs() });
  for (const [what, ...given] of first) notebook[what](...given);
}

onmessage = async ({ data }) => {
  try {
    await (data.do === "open" ? open(...data.given) : notebook[data.do](...data.given));
    postMessage({ done: true });
  } catch (error) {
    postMessage({ done: true, error: error.message });
  }
};
