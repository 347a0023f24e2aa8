// SPDX-License-Identifier: MIT
// A test fixture that runs its tests once on every instruction set of this machine, and the data
// such tests need.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "lib/kernels/instruction_set.h"
#include "lib/kernels/simd.h"

namespace limpid::kernels {

inline std::vector<std::int64_t> targets_of_this_machine() {
  std::vector<std::int64_t> all;
  for (std::int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1)
    all.push_back(left & -left);
  return all;
}

class EveryTarget : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    use(GetParam());
    ASSERT_STREQ(instruction_set(), hwy::TargetName(GetParam()));
  }
  void TearDown() override { use(0); }  // 0: whatever the machine has

 private:
  static void use(std::int64_t target) {
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
};

#define INSTANTIATE_EVERY_TARGET(Suite)                                                   \
  INSTANTIATE_TEST_SUITE_P(Simd, Suite,                                                   \
                           testing::ValuesIn(limpid::kernels::targets_of_this_machine()), \
                           [](const auto& target) { return hwy::TargetName(target.param); })

inline std::vector<float> noise(std::size_t count, unsigned seed, float level = 1.0f) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-level, level);
  std::vector<float> values(count);
  for (float& v : values) v = uniform(random);
  return values;
}

// Memory for `count` results at an address that no vector likes, between two fences.
class Fenced {
 public:
  explicit Fenced(std::size_t count) : values_(count + 2 * kFence, kUntouched) {}
  float* data() { return values_.data() + kFence; }
  std::size_t size() const { return values_.size() - 2 * kFence; }
  // Whether something was written in front of or behind the results.
  bool broken() const {
    for (std::size_t i = 0; i < kFence; ++i)
      if (values_[i] != kUntouched || values_[values_.size() - 1 - i] != kUntouched) return true;
    return false;
  }
  static constexpr float kUntouched = -12345.678f;

 private:
  static constexpr std::size_t kFence = 67;  // odd, and longer than any tile is wide
  std::vector<float> values_;
};

}  // namespace limpid::kernels
