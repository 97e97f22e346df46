// Zip archives for tests, as the common writers make them.
#pragma once

#include <zlib.h>

#include <cstdint>
#include <string>

namespace modelconv {

inline std::string little_endian(uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i));
  return text;
}

inline std::string deflated(const std::string& contents) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, contents.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(contents.data()));
  stream.avail_in = static_cast<uInt>(contents.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

struct ZipBuilder {
  std::string archive, directory;
  int count = 0;

  struct Settings {
    bool deflate = false, in_64 = false;
    int flags = 0, method = -1;  // -1: as `deflate` says
    int64_t declared_size = -1, crc = -1;
  };

  void add(const std::string& name, const std::string& contents) { add(name, contents, Settings()); }
  void add(const std::string& name, const std::string& contents, const Settings& settings) {
    const std::string packed = settings.deflate ? deflated(contents) : contents;
    const uint64_t size =
        settings.declared_size < 0 ? contents.size() : static_cast<uint64_t>(settings.declared_size);
    const uint64_t sum =
        crc32(0, reinterpret_cast<const Bytef*>(contents.data()), static_cast<uInt>(contents.size()));
    const uint64_t crc = settings.crc < 0 ? sum : static_cast<uint64_t>(settings.crc);
    const uint64_t method = settings.method >= 0 ? static_cast<uint64_t>(settings.method)
                            : settings.deflate   ? 8
                                                 : 0;
    const uint64_t kIn64 = 0xFFFFFFFF;
    std::string extra;
    if (settings.in_64)
      extra = little_endian(1, 2) + little_endian(24, 2) + little_endian(size, 8) +
              little_endian(packed.size(), 8) + little_endian(archive.size(), 8);
    const std::string common =
        little_endian(45, 2) + little_endian(static_cast<uint64_t>(settings.flags), 2) +
        little_endian(method, 2) + little_endian(0, 4) + little_endian(crc, 4) +
        little_endian(settings.in_64 ? kIn64 : packed.size(), 4) +
        little_endian(settings.in_64 ? kIn64 : size, 4) + little_endian(name.size(), 2);
    directory += little_endian(0x02014b50, 4) + little_endian(45, 2) + common +
                 little_endian(extra.size(), 2) + std::string(10, '\0') +
                 little_endian(settings.in_64 ? kIn64 : archive.size(), 4) + name + extra;
    archive += little_endian(0x04034b50, 4) + common + little_endian(2, 2) + name + "xx" + packed;
    ++count;
  }

  std::string finish(const std::string& comment = "", bool in_64 = false) const {
    std::string text = archive + directory;
    const auto entries = static_cast<uint64_t>(count);
    if (in_64)
      text += little_endian(0x06064b50, 4) + little_endian(44, 8) + std::string(12, '\0') +
              little_endian(entries, 8) + little_endian(entries, 8) + little_endian(directory.size(), 8) +
              little_endian(archive.size(), 8) + little_endian(0x07064b50, 4) + little_endian(0, 4) +
              little_endian(archive.size() + directory.size(), 8) + little_endian(1, 4);
    text += little_endian(0x06054b50, 4) + little_endian(0, 4);
    text += in_64 ? std::string(12, '\xFF')
                  : little_endian(entries, 2) + little_endian(entries, 2) +
                        little_endian(directory.size(), 4) + little_endian(archive.size(), 4);
    return text + little_endian(comment.size(), 2) + comment;
  }
};

}  // namespace modelconv
