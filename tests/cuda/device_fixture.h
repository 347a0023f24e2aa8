// SPDX-License-Identifier: MIT
// Tests that need a GPU: skipped, by name, where there is none.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "lib/kernels/cuda/backend.h"

namespace limpid::kernels::cuda {

// Why there is no GPU to test on; empty where there is one. Whatever one that is there cannot do
// fails its tests: only this skips them.
inline std::string no_device() {
  const auto device = open_device();
  return device ? std::string() : device.error().message;
}

class OnDevice : public testing::Test {
 protected:
  void SetUp() override {
    auto device = open_device();
    if (!device) GTEST_SKIP() << device.error().message;
    device_ = *std::move(device);
    auto stream = device_->open_stream();
    ASSERT_TRUE(stream) << stream.error().message;
    stream_ = *stream;
  }
  void TearDown() override {
    if (stream_ != nullptr) device_->close_stream(stream_);
  }

  std::unique_ptr<Device> device_;
  Stream stream_ = nullptr;
};

// Memory of a device for the length of a test; null if there was none.
class DeviceMemory {
 public:
  DeviceMemory(Device& device, std::size_t bytes) : device_(device) {
    auto memory = device.allocate(bytes);
    EXPECT_TRUE(memory) << memory.error().message;
    if (memory) memory_ = *memory;
  }
  DeviceMemory(const DeviceMemory&) = delete;
  DeviceMemory& operator=(const DeviceMemory&) = delete;
  ~DeviceMemory() { device_.release(memory_); }
  void* get() const { return memory_; }

 private:
  Device& device_;
  void* memory_ = nullptr;
};

}  // namespace limpid::kernels::cuda
