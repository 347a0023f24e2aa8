// SPDX-License-Identifier: MIT
// FakeCard: a sound card whose microphone is a file and whose loudspeaker is another one, in real
// time. For trying `limpid live` where there is no sound card.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "lib/io/audio_file.h"
#include "streaming/simulated_device.h"

namespace limpid::cli {

class FakeCard final : public streaming::AudioDevice {
 public:
  // block: samples, 0 = 5 ms. not_found, io, bad_format: of the file.
  static Result<std::unique_ptr<FakeCard>> open(const std::filesystem::path& file, int block);
  ~FakeCard() override { stop(); }

  const streaming::DeviceFormat& format() const noexcept override { return card_->format(); }
  std::string describe() const override;
  Status start(streaming::AudioCallback& callback) override;
  void stop() override;

  bool finished() const noexcept { return finished_; }  // the file has been played
  // invalid_argument: `file` exists; unsupported: no audio file is called so; io: it cannot be
  // written.
  Status check_output(const std::filesystem::path& file) const;
  Status save(const std::filesystem::path& file) const;  // what was heard so far; after stop()
  double seconds_played() const;                         // of it; likewise

 private:
  FakeCard(std::string name, io::Audio audio, int block);

  std::string name_;
  io::AudioFormat file_format_;
  std::unique_ptr<streaming::SimulatedDevice> card_;
  std::atomic<bool> finished_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace limpid::cli
