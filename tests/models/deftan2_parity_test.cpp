// SPDX-License-Identifier: MIT
// The published DeFTAN-II, full width, against outputs of the authors' code (tests/fixtures).
// Weights are synthetic: every tensor moves the output. Single against double precision of the
// published code differs by 2.4e-6 at most; a wrong epsilon of a norm is just visible at 1e-5.
#include <gtest/gtest.h>

#include <filesystem>

#include "models/registry.h"
#include "tests/kernels/every_target.h"
#include "tests/support/audio_compare.h"

namespace limpid {
namespace {

std::string checkpoint(int microphones) {
  return std::string(LIMPID_CHECKPOINTS) + "/deftan2_m" + std::to_string(microphones) +
         ".safetensors";
}

std::string fixture(int microphones, const char* what) {
  return std::string(LIMPID_FIXTURES) + "/deftan2_portable_m" + std::to_string(microphones) +
         "_l2_" + what + ".wav";
}

std::vector<float> enhanced(int microphones, int threads) {
  auto model = models::load_file(checkpoint(microphones));
  EXPECT_TRUE(model) << model.error().message;
  if (!model) return {};
  EXPECT_EQ((*model)->spec().input_channels, microphones);
  const auto got =
      (*model)->enhance_exact(test::channels(fixture(microphones, "input")).view(), threads);
  EXPECT_TRUE(got) << got.error().message;
  if (!got) return {};
  const auto samples = got->view()[0].span();
  return {samples.begin(), samples.end()};
}

double error(int microphones, std::span<const float> got) {
  return test::relative_error(got, test::channel(fixture(microphones, "expected")), 0, 0);
}

#define SKIP_WITHOUT_CHECKPOINT()              \
  if (!std::filesystem::exists(checkpoint(1))) \
  GTEST_SKIP() << "no converted checkpoint (test convert_official_checkpoint needs PyTorch)"

class Deftan2ParityOnEveryTarget : public kernels::EveryTarget {};

TEST_P(Deftan2ParityOnEveryTarget, OneMicrophone) {
  SKIP_WITHOUT_CHECKPOINT();
  EXPECT_LE(error(1, enhanced(1, 2)), 1e-5);
}

// Without vectors the full-width network takes half a minute; what differs there, the tails of odd
// sizes, is in deftan2_torch_test.
std::vector<std::int64_t> vector_targets() {
  auto targets = kernels::targets_of_this_machine();
  if (targets.size() > 1) std::erase(targets, std::int64_t{HWY_SCALAR});
  return targets;
}
INSTANTIATE_TEST_SUITE_P(Simd, Deftan2ParityOnEveryTarget, testing::ValuesIn(vector_targets()),
                         [](const auto& target) { return hwy::TargetName(target.param); });

TEST(Deftan2Parity, TwoMicrophones) {
  SKIP_WITHOUT_CHECKPOINT();
  EXPECT_LE(error(2, enhanced(2, 1)), 1e-5);
}

TEST(Deftan2Parity, FourMicrophonesAndAnyNumberOfThreads) {
  SKIP_WITHOUT_CHECKPOINT();
  const auto alone = enhanced(4, 1);
  EXPECT_LE(error(4, alone), 1e-5);
  EXPECT_EQ(alone, enhanced(4, 3));
}

}  // namespace
}  // namespace limpid
