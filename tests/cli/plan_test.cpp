// SPDX-License-Identifier: MIT
// Where results go, and that no recording can be lost on the way.
#include "examples/limpid/plan.h"

#include <chrono>
#include <fstream>

#include "tests/cli/workbench.h"

namespace limpid::cli {
namespace {

namespace fs = std::filesystem;

class PlanTest : public test::Workbench {
 protected:
  Result<Plan> plan(std::vector<fs::path> inputs, const std::string& output = "",
                    Existing existing = Existing::refuse) {
    return make_plan({std::move(inputs), output.empty() ? fs::path() : folder_ / output, existing});
  }

  fs::path only_output(const Result<Plan>& plan) {
    EXPECT_TRUE(plan.ok()) << plan.error().message;
    EXPECT_EQ(plan->jobs.size(), 1u);
    return plan->jobs.at(0).output;
  }

  void expect_refused(const Result<Plan>& plan, const std::string& part) {
    ASSERT_FALSE(plan.ok());
    EXPECT_NE(plan.error().message.find(part), std::string::npos) << plan.error().message;
  }
};

TEST_F(PlanTest, NamesAreWhatAPersonExpects) {
  const auto a = record("a.wav");
  EXPECT_EQ(only_output(plan({a})), (*this)("a.enhanced.wav"));
  EXPECT_EQ(only_output(plan({a}, "b.wav")), (*this)("b.wav"));
  EXPECT_EQ(only_output(plan({a}, "out/")), (*this)("out/a.wav"));
  fs::create_directory((*this)("there"));
  EXPECT_EQ(only_output(plan({a}, "there")), (*this)("there/a.wav"));
  record("rec/sub/c.wav");
  EXPECT_EQ(only_output(plan({(*this)("rec")})), (*this)("rec.enhanced/sub/c.wav"));
  EXPECT_EQ(only_output(plan({(*this)("rec/")})), (*this)("rec.enhanced/sub/c.wav"));
  EXPECT_EQ(only_output(plan({(*this)("rec")}, "out")), (*this)("out/sub/c.wav"));
}

TEST_F(PlanTest, FoldersAreSearchedForAudioOnly) {
  record("rec/b.wav");
  record("rec/sub/A.WAV");
  record("rec/.hidden.wav");
  record("rec/out/old.wav");
  std::ofstream((*this)("rec/notes.txt")) << "x";
  fs::create_directory_symlink((*this)("rec"), (*this)("rec/loop"));
  const auto result = plan({(*this)("rec")}, "rec/out");
  ASSERT_TRUE(result.ok()) << result.error().message;
  ASSERT_EQ(result->jobs.size(), 2u);
  EXPECT_EQ(result->jobs[0].output, (*this)("rec/out/b.wav"));
  EXPECT_EQ(result->jobs[1].output, (*this)("rec/out/sub/A.WAV"));
  EXPECT_DOUBLE_EQ(result->seconds, 2.0);
}

TEST_F(PlanTest, TheNameChoosesTheKindOfFile) {
  const auto result = plan({record("a.wav")}, "b.flac");
  ASSERT_TRUE(result.ok());
  EXPECT_NE(result->jobs[0].output_format.describe().find("FLAC"), std::string::npos);
  expect_refused(plan({(*this)("a.wav")}, "b.xyz"), "'.xyz' is not that of an audio file");
}

// DWVW of 12 bits is only read.
TEST_F(PlanTest, AnotherKindOfFileChangesAnExtensionAndNothingElse) {
  const std::pair<const char*, const char*> kNames[] = {{"a.aiff", "a.enhanced.flac"},
                                                        {"talk", "talk.enhanced.flac"},
                                                        {"6.30 pm", "6.enhanced.30 pm.flac"}};
  for (const auto& [name, output] : kNames) {
    const io::AudioFormat dwvw{16000, 1, 0x020040};
    ASSERT_TRUE(io::write_audio((*this)(name), Tensor<float, 2>({1, 0}).view(), dwvw).ok());
    EXPECT_EQ(only_output(plan({(*this)(name)})), (*this)(output));
  }
}

TEST_F(PlanTest, ProblemsWithFilesAreNoProblemsOfTheBatch) {
  std::ofstream((*this)("bad.wav")) << "not audio";
  fs::create_directory((*this)("empty"));
  const auto result =
      plan({(*this)("missing.wav"), (*this)("bad.wav"), (*this)("empty"), record("a.wav")}, "out");
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(result->jobs.size(), 1u);
  EXPECT_EQ(result->settled.size(), 3u);
  for (const auto& settled : result->settled) EXPECT_EQ(settled.outcome, Outcome::failed);
}

TEST_F(PlanTest, TwoInputsMayNotShareAnOutput) {
  const auto one = record("one/a.wav"), two = record("two/a.wav");
  expect_refused(plan({one, two}, "out"), "would both be written to");
  EXPECT_EQ(plan({one, one}, "out")->jobs.size(), 1u);  // the same file twice is one file
}

TEST_F(PlanTest, LinksBetweenOutputsAreSeen) {
  record("out/a.wav");
  fs::create_hard_link((*this)("out/a.wav"), (*this)("out/b.wav"));
  const auto a = record("a.wav"), b = record("b.wav");
  expect_refused(plan({a, b}, "out", Existing::overwrite), "would both be written to");
  fs::remove((*this)("out/b.wav"));
  fs::create_symlink((*this)("out/a.wav"), (*this)("out/b.wav"));
  expect_refused(plan({a, b}, "out", Existing::overwrite), "would both be written to");
}

TEST_F(PlanTest, InputsAreNeverOutputs) {
  const auto a = record("rec/a.wav");
  const auto overwrite = Existing::overwrite;
  expect_refused(plan({a}, "rec/a.wav", overwrite), "is the input");
  expect_refused(plan({a}, "rec/../rec/./a.wav", overwrite), "is the input");
  expect_refused(plan({(*this)("rec")}, "rec", overwrite), "is the input");
  fs::create_symlink(a, (*this)("link.wav"));
  expect_refused(plan({a}, "link.wav", overwrite), "is the input");
  fs::create_hard_link(a, (*this)("hard.wav"));
  expect_refused(plan({a}, "hard.wav", overwrite), "is the input");
  fs::create_directory_symlink((*this)("rec"), (*this)("other"));
  expect_refused(plan({a}, "other/a.wav", overwrite), "is the input");
  record("rec/b.wav");
  expect_refused(plan({a, (*this)("rec/b.wav")}, "other", overwrite), "is the input");
}

TEST_F(PlanTest, ReportsReplaceNeitherInputsNorOutputs) {
  const auto a = record("rec.html");
  fs::create_symlink(a, (*this)("link.html"));
  const auto report_to = [&](const fs::path& report) {
    return make_plan({.inputs = {a}, .output = {}, .report = report});
  };
  expect_refused(report_to(a), "is the input");
  expect_refused(report_to((*this)("link.html")), "is the input");
  expect_refused(report_to((*this)("rec.enhanced.html")), "is the output for");
  expect_refused(report_to((*this)("rec.enhanced.html/x.html")), "a folder of the other");
  expect_refused(make_plan({.inputs = {a}, .output = (*this)("out/"), .report = (*this)("out")}),
                 "a folder of the other");
  EXPECT_TRUE(report_to((*this)("other.html")).ok());
}

TEST_F(PlanTest, ExistingResultsAreKeptUnlessToldOtherwise) {
  const auto a = record("a.wav");
  record("b.wav");
  expect_refused(plan({a}, "b.wav"), "exists already");
  EXPECT_EQ(plan({a}, "b.wav", Existing::overwrite)->jobs.size(), 1u);
  EXPECT_EQ(plan({a}, "b.wav", Existing::skip_finished)->jobs.size(), 0u);
}

TEST_F(PlanTest, ResumeRepeatsWhatIsOlderOrUnreadable) {
  const auto a = record("a.wav"), b = record("b.wav");
  fs::last_write_time(a, fs::last_write_time(b) + std::chrono::seconds(5));
  EXPECT_EQ(plan({a}, "b.wav", Existing::skip_finished)->jobs.size(), 1u);
  std::ofstream((*this)("c.wav")) << "half a fi";
  EXPECT_EQ(plan({b}, "c.wav", Existing::skip_finished)->jobs.size(), 1u);
}

TEST_F(PlanTest, GpusTakeOneRateAfterTheOtherAndTheLongestFirst) {
  record("rec/a.wav", 48000, 48000);
  record("rec/b.wav", 16000, 8000);
  record("rec/c.wav", 48000, 96000);
  record("rec/d.wav", 16000, 24000);
  auto result = plan({(*this)("rec")});
  ASSERT_TRUE(result.ok()) << result.error().message;
  order_for_gpu(*result);
  EXPECT_EQ(result->order, (std::vector<std::size_t>{3, 1, 2, 0}));
}

TEST_F(PlanTest, SeveralInputsNeedAFolder) {
  expect_refused(plan({record("a.wav"), record("b.wav")}, "a.wav"), "need a folder");
}

}  // namespace
}  // namespace limpid::cli
