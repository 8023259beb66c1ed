"""Passes that look at what they are given and at what they give."""

from functools import wraps

from microfp.compiler.ir.passes import Pass
from microfp.compiler.ir.program import Program
from microfp.compiler.ir.verifier import faults, unfinished


def verifying(apply: Pass) -> Pass:
    """The same pass, which looks at what it is given and at what it gives."""

    @wraps(apply)
    def verified(program: Program) -> Program:
        assert faults(program) == ()
        result = apply(program)
        assert faults(result) == ()
        assert (result.inputs, result.parameters) == (program.inputs, program.parameters)
        assert len(result.outputs) == len(program.outputs)
        return result

    return verified


def finishing(apply: Pass) -> Pass:
    """The last pass, after which nothing is left to do."""

    @wraps(apply)
    def finished(program: Program) -> Program:
        result = apply(program)
        assert unfinished(result) == ()
        return result

    return finished
