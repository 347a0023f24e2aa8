// SPDX-License-Identifier: MIT
// How long a model's calls take, for `limpid bench`.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "lib/kernels/cuda/backend.h"
#include "lib/model/model.h"

namespace limpid::cli {

struct TimingOptions {
  std::string device = "cpu", arithmetic = "exact";
  double seconds = 10;
  int rate = 0;  // 0: the model's
  int lanes = 1, frames = 1, threads = 1;
  int groups = 1;  // a divisor of lanes
};

struct Timing {
  std::vector<double> calls;            // seconds until a call was done, sorted
  double busy = 0;                      // seconds that all of them worked
  double audio = 0;                     // seconds, of all lanes
  double deadline = 0;                  // seconds of audio in one call
  std::size_t memory = 0, touched = 0;  // bytes of the sessions, and what a call needs of them
  StreamFormat format;

  double percentile(double p) const;
  double real_time_factor() const { return audio > 0 ? busy / audio : 0; }
  std::ptrdiff_t misses() const;
};

// One call after the other. Of several groups, each with a session of its own for its share of the
// lanes, calls come at the pace of audio, as those of a server do: a group's hops are due when half
// a hop (of two groups; a third of three) has gone by since the group's before, and a call counts
// from when it was due until it is done, whatever held it up. An error: the model's, or that of a
// GPU that failed on the way.
Result<Timing> time_calls(const Model& model, const TimingOptions& options);
// Of a model that looks at whole recordings, which has one deadline, the recording's end: its time
// is that of one call, or on a GPU, which makes ready in the first, of some after that.
Result<Timing> time_recordings(const Model& model, const TimingOptions& options);

}  // namespace limpid::cli
