// SPDX-License-Identifier: MIT
// Where an application asks an enhancer to run. What then runs on a GPU: tests/cuda.
#include "lib/model/device_name.h"
#include "tests/api/api_fixture.h"

namespace limpid {
namespace {

using test::ApiTest;

TEST(DeviceName, CpuAndGpus) {
  for (const auto& [name, gpu] :
       {std::pair{"cpu", -1}, {"cuda", 0}, {"cuda:0", 0}, {"cuda:12", 12}, {"cuda:999", 999}}) {
    const auto found = gpu_of(name);
    ASSERT_TRUE(found) << name;
    EXPECT_EQ(*found, gpu) << name;
  }
  for (const auto* name :
       {"", "CPU", "cuda:", "cuda:-1", "cuda:1000", "cuda:1x", "cuda: 1", "cuda1"}) {
    const auto found = gpu_of(name);
    ASSERT_FALSE(found) << name;
    EXPECT_EQ(found.error().message,
              std::string("expected cpu, cuda or cuda:INDEX, found ") + name);
  }
}

TEST(DeviceName, EveryArithmetic) {
  for (const auto& [name, arithmetic] : kArithmeticNames)
    EXPECT_EQ(*arithmetic_of(name), arithmetic);
  EXPECT_FALSE(arithmetic_of(""));
  const auto unknown = arithmetic_of("fp8");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().message, "expected one of exact, tf32x3, tf32, fp16, bf16, found fp8");
}

TEST_F(ApiTest, RefusesDevicesThatItDoesNotKnow) {
  const auto refused = [&](const std::string& device, const std::string& arithmetic) {
    const auto enhancer =
        Enhancer::open({.model = model_, .device = device, .arithmetic = arithmetic});
    EXPECT_FALSE(enhancer);
    return enhancer ? Error{} : enhancer.error();
  };
  EXPECT_EQ(refused("tpu", "").code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("tpu", "").message, "device: expected cpu, cuda or cuda:INDEX, found tpu");
  EXPECT_EQ(refused("cuda", "fp8").code, ErrorCode::invalid_argument);
  EXPECT_EQ(refused("cpu", "fp16").message, "arithmetic fp16 is for GPUs: device \"cuda\"");
  const Error none = refused("cuda:999", "fp16");
  EXPECT_EQ(none.code, ErrorCode::device) << none.message;
}

}  // namespace
}  // namespace limpid
