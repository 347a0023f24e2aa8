// SPDX-License-Identifier: MIT
#include "tests/cuda/host_queue.h"

#include <algorithm>
#include <cmath>

#include "tests/cuda/emulate.h"

namespace limpid::kernels::cuda {

template <class Program>
Status HostQueue::program(const typename Program::Args& args) {
  emulate<Program>(args);
  return Done{};
}
template <Arithmetic kArithmetic, class... Args>
Status HostQueue::make_product(const Args&... args) {
  ++products[static_cast<std::size_t>(kArithmetic)];
  with_program<kArithmetic>(args..., []<class Program>(const auto& mine) {
    if constexpr (Resident<Program>)
      emulate_resident<Program>(mine);
    else
      emulate_tiles<Program>(mine);
  });
  return Done{};
}

HostQueue::HostQueue() = default;
Result<float*> HostQueue::claim(std::size_t floats) {
  if (floats > most) return Error{ErrorCode::out_of_memory, "as asked"};
  memory_.emplace_back(floats);
  return memory_.back().data();
}
Result<float*> HostQueue::claim_host(std::size_t floats) {
  return claim(floats);
}
std::size_t HostQueue::claimed() const noexcept {
  std::size_t bytes = 0;
  for (const auto& memory : memory_) bytes += memory.size() * sizeof(float);
  return bytes;
}
float HostQueue::largest() const noexcept {
  float found = 0;
  for (const auto& memory : memory_) {
    const auto holds = [&](const float* p) {
      return p >= memory.data() && p < memory.data() + memory.size();
    };
    if (std::ranges::any_of(exponentials_, holds)) continue;
    for (const float value : memory) found = std::max(found, std::abs(value));
  }
  return found;
}
void HostQueue::release(float* memory) noexcept {
  std::erase_if(memory_, [&](const auto& claim) { return claim.data() == memory; });
}
Status HostQueue::upload(float* to, std::ptrdiff_t to_pitch, const float* host,
                         std::ptrdiff_t width, std::ptrdiff_t rows) {
  for (std::ptrdiff_t row = 0; row < rows; ++row)
    std::copy_n(host + row * width, width, to + row * to_pitch);
  return Done{};
}
Status HostQueue::download(float* host, const float* from, std::ptrdiff_t from_pitch,
                           std::ptrdiff_t width, std::ptrdiff_t rows) {
  for (std::ptrdiff_t row = 0; row < rows; ++row)
    std::copy_n(from + row * from_pitch, width, host + row * width);
  return Done{};
}
Status HostQueue::clear(float* memory, std::size_t floats) {
  std::fill_n(memory, floats, 0.0f);
  return Done{};
}
Status HostQueue::attend_frames(const LinearAttentionArgs& args) {
  exponentials_.insert({args.key.at(0, 0), args.total, args.state});
  return ProgrammedQueue::attend_frames(args);
}
Status HostQueue::record(const std::function<Status()>& work) {
  recorded_ = work;
  return Done{};
}
Status HostQueue::replay() {
  ++replays;
  return recorded_();
}
Status HostQueue::finish() {
  return failing ? Status(Error{ErrorCode::device, "as asked"}) : Status(Done{});
}

template class ProgrammedQueue<HostQueue>;

}  // namespace limpid::kernels::cuda
