// Strings, as far as ONNX has operators for them.
#include "formats/tensorflow/ops/all_ops.h"
#include "formats/tensorflow/ops/term.h"

namespace modelconv::tensorflow {
namespace {

Term text(Translation& t, const std::string& value) {
  return {t, t.constant(Tensor::of<std::string>({}, {value}))};
}

void raise_join(Translation& t) {
  const std::string separator = string_of(t, "separator", "");
  Term joined = input(t, 0);
  for (size_t i = 1; i < t.input_count(); ++i) {
    if (!separator.empty()) joined = compute("StringConcat", {joined, text(t, separator)});
    joined = compute("StringConcat", {joined, input(t, i)});
  }
  set_output(t, 0, joined);
}

void raise_as_string(Translation& t) {
  const Term x = input(t, 0);
  const bool is_plain = string_of(t, "fill", "").empty() && int_of(t, "width", -1) < 0;
  if (!is_plain) t.refuse("width and fill have no ONNX form");
  if (x.dtype() == DType::boolean) return set_output(t, 0, where(x, text(t, "true"), text(t, "false")));
  if (!is_integer(x.dtype())) t.refuse("how floats are spelled differs");
  set_output(t, 0, cast(x, DType::string));
}

void raise_to_number(Translation& t) {
  set_output(t, 0, cast(input(t, 0), type_of(t, "out_type", DType::float32)));
}

// ONNX's operator takes one axis. Without an encoding only the letters of ASCII change.
void raise_case(Translation& t) {
  const bool lower = t.node().op().name() == "StringLower";
  Attrs attrs = {{"case_change_action", std::string(lower ? "LOWER" : "UPPER")},
                 {"is_case_sensitive", int64_t{1}}};
  if (string_of(t, "encoding", "").empty()) attrs.set("locale", std::string("C"));
  const Term x = input(t, 0);
  set_output(t, 0, reshape(compute("StringNormalizer", {reshape(x, {-1})}, attrs), shape_of(x)));
}

void full_match(Translation& t, const std::string& pattern) {
  set_output(t, 0, compute("RegexFullMatch", {input(t, 0)}, {{"pattern", pattern}}));
}

void raise_static_full_match(Translation& t) { full_match(t, string_of(t, "pattern", "")); }

std::string constant_text(const Translation& t, size_t index, const char* what) {
  const Tensor& tensor = t.constant(index, what);
  ENSURE(tensor.dtype() == DType::string && tensor.size() == 1, MalformedModelError, "{} is no single string",
         what);
  return tensor.data<std::string>()[0];
}

void raise_full_match(Translation& t) { full_match(t, constant_text(t, 1, "the pattern")); }

// The parts of all strings as a sparse tensor: rows of (string, number of part), parts, and its shape.
void split(Translation& t, const std::string& separator, int64_t most, bool skip_empty) {
  if (t.rank(0) != 1) t.refuse("its input has rank {}", t.rank(0));
  Attrs attrs;
  if (!separator.empty()) attrs.set("delimiter", separator);
  if (most >= 0) attrs.set("maxsplit", most);
  Node& parts = t.add_node("StringSplit", {&t.required(0)}, attrs, 2);
  const Term words = {t, *parts.output(0)}, counts = {t, *parts.output(1)};  // [n, most words], [n]
  Term keep = unsqueeze(range(size_of(words, 1)), {0}) < unsqueeze(counts, {1});
  if (skip_empty) keep = both(keep, negated(equal(words, text(t, ""))));
  const Term flags = cast(keep, DType::int64);
  const Term found = transpose(compute("NonZero", {keep}), {1, 0});  // [found, 2]
  const Term place = gather_nd(cumulative_sum(flags, 1, true), found);
  set_output(t, 0, concat({slice(found, 1, 0, 1), unsqueeze(place, {1})}, 1));
  set_output(t, 1, gather_nd(words, found));
  const Term longest =
      reduce("ReduceMax", concat({reduce("ReduceSum", flags, {1}), numbers(t, {0})}, 0), {0}, true);
  set_output(t, 2, concat({size_of(words, 0), longest}, 0));
}

void raise_split_v2(Translation& t) {
  split(t, constant_text(t, 1, "the separator"), int_of(t, "maxsplit", -1), false);
}

// Each character of the delimiter separates by itself.
void raise_split(Translation& t) {
  const std::string delimiter = constant_text(t, 1, "the delimiter");
  if (delimiter.size() != 1) t.refuse("ONNX splits at one separator, here are {}", delimiter.size());
  split(t, delimiter, -1, flag_of(t, "skip_empty", true));
}

}  // namespace

OpMappings string_ops() {
  return {
      {"tf.AsString", "Cast", raise_as_string, nullptr, "integers and truth values"},
      {"tf.RegexFullMatch", "RegexFullMatch", raise_full_match, nullptr, "constant pattern"},
      {"tf.StaticRegexFullMatch", "RegexFullMatch", raise_static_full_match, nullptr, ""},
      {"tf.StringJoin", "StringConcat", raise_join, nullptr, ""},
      {"tf.StringLower", "StringNormalizer", raise_case, nullptr, ""},
      {"tf.StringSplit", "StringSplit", raise_split, nullptr, "a delimiter of one character"},
      {"tf.StringSplitV2", "StringSplit", raise_split_v2, nullptr, "constant separator"},
      {"tf.StringToNumber", "Cast", raise_to_number, nullptr, ""},
      {"tf.StringUpper", "StringNormalizer", raise_case, nullptr, ""},
  };
}

}  // namespace modelconv::tensorflow
