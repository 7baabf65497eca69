"""LSTM, GRU and plain recurrent layers.

What the inputs contribute to all gates is one matrix product for the whole window; only the product with the state is
made step by step. The sigmoid of a gate is 0.5 tanh(x/2) + 0.5: with the halves put into the weights, one tanh serves
all gates of a step.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ..onnx_wire import RefusedError
from .activations import sigmoid
from .base import WORK_PER_CALL, Array, Kernel, Making, Operator, Table, floating, of_rank, same_type

Function = Callable[[Array], Array]
Step = Callable[[Array, Array, "Array | None"], tuple[Array, "Array | None"]]


def _activation(name: str, alpha: float | None, beta: float | None) -> Function:
    """Return an activation by its name, which ONNX compares without case; its parameters have ONNX's defaults."""
    key = name.lower()
    if key not in _ACTIVATIONS:
        raise RefusedError(f"its activation {name[:40]!r} is not known, there are {', '.join(sorted(_ACTIVATIONS))}")
    first, second, make = _ACTIVATIONS[key]
    return make(first if alpha is None else alpha, second if beta is None else beta)


def _sigmoid(values: Array) -> Array:
    result = np.empty_like(values)
    sigmoid(values, result)
    return result


# name -> default alpha, default beta, function of both
_ACTIVATIONS: Final[dict[str, tuple[float, float, Callable[[float, float], Function]]]] = {
    "affine": (1.0, 0.0, lambda a, b: lambda x: a * x + b),
    "elu": (1.0, 0.0, lambda a, b: lambda x: np.where(x >= 0, x, a * np.expm1(np.minimum(x, 0)))),
    "hardsigmoid": (0.2, 0.5, lambda a, b: lambda x: np.clip(a * x + b, 0, 1)),
    "leakyrelu": (0.01, 0.0, lambda a, b: lambda x: np.where(x >= 0, x, a * x)),
    "relu": (0.0, 0.0, lambda a, b: lambda x: np.maximum(x, 0)),
    "scaledtanh": (1.0, 1.0, lambda a, b: lambda x: a * np.tanh(b * x)),
    "sigmoid": (0.0, 0.0, lambda a, b: _sigmoid),
    "softplus": (0.0, 0.0, lambda a, b: lambda x: np.logaddexp(x, 0)),
    "softsign": (0.0, 0.0, lambda a, b: lambda x: x / (1 + np.abs(x))),
    "tanh": (0.0, 0.0, lambda a, b: np.tanh),
    "thresholdedrelu": (1.0, 0.0, lambda a, b: lambda x: np.where(x > a, x, 0)),
}
_TAKES_ALPHA: Final = frozenset({"affine", "elu", "hardsigmoid", "leakyrelu", "scaledtanh", "thresholdedrelu"})
_TAKES_BETA: Final = frozenset({"affine", "hardsigmoid", "scaledtanh"})


def _activations(making: Making, defaults: Sequence[str], directions: int) -> list[list[Function]]:
    """Return the functions of each direction; parameters are handed out in order to those that take them."""
    names = making.texts("activations") or list(defaults) * directions
    if len(names) != len(defaults) * directions:
        raise RefusedError(f"has {len(names)} activations, needed are {len(defaults) * directions}")
    alphas = making.array("activation_alpha", np.float32, ()).tolist()
    betas = making.array("activation_beta", np.float32, ()).tolist()
    found = []
    for name in names:
        alpha = alphas.pop(0) if alphas and name.lower() in _TAKES_ALPHA else None
        beta = betas.pop(0) if betas and name.lower() in _TAKES_BETA else None
        found.append(_activation(name, alpha, beta))
    per = len(defaults)
    return [found[at : at + per] for at in range(0, len(found), per)]


@dataclass(frozen=True, slots=True)
class _Weights:
    """The weights of one direction: input [inputs, gates], state [hidden, gates], two biases [gates]."""

    inputs: Array
    state: Array
    input_bias: Array
    state_bias: Array

    @property
    def hidden(self) -> int:
        """Size of the state."""
        return int(self.state.shape[0])


