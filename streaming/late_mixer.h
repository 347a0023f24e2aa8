// SPDX-License-Identifier: MIT
// LateMixer: what is heard at each position of the captured stream. The enhanced sample while the
// worker is in time, else the captured one, with a cross-fade between the two.
#pragma once

#include <cstdint>
#include <vector>

#include "streaming/duplex_queue.h"
#include "streaming/fade.h"
#include "streaming/meters.h"

namespace limpid::streaming {

class LateMixer {
 public:
  // `sources` names the captured row that belongs to each output row. `queue` must outlive this.
  LateMixer(const DuplexQueue& queue, std::vector<int> sources, int fade, int max_block);

  // Fills out [rows][n] with positions [position, position + n), n <= max_block. Positions before 0
  // are silence. To cross-fade without a click, enhanced samples must be there `fade` samples
  // before they are needed: later than that is late.
  void read(std::int64_t position, AudioView<float> out) LIMPID_REALTIME;

  int rows() const noexcept { return static_cast<int>(sources_.size()); }

  std::int64_t late_events() const noexcept { return events_.value(); }    // enhanced -> captured
  std::int64_t late_samples() const noexcept { return samples_.value(); }  // not enhanced

 private:
  bool read_enhanced(std::int64_t position, std::ptrdiff_t count) LIMPID_REALTIME;
  void read_captured(std::int64_t position, std::ptrdiff_t count) LIMPID_REALTIME;

  const DuplexQueue& queue_;
  std::vector<int> sources_;
  int fade_length_;
  Fade wet_share_;
  bool in_time_ = true;
  std::ptrdiff_t wet_count_ = 0;  // samples at the front of wet_ that are real
  std::vector<float> share_;
  Tensor<float, 2> wet_, dry_;
  Counter events_, samples_;
};

}  // namespace limpid::streaming
