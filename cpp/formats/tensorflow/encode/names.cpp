#include "formats/tensorflow/encode/names.h"

namespace modelconv::tensorflow {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

}  // namespace

std::string legal_name(std::string_view name) {
  if (name.size() > 2 && name.ends_with(":0")) name.remove_suffix(2);
  std::string legal;
  for (const char c : name)
    legal += is_letter_or_digit(c) || c == '_' || c == '.' || c == '-' || c == '/' ? c : '_';
  if (legal.empty()) return "value";
  if (legal[0] == '/') legal[0] = '_';
  if (!is_letter_or_digit(legal[0]) && legal[0] != '.') legal.insert(0, "x");
  return legal;
}

}  // namespace modelconv::tensorflow
