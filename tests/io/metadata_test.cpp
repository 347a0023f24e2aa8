// SPDX-License-Identifier: MIT
// What a recording says beside its samples, through a reader and a writer into another file.
#include "lib/io/metadata.h"

#include <gtest/gtest.h>

#include <cstring>
#include <fstream>
#include <tuple>

#include "lib/io/audio_file.h"
#include "lib/io/audio_format.h"
#include "tests/io/whole_file.h"
#include "tests/support/temporary_folder.h"

namespace limpid::io {
namespace {

using test::slurp;
using test::spill;
using test::TemporaryFolder;

constexpr int kWavex16 = SF_FORMAT_WAVEX | SF_FORMAT_PCM_16;
constexpr std::streamoff kMaskAt = 40;  // in a WAVEX file: RIFF header, "fmt ", 20 bytes of it

constexpr std::streamoff kRf64MaskAt = kMaskAt + 36;  // behind a "ds64" too

std::uint32_t mask_of(const std::filesystem::path& path, std::streamoff at = kMaskAt) {
  std::ifstream file(path, std::ios::binary);
  std::uint32_t mask = 0;
  file.seekg(at);
  file.read(reinterpret_cast<char*>(&mask), sizeof mask);
  return mask;
}

void write_wavex(const std::filesystem::path& path, int channels, std::uint32_t mask) {
  const Tensor<float, 2> silence({channels, 100});
  ASSERT_TRUE(write_audio(path, silence.view(), {48000, channels, kWavex16}).ok());
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(kMaskAt);
  file.write(reinterpret_cast<const char*>(&mask), sizeof mask);
}

// A WAV or AIFF of a second with two markers, and broadcast information where it holds that.
void write_marked(const std::filesystem::path& path, int code) {
  SF_INFO info{};
  info.samplerate = 48000;
  info.channels = 1;
  info.format = code;
  const std::unique_ptr<SNDFILE, CloseSound> sound(
      sf_open(path.string().c_str(), SFM_WRITE, &info));
  SF_CUES cues{};
  cues.cue_count = 2;
  for (std::uint32_t i = 0; i < 2; ++i) {
    auto& point = cues.cue_points[i];
    point.indx = static_cast<int>(i) + 1;
    point.position = point.sample_offset = 1000 * (i + 1);
    point.fcc_chunk = 0x61746164;  // "data"
    std::strcpy(point.name, "take");
  }
  ASSERT_EQ(sf_command(sound.get(), SFC_SET_CUE, &cues, sizeof cues), SF_TRUE);
  SF_BROADCAST_INFO broadcast{};
  std::strcpy(broadcast.description, "scene 7");
  broadcast.version = 2;
  broadcast.time_reference_low = 123456789;
  broadcast.loudness_value = -2300;
  sf_command(sound.get(), SFC_SET_BROADCAST_INFO, &broadcast, sizeof broadcast);
  const std::vector<float> silence(48000);
  ASSERT_EQ(sf_writef_float(sound.get(), silence.data(), 48000), 48000);
}

// Writes what `from` holds to `to` as `code`, and returns what the writer says is not kept. Of
// its first channels only where `channels` is not 0.
std::string copy(const std::filesystem::path& from, const std::filesystem::path& to, int code,
                 int channels = 0) {
  auto reader = AudioReader::open(from);
  if (!reader) return reader.error().message;
  AudioFormat format = reader->format();
  format.code = code;
  Tensor<float, 2> samples({format.channels, reader->frames()});
  if (channels > 0) format.channels = channels;
  auto writer = AudioWriter::create(to, format, &reader->metadata());
  if (!writer) return writer.error().message;
  const bool whole = reader->read(samples.view()).ok() &&
                     writer->write(samples.view().slice(0, 0, format.channels)).ok() &&
                     writer->commit().ok();
  return whole ? writer->not_kept() : "not copied";
}

Metadata metadata_of(const std::filesystem::path& path) {
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, CloseSound> sound(sf_open(path.string().c_str(), SFM_READ, &info));
  return read_metadata(sound.get(), info);
}

std::vector<std::uint32_t> markers_of(const Metadata& metadata) {
  std::vector<std::uint32_t> at;
  if (metadata.markers.empty()) return at;
  const auto* cues = reinterpret_cast<const SF_CUES*>(metadata.markers.data());
  for (std::uint32_t i = 0; i < cues->cue_count; ++i)
    at.push_back(cues->cue_points[i].sample_offset);
  return at;
}

TEST(Metadata, LoudspeakersStayWhatTheyWere) {
  TemporaryFolder folder;
  const std::pair<int, std::uint32_t> layouts[] = {{1, 0x4},   {1, 0x8},  {2, 0x3},   {3, 0x7},
                                                   {4, 0x107}, {4, 0x33}, {6, 0x60f}, {8, 0x63f}};
  for (const auto& [channels, mask] : layouts) {
    write_wavex(folder / "a.wav", channels, mask);
    EXPECT_EQ(copy(folder / "a.wav", folder / "b.wav", kWavex16), "");
    EXPECT_EQ(mask_of(folder / "b.wav"), mask) << channels;
  }
}

TEST(Metadata, LoudspeakersThatAreLostAreNamedUnlessTheyAreTheUsualOnes) {
  TemporaryFolder folder;
  write_wavex(folder / "a.wav", 3, 0x7);
  for (const int code : {SF_FORMAT_WAV | SF_FORMAT_PCM_16, SF_FORMAT_FLAC | SF_FORMAT_PCM_16})
    EXPECT_EQ(copy(folder / "a.wav", folder / "b", code), "which loudspeaker each channel is for");
  write_wavex(folder / "a.wav", 2, 0x3);
  EXPECT_EQ(copy(folder / "a.wav", folder / "b", SF_FORMAT_FLAC | SF_FORMAT_PCM_16), "");
}

// libsndfile would give WAVEX the usual layout of as many channels, 0x33, 0x3f or 0xff.
TEST(Metadata, ChannelsOfNoLoudspeakerGetNone) {
  TemporaryFolder folder;
  const std::pair<int, std::uint32_t> layouts[] = {
      {1, 0}, {2, 0}, {3, 0}, {4, 0}, {6, 0}, {8, 0}, {4, 0x3}};  // the last one of two of the four
  for (const auto& [channels, mask] : layouts) {
    write_wavex(folder / "a.wav", channels, mask);
    EXPECT_EQ(copy(folder / "a.wav", folder / "b.wav", kWavex16), "");
    const auto written = AudioReader::open(folder / "b.wav");
    ASSERT_TRUE(written) << written.error().message;
    EXPECT_EQ(written->format().code, SF_FORMAT_WAV | SF_FORMAT_PCM_16) << channels;
    EXPECT_TRUE(written->metadata().loudspeakers.empty()) << channels;
  }
}

TEST(Metadata, OtherChannelsHaveNoLayoutAndTheLossIsNamed) {
  TemporaryFolder folder;
  write_wavex(folder / "a.wav", 6, 0x3f);
  for (const int channels : {1, 2, 4}) {
    EXPECT_EQ(copy(folder / "a.wav", folder / "b.wav", kWavex16, channels),
              "which loudspeaker each channel is for");
    const auto metadata = metadata_of(folder / "b.wav");
    EXPECT_TRUE(metadata.loudspeakers.empty()) << channels;
  }
  write_wavex(folder / "a.wav", 2, 0x3);
  EXPECT_EQ(copy(folder / "a.wav", folder / "b.wav", kWavex16, 1), "");  // nobody misses those
}

TEST(Metadata, MarkersAndTimeCodeAreKept) {
  TemporaryFolder folder;
  const int wav = SF_FORMAT_WAV | SF_FORMAT_PCM_24;
  write_marked(folder / "a.wav", wav);
  EXPECT_EQ(copy(folder / "a.wav", folder / "b.wav", wav), "");
  const auto metadata = metadata_of(folder / "b.wav");
  EXPECT_EQ(markers_of(metadata), (std::vector<std::uint32_t>{1000, 2000}));
  ASSERT_NE(metadata.broadcast, nullptr);
  EXPECT_STREQ(metadata.broadcast->description, "scene 7");
  EXPECT_EQ(metadata.broadcast->time_reference_low, 123456789u);
  EXPECT_EQ(metadata.broadcast->loudness_value, 0x7FFF);  // that of other samples
}

// Versions before 2 know no loudness and have zeros there, which would be 0 LUFS in what is
// written.
TEST(Metadata, LoudnessThatNobodyMeasuredIsNotClaimed) {
  TemporaryFolder folder;
  const int wav = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  write_marked(folder / "a.wav", wav);
  auto bytes = slurp(folder / "a.wav");
  constexpr std::size_t kVersion = 8 + 346, kLoudness = kVersion + 2 + 64;  // in the chunk
  const auto chunk = bytes.find("bext");
  ASSERT_NE(chunk, bytes.npos);
  bytes[chunk + kVersion] = 1;
  bytes.replace(chunk + kLoudness, 10, 10, '\0');
  spill(folder / "a.wav", bytes);
  ASSERT_EQ(metadata_of(folder / "a.wav").broadcast->version, 1);
  ASSERT_EQ(metadata_of(folder / "a.wav").broadcast->loudness_value, 0);
  EXPECT_EQ(copy(folder / "a.wav", folder / "b.wav", wav), "");
  const auto written = metadata_of(folder / "b.wav");
  EXPECT_EQ(written.broadcast->version, 2);
  EXPECT_EQ(written.broadcast->loudness_value, 0x7FFF);
  EXPECT_EQ(written.broadcast->max_shortterm_loudness, 0x7FFF);
}

TEST(Metadata, MarkersCrossBetweenContainers) {
  TemporaryFolder folder;
  const int aiff = SF_FORMAT_AIFF | SF_FORMAT_PCM_16, wav = SF_FORMAT_WAV | SF_FORMAT_PCM_16;
  write_marked(folder / "a.aiff", aiff);
  EXPECT_EQ(copy(folder / "a.aiff", folder / "b.aiff", aiff), "");
  EXPECT_EQ(markers_of(metadata_of(folder / "b.aiff")), (std::vector<std::uint32_t>{1000, 2000}));
  EXPECT_EQ(copy(folder / "b.aiff", folder / "c.wav", wav), "names of markers");
  const auto metadata = metadata_of(folder / "c.wav");
  EXPECT_EQ(markers_of(metadata), (std::vector<std::uint32_t>{1000, 2000}));
  const auto* cues = reinterpret_cast<const SF_CUES*>(metadata.markers.data());
  EXPECT_EQ(cues->cue_points[1].position, 2000u);
}

TEST(Metadata, WhatAContainerDoesNotHoldIsNamed) {
  TemporaryFolder folder;
  write_marked(folder / "a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_16);
  EXPECT_EQ(copy(folder / "a.wav", folder / "b.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16),
            "2 markers, broadcast information");
  EXPECT_EQ(copy(folder / "a.wav", folder / "b.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16),
            "2 markers");
}

TEST(Metadata, MarkersBeyondTheMostThatAreReadAreNamed) {
  TemporaryFolder folder;
  write_marked(folder / "a.aiff", SF_FORMAT_AIFF | SF_FORMAT_PCM_16);
  SF_INFO info{};
  const std::unique_ptr<SNDFILE, CloseSound> in(
      sf_open((folder / "a.aiff").string().c_str(), SFM_READ, &info));
  const Metadata metadata = read_metadata(in.get(), info, 1);
  EXPECT_EQ(markers_of(metadata), (std::vector<std::uint32_t>{1000}));
  const auto not_kept = [&](int code) {
    SF_INFO format{0, 48000, 1, code, 0, 0};
    const std::unique_ptr<SNDFILE, CloseSound> out(
        sf_open((folder / "b").string().c_str(), SFM_WRITE, &format));
    return write_metadata(metadata, out.get(), format);
  };
  EXPECT_EQ(not_kept(SF_FORMAT_AIFF | SF_FORMAT_PCM_16), "1 marker");
  EXPECT_EQ(not_kept(SF_FORMAT_WAV | SF_FORMAT_PCM_16), "1 marker, names of markers");
  EXPECT_EQ(not_kept(SF_FORMAT_FLAC | SF_FORMAT_PCM_16), "2 markers");
}

// `value` in so many bytes, the first one the highest or the lowest.
std::string number(std::size_t value, int bytes, bool big_endian) {
  std::string text;
  for (int i = 0; i < bytes; ++i)
    text += static_cast<char>(value >> 8 * (big_endian ? bytes - 1 - i : i));
  return text;
}

// Behind a second of silence, a chunk that announces and has so many markers, all zeros.
void write_with_chunk(const std::filesystem::path& path, int code, std::size_t announced,
                      std::size_t there) {
  const Tensor<float, 2> silence({1, 48000});
  ASSERT_TRUE(write_audio(path, silence.view(), {48000, 1, code | SF_FORMAT_PCM_16}).ok());
  auto bytes = slurp(path);
  const bool big_endian = code == SF_FORMAT_AIFF || code == SF_FORMAT_CAF;
  const auto add = [&](const std::string& id, const std::string& body, int size_bytes) {
    bytes += id + number(body.size(), size_bytes, big_endian) + body;
  };
  const auto zeros = [&](std::size_t each) { return std::string(there * each, '\0'); };
  if (code == SF_FORMAT_AIFF)
    add("MARK", number(announced, 2, big_endian) + zeros(8), 4);
  else if (code == SF_FORMAT_CAF)
    add("mark", number(0, 4, big_endian) + number(announced, 4, big_endian) + zeros(28), 8);
  else
    add("cue ", number(announced, 4, big_endian) + zeros(24), 4);
  if (code == SF_FORMAT_WAV || code == SF_FORMAT_AIFF)
    bytes.replace(4, 4, number(bytes.size() - 8, 4, big_endian));
  if (code == SF_FORMAT_RF64) bytes.replace(20, 8, number(bytes.size() - 8, 8, big_endian));
  spill(path, bytes);
}

// libsndfile says that there are none.
TEST(Metadata, MarkersThatAreNotReadAreNamed) {
  TemporaryFolder folder;
  for (const int code : {SF_FORMAT_WAV, SF_FORMAT_AIFF, SF_FORMAT_RF64, SF_FORMAT_CAF}) {
    for (const auto& [announced, there, lost] :
         {std::tuple{2600u, 2600u, "2600 markers"}, {2600u, 1u, "1 marker"}, {0u, 0u, ""}}) {
      write_with_chunk(folder / "a", code, announced, there);
      EXPECT_EQ(copy(folder / "a", folder / "b", code | SF_FORMAT_PCM_16), lost)
          << std::hex << code;
    }
  }
}

// As the documentation says: what libsndfile makes of RF64 files. A layout that there is, it keeps.
TEST(Metadata, OfRf64ChannelsOfNoLoudspeakerGetTheUsualLayout) {
  TemporaryFolder folder;
  const std::tuple<int, std::uint32_t, std::uint32_t> layouts[] = {
      {3, 0, 0}, {4, 0, 0x33}, {5, 0, 0}, {6, 0, 0x3f}, {7, 0, 0}, {8, 0, 0xff}, {8, 0x63f, 0x63f}};
  for (const auto& [channels, mask, written] : layouts) {
    write_wavex(folder / "a.wav", channels, mask);
    EXPECT_EQ(copy(folder / "a.wav", folder / "b.rf64", SF_FORMAT_RF64 | SF_FORMAT_PCM_16), "");
    EXPECT_EQ(mask_of(folder / "b.rf64", kRf64MaskAt), written) << channels;
  }
}

}  // namespace
}  // namespace limpid::io
