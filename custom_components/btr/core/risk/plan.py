"""A graph turned into a list of steps: read once, constants folded, dead nodes dropped, memory given back early."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from .onnx_file import ELEMENT_TYPES, MAX_RANK, Node, OnnxFile
from .onnx_wire import RefusedError
from .ops import TABLES
from .ops.arena import Arena
from .ops.base import MANY, Kernel, Making, Meter, Operator

Array = NDArray[Any]

# What numpy raises for arrays that do not go together, and python for numbers that do not.
FAILURES: Final = (ArithmeticError, IndexError, MemoryError, TypeError, ValueError)
_TYPES: Final = frozenset(ELEMENT_TYPES.values())
_NONE: Final = 0


class StepError(Exception):
    """A step that failed at run time; the message names the node and says why."""


@dataclass(slots=True)
class Step:
    """One node at work: which values go in, where the results go, which values nobody needs afterwards.

    ``reuse`` is the input whose memory the kernel may take for its result, None when there is none; ``ends`` holds
    the values whose own memory nobody reads afterwards.
    """

    node: Node
    kernel: Kernel
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    reuse: int | None = None
    frees: tuple[int, ...] = ()
    ends: frozenset[int] = frozenset()


class Plan:
    """The steps from the model's input to its output. One run at a time: what it counts and lends is its own."""

    def __init__(self, steps: Sequence[Step], draft: "_Draft", ends: tuple[int, int]) -> None:
        """``ends`` holds the numbers of input and output."""
        self.steps, self.meter, self.arena = tuple(steps), draft.meter, draft.arena
        self._start = list(draft.constants)
        self._input, self._output = ends

    def run(self, windows: Array) -> Array:
        """Return the output for the input; raise StepError when a node cannot do its part."""
        values = self._start.copy()
        values[self._input] = windows
        self.meter.start()
        self.arena.start(len(windows))
        with np.errstate(all="ignore"):
            for step in self.steps:
                try:
                    _take(step, values, self.meter, self.arena)
                except FAILURES as error:
                    raise StepError(f"{step.node}: {error}") from error
        result = values[self._output]
        if result is None:
            raise StepError("the output was not made")
        return result


def _take(step: Step, values: list[Array | None], meter: Meter, arena: Arena) -> None:
    arrays = [values[number] for number in step.inputs]
    results = step.kernel(*arrays) if step.reuse is None else step.kernel(*arrays, out=arrays[step.reuse])
    if type(results) is not tuple:
        results = (results,)
    if len(results) < len(step.outputs):
        raise ValueError(f"has {len(step.outputs)} outputs, {len(results)} can be made")
    for number, result in zip(step.outputs, results, strict=False):
        array = result if type(result) is np.ndarray else np.asarray(result)
        if number != _NONE:
            values[number] = array
            meter.keep(array)
    for number in step.frees:
        gone = values[number]
        if gone is not None:
            meter.drop(gone)
            values[number] = None
            if number in step.ends and all(gone.base is not result.base for result in results):
                arena.take_back(gone)


@dataclass(slots=True)
class _Draft:
    """What is known while the plan is made: numbers of names, constants, steps, which memory a value may share."""

    numbers: dict[str, int] = field(default_factory=lambda: {"": _NONE})
    constants: list[Array | None] = field(default_factory=lambda: [None])
    memory: list[frozenset[int]] = field(default_factory=lambda: [frozenset()])
    steps: list[Step] = field(default_factory=list)
    meter: Meter = field(default_factory=Meter)
    arena: Arena = field(default_factory=Arena)

    def add(self, name: str, constant: Array | None = None) -> int:
        """Give a name its number; its memory is its own."""
        number = len(self.constants)
        self.numbers[name] = number
        self.constants.append(constant)
        self.memory.append(frozenset({number}))
        return number


def compile_graph(file: OnnxFile) -> Plan:
    """Return the plan of a graph whose names :func:`~.inspect.read_model` has checked.

    Raises:
        RefusedError: a node that cannot be run, named, with the reason and the remedy.
    """
    draft = _Draft()
    for name, array in file.constants.items():
        draft.add(name, array)
    window = draft.add(file.inputs[0].name)
    with np.errstate(all="ignore"):
        for node in file.nodes:
            try:
                _add_node(draft, node, file.opsets)
            except (RefusedError, *FAILURES) as error:
                raise RefusedError(f"{node}: {error}") from error
    output = draft.numbers[file.outputs[0].name]
    steps = _needed(draft.steps, output)
    _give_back(steps, draft, window, output)
    return Plan(steps, draft, (window, output))


