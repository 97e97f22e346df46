// The text forms in which pickles of protocol 0 write strings and numbers.
#pragma once

#include <string>
#include <string_view>

namespace modelconv::pickle {

// A Python 2 string literal with its quotes: 'it\'s\x00'. Throws MalformedModelError.
std::string unquote(std::string_view literal);
// The raw-unicode-escape codec: Latin-1 with \uXXXX and \UXXXXXXXX. UTF-8 comes out.
std::string decode_raw_unicode(std::string_view escaped);

}  // namespace modelconv::pickle
