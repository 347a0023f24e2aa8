// SPDX-License-Identifier: MIT
#include "examples/limpid/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

const std::string kClearLine = "\r\x1b[K";

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Eighths of a character make the bar move smoothly.
std::string filled(double fraction, int width, bool utf8) {
  if (!utf8) {
    const auto full = static_cast<int>(std::lround(fraction * width));
    return fmt::format("[{}{}]", std::string(static_cast<std::size_t>(full), '#'),
                       std::string(static_cast<std::size_t>(width - full), '.'));
  }
  constexpr const char* kEighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<int>(fraction * width * 8);
  std::string text;
  for (int i = 0; i < eighths / 8; ++i) text += "█";
  text += kEighths[eighths % 8];
  const int used = eighths / 8 + (eighths % 8 != 0 ? 1 : 0);
  return "▕" + text + std::string(static_cast<std::size_t>(std::max(0, width - used)), ' ') + "▏";
}

}  // namespace

std::string describe(const FileResult& result) {
  const std::string input = printable(result.job.input.string());
  const std::string error = printable(result.error);
  switch (result.outcome) {
    case Outcome::skipped:
      return fmt::format("{}: finished before, skipped", input);
    case Outcome::cancelled:
      return fmt::format("{}: stopped, nothing written", input);
    case Outcome::failed:
      return error.find(input) != std::string::npos ? fmt::format("failed: {}", error)
                                                    : fmt::format("failed: {}: {}", input, error);
    case Outcome::done:
      break;
  }
  std::string line =
      fmt::format("{} -> {}: {} in {}", input, printable(result.job.output.string()),
                  short_seconds(result.audio_seconds), short_seconds(result.wall_seconds));
  if (result.audio_seconds > 0)
    line += fmt::format(
        " ({:.3g}x real time), {}", result.audio_seconds / std::max(result.wall_seconds, 1e-9),
        result.pauses && result.levels.pauses
            ? fmt::format("pauses {:.1f} dB quieter", result.levels.pauses->reduction())
            : fmt::format("peak {:.1f} dB", result.levels.peak_after));
  for (const std::string& notice : result.notices)
    line += fmt::format("\n      note: {}", printable(notice));
  return line;
}

std::string bar_of(const Standing& standing, int width, bool utf8) {
  const auto& [finished, files, seconds, total, elapsed] = standing;
  const double fraction = total > 0 ? std::min(seconds / total, 1.0) : 0;
  std::string facts = fmt::format(" {:3.0f} %  {}/{} files", 100 * fraction, finished, files);
  if (seconds > 0 && elapsed > 0.5)
    facts += fmt::format("  {:.3g}x real time  {} left", seconds / elapsed,
                         clock_time((total - seconds) * elapsed / seconds));
  const int room = width - display_width(facts) - 3;
  return room < 8 ? columns_of(facts, width - 1)
                  : filled(fraction, std::min(room, 50), utf8) + facts;
}

Progress::Progress(std::size_t files, double seconds, bool bar, bool quiet)
    : standing_{.files = files, .total = seconds}, started_(now()), draws_(bar), quiet_(quiet) {
  if (draws_) artist_ = std::thread([this] { draw_until_stopped(); });
}

Progress::~Progress() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  if (artist_.joinable()) artist_.join();
}

void Progress::advance(double seconds) {
  const std::lock_guard lock(mutex_);
  standing_.seconds += seconds;
}

void Progress::finished(const FileResult& result) {
  const std::lock_guard lock(mutex_);
  ++standing_.finished;
  if (quiet_ && result.outcome != Outcome::failed && result.notices.empty()) return;
  const std::size_t files = standing_.files;
  const std::string line = fmt::format("[{:>{}}/{}] {}\n", standing_.finished,
                                       std::to_string(files).size(), files, describe(result));
  put(stderr, draws_ ? kClearLine + line + bar() : line);
}

std::string Progress::bar() const {
  Standing standing = standing_;
  standing.elapsed = now() - started_;
  return bar_of(standing, terminal_width(), terminal_is_utf8());
}

void Progress::draw_until_stopped() {
  using namespace std::chrono_literals;
  std::unique_lock lock(mutex_);
  while (!stop_) {
    put(stderr, kClearLine + bar());
    wake_.wait_for(lock, 100ms, [this] { return stop_; });
  }
  put(stderr, kClearLine);
}

}  // namespace limpid::cli
