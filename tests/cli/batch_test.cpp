// SPDX-License-Identifier: MIT
// Several files at once: nobody waits for a bad one, results keep their order, stopping stops.
#include "examples/limpid/batch.h"

#include <atomic>
#include <fstream>

#include "examples/limpid/progress.h"
#include "tests/cli/workbench.h"
#include "tests/support/fake_model.h"

namespace limpid::cli {
namespace {

class BatchTest : public test::Workbench {
 protected:
  std::vector<FileJob> jobs(int count) {
    std::vector<FileJob> jobs;
    for (int i = 0; i < count; ++i) {
      FileJob job;
      job.input = record("in" + std::to_string(i) + ".wav", 16000, 40000);
      job.output = (*this)("out" + std::to_string(i) + ".wav");
      jobs.push_back(job);
    }
    return jobs;
  }
  const FileTask enhance_ = [settings =
                                 EnhanceSettings{.model = test::fake_model({.latency = 50})}](
                                const FileJob& job, const Advance& advance) {
    return enhance_file(job, settings, advance);
  };
};

TEST_F(BatchTest, ABadFileStopsNobodyAndResultsKeepTheirOrder) {
  const auto all = jobs(9);
  std::ofstream(all[4].input) << "not audio any more";
  std::atomic<double> seconds = 0;
  std::vector<std::string> finished;  // without a lock: the batch promises one call at a time
  Progress progress(9, 22.5, false, true);
  const auto results = run_batch(all, enhance_, 3,
                                 {.advance =
                                      [&](double more) {
                                        progress.advance(more);
                                        seconds += more;
                                      },
                                  .finished =
                                      [&](const FileResult& result) {
                                        finished.push_back(result.job.input.filename().string());
                                      },
                                  .stop = [] { return false; }});
  ASSERT_EQ(results.size(), 9u);
  for (std::size_t i = 0; i < 9; ++i) {
    EXPECT_EQ(results[i].job.input, all[i].input);
    EXPECT_EQ(results[i].outcome, i == 4 ? Outcome::failed : Outcome::done) << results[i].error;
    EXPECT_EQ(std::filesystem::exists(all[i].output), i != 4);
  }
  EXPECT_EQ(finished.size(), 9u);
  EXPECT_DOUBLE_EQ(seconds, 8 * 2.5);
}

TEST_F(BatchTest, StoppingLeavesWholeFilesOnly) {
  const auto all = jobs(6);
  std::atomic<int> done = 0;
  std::size_t dropped = 0;  // without a lock, as above
  const auto results = run_batch(all, enhance_, 2,
                                 {.advance = [](double) {},
                                  .finished = [&](const FileResult&) { ++done; },
                                  .stop = [&] { return done >= 2; },
                                  .dropped =
                                      [&](const FileResult& result) {
                                        EXPECT_EQ(result.outcome, Outcome::cancelled);
                                        ++dropped;
                                      }});
  EXPECT_EQ(dropped + static_cast<std::size_t>(done), all.size());
  std::size_t whole = 0;
  for (const FileResult& result : results) {
    EXPECT_EQ(std::filesystem::exists(result.job.output), result.outcome == Outcome::done);
    whole += result.outcome == Outcome::done;
  }
  EXPECT_GE(whole, 2u);
  EXPECT_LT(whole, 6u);
}

TEST_F(BatchTest, MoreThreadsThanFilesAndNoFiles) {
  const BatchHooks hooks{
      .advance = [](double) {}, .finished = [](const FileResult&) {}, .stop = [] { return false; }};
  EXPECT_EQ(run_batch(jobs(1), enhance_, 64, hooks).at(0).outcome, Outcome::done);
  EXPECT_TRUE(run_batch({}, enhance_, 4, hooks).empty());
}

}  // namespace
}  // namespace limpid::cli
