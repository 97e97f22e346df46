// StringConcat, StringSplit, StringNormalizer, RegexFullMatch.
#include <algorithm>
#include <unordered_set>

#include "ops/all_ops.h"
#include "ops/elementwise.h"
#include "ops/regex.h"

namespace modelconv {
namespace {

std::span<const std::string> texts_of(const KernelContext& context, size_t index) {
  if (context.input(index).dtype() != DType::string) context.fail("input {} must hold strings", index);
  return context.input(index).data<std::string>();
}

void concat_kernel(KernelContext& context) {
  texts_of(context, 0);
  texts_of(context, 1);
  map_broadcast<std::string, std::string, std::string>(
      context, DType::string, [](const std::string& a, const std::string& b) { return a + b; });
}

using Pieces = std::vector<std::string>;

bool is_space(char letter) { return std::string_view(" \t\n\r\f\v").find(letter) != std::string_view::npos; }

// As str.split() of Python: runs of white space separate, and do not count at the ends.
Pieces split_at_spaces(std::string_view text, int64_t most) {
  Pieces pieces;
  while (true) {
    const auto first = std::find_if_not(text.begin(), text.end(), is_space);
    text.remove_prefix(static_cast<size_t>(first - text.begin()));
    if (text.empty()) return pieces;
    const auto stop = static_cast<int64_t>(pieces.size()) == most
                          ? text.end()
                          : std::find_if(text.begin(), text.end(), is_space);
    pieces.emplace_back(text.begin(), stop);
    text.remove_prefix(pieces.back().size());
  }
}

Pieces split_at(std::string_view text, std::string_view delimiter, int64_t most) {
  Pieces pieces;
  while (static_cast<int64_t>(pieces.size()) != most) {
    const size_t found = text.find(delimiter);
    if (found == std::string_view::npos) break;
    pieces.emplace_back(text.substr(0, found));
    text.remove_prefix(found + delimiter.size());
  }
  pieces.emplace_back(text);
  return pieces;
}

// Output 0 has one axis more, as long as the longest list; shorter lists end in empty strings.
void split_kernel(KernelContext& context) {
  const auto texts = texts_of(context, 0);
  const std::string delimiter = optional_string(context.node(), "delimiter").value_or("");
  const int64_t most = optional_int(context.node(), "maxsplit").value_or(-1);  // never reached: no limit
  std::vector<Pieces> lists;
  size_t longest = 0;
  for (const std::string& text : texts) {
    lists.push_back(delimiter.empty() ? split_at_spaces(text, most) : split_at(text, delimiter, most));
    longest = std::max(longest, lists.back().size());
  }
  Dims dims = context.input(0).dims();
  Tensor& counts = context.allocate(1, DType::int64, dims);
  dims.push_back(static_cast<int64_t>(longest));
  Tensor& result = context.allocate(0, DType::string, dims);
  const auto target = result.mutable_data<std::string>();
  const auto count = counts.mutable_data<int64_t>();
  for (size_t i = 0; i < lists.size(); ++i) {
    count[i] = static_cast<int64_t>(lists[i].size());
    std::move(lists[i].begin(), lists[i].end(), target.begin() + static_cast<std::ptrdiff_t>(i * longest));
  }
}

void infer_split(InferContext& context) {
  const Shape& shape = context.input_shape(0);
  context.set_output(1, DType::int64, shape);
  if (!shape.has_rank()) return context.set_output(0, DType::string, Shape::unranked());
  std::vector<Dim> dims = shape.dims();
  dims.push_back(context.data_dependent(0, dims.size()));
  context.set_output(0, DType::string, Shape(std::move(dims)));
}

// Letters of ASCII only: what other letters become depends on the locale, which the attribute names in a way that
// systems do not agree on.
std::string change_case(std::string text, const std::string& action) {
  for (char& letter : text) {
    if (action == "LOWER" && letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
    if (action == "UPPER" && letter >= 'a' && letter <= 'z') letter = static_cast<char>(letter - 'a' + 'A');
  }
  return text;
}

void normalize_kernel(KernelContext& context) {
  const auto texts = texts_of(context, 0);
  const Dims& dims = context.input(0).dims();
  if (dims.empty() || dims.size() > 2 || (dims.size() == 2 && dims[0] != 1))
    context.fail("the input must be of shape [C] or [1, C]");
  const std::string action = string_attr(context.node(), "case_change_action");
  if (action != "NONE" && action != "LOWER" && action != "UPPER")
    context.fail("case_change_action is '{}', it must be NONE, LOWER or UPPER", action);
  const bool exact = int_attr(context.node(), "is_case_sensitive") != 0;
  const auto key = [&](const std::string& text) { return exact ? text : change_case(text, "LOWER"); };
  std::unordered_set<std::string> stopwords;
  if (context.node().attrs.has("stopwords"))
    for (const std::string& word : strings_attr(context.node(), "stopwords")) stopwords.insert(key(word));
  std::vector<std::string> kept;
  for (const std::string& text : texts)
    if (!stopwords.contains(key(text))) kept.push_back(change_case(text, action));
  if (kept.empty()) kept.emplace_back();
  Dims result = {static_cast<int64_t>(kept.size())};
  if (dims.size() == 2) result.insert(result.begin(), 1);
  context.set_output(0, Tensor::of(std::move(result), kept));
}

void infer_normalize(InferContext& context) {
  const Shape& shape = context.input_shape(0);
  if (!shape.has_rank()) return context.set_output(0, DType::string, Shape::unranked());
  if (shape.rank() == 0 || shape.rank() > 2) context.fail("the input must be of shape [C] or [1, C]");
  std::vector<Dim> dims(shape.rank(), Dim(1));
  dims.back() = context.data_dependent(0, dims.size() - 1);
  context.set_output(0, DType::string, Shape(std::move(dims)));
}

void regex_kernel(KernelContext& context) {
  const auto texts = texts_of(context, 0);
  const Regex regex(optional_string(context.node(), "pattern").value_or(""));
  Tensor& y = context.allocate(0, DType::boolean, context.input(0).dims());
  uint8_t* matches = mutable_elements<uint8_t>(y);
  for (size_t i = 0; i < texts.size(); ++i) matches[i] = regex.matches_all(texts[i]);
}

void infer_regex(InferContext& context) { context.set_output(0, DType::boolean, context.input_shape(0)); }

}  // namespace

OpDefs strings_ops() {
  return {
      OpDef("RegexFullMatch").infer(infer_regex).axes(axes_elementwise).evaluate(regex_kernel).elementwise(),
      OpDef("StringConcat")
          .infer(infer_broadcast)
          .axes(axes_elementwise)
          .evaluate(concat_kernel)
          .elementwise(),
      OpDef("StringNormalizer").infer(infer_normalize).evaluate(normalize_kernel),
      OpDef("StringSplit").infer(infer_split).evaluate(split_kernel)};
}

}  // namespace modelconv
