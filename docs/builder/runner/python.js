// Python with microfp in it, for the workers of pages: fetched from the site, once a worker.
const near = (name) => new URL(name, import.meta.url);

// What is fetched when something imports the first of them.
const LATE = ["altair", "markdown", "vl_convert"];

export async function fetched(name, form) {
  const answer = await fetch(near(name));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return answer[form]();
}

// At once, as Python waits for it: in a worker that holds nobody up.
function fetchedNow(name) {
  const request = new XMLHttpRequest();
  request.open("GET", near(name), false);
  request.responseType = "arraybuffer";
  request.send();
  if (request.status !== 200) throw new Error(`${name}: ${request.status}`);
  return request.response;
}

// Python, in which microfp is imported; `tell` is called with what is under way.
export async function loadPython(tell) {
  tell("Loading Python");
  const [python, packages] = await Promise.all([
    import("./pyodide/pyodide.mjs").then(({ loadPyodide }) => loadPyodide()),
    fetched("packages.zip", "arrayBuffer"),
  ]);
  tell("Loading microfp");
  const unpack = (archive) => python.unpackArchive(archive, "zip", { extractDir: "/packages" });
  unpack(packages);
  python.runPython('import sys; sys.path.insert(0, "/packages"); import microfp');
  python.pyimport("docs.builder.runner.session").lend_packages(LATE, () => {
    tell("Loading Altair");
    unpack(fetchedNow("late.zip"));
  });
  return python;
}

// Asks the functions of a file of Python, which take and give JSON. Python is fetched for the first
// question; what is under way is posted.
export function functionsOf(file) {
  const tell = (content) => postMessage({ kind: "progress", content });
  let names;
  return async (name, ...given) => {
    names ??= namesOf(file, tell);
    return JSON.parse((await names).get(name)(...given));
  };
}

// The names of a file of Python, in a namespace of its own.
async function namesOf(file, tell) {
  const [python, text] = await Promise.all([loadPython(tell), fetched(file, "text")]);
  const names = python.globals.get("dict")();
  names.set("__name__", "page");
  python.runPython(text, { globals: names });
  return names;
}
