#include "ops/einsum_equation.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "ops/attributes.h"

namespace modelconv {
namespace {

// Without spaces, "..." as one ".".
std::string compacted(const Node& node, const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == ' ') continue;
    if (c == '.') {
      ENSURE(text.compare(i, 3, "...") == 0, MalformedModelError,
             "{}: '{}' has a dot that belongs to no ellipsis", node.describe(), text);
      i += 2;
    } else {
      ENSURE(std::isalpha(c) || c == ',' || c == '-' || c == '>', MalformedModelError,
             "{}: '{}' is no equation", node.describe(), text);
    }
    result.push_back(static_cast<char>(c));
  }
  return result;
}

std::string implicit_result(const std::vector<std::string>& terms) {
  std::map<char, int> counts;
  for (const std::string& term : terms)
    for (char c : term) ++counts[c];
  std::string result = counts.contains('.') ? "." : "";
  for (const auto& [c, count] : counts)
    if (c != '.' && count == 1) result.push_back(c);
  return result;
}

void check_term(const Node& node, const std::string& term) {
  ENSURE(term.find_first_of("->") == std::string::npos && std::count(term.begin(), term.end(), '.') <= 1,
         MalformedModelError, "{}: '{}' is no term of an equation", node.describe(), term);
}

}  // namespace

EinsumEquation parse_einsum(const Node& node) {
  const std::string text = compacted(node, string_attr(node, "equation"));
  const size_t arrow = text.find("->");
  const std::string left = text.substr(0, arrow);
  EinsumEquation equation;
  for (size_t begin = 0; begin <= left.size();) {
    const size_t end = std::min(left.find(',', begin), left.size());
    equation.terms.push_back(left.substr(begin, end - begin));
    begin = end + 1;
  }
  equation.result = arrow == std::string::npos ? implicit_result(equation.terms) : text.substr(arrow + 2);
  for (const std::string& term : equation.terms) check_term(node, term);
  check_term(node, equation.result);
  for (char c : equation.result)
    ENSURE(std::count(equation.result.begin(), equation.result.end(), c) == 1 &&
               left.find(c) != std::string::npos && c != ',',
           MalformedModelError, "{}: '{}' in the result '{}'", node.describe(), c, equation.result);
  return equation;
}

std::vector<Label> labels_of(const Node& node, const std::string& term, size_t rank) {
  const size_t dot = term.find('.'), letters = term.size() - (dot == std::string::npos ? 0 : 1);
  ENSURE(dot == std::string::npos ? letters == rank : letters <= rank, ShapeError,
         "{}: an operand of rank {} for '{}'", node.describe(), rank, term);
  std::vector<Label> labels;
  for (char c : term) {
    if (c == '.') {
      for (size_t i = rank - letters; i-- > 0;) labels.push_back(kEllipsis + static_cast<Label>(i));
    } else {
      labels.push_back(static_cast<unsigned char>(c));
    }
  }
  return labels;
}

std::vector<Label> labels_of_result(const EinsumEquation& equation, size_t ellipsis_rank) {
  std::vector<Label> labels;
  for (char c : equation.result) {
    if (c == '.') {
      for (size_t i = ellipsis_rank; i-- > 0;) labels.push_back(kEllipsis + static_cast<Label>(i));
    } else {
      labels.push_back(static_cast<unsigned char>(c));
    }
  }
  return labels;
}

}  // namespace modelconv