def _weights(making: Making, gates: int, directions: int) -> list[_Weights]:
    first, second = making.fixed(1, "weights W"), making.fixed(2, "weights R")
    same_type(first, second)
    floating(first)
    hidden = making.integer("hidden_size", second.shape[-1] if second.ndim else 0, 1, 4096)
    bias = making.fixed(3, "bias") if making.has(3) else np.zeros((directions, 2 * gates * hidden), first.dtype)
    width = gates * hidden
    fits = first.ndim == 3 and first.shape[:2] == (directions, width) and second.shape == (directions, width, hidden)
    if not fits or bias.shape != (directions, 2 * width) or bias.dtype != first.dtype:
        raise RefusedError(
            f"its weights {list(first.shape)}, {list(second.shape)} and bias {list(bias.shape)} do not fit "
            f"{directions} directions of {hidden}; export the model again"
        )
    return [
        _Weights(np.ascontiguousarray(w.T), np.ascontiguousarray(r.T), b[:width], b[width:])
        for w, r, b in zip(first, second, bias, strict=True)
    ]


@dataclass(frozen=True, slots=True)
class _Cell:
    """One direction: what the inputs contribute [T, N, gates], then step by step the state; ``size`` of the state."""

    weights: Array
    bias: Array
    step: Step
    hidden: int


def _lstm_cells(making: Making, directions: int) -> list[_Cell]:
    functions = _activations(making, ("sigmoid", "tanh", "tanh"), directions)
    standard = all(found == [_sigmoid, np.tanh, np.tanh] for found in functions)
    clip = making.number("clip", 0.0)
    if making.flag("input_forget"):
        raise RefusedError("couples its gates (input_forget), which is not known here; export it without")
    peepholes = making.fixed(7, "peepholes") if making.has(7) else None
    cells = []
    for index, weights in enumerate(_weights(making, 4, directions)):
        bias = weights.input_bias + weights.state_bias
        if standard and not clip and peepholes is None:
            cells.append(_fast_lstm(weights, bias))
        else:
            step = _lstm_step(weights.state, functions[index], clip, None if peepholes is None else peepholes[index])
            cells.append(_Cell(weights.inputs, bias, step, weights.hidden))
    return cells


def _fast_lstm(weights: _Weights, bias: Array) -> _Cell:
    """Return the cell with ONNX's default activations; the gates are input, output, forget, cell."""
    hidden = weights.hidden
    halves = np.repeat(np.array([0.5, 0.5, 0.5, 1.0], bias.dtype), hidden)
    state = np.ascontiguousarray(weights.state * halves)

    def step(given: Array, h: Array, c: Array | None) -> tuple[Array, Array]:
        gates = h @ state
        gates += given
        np.tanh(gates, out=gates)
        three = gates[:, : 3 * hidden]
        three *= 0.5
        three += 0.5
        cell = three[:, 2 * hidden :] * c
        inner = gates[:, :hidden] * gates[:, 3 * hidden :]
        cell += inner
        np.tanh(cell, out=inner)
        inner *= gates[:, hidden : 2 * hidden]
        return inner, cell

    return _Cell(weights.inputs * halves, bias * halves, step, hidden)


def _lstm_step(state: Array, functions: Sequence[Function], clip: float, peepholes: Array | None) -> Step:
    first, second, third = functions
    hidden = len(state)
    peep = np.zeros(3 * hidden, state.dtype) if peepholes is None else peepholes
    peep_i, peep_o, peep_f = peep[:hidden], peep[hidden : 2 * hidden], peep[2 * hidden :]

    def clipped(values: Array) -> Array:
        return np.clip(values, -clip, clip) if clip else values

    def step(given: Array, h: Array, c: Array | None) -> tuple[Array, Array]:
        i, o, f, g = np.split(given + h @ state, 4, axis=1)
        cell = first(clipped(f + peep_f * c)) * c + first(clipped(i + peep_i * c)) * second(clipped(g))
        return first(clipped(o + peep_o * cell)) * third(cell), cell

    return step


def _gru_cells(making: Making, directions: int) -> list[_Cell]:
    functions = _activations(making, ("sigmoid", "tanh"), directions)
    clip, after = making.number("clip", 0.0), making.flag("linear_before_reset")
    cells = []
    for (gate, new), weights in zip(functions, _weights(making, 3, directions), strict=True):
        two = 2 * weights.hidden
        bias = weights.input_bias.copy()
        bias[:two] += weights.state_bias[:two]
        if not after:
            bias[two:] += weights.state_bias[two:]
        cells.append(_Cell(weights.inputs, bias, _gru_step(weights, gate, new, clip, after=after), weights.hidden))
    return cells


