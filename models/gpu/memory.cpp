// SPDX-License-Identifier: MIT
#include "models/gpu/memory.h"

#include <algorithm>

namespace limpid::models {

namespace gpu = kernels::cuda;

Status GpuMemory::timeline(GpuTimeline& timeline, int rows, int channels, int history, int pad,
                           int parts) {
  timeline = {nullptr, lanes_, max_frames_ + history, rows, channels, history, pad};
  const nn::Activation x = timeline.padded(0, timeline.capacity);
  auto memory = queue_.claim(static_cast<std::size_t>(parts * lanes_ * x.block_stride));
  if (!memory) return memory.error();
  timeline.data = *memory;
  if (history == 0) return Done{};
  kept_.push_back({*memory, x.block_stride, parts * lanes_,
                   static_cast<std::int32_t>(x.frame_stride), history});
  return check();
}

Status GpuMemory::state(float*& data, int floats, int parts) {
  auto memory = queue_.claim(static_cast<std::size_t>(parts) * static_cast<std::size_t>(lanes_) *
                             static_cast<std::size_t>(floats));
  if (!memory) return memory.error();
  data = *memory;
  states_.push_back({data, floats, parts * lanes_, floats, 1});
  return check();
}

Status GpuMemory::check() const {
  if (kept_.size() + states_.size() <= gpu::LayerMemory::kMost) return Done{};
  return Error{ErrorCode::unsupported, "on a GPU, networks run with fewer layers"};
}

Status GpuMemory::keep(int frames) const {
  gpu::KeepArgs args{};
  args.shift = frames;
  args.count = static_cast<std::int32_t>(kept_.size());
  std::ranges::copy(kept_, args.memories);
  return queue_.keep(args);
}

Status GpuMemory::restart(int first, int count) const {
  gpu::ForgetArgs args{};
  args.lanes = lanes_;
  args.first = first;
  args.some = count;
  args.count = static_cast<std::int32_t>(kept_.size() + states_.size());
  std::ranges::copy(states_, std::ranges::copy(kept_, args.memories).out);
  return queue_.forget(args);
}

}  // namespace limpid::models
