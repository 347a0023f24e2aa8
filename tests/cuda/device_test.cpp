// SPDX-License-Identifier: MIT
// Opening a GPU where there is one, and what limpid says where there is none.
#include <gtest/gtest.h>

#include <cstring>

#include "tests/cuda/device_fixture.h"

namespace limpid::kernels::cuda {
namespace {

// Holds everywhere: with a card, without one, and in a build without CUDA.
TEST(CudaDevice, IsThereOrItSaysWhyNot) {
  const auto device = open_device();
  if (device) {
    EXPECT_FALSE((*device)->info().name.empty());
    EXPECT_GT((*device)->info().memory, 0u);
    return;
  }
  EXPECT_EQ(device.error().code, ErrorCode::device);
  EXPECT_EQ(device.error().message.rfind("no CUDA device: ", 0), 0u) << device.error().message;
  EXPECT_GT(device.error().message.size(), std::strlen("no CUDA device: ")) << "no reason given";
  EXPECT_EQ(device.error().message, open_device().error().message);  // not only the first time
}

TEST(CudaDevice, AnIndexBeyondTheLastIsAnError) {
  EXPECT_FALSE(open_device(-1));
  EXPECT_FALSE(open_device(1 << 20));
}

using CudaDeviceCall = OnDevice;

TEST_F(CudaDeviceCall, MemoryComesBack) {
  std::vector<float> host(1000), back(1000);
  for (std::size_t i = 0; i < host.size(); ++i) host[i] = static_cast<float>(i);
  DeviceMemory memory(*device_, host.size() * sizeof(float)),
      other(*device_, host.size() * sizeof(float));
  ASSERT_TRUE(device_->upload(memory.get(), host.data(), host.size() * sizeof(float), stream_));
  ASSERT_TRUE(device_->copy(other.get(), memory.get(), host.size() * sizeof(float), stream_));
  ASSERT_TRUE(device_->download(back.data(), other.get(), host.size() * sizeof(float), stream_));
  ASSERT_TRUE(device_->finish(stream_));
  EXPECT_EQ(host, back);
}

TEST_F(CudaDeviceCall, CeilingsAreThoseOfACard) {
  const auto ceilings = device_->ceilings();
  ASSERT_TRUE(ceilings) << ceilings.error().message;
  EXPECT_GT(ceilings->flops, 1e11);
  EXPECT_LT(ceilings->flops, 1e15);  // the loop was not folded away
  EXPECT_GT(ceilings->bytes, 1e10);
  EXPECT_LT(ceilings->bytes, 1e14);
}

TEST_F(CudaDeviceCall, MoreMemoryThanThereIsIsAnError) {
  const auto memory = device_->allocate(std::size_t{1} << 50);
  ASSERT_FALSE(memory);
  EXPECT_EQ(memory.error().code, ErrorCode::out_of_memory);
  EXPECT_TRUE(device_->finish(stream_)) << "and no lasting one";
  const auto kernels = device_->ceilings();
  EXPECT_TRUE(kernels) << "nor one of the next kernel: " << kernels.error().message;
}

}  // namespace
}  // namespace limpid::kernels::cuda
