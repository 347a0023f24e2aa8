// SPDX-License-Identifier: MIT
// One file through filters from another: read, convolved, written, in constant memory.
#pragma once

#include <string>
#include <vector>

#include "examples/limpid/file_job.h"
#include "lib/dsp/streaming_conv_filter.h"

namespace limpid::cli {

struct ConvolveSettings {
  io::Audio response;  // a channel is a filter
  std::string response_name;
  std::vector<dsp::ConvRoute> routes;  // empty: what the numbers of channels suggest
  float gain = 1;
  double tail_seconds = -1;  // that the output goes on after the recording; below 0: all of it
};

// From a recording's channels through those of the response:
//   one filter: every channel through it; as many filters as channels: each its own;
//   n times as many: n outputs, and the filters from input i are n * i .. n * i + n - 1 (so a
//   recording in mono comes out with the response's channels, and stereo with a response of 4 is
//   left to left, left to right, right to left, right to right).
// unsupported: another number.
Result<std::vector<dsp::ConvRoute>> suggested_routes(int channels, int filters);

// Never throws; as enhance_file().
FileResult convolve_file(const FileJob& job, const ConvolveSettings& settings,
                         const Advance& advance);

}  // namespace limpid::cli
