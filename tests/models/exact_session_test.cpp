// SPDX-License-Identifier: MIT
// Whole recordings on a CPU, with what every model shares.
#include <gtest/gtest.h>

#include "lib/model/model.h"
#include "tests/support/failing_new.h"

namespace limpid {
namespace {

// Adds what its two microphones record.
class Adding final : public Model {
 public:
  Adding() { spec_.input_channels = 2; }
  const ModelSpec& spec() const noexcept override { return spec_; }
  Result<StreamFormat> format(int) const override { return Error{ErrorCode::unsupported, ""}; }
  Result<std::unique_ptr<Session>> open(const SessionConfig&) const override {
    return Error{ErrorCode::unsupported, ""};
  }
  Result<Tensor<float, 2>> enhance_exact(AudioView<const float> audio, int) const override {
    Tensor<float, 2> sum({1, audio.extent(1)});
    for (std::ptrdiff_t n = 0; n < audio.extent(1); ++n)
      sum.view()[0][n] = audio[0][n] + audio[1][n];
    return sum;
  }

 private:
  ModelSpec spec_;
};

TEST(ExactSession, RecordingsComeOutOneByOneOrAsAnErrorWithoutMemory) {
  const Adding model;
  Tensor<float, 2> in({4, 100});  // two recordings
  for (std::ptrdiff_t row = 0; row < 4; ++row) in.view()[row][7] = static_cast<float>(1 << row);
  int refusals = 0;
  for (int allocations = 0;; ++allocations) {
    test::allocations_left = allocations;
    const auto session = model.open_exact({});
    auto out = session.ok() ? (*session)->enhance(in.view()) : session.error();
    test::allocations_left = -1;
    if (out.ok()) {
      EXPECT_EQ(out->extent(0), 2);
      EXPECT_EQ(out->view()[0][7], 3.0f);
      EXPECT_EQ(out->view()[1][7], 12.0f);
      break;
    }
    EXPECT_EQ(out.error().code, ErrorCode::out_of_memory);
    ++refusals;
  }
  EXPECT_EQ(refusals, 4);  // the session, the result, and that of each recording
}

}  // namespace
}  // namespace limpid
