// SPDX-License-Identifier: MIT
#include "lib/dsp/long_conv.h"

#include <algorithm>
#include <atomic>
#include <system_error>

#include "lib/base/float_mode.h"
#include "lib/base/thread_team.h"
#include "lib/dsp/long_conv_engine.h"

namespace limpid::dsp {
namespace {

constexpr int kMaxThreads = 256;

Error invalid(std::string message) {
  return {ErrorCode::invalid_argument, "long convolution: " + std::move(message)};
}

template <class T>
std::string describe(const TensorView<T, 3>& view) {
  return "[" + std::to_string(view.extent(0)) + "][" + std::to_string(view.extent(1)) + "][" +
         std::to_string(view.extent(2)) + "]";
}

// One row of the operands; gates may be null.
struct Row {
  const float *u, *before, *after;
  float* y;
};

const float* offset(const float* p, std::ptrdiff_t by) {
  return p != nullptr ? p + by : nullptr;
}

// Window `block` of a row of n samples. `end`: the last samples of a circular row, as they were.
ConvWindow window_of(const LongConvLayout& layout, const Row& row, std::ptrdiff_t n,
                     std::ptrdiff_t block, const float* end) {
  const auto overlap = static_cast<std::ptrdiff_t>(layout.overlap);
  const std::ptrdiff_t start = block * static_cast<std::ptrdiff_t>(layout.step) - overlap;
  const auto stop = std::min(static_cast<std::ptrdiff_t>(layout.window), n - start);
  ConvWindow w;
  w.in[0] = {row.u + start, offset(row.before, start), std::max<std::ptrdiff_t>(0, -start), stop};
  if (end != nullptr && start < 0)  // -start samples before the row are those before its end
    w.in[1] = {end + overlap + start, offset(row.before, n + start), 0, -start};
  w.out = {row.y + start, offset(row.after, start), overlap, stop};
  return w;
}

}  // namespace

struct LongConv::State {
  State(std::shared_ptr<const LongConvFilter> first, int threads)
      : filter(std::move(first)), plan(filter->plan()), team(threads) {
    const LongConvLayout& layout = plan->layout();
    for (int i = 0; i < threads; ++i) {
      workers.push_back(plan->engine().worker());
      ends.push_back(plan->spec().circular && layout.overlap > 0
                         ? arena.claim<float>(static_cast<std::size_t>(layout.overlap))
                         : std::span<float>());
    }
  }

  // Rows in groups that share a filter; lanes of a channel follow each other, so that it stays in
  // the cache.
  void process(TensorView<const float, 3> u, TensorView<float, 3> y, const LongConvGates& gates) {
    const auto rows = static_cast<std::ptrdiff_t>(plan->engine().rows());
    const std::ptrdiff_t groups = (u.extent(0) + rows - 1) / rows, all = groups * u.extent(1);
    std::atomic<std::ptrdiff_t> next = 0;
    team.run([&](int thread) noexcept {
      const FlushDenormals flush;
      for (std::ptrdiff_t i = next++; i < all; i = next++) {
        Row group[2];
        const std::ptrdiff_t channel = i / groups, lane = i % groups * rows;
        const auto count = static_cast<std::size_t>(std::min(rows, u.extent(0) - lane));
        for (std::size_t r = 0; r < count; ++r) {
          const auto at = [&](const auto& view) {
            return view.data() != nullptr
                       ? view[lane + static_cast<std::ptrdiff_t>(r)][channel].data()
                       : nullptr;
          };
          group[r] = {at(u), at(gates.before), at(gates.after), at(y)};
        }
        convolve(static_cast<std::size_t>(thread), channel, {group, count}, u.extent(2));
      }
    });
  }

  // From the last window to the first: what a window overwrites, if y is u, no other one reads.
  void convolve(std::size_t thread, std::ptrdiff_t channel, std::span<const Row> rows,
                std::ptrdiff_t n) noexcept {
    const LongConvLayout& layout = plan->layout();
    const auto spectrum = filter->spectrum(channel);
    const auto end = ends[thread];
    if (!end.empty()) std::copy_n(rows[0].u + n - layout.overlap, layout.overlap, end.data());
    for (auto block = static_cast<std::ptrdiff_t>((n + layout.step - 1) / layout.step);
         block-- > 0;) {
      ConvWindow windows[2];
      for (std::size_t r = 0; r < rows.size(); ++r)
        windows[r] = window_of(layout, rows[r], n, block, end.empty() ? nullptr : end.data());
      workers[thread]->convolve(spectrum, {windows, rows.size()});
    }
  }

  std::shared_ptr<const LongConvFilter> filter;
  std::shared_ptr<const LongConvPlan> plan;
  Arena arena;
  std::vector<std::unique_ptr<LongConvWorker>> workers;
  std::vector<std::span<float>> ends;  // [thread]
  ThreadTeam team;
};

Result<LongConv> LongConv::open(std::shared_ptr<const LongConvFilter> filter, int threads) try {
  if (threads < 1 || threads > kMaxThreads)
    return invalid("expected 1 to " + std::to_string(kMaxThreads) + " threads, found " +
                   std::to_string(threads));
  return LongConv(std::make_unique<State>(std::move(filter), threads));
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::out_of_memory,
               "long convolution: not enough memory for " + std::to_string(threads) + " threads"};
} catch (const std::system_error& problem) {
  return Error{ErrorCode::out_of_memory,
               "long convolution: no more threads: " + std::string(problem.what())};
}

LongConv::LongConv(std::unique_ptr<State> state) noexcept : state_(std::move(state)) {}
LongConv::LongConv(LongConv&&) noexcept = default;
LongConv& LongConv::operator=(LongConv&&) noexcept = default;
LongConv::~LongConv() = default;

Status LongConv::process(TensorView<const float, 3> u, TensorView<float, 3> y,
                         const LongConvGates& gates) noexcept try {
  const LongConvSpec& spec = state_->plan->spec();
  if (u.extent(1) != spec.channels || u.extent(2) > spec.samples ||
      (spec.circular && u.extent(2) != spec.samples))
    return invalid("expected [lane][" + std::to_string(spec.channels) + "][" +
                   (spec.circular ? "" : "up to ") + std::to_string(spec.samples) + "], found " +
                   describe(u));
  if (y.shape() != u.shape())
    return invalid("expected results of the shape " + describe(u) + ", found " + describe(y));
  for (const TensorView<const float, 3>& rows :
       {u, TensorView<const float, 3>(y), gates.before, gates.after})
    if (rows.extent(2) > 1 && rows.stride(2) != 1)
      return invalid("expected samples that follow each other, found one in " +
                     std::to_string(rows.stride(2)));
  for (const auto& gate : {gates.before, gates.after})
    if (gate.data() != nullptr && gate.shape() != u.shape())
      return invalid("expected gates of the shape " + describe(u) + ", found " + describe(gate));
  state_->process(u, y, gates);
  return Done{};
} catch (const std::bad_alloc&) {                               // by what would have said more
  return Error{ErrorCode::invalid_argument, "wrong operands"};  // short enough to need no memory
}

Status LongConv::use(std::shared_ptr<const LongConvFilter> filter) {
  if (filter->plan() != state_->plan) return invalid("the filter was made for another plan");
  state_->filter = std::move(filter);
  return Done{};
}

}  // namespace limpid::dsp
