// Source: numpy.lib.format. A magic string, a version, the length of the header, and the header: a Python dict of three
// keys, {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }.
#include "formats/npz/npy_header.h"

#include <cctype>
#include <charconv>

#include "base/error.h"
#include "wire/byte_cursor.h"

namespace modelconv::npz {
namespace {

constexpr std::string_view kMagic("\x93NUMPY", 6);

class DictReader {
 public:
  explicit DictReader(std::string_view text) : text_(text) {}

  NpyHeader read() {
    NpyHeader header;
    bool has_dtype = false, has_order = false, has_shape = false;
    expect('{');
    while (!accept('}')) {
      const std::string key = take_text();
      expect(':');
      if (key == "descr") {
        has_dtype = true;
        header.dtype = take_dtype();
      } else if (key == "fortran_order") {
        has_order = true;
        header.is_column_major = take_bool();
      } else if (key == "shape") {
        has_shape = true;
        header.dims = take_shape();
      } else {
        fail();
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (!has_dtype || !has_order || !has_shape) fail();
    return header;
  }

 private:
  [[noreturn]] void fail() const {
    throw MalformedModelError(fmt::format("the header of a NumPy array is damaged at '{}'",
                                          text_.substr(std::min(at_, text_.size()), 40)));
  }
  void skip_space() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool accept(char wanted) {
    skip_space();
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }
  std::string take_text() {
    skip_space();
    if (at_ >= text_.size() || (text_[at_] != '\'' && text_[at_] != '"')) fail();
    const size_t end = text_.find(text_[at_], at_ + 1);
    if (end == std::string_view::npos) fail();
    std::string text(text_.substr(at_ + 1, end - at_ - 1));
    at_ = end + 1;
    return text;
  }
  std::string take_dtype() {
    skip_space();
    if (at_ < text_.size() && text_[at_] == '[')
      throw UnknownFormatError("an array of records is no weight").because("numbers and objects are read");
    return take_text();
  }
  bool take_bool() {
    skip_space();
    for (const bool value : {true, false}) {
      const std::string_view word = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(word)) continue;
      at_ += word.size();
      return value;
    }
    fail();
  }
  Dims take_shape() {
    Dims dims;
    expect('(');
    while (!accept(')')) {
      skip_space();
      int64_t size = 0;
      const char* begin = text_.data() + at_;
      const auto [end, error] = std::from_chars(begin, text_.data() + text_.size(), size);
      if (error != std::errc() || size < 0) fail();
      at_ += static_cast<size_t>(end - begin);
      accept('L');  // Python 2 wrote long integers so
      dims.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return dims;
  }

  std::string_view text_;
  size_t at_ = 0;
};

}  // namespace

bool looks_like_npy(Bytes bytes) { return as_text(bytes).starts_with(kMagic); }

NpyHeader read_npy_header(Bytes bytes) {
  ENSURE(looks_like_npy(bytes), MalformedModelError, "the array does not begin with NumPy's mark");
  ByteCursor cursor(bytes.subspan(kMagic.size()), "NumPy array");
  const auto major = cursor.take_number<uint8_t>();
  cursor.take_number<uint8_t>();
  ENSURE(major >= 1 && major <= 3, MalformedModelError, "version {} of NumPy's arrays is not known", major);
  const uint64_t size = major == 1 ? cursor.take_number<uint16_t>() : cursor.take_number<uint32_t>();
  NpyHeader header = DictReader(as_text(cursor.take(size))).read();
  header.size = kMagic.size() + cursor.position();
  return header;
}

}  // namespace modelconv::npz
