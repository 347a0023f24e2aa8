// SPDX-License-Identifier: MIT
#include "lib/io/stream_parts.h"

#include "lib/io/audio_format.h"
#include "lib/io/file_bytes.h"
#include "lib/io/mpeg_frames.h"

namespace limpid::io {
namespace {

// The next Ogg page at or behind `at`; the end of the file when there is none.
std::uint64_t find_page(FileBytes& file, std::uint64_t at) {
  constexpr std::size_t kStep = 4096;
  while (at < file.size()) {
    const auto bytes = file.at(at, kStep);
    if (const auto found = bytes.find("OggS"); found != bytes.npos) return at + found;
    if (bytes.size() < kStep) break;
    at += kStep - 3;  // the name may lie across the border
  }
  return file.size();
}

// Bytes of a page with its 27-byte header and the table of lengths behind that.
std::uint64_t page_size(FileBytes& file, std::uint64_t at) {
  constexpr std::size_t kHeader = 27, kLongestTable = 255;
  const auto page = file.at(at, kHeader + kLongestTable);
  if (page.size() < kHeader) return kHeader;
  const auto entries = static_cast<unsigned char>(page[kHeader - 1]);
  std::uint64_t size = kHeader + entries;
  for (const char length : page.substr(kHeader, entries))
    size += static_cast<unsigned char>(length);
  return size;
}

// Streams that begin together are played together; one that begins after data is another link. The
// last page of each says that it is the last: without it, some versions of libsndfile do not know
// how long the link is, and others take what is left for all of it.
Result<std::vector<StreamPart>> ogg_links(FileBytes& file, const std::filesystem::path& path) {
  constexpr std::size_t kFlags = 5;
  constexpr unsigned kBeginsStream = 2, kEndsStream = 4;
  std::vector<StreamPart> links{{0, file.size(), ""}};
  bool data = false, complete = false;
  const Error truncated{ErrorCode::bad_format,
                        path.string() + ": truncated: the end of the stream is missing"};
  for (std::uint64_t at = 0, next; (at = find_page(file, at)) < file.size(); at = next) {
    next = at + page_size(file, at);
    if (next > file.size()) return truncated;
    const auto flags = static_cast<unsigned char>(file.at(at, kFlags + 1)[kFlags]);
    const bool begins = (flags & kBeginsStream) != 0;
    if (begins && data) {
      if (!complete) return truncated;
      links.back().end = at;
      links.push_back({at, file.size(), ""});
    }
    data = !begins;
    complete = (flags & kEndsStream) != 0;
  }
  if (!complete) return truncated;
  return links;
}

// What was cut out of a stream begins anywhere in a frame; decoders look as far. Other files, which
// might hold such bytes by chance, are known by their beginning or by their names.
std::uint64_t searched(const std::filesystem::path& path) {
  const std::string name = lower_extension(path);
  return name == ".mp3" || name == ".mpga" ? 1 << 16 : 0;
}

Result<std::vector<StreamPart>> mpeg_part(FileBytes& file, const std::filesystem::path& path) {
  const std::string name = path.string();
  const auto stream = find_mpeg_frames(file, searched(path));
  if (!stream) return std::vector<StreamPart>{};
  const auto bad = [&](const std::string& what) {
    return Error{ErrorCode::bad_format, name + ": " + what};
  };
  if (stream->other_begin != 0)
    return bad(
        "another recording, with another sample rate or number of channels, begins at byte " +
        std::to_string(stream->other_begin) + "; please split the file there");
  // Some encoders count the frame that holds the header as well.
  if (stream->frames + (stream->gaps ? 0 : 1) < stream->promised)
    return bad("truncated or damaged: the header promises " + std::to_string(stream->promised) +
               " MPEG frames, found " + std::to_string(stream->frames));
  if (stream->frames == stream->promised)
    return std::vector<StreamPart>{{stream->first, stream->end, ""}};
  return std::vector<StreamPart>{{stream->begin, stream->end, counting_header(*stream)}};
}

}  // namespace

Result<std::vector<StreamPart>> stream_parts(const std::filesystem::path& path) {
  FileBytes file(path);
  if (file.at(0, 4) != "OggS") return mpeg_part(file, path);
  auto links = ogg_links(file, path);
  if (links && links->size() == 1) links->clear();
  return links;
}

}  // namespace limpid::io
