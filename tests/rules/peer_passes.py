"""What other simplifiers call their passes, which of our rules do the same, and a graph on which they must.

Names are those in the sources of onnxoptimizer, onnxsim, OnnxSlim, onnxscript and the optimizers of tf2onnx (November
2026). A row without rules says in its note why there is none. tools/passes_page.py writes docs/passes.md from this.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Row:
    peer: str
    name: str
    rules: tuple[str, ...] = ()  # any of them may be the one that acts
    note: str = ""
    inputs: str = ""  # as in the text format of the onnx package
    body: str = ""
    weights: dict[str, tuple[int, ...]] = field(default_factory=dict)
    ints: dict[str, list[int]] = field(default_factory=dict)
    opset: int = 17


def _row(peer: str, name: str, rules: str, inputs: str, body: str, **rest: object) -> Row:
    return Row(peer, name, tuple(rules.split()), "", inputs, body, **rest)  # type: ignore[arg-type]


def _none(peer: str, name: str, note: str) -> Row:
    return Row(peer, name, (), note)


X = "float[2,3] x"
IMAGE = "float[1,4,6,6] x"
CONV = {"w": (8, 4, 3, 3)}
CONV_BIAS = {"w": (8, 4, 3, 3), "k": (1, 8, 1, 1)}
BATCHNORM = {"w": (8, 4, 3, 3), "s": (8,), "b": (8,), "m": (8,), "v": (8,)}
ZERO = "z = Constant<value = float {0.0}>()"
ONE = "o = Constant<value = float {1.0}>()"
TWO = "t = Constant<value = float {2.0}>()"

_OPT, _SIM, _SLIM, _SCRIPT, _TF = "onnxoptimizer", "onnxsim", "OnnxSlim", "onnxscript", "tf2onnx"

ROWS = [
    # --- onnxoptimizer
    _none(_OPT, "adjust_add", "our patterns try both orders of commutative operands"),
    _none(_OPT, "adjust_slice_and_matmul", "moves a Slice behind a MatMul: more work, not less"),
    _row(_OPT, "eliminate_common_subexpression", "share_subexpressions", X, "a = Exp(x)\nb = Exp(x)\ny = Sub(a, b)"),
    _row(_OPT, "eliminate_consecutive_idempotent_ops", "eliminate_repeated fuse_clips", X, "a = Relu(x)\ny = Relu(a)"),
    _row(_OPT, "eliminate_deadend", "remove_unused", X, "a = Exp(x)\ny = Relu(x)"),
    _row(
        _OPT,
        "eliminate_duplicate_initializer",
        "share_constants",
        X,
        "a = Mul(x, v)\nb = Exp(a)\ny = Mul(b, w)",
        weights={"v": (3,), "w": (3,)},
    ),
    _row(_OPT, "eliminate_identity", "eliminate_identity", X, "a = Identity(x)\ny = Relu(a)"),
    _row(
        _OPT,
        "eliminate_if_with_const_cond",
        "inline_constant_if",
        X,
        "c = Constant<value = bool {1}>()\n"
        "y = If (c) <then_branch = g1 () => (float[2,3] p) { p = Relu(x) }, "
        "else_branch = g2 () => (float[2,3] q) { q = Neg(x) }>",
    ),
    _row(_OPT, "eliminate_nop_cast", "eliminate_noop_cast", X, "a = Cast<to = 1>(x)\ny = Relu(a)"),
    _row(_OPT, "eliminate_nop_concat", "eliminate_noop_concat", X, "a = Concat<axis = 0>(x)\ny = Relu(a)"),
    _row(_OPT, "eliminate_nop_dropout", "eliminate_dropout", X, "a = Dropout(x)\ny = Relu(a)"),
    _row(
        _OPT, "eliminate_nop_expand", "eliminate_noop_reshape", X, "a = Expand(x, s)\ny = Relu(a)", ints={"s": [2, 3]}
    ),
    _row(_OPT, "eliminate_nop_flatten", "eliminate_noop_reshape", X, "a = Flatten(x)\ny = Relu(a)"),
    _none(
        _OPT,
        "eliminate_nop_monotone_argmax",
        "unsound: rounding makes different numbers equal, so the first largest of Softmax(x) need not be that of x",
    ),
    _row(_OPT, "eliminate_nop_pad", "eliminate_noop_pad", X, "a = Pad(x, p)\ny = Relu(a)", ints={"p": [0, 0, 0, 0]}),
    _row(
        _OPT, "eliminate_nop_reshape", "eliminate_noop_reshape", X, "a = Reshape(x, s)\ny = Relu(a)", ints={"s": [2, 3]}
    ),
    _row(
        _OPT,
        "eliminate_nop_split",
        "eliminate_noop_split",
        X,
        "a = Split<axis = 1>(x, s)\ny = Relu(a)",
        ints={"s": [3]},
    ),
    _row(
        _OPT, "eliminate_nop_transpose", "eliminate_noop_transpose", X, "a = Transpose<perm = [0, 1]>(x)\ny = Relu(a)"
    ),
    _row(_OPT, "eliminate_nop_with_unit", "eliminate_mul_one", X, f"{ONE}\na = Mul(x, o)\ny = Relu(a)"),
    _row(
        _OPT,
        "eliminate_shape_gather",
        "fold_known_elements fold_constants",
        X,
        "s = Shape(x)\ni = Constant<value = int64 {1}>()\ng = Gather(s, i)\nf = Cast<to = 1>(g)\ny = Mul(x, f)",
    ),
    _row(
        _OPT,
        "eliminate_shape_op",
        "fold_known_elements",
        X,
        "s = Shape(x)\nf = Cast<to = 1>(s)\nr = ReduceMax(f)\ny = Mul(x, r)",
    ),
    _row(
        _OPT,
        "eliminate_slice_after_shape",
        "fold_known_elements",
        X,
        "s = Shape(x)\na = Slice(s, i, j)\nf = Cast<to = 1>(a)\ny = Mul(x, f)",
        ints={"i": [1], "j": [2]},
    ),
    _row(_OPT, "eliminate_unused_initializer", "remove_unused", X, "a = Exp(x)\ny = Relu(x)", weights={"v": (3,)}),
    _none(_OPT, "extract_constant_to_initializer", "reading does it: a Constant node is a constant of the graph"),
    _row(_OPT, "fuse_add_bias_into_conv", "fuse_conv_add", IMAGE, "c = Conv(x, w)\ny = Add(c, k)", weights=CONV_BIAS),
    _row(
        _OPT,
        "fuse_bn_into_conv",
        "fuse_conv_batchnorm",
        IMAGE,
        "c = Conv(x, w)\ny = BatchNormalization(c, s, b, m, v)",
        weights=BATCHNORM,
    ),
    _row(
        _OPT,
        "fuse_concat_into_reshape",
        "use_constant_reshape_shape",
        "float[N,2,3] x",
        "s = Shape(x)\ni = Constant<value = int64[1] {0}>()\nn = Gather(s, i)\nc = Concat<axis = 0>(n, r)\n"
        "y = Reshape(x, c)",
        ints={"r": [6]},
    ),
    _row(_OPT, "fuse_consecutive_concats", "fuse_concats", X, "a = Concat<axis = 0>(x, x)\ny = Concat<axis = 0>(a, x)"),
    _none(
        _OPT,
        "fuse_consecutive_log_softmax",
        "unsound: Log(Softmax(x)) is -inf where the Softmax underflows, LogSoftmax(x) is finite there",
    ),
    _row(
        _OPT,
        "fuse_consecutive_reduce_unsqueeze",
        "fuse_reduce_axes",
        X,
        "a = ReduceMax<axes = [1], keepdims = 0>(x)\ny = Unsqueeze(a, i)",
        ints={"i": [1]},
    ),
    _row(
        _OPT,
        "fuse_consecutive_slices",
        "fuse_slices fuse_slices_of_one_axis",
        X,
        "a = Slice(x, i, j, j)\ny = Slice(a, i, j, i)",
        ints={"i": [0], "j": [1]},
    ),
    _row(
        _OPT,
        "fuse_consecutive_squeeze_unsqueeze",
        "cancel_squeeze fuse_reshapes",
        "float[N,M] x",
        "a = Unsqueeze(x, i)\nb = Squeeze(a, i)\ny = Relu(b)",
        ints={"i": [1]},
    ),
    _row(
        _OPT,
        "fuse_consecutive_squeezes",
        "fuse_squeezes fuse_reshapes",
        "float[N,1,M,1] x",
        "a = Squeeze(x, i)\nb = Squeeze(a, j)\ny = Relu(b)",
        ints={"i": [1], "j": [2]},
    ),
    _row(
        _OPT,
        "fuse_consecutive_transposes",
        "fuse_transposes",
        "float[2,3,4] x",
        "a = Transpose<perm = [1, 2, 0]>(x)\nb = Transpose<perm = [1, 0, 2]>(a)\ny = Relu(b)",
    ),
    _row(
        _OPT,
        "fuse_consecutive_unsqueezes",
        "fuse_unsqueezes fuse_reshapes",
        "float[N,M] x",
        "a = Unsqueeze(x, i)\nb = Unsqueeze(a, i)\ny = Relu(b)",
        ints={"i": [1]},
    ),
    _row(
        _OPT,
        "fuse_matmul_add_bias_into_gemm",
        "fuse_matmul_add",
        X,
        "m = MatMul(x, w)\ny = Add(m, b)",
        weights={"w": (3, 4), "b": (4,)},
    ),
    _row(
        _OPT,
        "fuse_pad_into_conv",
        "fuse_pad_into_conv",
        IMAGE,
        "p = Pad(x, i)\ny = Conv(p, w)",
        weights=CONV,
        ints={"i": [0, 0, 1, 1, 0, 0, 1, 1]},
    ),
    _row(
        _OPT,
        "fuse_pad_into_pool",
        "fuse_pad_into_pool",
        IMAGE,
        "p = Pad(x, i)\ny = AveragePool<kernel_shape = [3, 3]>(p)",
        ints={"i": [0, 0, 1, 1, 0, 0, 1, 1]},
    ),
    _none(
        _OPT,
        "fuse_qkv",
        "joins three weights into a new one: the file's are copied, and runtimes gain nothing that we measured",
    ),
    _row(
        _OPT,
        "fuse_transpose_into_gemm",
        "fuse_transpose_into_gemm",
        "float[3,2] x",
        "t = Transpose<perm = [1, 0]>(x)\ny = Gemm(t, w)",
        weights={"w": (3, 4)},
    ),
    _none(_OPT, "lift_lexical_references", "graphs capture outer values as ONNX does"),
    _none(_OPT, "nop", "does nothing"),
    _none(_OPT, "rename_input_output", "`input_names`, `output_names` of convert()"),
    _row(
        _OPT,
        "replace_einsum_with_matmul",
        "simplify_einsum",
        "float[2,3,4] x",
        'y = Einsum<equation = "bij,bjk->bik">(x, w)',
        weights={"w": (2, 4, 5)},
    ),
    _none(_OPT, "rewrite_input_dtype", "changes what the user passes in"),
    _row(
        _OPT,
        "rewrite_where",
        "simplify_where",
        X,
        f"{ZERO}\nc = Less(x, z)\nn = Not(c)\nr = Exp(x)\ny = Where(n, x, r)",
    ),
    _none(_OPT, "set_unique_name_for_nodes", "the writer names nodes"),
    _none(_OPT, "split_init", "cuts a training graph in two: `extract` does that by name"),
    _none(_OPT, "split_predict", "as split_init"),
    # --- onnxsim
    _row(_SIM, "fuse_mul_into_conv", "fuse_conv_mul", IMAGE, "c = Conv(x, w)\ny = Mul(c, k)", weights=CONV_BIAS),
    _row(
        _SIM,
        "fuse_preceding_mul_into_conv",
        "fuse_mul_before_conv",
        IMAGE,
        "c = Mul(x, k)\ny = Conv(c, w)",
        weights={"w": (8, 4, 3, 3), "k": (4, 1, 1)},
    ),
    _row(_SIM, "fuse_consecutive_mul", "fuse_products", X, f"{TWO}\na = Mul(x, t)\ny = Mul(a, t)"),
    _none(_SIM, "fuse_matmul_add_bias_into_gemm_batched", "puts two Reshapes around a Gemm: as many nodes as before"),
    _row(
        _SIM,
        "eliminate_reshape_around_elementwise",
        "reshape_around_elementwise",
        X,
        "a = Reshape(x, i)\nb = Exp(a)\nc = Reshape(b, j)\ny = Relu(c)",
        ints={"i": [6], "j": [2, 3]},
    ),
    _row(
        _SIM,
        "fuse_rms_norm",
        "recover_rms_norm",
        X,
        f"{TWO}\ne = Constant<value = float {{0.00001}}>()\na = Pow(x, t)\nm = ReduceMean(a, i)\nn = Add(m, e)\n"
        "q = Sqrt(n)\ny = Div(x, q)",
        opset=23,
        ints={"i": [1]},
    ),
    _row(
        _SIM,
        "fuse_gelu",
        "recover_gelu",
        X,
        f"{ONE}\nr = Constant<value = float {{1.41421356}}>()\nh = Constant<value = float {{0.5}}>()\n"
        f"a = Div(x, r)\nb = Erf(a)\n"
        "c = Add(b, o)\nd = Mul(x, c)\ny = Mul(d, h)",
        opset=20,
    ),
    _row(
        _SIM,
        "fuse_layer_norm",
        "recover_layer_norm",
        X,
        f"{TWO}\ne = Constant<value = float {{0.00001}}>()\nm = ReduceMean<axes = [1]>(x)\nd = Sub(x, m)\n"
        f"a = Pow(d, t)\n"
        "v = ReduceMean<axes = [1]>(a)\nn = Add(v, e)\nq = Sqrt(n)\ny = Div(d, q)",
    ),
    _none(_SIM, "fuse_attention", "operators of one runtime; `com.microsoft` nodes that are there are kept"),
    _none(_SIM, "fuse_gqa", "as fuse_attention"),
    _none(_SIM, "fuse_rope", "as fuse_attention"),
    _row(
        _SIM,
        "fuse_reshape_family",
        "fuse_reshapes",
        X,
        "a = Reshape(x, i)\nb = Reshape(a, j)\ny = Relu(b)",
        ints={"i": [6], "j": [3, 2]},
    ),
    _row(
        _SIM,
        "fuse_split_gather_concat",
        "join_neighbouring_parts",
        "float[2,4] x",
        "a, b = Split<axis = 1>(x)\nc = Concat<axis = 1>(a, b)\ny = Relu(c)",
    ),
    _row(
        _SIM,
        "eliminate_loop_with_const_trip_count",
        "unroll_loop",
        X,
        "n = Constant<value = int64 {2}>()\nc = Constant<value = bool {1}>()\n"
        "y = Loop (n, c, x) <body = b (int64 i, bool g, float[2,3] s) => (bool h, float[2,3] r) "
        "{ h = Identity(g)\n r = Exp(s) }>",
    ),
    _row(
        _SIM,
        "eliminate_nop_reduce",
        "eliminate_single_element_reduce eliminate_noop_reduce",
        "float[2,1] x",
        "a = ReduceMax<axes = [1]>(x)\ny = Relu(a)",
    ),
    _none(_SIM, "eliminate_nop_softmax", "unsound: over one element it is 1, but NaN for NaN and infinity"),
    _none(_SIM, "explicit_auto_pad", "no smaller and no faster"),
    _none(_SIM, "gemm_transa_to_transpose", "the opposite of fuse_transpose_into_gemm"),
    _none(_SIM, "maxpool row-major index fix", "a repair of one exporter's indices, which changes results"),
    _none(_SIM, "rewrite_deform_conv_to_gather", "more nodes; DeformConv is lowered where the operator set lacks it"),
    _row(
        _SIM,
        "rewrite_gather_over_concat",
        "gather_of_concat",
        "int64[1] x, int64[1] z",
        "c = Concat<axis = 0>(x, z)\ni = Constant<value = int64[1] {1}>()\ng = Gather(c, i)\ny = Neg(g)",
    ),
    _row(
        _SIM,
        "rewrite_implicit_broadcast",
        "skip_expand",
        "float[1,3] x, float[2,3] z",
        "a = Expand(x, s)\ny = Add(a, z)",
        ints={"s": [2, 3]},
    ),
    _none(_SIM, "rewrite_msdeformattn_to_gridsample", "a choice for one runtime, more nodes"),
    _none(_SIM, "rewrite_trt_batched_nms", "an operator of one runtime"),
    _none(_SIM, "quantize", "changes results: not a simplification"),
    # --- OnnxSlim
    _row(_SLIM, "FusionConvMul", "fuse_conv_mul", IMAGE, "c = Conv(x, w)\ny = Mul(c, k)", weights=CONV_BIAS),
    _row(
        _SLIM,
        "FusionConvTransposeMul",
        "fuse_conv_mul",
        IMAGE,
        "c = ConvTranspose(x, w)\ny = Mul(c, k)",
        weights={"w": (4, 8, 3, 3), "k": (1, 8, 1, 1)},
    ),
    _row(_SLIM, "FusionConvAdd", "fuse_conv_add", IMAGE, "c = Conv(x, w)\ny = Add(c, k)", weights=CONV_BIAS),
    _row(
        _SLIM,
        "FusionConvTransposeAdd",
        "fuse_conv_add",
        IMAGE,
        "c = ConvTranspose(x, w)\ny = Add(c, k)",
        weights={"w": (4, 8, 3, 3), "k": (1, 8, 1, 1)},
    ),
    _row(
        _SLIM,
        "FusionConvBN",
        "fuse_conv_batchnorm",
        IMAGE,
        "c = Conv(x, w)\ny = BatchNormalization(c, s, b, m, v)",
        weights=BATCHNORM,
    ),
    _row(
        _SLIM,
        "FusionConvTransposeBN",
        "fuse_conv_batchnorm",
        IMAGE,
        "c = ConvTranspose(x, w)\ny = BatchNormalization(c, s, b, m, v)",
        weights={**BATCHNORM, "w": (4, 8, 3, 3)},
    ),
    _row(
        _SLIM,
        "FusionPadConv",
        "fuse_pad_into_conv",
        IMAGE,
        "p = Pad(x, i)\ny = Conv(p, w)",
        weights=CONV,
        ints={"i": [0, 0, 1, 1, 0, 0, 1, 1]},
    ),
    _row(
        _SLIM, "FusionGemm", "fuse_matmul_add", X, "m = MatMul(x, w)\ny = Add(m, b)", weights={"w": (3, 4), "b": (4,)}
    ),
    _row(_SLIM, "FusionGemmMul", "fuse_gemm_mul", X, "m = Gemm(x, w)\ny = Mul(m, b)", weights={"w": (3, 4), "b": (4,)}),
    _row(_SLIM, "FusionGemmAdd", "fuse_gemm_add", X, "m = Gemm(x, w)\ny = Add(m, b)", weights={"w": (3, 4), "b": (4,)}),
    _row(
        _SLIM,
        "FusionReduce",
        "fuse_reduce_axes",
        X,
        "a = ReduceMean<axes = [1], keepdims = 0>(x)\ny = Unsqueeze(a, i)",
        ints={"i": [1]},
    ),
    _row(
        _SLIM,
        "FusionConcatReshape",
        "use_constant_reshape_shape",
        "float[N,2,3] x",
        "s = Shape(x)\ni = Constant<value = int64[1] {0}>()\nn = Gather(s, i)\nc = Concat<axis = 0>(n, r)\n"
        "y = Reshape(x, c)",
        ints={"r": [6]},
    ),
    _row(
        _SLIM,
        "FusionGelu",
        "recover_gelu",
        X,
        f"{ONE}\nr = Constant<value = float {{1.41421356}}>()\nh = Constant<value = float {{0.5}}>()\n"
        f"a = Div(x, r)\nb = Erf(a)\n"
        "c = Add(b, o)\nd = Mul(x, c)\ny = Mul(d, h)",
        opset=20,
    ),
    _row(_SLIM, "EliminationConcat", "fuse_concats", X, "a = Concat<axis = 0>(x, x)\ny = Concat<axis = 0>(a, x)"),
    _row(
        _SLIM,
        "EliminationReshape",
        "fuse_reshapes",
        X,
        "a = Reshape(x, i)\nb = Reshape(a, j)\ny = Relu(b)",
        ints={"i": [6], "j": [3, 2]},
    ),
    _row(
        _SLIM,
        "EliminationReshapeAs",
        "fold_known_elements use_constant_reshape_shape",
        "float[2,3] x, float[3,2] z",
        "s = Shape(z)\na = Reshape(x, s)\ny = Add(a, z)",
    ),
    _row(
        _SLIM,
        "EliminationSlice",
        "fuse_slices fuse_slices_of_one_axis",
        "float[4,6] x",
        "a = Slice(x, i, j, i)\ny = Slice(a, i, k, i)",
        ints={"i": [0], "j": [3], "k": [2]},
    ),
    _row(
        _SLIM,
        "EliminationTranspose",
        "fuse_transposes",
        "float[2,3,4] x",
        "a = Transpose<perm = [1, 2, 0]>(x)\nb = Transpose<perm = [1, 0, 2]>(a)\ny = Relu(b)",
    ),
    _row(
        _SLIM,
        "EliminationUnsqueeze",
        "fuse_unsqueezes fuse_reshapes",
        "float[N,M] x",
        "a = Unsqueeze(x, i)\nb = Unsqueeze(a, i)\ny = Relu(b)",
        ints={"i": [1]},
    ),
    _row(
        _SLIM,
        "weight_tying",
        "share_constants",
        X,
        "a = Mul(x, v)\nb = Exp(a)\ny = Mul(b, w)",
        weights={"v": (3,), "w": (3,)},
    ),
    # --- onnxscript
    _none(_SCRIPT, "add_0", "x + 0.0 turns -0.0 into 0.0; integers and x + -0.0: eliminate_add_zero"),
    _row(
        _SCRIPT,
        "affine_conv_fusion",
        "fuse_mul_before_conv fuse_add_before_conv",
        IMAGE,
        "a = Mul(x, k)\nb = Add(a, l)\ny = Conv(b, w)",
        weights={"w": (8, 4, 3, 3), "k": (4, 1, 1), "l": (4, 1, 1)},
    ),
    _row(_SCRIPT, "cast_cast", "fuse_casts", "float16[4] x", "a = Cast<to = 1>(x)\ny = Cast<to = 11>(a)"),
    _row(
        _SCRIPT,
        "cast_constant_of_shape",
        "cast_constant_of_shape",
        "int64[2] x",
        "a = ConstantOfShape<value = float[1] {2.5}>(x)\ny = Cast<to = 7>(a)",
    ),
    _row(
        _SCRIPT,
        "cast_constant_of_shape_without_value",
        "cast_constant_of_shape",
        "int64[2] x",
        "a = ConstantOfShape(x)\ny = Cast<to = 7>(a)",
    ),
    _row(
        _SCRIPT,
        "collapse_slice",
        "eliminate_noop_slice",
        X,
        "a = Slice(x, i, j, i)\ny = Relu(a)",
        ints={"i": [0], "j": [9]},
    ),
    _row(_SCRIPT, "conv_affine_fusion", "fuse_conv_mul", IMAGE, "c = Conv(x, w)\ny = Mul(c, k)", weights=CONV_BIAS),
    _row(_SCRIPT, "div_by_1", "eliminate_div_one", X, f"{ONE}\na = Div(x, o)\ny = Relu(a)"),
    _row(_SCRIPT, "dropout_inference", "eliminate_dropout", X, "a = Dropout(x)\ny = Relu(a)"),
    _row(
        _SCRIPT,
        "expand_before_binary_op",
        "skip_expand",
        "float[1,3] x, float[2,3] z",
        "a = Expand(x, s)\ny = Add(a, z)",
        ints={"s": [2, 3]},
    ),
    _none(_SCRIPT, "flatten_to_reshape", "one node either way"),
    _row(
        _SCRIPT,
        "fuse_batchnorm_into_gemm",
        "fuse_gemm_batchnorm",
        X,
        "c = Gemm(x, w)\ny = BatchNormalization(c, s, b, m, v)",
        weights={**BATCHNORM, "w": (3, 8)},
    ),
    _row(
        _SCRIPT,
        "fuse_hardswish",
        "recover_hard_swish recover_hard_sigmoid",
        X,
        f"{ZERO}\nr = Constant<value = float {{3.0}}>()\ns = Constant<value = float {{6.0}}>()\n"
        f"a = Add(x, r)\nb = Clip(a, z, s)\n"
        "c = Mul(x, b)\ny = Div(c, s)",
    ),
    _row(_SCRIPT, "min_min", "fuse_limits", X, f"{ONE}\n{TWO}\na = Min(x, o)\ny = Min(a, t)"),
    _row(_SCRIPT, "max_max", "fuse_limits", X, f"{ONE}\n{TWO}\na = Max(x, o)\ny = Max(a, t)"),
    _row(_SCRIPT, "min_max", "fuse_limits", X, f"{ONE}\n{TWO}\na = Min(x, t)\ny = Max(a, o)"),
    _row(_SCRIPT, "max_min", "fuse_limits", X, f"{ONE}\n{TWO}\na = Max(x, o)\ny = Min(a, t)"),
    _none(_SCRIPT, "gemm_to_matmul_add", "the opposite of matmul_add_to_gemm"),
    _row(
        _SCRIPT,
        "no_op_static_scatter_nd",
        "eliminate_full_scatter",
        "float[2,3] x, float[2,3] z",
        "i = Constant<value = int64[2,1] {0, 1}>()\na = ScatterND(x, i, z)\ny = Relu(a)",
    ),
    _row(
        _SCRIPT,
        "no_op_dynamic_scatter_nd",
        "eliminate_full_scatter",
        "float[N,3] x, float[N,3] z",
        "s = Shape(x)\no = Constant<value = int64 {0}>()\nt = Constant<value = int64 {1}>()\n"
        "n = Gather(s, o)\nr = Range(o, n, t)\n"
        "i = Unsqueeze(r, k)\na = ScatterND(x, i, z)\ny = Relu(a)",
        ints={"k": [1]},
    ),
    _none(_SCRIPT, "normalize_pad_format_conv", "no smaller and no faster"),
    _row(
        _SCRIPT,
        "remove_optional_bias_from_conv",
        "drop_zero_bias",
        IMAGE,
        "s = Constant<value = float[2] {0, 0}>()\ny = Conv(x, w, s)",
        weights={"w": (2, 4, 3, 3)},
    ),
    _row(
        _SCRIPT,
        "remove_optional_bias_from_gemm",
        "drop_zero_bias",
        X,
        "s = Constant<value = float[2] {0, 0}>()\ny = Gemm(x, w, s)",
        weights={"w": (3, 2)},
    ),
    _none(_SCRIPT, "remove_optional_bias_from_qlinear_conv", "an integer bias costs nothing that we measured"),
    _row(
        _SCRIPT,
        "slice_split",
        "slices_to_split",
        "float[2,4] x",
        "a = Slice(x, i, j, k)\nb = Slice(x, j, l, k)\ny = Mul(a, b)",
        ints={"i": [0], "j": [2], "k": [1], "l": [4]},
    ),
    _row(_SCRIPT, "successive_clip_relu", "fuse_clips", X, f"{ONE}\na = Clip(x, , o)\ny = Relu(a)"),
    _row(_SCRIPT, "successive_relu", "eliminate_repeated fuse_clips", X, "a = Relu(x)\ny = Relu(a)"),
    _none(
        _SCRIPT,
        "sdpa, mha, gqa, skip norms and other fusions for ONNX Runtime",
        "operators of one runtime, which makes them itself when it loads a model",
    ),
    # --- the optimizers of tf2onnx
    _row(
        _TF,
        "optimize_transpose",
        "fuse_transposes sink_transpose",
        "float[1,4,4,3] x",
        "a = Transpose<perm = [0, 3, 1, 2]>(x)\nb = Relu(a)\ny = Transpose<perm = [0, 2, 3, 1]>(b)",
    ),
    _none(_TF, "remove_redundant_upsample", "a Resize by 1 of a known shape copies; runtimes skip it"),
    _row(_TF, "fold_constants", "fold_constants", X, f"{ONE}\n{TWO}\na = Add(o, t)\ny = Mul(x, a)"),
    _none(_TF, "const_dequantize_optimizer", "makes the file four times as large: only within fold_limit"),
    _none(
        _TF, "q_dq_optimizer", "moves quantisation over operators: changes rounding; exact pairs: eliminate_requantize"
    ),
    _row(
        _TF,
        "loop_optimizer",
        "capture_constant_loop_state",
        "int64 n, float[2,3] x, float[3] k",
        "y, u = Loop (n, , x, k) <body = b (int64 i, bool g, float[2,3] s, float[3] c) "
        "=> (bool h, float[2,3] r, float[3] d) "
        "{ h = Identity(g)\n r = Mul(s, c)\n d = Identity(c) }>",
    ),
    _row(_TF, "merge_duplication", "share_subexpressions", X, "a = Exp(x)\nb = Exp(x)\ny = Sub(a, b)"),
    _row(
        _TF,
        "reshape_optimizer",
        "eliminate_noop_reshape",
        "float[N,2,3] x",
        "s = Shape(x)\na = Reshape(x, s)\ny = Relu(a)",
    ),
    _row(_TF, "global_pool_optimizer", "recover_global_average_pool", IMAGE, "y = ReduceMean<axes = [2, 3]>(x)"),
    _row(_TF, "remove_identity", "eliminate_identity", X, "a = Identity(x)\ny = Relu(a)"),
    _row(
        _TF,
        "remove_back_to_back",
        "fuse_transposes",
        "float[2,3,4] x",
        "a = Transpose<perm = [1, 2, 0]>(x)\nb = Transpose<perm = [1, 0, 2]>(a)\ny = Relu(b)",
    ),
    _row(
        _TF,
        "einsum_optimizer",
        "simplify_einsum",
        "float[2,3,4] x",
        'y = Einsum<equation = "bij,bjk->bik">(x, w)',
        weights={"w": (2, 4, 5)},
    ),
]
