// SPDX-License-Identifier: MIT
#include "examples/limpid/live_fake.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "lib/base/utf8_path.h"
#include "lib/io/atomic_file.h"
#include "lib/io/output_format.h"

namespace limpid::cli {

Result<std::unique_ptr<FakeCard>> FakeCard::open(const std::filesystem::path& file, int block) {
  auto audio = io::read_audio(file);
  if (!audio) return audio.error();
  return std::unique_ptr<FakeCard>(new FakeCard(file.string(), *std::move(audio), block));
}

FakeCard::FakeCard(std::string name, io::Audio audio, int block)
    : name_(std::move(name)), file_format_(audio.format) {
  const int rate = audio.format.sample_rate, channels = audio.format.channels;
  streaming::Simulation simulation;
  simulation.format = {.sample_rate = rate,
                       .block = block > 0 ? block : std::max(rate / 200, 1),
                       .inputs = channels,
                       .outputs = channels};
  card_ = std::make_unique<streaming::SimulatedDevice>(std::move(audio.samples), simulation);
}

std::string FakeCard::describe() const {
  return "file \"" + name_ + "\" at " + std::to_string(format().sample_rate) + " Hz";
}

Status FakeCard::start(streaming::AudioCallback& callback) {
  if (auto status = card_->start(callback); !status) return status;
  finished_ = stopping_ = false;
  thread_ = std::thread([this] {
    using Clock = std::chrono::steady_clock;
    const auto begin = Clock::now();
    while (!stopping_ && card_->step())
      std::this_thread::sleep_until(begin + std::chrono::duration_cast<Clock::duration>(
                                                std::chrono::duration<double>(card_->now())));
    finished_ = !stopping_;
  });
  return Done{};
}

void FakeCard::stop() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  card_->stop();
}

double FakeCard::seconds_played() const {
  return static_cast<double>(card_->played().extent(1)) / format().sample_rate;
}

Status FakeCard::check_output(const std::filesystem::path& file) const {
  std::error_code ignored;
  if (std::filesystem::exists(file, ignored))
    return Error{ErrorCode::invalid_argument, file.string() + " exists already: give another name"};
  if (auto format = io::format_for_name(file, file_format_, path_of(name_)); !format)
    return format.error();
  if (auto attempt = io::AtomicFile::create(file); !attempt) return attempt.error();
  return Done{};
}

Status FakeCard::save(const std::filesystem::path& file) const {
  auto format = io::format_for_name(file, file_format_, path_of(name_));
  if (!format) return format.error();
  return io::write_audio(file, card_->played(), *format);
}

}  // namespace limpid::cli
