// SPDX-License-Identifier: MIT
// Data in a card's memory and how long a card takes, for limpid_long_conv_cuda_bench.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <vector>

#include "lib/kernels/cuda/backend.h"
#include "lib/kernels/cuda/storage.h"

namespace limpid::kernels::cuda {

[[noreturn]] inline void fail(const limpid::Error& error) {
  std::fprintf(stderr, "limpid_long_conv_cuda_bench: %s\n", error.message.c_str());
  std::exit(1);
}
inline void expect(const limpid::Status& done) {
  if (!done) fail(done.error());
}

class Buffer {
 public:
  Buffer(Device& device, std::size_t bytes) : device_(device), bytes_(bytes) {
    auto memory = device.allocate(bytes);
    if (!memory) fail(memory.error());
    memory_ = *memory;
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { device_.release(memory_); }
  void* get() const { return memory_; }
  std::size_t bytes() const { return bytes_; }

 private:
  Device& device_;
  std::size_t bytes_;
  void* memory_ = nullptr;
};

// Milliseconds of a call: median of runs that follow a first one.
template <class Work>
double median(Device& device, Stream stream, int runs, Work work) {
  std::vector<double> all;
  for (int i = 0; i <= runs; ++i) {
    const auto time = device.time(stream, work);
    if (!time) fail(time.error());
    if (i > 0) all.push_back(*time);
  }
  std::nth_element(all.begin(), all.begin() + runs / 2, all.end());
  return all[static_cast<std::size_t>(runs / 2)];
}

// Bytes read and written in a millisecond.
inline double copy_speed(Device& device, Stream stream) {
  const std::size_t bytes = std::size_t{1} << 30;
  const Buffer from(device, bytes), to(device, bytes);
  const double ms =
      median(device, stream, 9, [&] { return device.copy(to.get(), from.get(), bytes, stream); });
  return 2.0 * static_cast<double>(bytes) / ms;
}

// The beginning of a result.
inline std::vector<float> beginning(Device& device, Stream stream, const Buffer& y, Sample sample) {
  std::vector<std::uint8_t> bytes(std::min<std::size_t>(y.bytes(), std::size_t{1} << 20));
  expect(device.download(bytes.data(), y.get(), bytes.size(), stream));
  expect(device.finish(stream));
  std::vector<float> values(bytes.size() / bytes_of(sample));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (sample == Sample::f32) {
      std::memcpy(&values[i], &bytes[4 * i], 4);
      continue;
    }
    std::uint16_t bits;
    std::memcpy(&bits, &bytes[2 * i], 2);
    values[i] = sample == Sample::f16 ? to_float(Half{bits}) : to_float(BFloat{bits});
  }
  return values;
}

// Of one result against another, in dB.
inline double agreement(const std::vector<float>& a, const std::vector<float>& b) {
  double signal = 0, error = 1e-300;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const double difference = double{a[i]} - b[i];
    signal += double{b[i]} * b[i];
    error += std::isfinite(difference) ? difference * difference : 1e30;
  }
  return 10 * std::log10(signal / error);
}

// Noise in memory: one row of it, again and again.
inline void fill(Device& device, Stream stream, const Buffer& buffer, Sample sample,
                 unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::uint8_t> row(std::min<std::size_t>(buffer.bytes(), std::size_t{1} << 22));
  std::normal_distribution<float> normal;
  for (std::size_t at = 0; at + 4 <= row.size(); at += 4) {
    const float value = normal(random);
    std::uint32_t bits;
    std::memcpy(&bits, &value, 4);
    if (sample == Sample::bf16) bits = (bits & 0xffff0000u) | bits >> 16;
    // sign and fraction with an exponent between 2^-3 and 1, as a half
    if (sample == Sample::f16) {
      const std::uint32_t half =
          (bits >> 16 & 0x8000u) | ((12u + (bits & 3u)) << 10) | (bits >> 13 & 0x3ffu);
      bits = half << 16 | half;
    }
    std::memcpy(&row[at], &bits, 4);
  }
  for (std::size_t at = 0; at < buffer.bytes(); at += row.size())
    expect(device.upload(static_cast<std::uint8_t*>(buffer.get()) + at, row.data(),
                         std::min(row.size(), buffer.bytes() - at), stream));
  expect(device.finish(stream));
}

}  // namespace limpid::kernels::cuda