def _gru_step(weights: _Weights, gate: Function, new: Function, clip: float, *, after: bool) -> Step:
    """Return the step of a GRU; ``after``: the reset gate works on the product with the state, not on the state."""
    hidden = weights.hidden
    gates, candidate = (np.ascontiguousarray(part) for part in np.split(weights.state, [2 * hidden], axis=1))
    bias = weights.state_bias[2 * hidden :]

    def clipped(values: Array) -> Array:
        return np.clip(values, -clip, clip) if clip else values

    def step(given: Array, h: Array, c: Array | None) -> tuple[Array, None]:
        update_reset = h @ gates
        update_reset += given[:, : 2 * hidden]
        update_reset = gate(clipped(update_reset))
        update, reset = update_reset[:, :hidden], update_reset[:, hidden:]
        inner = (h @ candidate + bias) * reset if after else (reset * h) @ candidate
        inner += given[:, 2 * hidden :]
        inner = new(clipped(inner))
        # (1 - z) n + z h
        return inner + update * (h - inner), None

    return step


def _rnn_cells(making: Making, directions: int) -> list[_Cell]:
    functions = _activations(making, ("tanh",), directions)
    clip = making.number("clip", 0.0)

    def make(weights: _Weights, function: Function) -> _Cell:
        def step(given: Array, h: Array, c: Array | None) -> tuple[Array, None]:
            inner = h @ weights.state + given
            return function(np.clip(inner, -clip, clip) if clip else inner), None

        return _Cell(weights.inputs, weights.input_bias + weights.state_bias, step, weights.hidden)

    return [make(weights, one[0]) for weights, one in zip(_weights(making, 1, directions), functions, strict=True)]


def _layer(make_cells: Callable[[Making, int], list[_Cell]], *, remembers: bool = False) -> Callable[[Making], Kernel]:
    def build(making: Making) -> Kernel:
        direction = making.choice("direction", "forward", ("forward", "reverse", "bidirectional"))
        batch_first = bool(making.integer("layout", 0, 0, 1))
        if making.has(4):
            raise RefusedError("has windows of different lengths (sequence_lens), which is not known here")
        cells = make_cells(making, 2 if direction == "bidirectional" else 1)
        backwards = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}[direction]
        whole, meter = making.wants(0), making.meter

        def kernel(values: Array, *rest: Array | None) -> tuple[Array, ...]:
            of_rank(values, 3)
            same_type(values, cells[0].weights)
            steps = values.swapaxes(0, 1) if batch_first else values
            time, count, inputs = steps.shape
            hidden, gates = cells[0].hidden, cells[0].weights.shape[1]
            meter.claim(time * count * gates, time * (count * gates * (inputs + hidden) + WORK_PER_CALL) * len(cells))
            starts = _starts(rest, cells, count, batch_first)
            made = np.empty((time if whole else 0, len(cells), count, hidden), values.dtype)
            ends = [
                _run(cell, steps, starts[0][index], starts[1][index] if remembers else None, made[:, index], back)
                for index, (cell, back) in enumerate(zip(cells, backwards, strict=True))
            ]
            results = [made, np.stack([h for h, _ in ends])]
            if remembers:
                results.append(np.stack([c for _, c in ends if c is not None]))
            if batch_first:
                results = [made.transpose(2, 0, 1, 3), *(state.swapaxes(0, 1) for state in results[1:])]
            return tuple(results)

        return kernel

    return build


def _starts(rest: Sequence[Array | None], cells: list[_Cell], count: int, batch_first: bool) -> list[Array]:
    """Return the first hidden and cell state, [directions, N, hidden] each; zeros where none is given."""
    shape = (len(cells), count, cells[0].hidden)
    found = []
    for index in (4, 5):
        given = rest[index] if index < len(rest) else None
        state = np.zeros(shape, cells[0].weights.dtype) if given is None else given
        if given is not None and batch_first:
            state = given.swapaxes(0, 1)
        same_type(state, cells[0].weights)
        if state.shape != shape:
            raise ValueError(f"initial state {list(state.shape)}, needed is {list(shape)}")
        found.append(state)
    return found


def _run(cell: _Cell, steps: Array, h: Array, c: Array | None, made: Array, backwards: bool) -> tuple[Array, Any]:
    time, count, inputs = steps.shape
    given = (steps.reshape(time * count, inputs) @ cell.weights).reshape(time, count, -1)
    given += cell.bias
    for at in range(time - 1, -1, -1) if backwards else range(time):
        h, c = cell.step(given[at], h, c)
        if len(made):
            made[at] = h
    return h, c


OPERATORS: Final[Table] = {
    "GRU": Operator(_layer(_gru_cells), (3, 6), 2),
    "LSTM": Operator(_layer(_lstm_cells, remembers=True), (3, 8), 3),
    "RNN": Operator(_layer(_rnn_cells), (3, 6), 2),
}
