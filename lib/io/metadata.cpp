// SPDX-License-Identifier: MIT
#include "lib/io/metadata.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace limpid::io {
namespace {

int container_of(const SF_INFO& info) {
  return info.format & SF_FORMAT_TYPEMASK;
}

std::span<SF_CUE_POINT> points_of(std::vector<std::byte>& markers) {
  if (markers.empty()) return {};
  auto* cues = reinterpret_cast<SF_CUES*>(markers.data());
  return {cues->cue_points, cues->cue_count};
}

// A chunk with markers: where their number is in it, how many bytes it has and a marker at least.
struct MarkerChunk {
  std::string_view id;
  std::uint32_t before_number, number_bytes, marker_bytes;
};

MarkerChunk marker_chunk(int container) {
  if (container == SF_FORMAT_AIFF) return {"MARK", 0, 2, 8};
  if (container == SF_FORMAT_CAF) return {"mark", 4, 4, 28};
  return {"cue ", 0, 4, 24};
}

// What a chunk announces and has room for. libsndfile skips those of more than 2500 markers, and
// all of RF64 and CAF.
std::uint32_t count_skipped_markers(SNDFILE* sound, const SF_INFO& info) {
  const MarkerChunk kind = marker_chunk(container_of(info));
  SF_CHUNK_INFO chunk{};
  chunk.id_size = static_cast<unsigned>(kind.id.copy(chunk.id, sizeof chunk.id));
  const SF_CHUNK_ITERATOR* found = sf_get_chunk_iterator(sound, &chunk);
  if (found == nullptr || sf_get_chunk_size(found, &chunk) != SF_ERR_NO_ERROR) return 0;
  const std::uint32_t room = chunk.datalen, head = kind.before_number + kind.number_bytes;
  std::array<unsigned char, 8> bytes{};
  chunk.data = bytes.data();
  chunk.datalen = head;
  if (room < head || sf_get_chunk_data(found, &chunk) != SF_ERR_NO_ERROR) return 0;
  if (kind.id == "cue " && (info.format & SF_FORMAT_ENDMASK) != SF_ENDIAN_BIG)
    std::reverse(bytes.data(), bytes.data() + head);
  std::uint32_t number = 0;
  for (std::uint32_t i = kind.before_number; i < head; ++i) number = number << 8 | bytes[i];
  return std::min(number, (room - head) / kind.marker_bytes);
}

std::uint32_t count_markers(SNDFILE* sound, const SF_INFO& info) {
  std::uint32_t count = 0;
  return sf_command(sound, SFC_GET_CUE_COUNT, &count, sizeof count) == SF_TRUE
             ? count
             : count_skipped_markers(sound, info);
}

// The first `count`.
std::vector<std::byte> read_markers(SNDFILE* sound, int container, std::uint32_t count) {
  if (count == 0) return {};
  std::vector<std::byte> markers(sizeof count + count * sizeof(SF_CUE_POINT));
  if (sf_command(sound, SFC_GET_CUE, markers.data(), static_cast<int>(markers.size())) != SF_TRUE)
    return {};
  // Players of WAV may look at either of two fields, of which AIFF has one.
  if (container == SF_FORMAT_AIFF)
    for (auto& point : points_of(markers)) point.position = point.sample_offset;
  return markers;
}

// Nobody misses what every file of so many channels is taken to mean.
bool ordinary(const std::vector<int>& map) {
  return map == std::vector<int>{SF_CHANNEL_MAP_MONO} ||
         map == std::vector<int>{SF_CHANNEL_MAP_CENTER} ||
         map == std::vector<int>{SF_CHANNEL_MAP_LEFT, SF_CHANNEL_MAP_RIGHT};
}

// Whether they are in the file. A plain WAV takes them and writes nothing.
bool write_loudspeakers(std::vector<int> map, SNDFILE* sound, const SF_INFO& info) {
  return sf_command(sound, SFC_SET_CHANNEL_MAP_INFO, map.data(),
                    static_cast<int>(map.size() * sizeof map[0])) == SF_TRUE &&
         container_of(info) != SF_FORMAT_WAV;
}

// What of them is not in the file, and of those that were not read. Other containers than these
// take markers and write none, and WAV writes them without their names.
std::string write_markers(std::vector<std::byte> markers, std::uint32_t more, SNDFILE* sound,
                          const SF_INFO& info) {
  const int container = container_of(info);
  const bool wav = container == SF_FORMAT_WAV || container == SF_FORMAT_WAVEX;
  const auto points = points_of(markers);
  const bool written =
      (wav || container == SF_FORMAT_AIFF) && !points.empty() &&
      sf_command(sound, SFC_SET_CUE, markers.data(), static_cast<int>(markers.size())) == SF_TRUE;
  const std::size_t lost = more + (written ? 0 : points.size());
  const bool nameless = wav && std::ranges::any_of(points, [](auto& p) { return p.name[0] != 0; });
  std::string text = lost == 0 ? "" : std::to_string(lost) + (lost == 1 ? " marker" : " markers");
  if (written && nameless) text += text.empty() ? "names of markers" : ", names of markers";
  return text;
}

// libsndfile writes version 2, whatever was read: zeros of an older file would be measurements.
bool write_broadcast(BroadcastInfo broadcast, SNDFILE* sound) {
  constexpr std::int16_t kNotMeasured = 0x7FFF;  // EBU Tech 3285
  for (auto* loudness :
       {&broadcast.loudness_value, &broadcast.loudness_range, &broadcast.max_true_peak_level,
        &broadcast.max_momentary_loudness, &broadcast.max_shortterm_loudness})
    *loudness = kNotMeasured;
  const auto size = offsetof(BroadcastInfo, coding_history) + broadcast.coding_history_size;
  return sf_command(sound, SFC_SET_BROADCAST_INFO, &broadcast, static_cast<int>(size)) == SF_TRUE;
}

}  // namespace

