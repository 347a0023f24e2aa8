// SPDX-License-Identifier: MIT
// Sessions of a GPU that fail, or cannot be shared, while files are in them.
#include <chrono>
#include <thread>

#include "tests/cli/shared_model_fixture.h"
#include "tests/support/fake_model.h"

namespace limpid::cli {
namespace {

class SharedModelFailureTest : public SharedModelTest {};

// Silence in place of speech would be worse than no file.
TEST_F(SharedModelFailureTest, AFailingGpuFailsFiles) {
  make(std::vector<Kind>(6, {16000, 0.5}));
  const auto results = run(test::fake_model({.fail_hop = 100}), 2);
  int failed = 0;
  for (const FileResult& result : results) {
    EXPECT_EQ(std::filesystem::exists(result.job.output), result.outcome == Outcome::done);
    failed += result.error.find("the fake GPU is on fire") != std::string::npos;
  }
  EXPECT_GT(failed, 0);
  EXPECT_LT(failed, 6);
}

// One frame of a loan, alone in its group.
const Error* failure_of_a_call(Session& loan) {
  Tensor<float, 2> audio({1, loan.format().hop});
  loan.process(audio.view(), audio.view());
  return loan.failure();
}

// However short memory is: the next loan takes what the failed session had.
TEST_F(SharedModelFailureTest, AFailedSessionIsNotLentAgain) {
  const auto watched = std::make_shared<Watched>(test::fake_model({.fail_hop = 1}));
  watched->free = 1;
  const SharedModel shared(watched, {.files = 2});
  for (int session = 1; session <= 3; ++session) {
    for (const bool fails : {false, true}) {
      auto loan = shared.open({});
      ASSERT_TRUE(loan) << loan.error().message;
      EXPECT_EQ(failure_of_a_call(**loan) != nullptr, fails);
    }
    EXPECT_EQ(std::ssize(watched->lanes), session);
  }
  watched->free = 0;  // the failed session's lane comes back, and two are wanted
  const auto refused = shared.open({.lanes = 2});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "no room for more lanes");
}

// Its lanes that are free meanwhile are nobody's, and who comes waits for its memory.
TEST_F(SharedModelFailureTest, AFailedSessionKeepsItsMemoryForThoseInIt) {
  const auto watched = std::make_shared<Watched>(test::fake_model({.fail_hop = 0}));
  watched->free = 2;
  const SharedModel shared(watched, {.files = 4});
  auto first = shared.open({}), second = shared.open({});
  ASSERT_TRUE(first && second);
  {
    std::jthread beside([&] { failure_of_a_call(**second); });
    EXPECT_NE(failure_of_a_call(**first), nullptr);
  }
  first->reset();  // its lane is free
  std::atomic<bool> opened = false;
  std::jthread next([&] {
    auto loan = shared.open({});
    opened = true;
    EXPECT_TRUE(loan) << loan.error().message;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_FALSE(opened);
  second->reset();
  next.join();
  EXPECT_EQ(watched->lanes, (std::vector{2, 2}));
}

TEST_F(SharedModelFailureTest, SessionsThatCannotRestartAreNotShared) {
  make({{16000, 0.1}});
  const auto result = run(test::fake_model({.restarts = false}), 2).at(0);
  EXPECT_NE(result.error.find("cannot share a session"), std::string::npos) << result.error;
}

}  // namespace
}  // namespace limpid::cli
