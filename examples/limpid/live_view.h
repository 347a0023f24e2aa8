// SPDX-License-Identifier: MIT
// What `limpid live` shows, as text.
#pragma once

#include <string>
#include <vector>

#include "streaming/live_engine.h"

namespace limpid::cli {

struct LiveView {
  std::string title;  // model, device, latency
  bool bypassed = false;
  int width = 80;  // columns
  bool utf8 = true;
};

// Always the same number of lines, none wider than the view.
std::vector<std::string> live_screen(const streaming::LiveStats& stats, const LiveView& view);

// The same facts for a log.
std::string live_line(const streaming::LiveStats& stats, bool bypassed);

// "late 2 (0.13 s)  skipped 0.40 s  ...": what went wrong, "late 0" if nothing did.
std::string live_trouble(const streaming::LiveStats& stats);

}  // namespace limpid::cli
