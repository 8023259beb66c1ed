// Runs a Python program in Pyodide: `node run.mjs PYODIDE PACKAGES PROGRAM`.
// Python finds its packages in the folder PACKAGES; what the program prints is printed here.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [pyodide, packages, program] = process.argv.slice(2);
const { loadPyodide } = await import(pathToFileURL(`${pyodide}/pyodide.mjs`).href);
const python = await loadPyodide();
python.mountNodeFS("/packages", packages);
python.runPython('import sys; sys.path.insert(0, "/packages")');
python.runPython(readFileSync(program, "utf-8"));
