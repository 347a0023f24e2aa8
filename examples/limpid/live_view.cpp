// SPDX-License-Identifier: MIT
#include "examples/limpid/live_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "examples/limpid/terminal.h"

namespace limpid::cli {
namespace {

using streaming::LiveState;
using streaming::LiveStats;

constexpr float kLowestDb = -60.0f, kHighestDb = 0.0f;  // dBFS on the level meters
constexpr float kMaxReduction = 40.0f;                  // dB

float level_fraction(float db) {
  return (db - kLowestDb) / (kHighestDb - kLowestDb);
}

// A bar with a mark, e.g. the level with its peak. A mark below 0 is not shown.
std::string meter(float value, float mark, int width, bool utf8) {
  const auto cells = static_cast<float>(width);
  const int full = std::clamp(static_cast<int>(std::lround(value * cells)), 0, width);
  const int at = mark < 0.0f ? -1 : std::clamp(static_cast<int>(mark * cells), 0, width - 1);
  std::string text;
  for (int i = 0; i < width; ++i)
    text += i == at && i >= full ? (utf8 ? "│" : "|")
            : i < full           ? (utf8 ? "█" : "#")
                                 : (utf8 ? "·" : ".");
  return text;
}

std::string row(const char* name, float value, float mark, const std::string& number,
                const LiveView& view) {
  constexpr int kNames = 11, kNumbers = 24;
  const int width = std::clamp(view.width - kNames - kNumbers - 1, 4, 60);
  return columns_of(
      fmt::format("{:<{}}{} {}", name, kNames, meter(value, mark, width, view.utf8), number),
      view.width - 1);
}

std::string level(float rms, float peak) {
  return fmt::format("{:6.1f} dB, peak {:6.1f}", std::max(rms, -99.9f), std::max(peak, -99.9f));
}

std::string state(const LiveStats& stats, bool bypassed) {
  if (stats.state == LiveState::lost) return "SOUND CARD LOST  ";
  return bypassed ? "BYPASSED  " : "";
}

}  // namespace

std::string live_trouble(const LiveStats& stats) {
  std::string text;
  const auto add = [&text](const std::string& what) { text += (text.empty() ? "" : "  ") + what; };
  if (stats.late_events > 0)
    add(fmt::format("late {} ({})", stats.late_events, short_seconds(stats.late_seconds)));
  if (stats.dropped_seconds > 0)
    add(fmt::format("skipped {}", short_seconds(stats.dropped_seconds)));
  if (stats.interruptions > 0) add(fmt::format("interruptions {}", stats.interruptions));
  if (stats.device_xruns > 0) add(fmt::format("xruns {}", stats.device_xruns));
  if (stats.repaired > 0) add(fmt::format("bad samples {}", stats.repaired));
  return text.empty() ? "late 0" : text;
}

std::vector<std::string> live_screen(const LiveStats& stats, const LiveView& view) {
  std::vector<std::string> lines;
  lines.push_back(columns_of(view.title, view.width - 1));
  lines.push_back(row("in", level_fraction(stats.input_rms_db), level_fraction(stats.input_peak_db),
                      level(stats.input_rms_db, stats.input_peak_db), view));
  lines.push_back(row("out", level_fraction(stats.output_rms_db),
                      level_fraction(stats.output_peak_db),
                      level(stats.output_rms_db, stats.output_peak_db), view));
  lines.push_back(row("reduction", stats.reduction_db / kMaxReduction, -1.0f,
                      fmt::format("{:6.1f} dB", stats.reduction_db), view));
  lines.push_back(row(
      "load", stats.load_median, stats.load_max,
      fmt::format("{:6.0f} %,  most {:6.0f}", 100.0f * stats.load_median, 100.0f * stats.load_max),
      view));
  lines.push_back(columns_of(fmt::format("{}  {}{}   [space] {}  [q] quit",
                                         clock_time(stats.seconds), state(stats, view.bypassed),
                                         live_trouble(stats), view.bypassed ? "enhance" : "bypass"),
                             view.width - 1));
  return lines;
}

std::string live_line(const LiveStats& stats, bool bypassed) {
  std::string line = fmt::format(
      "{}  {}in {:.1f} dB  out {:.1f} dB  reduction {:.1f} dB  load {:.0f} % (most {:.0f})  {}",
      clock_time(stats.seconds), state(stats, bypassed), stats.input_rms_db, stats.output_rms_db,
      stats.reduction_db, 100.0f * stats.load_median, 100.0f * stats.load_max, live_trouble(stats));
  if (std::abs(stats.drift_ppm) > 0.5) line += fmt::format("  drift {:.0f} ppm", stats.drift_ppm);
  return line;
}

}  // namespace limpid::cli
