// Asks microfp for the page of the GPT, beside the page.
import { functionsOf } from "../python.js";

const ask = functionsOf("names/names.txt");

onmessage = async ({ data: { kind, given } }) => {
  try {
    postMessage({ kind, given, content: await ask(kind, ...given) });
  } catch (error) {
    postMessage({ kind: "error", content: error.message });
  }
};