Metadata read_metadata(SNDFILE* sound, const SF_INFO& info, std::uint32_t max_markers) {
  Metadata metadata;
  std::vector<int> map(static_cast<std::size_t>(info.channels));
  if (sf_command(sound, SFC_GET_CHANNEL_MAP_INFO, map.data(),
                 static_cast<int>(map.size() * sizeof map[0])) == SF_TRUE &&
      std::ranges::find(map, SF_CHANNEL_MAP_INVALID) == map.end())  // a mask of too few
    metadata.loudspeakers = std::move(map);
  const std::uint32_t count = count_markers(sound, info);
  metadata.markers = read_markers(sound, container_of(info), std::min(count, max_markers));
  const auto read = static_cast<std::uint32_t>(points_of(metadata.markers).size());
  metadata.more_markers = count - read;
  auto broadcast = std::make_unique<BroadcastInfo>();
  if (sf_command(sound, SFC_GET_BROADCAST_INFO, broadcast.get(), sizeof *broadcast) == SF_TRUE)
    metadata.broadcast = std::move(broadcast);
  return metadata;
}

int code_with(const Metadata& metadata, int channels, int code) {
  const bool layout = std::ssize(metadata.loudspeakers) == channels;
  const bool wavex = (code & SF_FORMAT_TYPEMASK) == SF_FORMAT_WAVEX;
  return wavex && !layout ? (code & ~SF_FORMAT_TYPEMASK) | SF_FORMAT_WAV : code;
}

std::string write_metadata(const Metadata& metadata, SNDFILE* sound, const SF_INFO& info) {
  std::string lost;
  const auto add = [&lost](const std::string& what) {
    if (!what.empty()) lost += (lost.empty() ? "" : ", ") + what;
  };
  const auto& map = metadata.loudspeakers;
  const bool written = std::ssize(map) == info.channels && write_loudspeakers(map, sound, info);
  if (!map.empty() && !written && !ordinary(map)) add("which loudspeaker each channel is for");
  add(write_markers(metadata.markers, metadata.more_markers, sound, info));
  if (metadata.broadcast && !write_broadcast(*metadata.broadcast, sound))
    add("broadcast information");
  return lost;
}

}  // namespace limpid::io
