// Contents of formats/: one line per format, and finding the right one.
#pragma once

#include "formats/common/format.h"

namespace modelconv {

std::vector<const Format*> all_formats();
// BadArgument with the nearest names when there is none.
const Format& format_named(const std::string& name);

// Files of weights alone: what is read has constants and no nodes, and any model's weights can be written.
bool holds_weights(const Format& format);
// The reader itself carries out ReadRequest::weights: its graphs may be incomplete without them.
bool takes_weights(const Format& format);

// A file is mapped, a folder is looked into. FileError for anything else, and for what does not exist (with the nearest
// names in its folder).
Source open_source(const std::filesystem::path& path);

// Null when no format recognises the content.
const Format* format_by_content(const Source& source);

// By content first, by suffix second. UnknownFormatError saying what was looked for.
const Format& detect_format(const Source& source);

// By suffix, or by name when `format_name` is given. UnknownFormatError listing what can be written.
const Format& format_for_target(const std::filesystem::path& target, const std::string& format_name);

}  // namespace modelconv
