// SPDX-License-Identifier: MIT
// What an audio file says beside its samples and what a file that is made of it should say too:
// which loudspeaker a channel is for, markers, and broadcast information with its time code. Not
// tags. Internal to the audio_file layer; outside it is passed on unread.
#pragma once

#include <sndfile.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace limpid::io {

// As long as libsndfile reads them.
typedef SF_BROADCAST_INFO_VAR(16384) BroadcastInfo;

struct Metadata {
  std::vector<int> loudspeakers;             // SF_CHANNEL_MAP_... of each channel, or none
  std::vector<std::byte> markers;            // an SF_CUES of any length, or nothing
  std::uint32_t more_markers = 0;            // that the file has besides, too many or unread
  std::unique_ptr<BroadcastInfo> broadcast;  // or null
};

// libsndfile 1.2 reads and writes 2500 at most, and of files with more none; who knows about
// others.
inline constexpr std::uint32_t kMaxMarkers = 10000;

// Of a file that has been opened for reading as `info` says; the first `max_markers` of its
// markers. May throw bad_alloc.
Metadata read_metadata(SNDFILE* sound, const SF_INFO& info,
                       std::uint32_t max_markers = kMaxMarkers);

// The kind of file to write with these metadata where `code` is asked for: libsndfile gives WAVEX
// the usual layout of so many channels unless it is told another one, so what has none becomes a
// plain WAV, which says nothing about loudspeakers.
int code_with(const Metadata& metadata, int channels, int code);

// Into a file opened for writing as `info` says, before its first sample. The loudspeakers only
// where there are as many channels. Returns what is not in the file ("3 markers"), one after the
// other with commas, or "". Loudness that was measured once is not passed on: of other samples.
std::string write_metadata(const Metadata& metadata, SNDFILE* sound, const SF_INFO& info);

}  // namespace limpid::io
