// SPDX-License-Identifier: MIT
// A LayerQueue that does at once, on the CPU, what a GPU's would do, with the same kernels.
#pragma once

#include <array>
#include <deque>
#include <iterator>
#include <set>
#include <vector>

#include "lib/kernels/cuda/programmed_queue.h"

namespace limpid::kernels::cuda {

class HostQueue;
extern template class ProgrammedQueue<HostQueue>;  // hundreds of unrolled kernels: host_queue.cpp

class HostQueue final : public ProgrammedQueue<HostQueue> {
 public:
  HostQueue();
  Result<float*> claim(std::size_t floats) override;
  Result<float*> claim_host(std::size_t floats) override;
  std::size_t claimed() const noexcept override;
  void release(float* memory) noexcept override;
  Status upload(float* to, std::ptrdiff_t to_pitch, const float* host, std::ptrdiff_t width,
                std::ptrdiff_t rows) override;
  Status download(float* host, const float* from, std::ptrdiff_t from_pitch, std::ptrdiff_t width,
                  std::ptrdiff_t rows) override;
  Status clear(float* memory, std::size_t floats) override;
  Status attend_frames(const LinearAttentionArgs& args) override;
  Status record(const std::function<Status()>& work) override;
  Status replay() override;
  Status finish() override;

  template <class Program>
  Status program(const typename Program::Args& args);
  template <Arithmetic kArithmetic, class... Args>
  Status make_product(const Args&... args);

  // Of all that lies in its memory: activations, states, weights of products of floats; but not of
  // the exponentials of attention along time and their sums, which no product takes.
  float largest() const noexcept;

  int replays = 0;
  std::array<int, std::size(kArithmetics)> products{};  // by arithmetic
  bool failing = false;
  std::size_t most = SIZE_MAX;  // floats of one claim

 private:
  std::deque<std::vector<float>> memory_;
  std::set<const float*> exponentials_;  // of all blocks; begin in the memory that holds them
  std::function<Status()> recorded_;
};

}  // namespace limpid::kernels::cuda
