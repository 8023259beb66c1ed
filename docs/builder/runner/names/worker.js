// Asks microfp for the page of the GPT: Python, fetched for the first question, beside the page.
import { loadMicrofp } from "../python.js";

let python;

onmessage = async ({ data: { kind, given } }) => {
  try {
    python ??= loadMicrofp("names/names.txt", (content) => postMessage({ kind: "progress", content }));
    const names = await python;
    postMessage({ kind, given, content: JSON.parse(names.get(kind)(...given)) });
  } catch (error) {
    postMessage({ kind: "error", content: error.message });
  }
};
