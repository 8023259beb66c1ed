// Python with microfp in it, for the workers of pages: fetched from the site, once a worker.
const near = (name) => new URL(name, import.meta.url);

export async function fetched(name, form) {
  const answer = await fetch(near(name));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer[form]();
}

// The names of a file of Python, in a namespace of its own; `tell` is called with what is under way.
export async function loadMicrofp(file, tell) {
  tell("Loading Python");
  const [python, packages, text] = await Promise.all([
    import("./pyodide/pyodide.mjs").then(({ loadPyodide }) => loadPyodide()),
    fetched("packages.zip", "arrayBuffer"),
    fetched(file, "text"),
  ]);
  tell("Loading microfp");
  python.unpackArchive(packages, "zip", { extractDir: "/packages" });
  python.runPython('import sys; sys.path.insert(0, "/packages"); import microfp');
  const names = python.globals.get("dict")();
  names.set("__name__", "page");
  python.runPython(text, { globals: names });
  return names;
}
