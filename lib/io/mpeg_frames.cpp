// SPDX-License-Identifier: MIT
#include "lib/io/mpeg_frames.h"

#include <algorithm>
#include <array>

namespace limpid::io {
namespace {

struct Frame {
  std::uint32_t header = 0;
  int rate = 0, channels = 0;
  std::uint32_t samples = 0;  // per channel
  std::size_t size = 0;       // bytes
  std::size_t side_info = 0;  // bytes of it; a Xing header lies behind

  bool goes_with(const Frame& other) const {
    return rate == other.rate && channels == other.channels;
  }
};

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char byte : bytes.substr(0, 4)) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

// ISO 11172-3 and 13818-3. Frames of layers I and II and those of "free" bit rate are refused.
std::optional<Frame> parse_frame(std::uint32_t header) {
  constexpr std::array kRates{44100, 48000, 32000};
  constexpr std::array kFull{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320};
  constexpr std::array kLow{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160};
  const std::uint32_t version = header >> 19 & 3, layer = header >> 17 & 3;
  const std::uint32_t bits = header >> 12 & 15, rate = header >> 10 & 3;
  if (header >> 21 != 0x7FF || version == 1 || layer != 1 || bits == 0 || bits == 15 || rate == 3)
    return std::nullopt;
  const bool full = version == 3;  // else half or, with version 0, a quarter of the rate
  Frame frame;
  frame.header = header;
  frame.rate = kRates[rate] / (full ? 1 : version == 2 ? 2 : 4);
  frame.channels = (header >> 6 & 3) == 3 ? 1 : 2;
  frame.samples = full ? 1152 : 576;
  const int size = (full ? 144'000 * kFull[bits] : 72'000 * kLow[bits]) / frame.rate;
  frame.size = static_cast<std::size_t>(size) + (header >> 9 & 1);
  frame.side_info = full ? (frame.channels == 1 ? 17 : 32) : (frame.channels == 1 ? 9 : 17);
  return frame;
}

class Walk {
 public:
  explicit Walk(FileBytes& file) : file_(file) {}

  std::optional<Frame> header_at(std::uint64_t at) {
    const auto bytes = file_.at(at, 4);
    return bytes.size() == 4 ? parse_frame(big_endian(bytes)) : std::nullopt;
  }

  // A frame that is there as a whole.
  std::optional<Frame> frame_at(std::uint64_t at) {
    const auto frame = header_at(at);
    return frame && at + frame->size <= file_.size() ? frame : std::nullopt;
  }

  // Bytes that only look like a frame are seldom followed by more: the place must begin three of
  // a kind, or two that end the file.
  bool begins_frames(std::uint64_t at) {
    constexpr int kEnough = 3;
    const auto first = frame_at(at);
    int found = 0;
    for (auto next = first; next && next->goes_with(*first) && found < kEnough; ++found)
      next = frame_at(at += next->size);
    return found == kEnough || (found == kEnough - 1 && at == file_.size());
  }

  // Bytes of an ID3v2 tag, 0 where there is none that the file holds.
  std::uint64_t tag_at(std::uint64_t at) {
    constexpr std::uint64_t kHeader = 10;
    const auto bytes = file_.at(at, kHeader);
    if (bytes.size() < kHeader || !bytes.starts_with("ID3")) return 0;
    if (bytes[3] == '\xff' || bytes[4] == '\xff') return 0;  // a version that will never be
    std::uint64_t size = 0;                                  // seven bits a byte
    for (const char byte : bytes.substr(6)) {
      if ((byte & 0x80) != 0) return 0;
      size = size << 7 | static_cast<unsigned char>(byte);
    }
    size += kHeader + ((bytes[5] & 0x10) != 0 ? kHeader : 0);  // a footer is optional
    return at + size <= file_.size() ? size : 0;
  }

  // Behind a tag there may be zeros that it does not count.
  std::uint64_t skip_padding(std::uint64_t at) {
    return skip(at, [](std::string_view block) { return block.find_first_not_of('\0'); });
  }

  // The next place from `at` on, before `end`, where frames begin; else at or behind the end.
  std::uint64_t find_frames(std::uint64_t at, std::uint64_t end) {
    end = std::min(end, file_.size());
    while (at < end && !begins_frames(at)) {
      const auto tag = tag_at(at);
      const auto candidate = [](std::string_view block) { return block.find_first_of("\xffI"); };
      at = tag != 0 ? at + tag : skip(at + 1, candidate);
    }
    return std::min(at, file_.size());
  }

 private:
  // Block after block, to where find(block) finds something.
  template <class Find>
  std::uint64_t skip(std::uint64_t at, Find find) {
    constexpr std::size_t kBlock = 1 << 15;
    for (auto block = file_.at(at, kBlock); !block.empty(); block = file_.at(at, kBlock)) {
      const auto found = find(block);
      if (found != block.npos) return at + found;
      at += block.size();
    }
    return at;
  }

  FileBytes& file_;
};

}  // namespace

std::optional<MpegFrames> find_mpeg_frames(FileBytes& file, std::uint64_t searched) {
  Walk walk(file);
  std::uint64_t at = 0;
  while (const auto tag = walk.tag_at(at)) at += tag;
  if (at != 0) at = walk.skip_padding(at);
  const std::uint64_t expected = at;
  at = walk.find_frames(at, expected + 1 + searched);
  if (at > expected + searched || !walk.begins_frames(at)) return std::nullopt;
  const Frame first = *walk.frame_at(at);
  MpegFrames stream;
  stream.header = first.header;
  stream.first = at;
  stream.gaps = at != expected;
  const auto xing = file.at(at + 4 + first.side_info, 12);
  if (xing.starts_with("Xing") || xing.starts_with("Info")) {
    if ((xing[7] & 1) != 0) stream.promised = big_endian(xing.substr(8));
    at += first.size;
  }
  stream.begin = stream.end = at;
  while (at < file.size()) {
    const auto frame = walk.frame_at(at);
    if (frame && frame->goes_with(first)) {
      ++stream.frames;
      stream.end = at += frame->size;
      continue;
    }
    const auto torn = walk.header_at(at);
    at = walk.find_frames(at, file.size());
    stream.gaps |= at < file.size() || (torn && torn->goes_with(first));
    if (at < file.size() && !walk.frame_at(at)->goes_with(first)) {
      stream.other_begin = at;
      break;
    }
  }
  return stream;
}

std::string counting_header(const MpegFrames& stream) {
  constexpr std::uint32_t kNoChecksum = 1u << 16, kBitRate = 5u << 12;  // room for the tag
  constexpr std::uint32_t kKept = 0xFFFE0CC0;  // version, layer, sample rate, channel mode
  constexpr std::uint32_t kDecoderDelay = 529;
  const std::uint32_t header = (stream.header & kKept) | kNoChecksum | kBitRate;
  const Frame frame = *parse_frame(header);
  std::string bytes(2 * frame.size, '\0');
  const auto put = [&](std::size_t at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i));
  };
  put(0, header);
  put(frame.size, header);
  const std::size_t xing = 4 + frame.side_info, lame = xing + 12;
  bytes.replace(xing, 4, "Xing");
  put(xing + 4, 1);  // a count of frames and nothing else
  put(xing + 8, static_cast<std::uint32_t>(stream.frames + 1));
  bytes.replace(lame, 9, "LAME3.100");
  put(lame + 21, (frame.samples - kDecoderDelay) << 20);
  return bytes;
}

}  // namespace limpid::io