def _add_node(draft: _Draft, node: Node, opsets: Mapping[str, int]) -> None:
    operator = TABLES[node.domain][node.op_type]
    _check_counts(node, operator)
    inputs = tuple(draft.numbers[name] for name in node.inputs)
    constants = [draft.constants[number] for number in inputs]
    making = Making(node, opsets[node.domain], constants, draft.meter, draft.arena)
    kernel = operator.build(making)
    making.finish()
    if all(number == _NONE or constant is not None for number, constant in zip(inputs, constants, strict=True)):
        _fold(draft, node, kernel, constants)
        return
    outputs = tuple(draft.add(name) if name else _NONE for name in node.outputs)
    if operator.aliases:
        shared = frozenset().union(*(draft.memory[number] for number in inputs))
        for number in filter(None, outputs):
            draft.memory[number] = shared
    draft.steps.append(Step(node, kernel, inputs, outputs))


def _check_counts(node: Node, operator: Operator) -> None:
    least, most = operator.inputs
    needed = len(node.inputs) if most == MANY else least
    if not least <= len(node.inputs) <= most or "" in node.inputs[:needed]:
        raise RefusedError(f"has {len(node.inputs)} inputs, needed are {least} to {most}; export the model again")
    if not 1 <= len(node.outputs) <= operator.outputs:
        raise RefusedError(f"has {len(node.outputs)} outputs, allowed are 1 to {operator.outputs}")


def _fold(draft: _Draft, node: Node, kernel: Kernel, constants: list[Array | None]) -> None:
    """Run a node that has nothing to wait for, once and for all."""
    results = kernel(*constants)
    results = results if type(results) is tuple else (results,)
    if len(results) < len(node.outputs):
        raise RefusedError(f"has {len(node.outputs)} outputs, {len(results)} can be made")
    for name, result in zip(node.outputs, results, strict=False):
        if name:
            # a copy: a view would keep all it was cut from
            array = np.array(result)
            array.setflags(write=False)
            _check_array(array)
            draft.meter.keep(array)
            draft.add(name, array)


def _check_array(array: Array) -> None:
    if array.dtype not in _TYPES or array.ndim > MAX_RANK:
        raise RefusedError(f"makes {array.dtype} with {array.ndim} dimensions, which nothing here can use")


def _needed(steps: list[Step], output: int) -> list[Step]:
    """Return the steps that the output depends on, in their order."""
    wanted, kept = {output}, []
    for step in reversed(steps):
        if not wanted.isdisjoint(step.outputs):
            wanted.update(filter(None, step.inputs))
            kept.append(step)
    return kept[::-1]


def _give_back(steps: list[Step], draft: _Draft, window: int, output: int) -> None:
    """Note on each step what is needed no more after it, and which input's memory its result may take."""
    last: dict[int, int] = {}
    for at, step in enumerate(steps):
        for number in (*step.inputs, *step.outputs):
            for memory in draft.memory[number]:
                last[memory] = at
    for memory in draft.memory[output]:
        last[memory] = len(steps)
    taken = {window, *(number for number, constant in enumerate(draft.constants) if constant is not None)}
    frees: dict[int, list[int]] = {}
    for number in {number for step in steps for number in (*step.inputs, *step.outputs)} - taken - {_NONE}:
        frees.setdefault(max(last[memory] for memory in draft.memory[number]), []).append(number)
    for at, step in enumerate(steps):
        step.frees = tuple(frees.get(at, ()))
        step.ends = frozenset(number for number in step.frees if draft.memory[number] == {number})
        if TABLES[step.node.domain][step.node.op_type].in_place:
            step.reuse = _reusable(step, at, draft, last, taken)


def _reusable(step: Step, at: int, draft: _Draft, last: Mapping[int, int], taken: set[int]) -> int | None:
    """Return the first input that owns its memory, whose memory nobody reads after this step, nor twice in it."""
    for index, number in enumerate(step.inputs):
        own = draft.memory[number] == {number} and number not in taken and last[number] == at
        others = (*step.inputs[:index], *step.inputs[index + 1 :])
        if own and not any(number in draft.memory[other] for other in others):
            return index
    return None
