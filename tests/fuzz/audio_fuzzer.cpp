// SPDX-License-Identifier: MIT
// libFuzzer entry: any bytes as an audio file, read and, where its kind can be written, written
// again with what it says beside its samples.
#include <cstddef>
#include <cstdint>

#include "lib/io/audio_file.h"
#include "tests/io/whole_file.h"
#include "tests/support/temporary_folder.h"

namespace {

using limpid::io::AudioReader, limpid::io::AudioWriter;

constexpr int kBlock = 1000, kMostBlocks = 100;  // silence may be packed tightly

void copy(AudioReader& reader, const std::filesystem::path& to) {
  auto writer = AudioWriter::create(to, reader.format(), &reader.metadata());
  limpid::Tensor<float, 2> block({reader.format().channels, kBlock});
  for (int i = 0; i < kMostBlocks; ++i) {
    const auto got = reader.read(block.view());
    if (!got || *got == 0) break;
    if (writer && !writer->write(block.view().slice(1, 0, *got))) return;
  }
  if (writer) (void)writer->commit();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const limpid::test::TemporaryFolder folder;
  const auto path = folder / "in.mp3";  // the name with which most is searched for
  limpid::test::spill(path, {reinterpret_cast<const char*>(data), size});
  if (auto reader = AudioReader::open(path)) copy(*reader, folder / "out");
  return 0;
}
