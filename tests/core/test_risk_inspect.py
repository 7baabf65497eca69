"""M1: a model file is refused before a session is made unless it is exactly what the contract allows."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from btr_core.errors import ModelCardError
from btr_core.risk.inspect import MAX_MODEL_BYTES, OPERATORS, inspect_model

MODELS = Path(__file__).parents[1] / "fixtures" / "models"
GOOD = (MODELS / "rate.onnx").read_bytes()


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(value)) + value


def test_m1_a_good_model_is_described():
    facts = inspect_model(GOOD, "rate", 60)
    assert facts.operators == {"ai.onnx:Gather", "ai.onnx:Sub", "ai.onnx:Mul", "ai.onnx:Sigmoid"}
    assert (facts.input.name, facts.input.shape) == ("window", (None, 60))
    assert facts.output.shape == (None,)
    assert facts.metadata["sequence_length"] == "60"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        (
            "wrong_output_shape",
            r"output has element type 1 and shape \[N, 1\], needed is one float32 output of shape \[N\]",
        ),
        (
            "fixed_batch",
            r"input has element type 1 and shape \[1, 60\], needed is one float32 input of shape \[N, 60\]",
        ),
        ("old_opset", "opset of ai.onnx is 11, allowed are 17 to 22"),
        ("random_operator", "operator ai.onnx:RandomNormalLike, which is not on the list"),
        ("control_flow", "carries a graph"),
        ("custom_domain", "operator domain 'example', allowed are ai.onnx, ai.onnx.ml"),
        ("external_data", "keeps weights in another file"),
    ],
)
def test_m1_what_the_contract_does_not_allow_is_refused_in_words(name, reason):
    with pytest.raises(ModelCardError, match=f"^model {name}: .*{reason}"):
        inspect_model((MODELS / f"{name}.onnx").read_bytes(), name, 60)


def test_m1_another_sequence_length_is_refused():
    with pytest.raises(ModelCardError, match=r"shape \[N, 60\], needed is one float32 input of shape \[N, 120\]"):
        inspect_model(GOOD, "rate", 120)


def test_m1_a_file_over_five_mebibytes_is_refused():
    with pytest.raises(ModelCardError, match=f"allowed are at most {MAX_MODEL_BYTES}"):
        inspect_model(bytes(MAX_MODEL_BYTES + 1), "huge", 60)


@pytest.mark.parametrize("number", [20, 25], ids=["training", "functions"])
def test_m1_local_functions_and_training_code_are_refused(number):
    with pytest.raises(ModelCardError, match="local functions or training code"):
        inspect_model(GOOD + field(number, b""), "rate", 60)


def test_m1_two_graphs_are_refused():
    with pytest.raises(ModelCardError, match="one graph"):
        inspect_model(GOOD + field(7, b""), "rate", 60)


def test_m1_sparse_weights_are_refused():
    sparse = field(7, field(15, b""))
    with pytest.raises(ModelCardError, match="sparse"):
        inspect_model(sparse + field(8, b"\x10\x11"), "rate", 60)


def test_m1_no_operator_of_the_list_can_loop_branch_or_touch_the_outside():
    forbidden = {
        "If",
        "Loop",
        "Scan",
        "SequenceMap",
        "Optional",
        "RandomNormal",
        "RandomUniform",
        "Multinomial",
        "Bernoulli",
    }
    assert not forbidden & (OPERATORS["ai.onnx"] | OPERATORS["ai.onnx.ml"])


@pytest.mark.parametrize("size", range(0, len(GOOD), 7))
def test_i6_a_truncated_model_is_refused_or_lacks_its_metadata(size):
    try:
        facts = inspect_model(GOOD[:size], "rate", 60)
    except ModelCardError as error:
        assert str(error).startswith("model rate: ")  # noqa: PT017
    else:
        assert len(facts.metadata) < 4


@given(st.binary(max_size=400))
@example(b"\xff" * 40)
@example(b"\x3a\xff\xff\xff\xff\x0f")
@example(field(7, field(1, field(5, field(6, b"")))))
def test_m1_any_bytes_are_refused_and_nothing_worse_happens(data):
    with pytest.raises(ModelCardError, match=r"^model fuzz: "):
        inspect_model(data, "fuzz", 60)


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=6))
def test_m1_a_damaged_model_is_described_or_refused(damages):
    data = bytearray(GOOD)
    for at, byte in damages:
        data[at] = byte
    try:
        facts = inspect_model(bytes(data), "fuzz", 60)
    except ModelCardError as error:
        assert str(error).startswith("model fuzz: ")  # noqa: PT017
    else:
        assert facts.input.shape == (None, 60)
        assert {operator.partition(":")[2] for operator in facts.operators} <= OPERATORS["ai.onnx"] | OPERATORS[
            "ai.onnx.ml"
        ]


@given(
    st.recursive(
        st.binary(max_size=6),
        lambda inner: st.lists(st.tuples(st.integers(1, 30), inner), max_size=4).map(
            lambda parts: b"".join(field(number, value) for number, value in parts)
        ),
        max_leaves=12,
    )
)
def test_m1_any_well_formed_message_is_refused_too(data):
    with pytest.raises(ModelCardError):
        inspect_model(data, "fuzz", 60)
