#include "wire/inflate.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace modelconv {
namespace {

// What deflate can reach at most, and a margin for tiny contents. Source: zlib's technical details, "Maximum Expansion
// Factor".
constexpr uint64_t kLargestRatio = 1032, kSmallContents = 1024;

}  // namespace

bool inflate_into(Bytes packed, std::span<std::byte> target, DeflateForm form) {
  z_stream stream{};
  if (inflateInit2(&stream, form == DeflateForm::raw ? -MAX_WBITS : MAX_WBITS) != Z_OK)
    throw InternalError("zlib could not be started");
  size_t taken = 0, given = 0;
  int status = Z_OK;
  std::byte nothing{};  // zlib wants an address even for empty contents
  while (status == Z_OK) {
    const size_t in = std::min<size_t>(packed.size() - taken, std::numeric_limits<uInt>::max());
    const size_t out = std::min<size_t>(target.size() - given, std::numeric_limits<uInt>::max());
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data() + taken));
    stream.avail_in = static_cast<uInt>(in);
    stream.next_out = reinterpret_cast<Bytef*>(target.empty() ? &nothing : target.data() + given);
    stream.avail_out = static_cast<uInt>(out);
    status = inflate(&stream, Z_NO_FLUSH);
    taken += in - stream.avail_in;
    given += out - stream.avail_out;
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END && given == target.size();
}

bool can_inflate_to(uint64_t size, uint64_t packed_size) {
  return size <= kSmallContents || size / kLargestRatio <= packed_size;
}

}  // namespace modelconv
