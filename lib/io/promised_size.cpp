// SPDX-License-Identifier: MIT
#include "lib/io/promised_size.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <string_view>

namespace limpid::io {
namespace {

class ByteReader {
 public:
  explicit ByteReader(const std::filesystem::path& path) : file_(path, std::ios::binary) {}

  // `size` <= 8 bytes as an unsigned number; nothing at the end of the file.
  std::optional<std::uint64_t> number(std::uint64_t at, std::uint64_t size, bool big_endian) {
    std::array<unsigned char, 8> bytes{};
    const auto count = static_cast<std::size_t>(size);
    if (!get(at, reinterpret_cast<char*>(bytes.data()), count)) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < count; ++i)
      value = value << 8 | bytes[big_endian ? i : count - 1 - i];
    return value;
  }

  bool matches(std::uint64_t at, std::string_view text) {
    std::array<char, 8> bytes{};
    return get(at, bytes.data(), text.size()) &&
           std::string_view(bytes.data(), text.size()) == text;
  }

 private:
  bool get(std::uint64_t at, char* to, std::size_t size) {
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(at));
    return static_cast<bool>(file_.read(to, static_cast<std::streamsize>(size)));
  }

  std::ifstream file_;
};

// A file of chunks, each of which begins with a name and a size.
struct Container {
  std::string_view magic;              // first bytes of the file
  std::uint64_t first;                 // where the first chunk begins
  std::uint64_t name_size, size_size;  // bytes
  bool big_endian;
  bool counts_header;        // in a chunk's size
  std::uint64_t padding;     // chunks begin at multiples of this
  std::string_view samples;  // begin of the name of the chunk with the samples
};

constexpr Container kContainers[] = {
    {"RIFF", 12, 4, 4, false, false, 2, "data"}, {"RIFX", 12, 4, 4, true, false, 2, "data"},
    {"RF64", 12, 4, 4, false, false, 2, "data"}, {"FORM", 12, 4, 4, true, false, 2, "SSND"},
    {"caff", 8, 4, 8, true, false, 1, "data"},   {"riff", 40, 16, 8, false, true, 8, "data"},
};

// What writers that cannot seek back leave. Before the samples of an AIFF there are 8 bytes, and
// sox counts whole samples.
bool is_placeholder(std::uint64_t size, std::uint64_t bytes) {
  if (bytes == 8) return size >= INT64_MAX - 255u;
  const auto is_one = [size = static_cast<std::int64_t>(size)](Sizes sizes) {
    return size >= sizes.low && size <= sizes.high;
  };
  return is_one({kSoxAiff - 256, kSoxAiff + 8}) || std::ranges::any_of(kPlaceholders, is_one);
}

std::optional<std::uint64_t> end_of_samples(ByteReader& file, const Container& kind) {
  constexpr int kMaxChunks = 10'000;       // a loop of tiny chunks must not hold us
  std::optional<std::uint64_t> long_size;  // RF64 keeps it in a chunk of its own
  std::uint64_t at = kind.first;
  const std::uint64_t header = kind.name_size + kind.size_size;
  for (int i = 0; i < kMaxChunks; ++i) {
    auto size = file.number(at + kind.name_size, kind.size_size, kind.big_endian);
    if (!size || (kind.counts_header && *size < header)) return std::nullopt;
    if (kind.counts_header) *size -= header;
    if (file.matches(at, "ds64")) long_size = file.number(at + header + 8, 8, kind.big_endian);
    const bool found = file.matches(at, kind.samples);
    const bool in_ds64 = found && long_size && *size == 0xFFFFFFFFu;
    if (in_ds64) size = long_size;
    if (is_placeholder(*size, in_ds64 ? 8 : kind.size_size)) return std::nullopt;
    if (found) return at + header + *size;
    at += header + *size;
    at = (at + kind.padding - 1) / kind.padding * kind.padding;
  }
  return std::nullopt;
}

// A name of four printable characters or more, and a size that the file has.
bool begins_chunk(ByteReader& file, const Container& kind, std::uint64_t at, std::uint64_t end) {
  const auto size = file.number(at + kind.name_size, kind.size_size, kind.big_endian);
  const std::uint64_t header = kind.counts_header ? 0 : kind.name_size + kind.size_size;
  if (!size || *size > end - at || at + header + *size > end) return false;
  for (std::uint64_t i = 0; i < 4; ++i) {
    const auto letter = file.number(at + i, 1, true);
    if (!letter || *letter < ' ' || *letter > '~') return false;
  }
  return true;
}

const Container* container_of(ByteReader& file) {
  for (const Container& kind : kContainers)
    if (file.matches(0, kind.magic)) return &kind;
  return nullptr;
}

// Sun/NeXT: offset and size at fixed places.
std::optional<std::uint64_t> end_of_au(ByteReader& file, bool big_endian) {
  const auto offset = file.number(4, 4, big_endian), size = file.number(8, 4, big_endian);
  if (!offset || !size || is_placeholder(*size, 4)) return std::nullopt;
  return *offset + *size;
}

}  // namespace

std::optional<std::uint64_t> promised_size(const std::filesystem::path& path) {
  ByteReader file(path);
  if (file.matches(0, ".snd")) return end_of_au(file, true);
  if (file.matches(0, "dns.")) return end_of_au(file, false);
  const Container* kind = container_of(file);
  return kind == nullptr ? std::nullopt : end_of_samples(file, *kind);
}

std::uint64_t bytes_behind(const std::filesystem::path& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  ByteReader file(path);
  const Container* kind = container_of(file);
  const auto end = kind == nullptr ? std::nullopt : end_of_samples(file, *kind);
  if (error || !end || size <= *end) return 0;
  return begins_chunk(file, *kind, *end, size) ? 0 : size - *end;
}

}  // namespace limpid::io
