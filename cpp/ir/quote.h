// Names and strings in text: plain words stand as they are, everything else between quotes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace modelconv {

bool is_name_start(char c);  // A-Z a-z _
bool is_name_part(char c);   // and 0-9 .
bool is_plain_name(std::string_view text);

// Between double quotes, with \" \\ \n \t \r; other control characters and bytes that are not UTF-8 become \xNN, so
// that the result is always one line of valid UTF-8.
std::string quote(std::string_view text);

// Reads the quoted string whose opening quote is at `at` and moves `at` behind its closing quote. Nothing when there
// is no closing quote or an escape is not one of those above; `at` then is where the trouble is.
std::optional<std::string> unquote(std::string_view text, size_t& at);

}  // namespace modelconv
