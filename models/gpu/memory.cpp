// SPDX-License-Identifier: MIT
#include "models/gpu/memory.h"

#include <algorithm>
#include <span>

namespace limpid::models {

namespace gpu = kernels::cuda;

namespace {

// As many memories at a time as a kernel takes.
template <class Args, class Work>
Status in_turns(std::span<const gpu::LayerMemory> memories, Args& args, const Work& work) {
  Status done = Done{};
  while (done && !memories.empty()) {
    const auto some =
        memories.first(std::min<std::size_t>(memories.size(), gpu::LayerMemory::kMax));
    args.count = static_cast<std::int32_t>(some.size());
    std::ranges::copy(some, args.memories);
    done = work();
    memories = memories.subspan(some.size());
  }
  return done;
}

}  // namespace

Status GpuMemory::timeline(GpuTimeline& timeline, int rows, int channels, int history, int pad,
                           int parts) {
  timeline = {nullptr, lanes_, max_frames_ + history, rows, channels, history, pad};
  const nn::Activation x = timeline.padded(0, timeline.capacity);
  auto memory = queue_.claim(static_cast<std::size_t>(parts * lanes_ * x.block_stride));
  if (!memory) return memory.error();
  timeline.data = *memory;
  if (history == 0) return Done{};
  histories_.push_back({*memory, x.block_stride, parts * lanes_,
                        static_cast<std::int32_t>(x.frame_stride), history});
  return Done{};
}

Status GpuMemory::state(float*& data, int floats, int parts) {
  auto memory = queue_.claim(static_cast<std::size_t>(parts) * static_cast<std::size_t>(lanes_) *
                             static_cast<std::size_t>(floats));
  if (!memory) return memory.error();
  data = *memory;
  states_.push_back({data, floats, parts * lanes_, floats, 1});
  return Done{};
}

Status GpuMemory::frames(float*& data, int floats) {
  auto memory =
      queue_.claim(static_cast<std::size_t>(lanes_) * static_cast<std::size_t>(max_frames_) *
                   static_cast<std::size_t>(floats));
  if (!memory) return memory.error();
  data = *memory;
  return Done{};
}

Status GpuMemory::shift_history(int frames) const {
  gpu::ShiftHistoryArgs args{};
  args.shift = frames;
  return in_turns(histories_, args, [&] { return queue_.shift_history(args); });
}

Status GpuMemory::restart(int first, int count) const {
  gpu::ClearHistoryArgs args{};
  args.lanes = lanes_;
  args.first = first;
  args.some = count;
  auto done = in_turns(histories_, args, [&] { return queue_.clear_history(args); });
  if (done) done = in_turns(states_, args, [&] { return queue_.clear_history(args); });
  return done;
}

}  // namespace limpid::models
