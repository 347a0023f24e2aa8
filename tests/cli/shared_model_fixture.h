// SPDX-License-Identifier: MIT
// Files that share a model's sessions, and a model that counts what is asked of them.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "examples/limpid/batch.h"
#include "examples/limpid/plan.h"
#include "examples/limpid/shared_model.h"
#include "tests/cli/workbench.h"

namespace limpid::cli {

// Counts what is asked of another model's sessions.
class Watched final : public Model {
 public:
  explicit Watched(std::shared_ptr<const Model> model) : model_(std::move(model)) {}
  const ModelSpec& spec() const noexcept override { return model_->spec(); }
  Result<StreamFormat> format(int rate) const override { return model_->format(rate); }
  Result<std::unique_ptr<Session>> open(const SessionConfig& config) const override {
    if (config.lanes > free) return Error{ErrorCode::out_of_memory, "no room for more lanes"};
    auto session = model_->open(config);
    if (!session) return session;
    lanes.push_back(config.lanes);
    return std::unique_ptr<Session>(
        std::make_unique<Counted>(*std::move(session), calls, free, config.lanes));
  }
  mutable std::vector<int> lanes;           // of each session, in the order of opening
  mutable std::atomic<int> free = 1 << 16;  // lanes that there is memory for
  mutable std::atomic<int> calls = 0;

 private:
  struct Counted final : Session {
    Counted(std::unique_ptr<Session> session_, std::atomic<int>& calls_, std::atomic<int>& free_,
            int lanes_)
        : session(std::move(session_)), calls(calls_), free(free_), lanes(lanes_) {
      free -= lanes;
    }
    ~Counted() override { free += lanes; }
    void process(AudioView<const float> in, AudioView<float> out) LIMPID_REALTIME override {
      ++calls;
      EXPECT_FALSE(inside.exchange(true)) << "one thread at a time";
      session->process(in, out);
      inside = false;
    }
    std::span<const float> voice_activity() const noexcept override {
      return session->voice_activity();
    }
    void reset() LIMPID_REALTIME override { session->reset(); }
    bool restart(int lane) LIMPID_REALTIME override {
      EXPECT_FALSE(inside);
      return session->restart(lane);
    }
    const Error* failure() const noexcept override { return session->failure(); }
    const StreamFormat& format() const noexcept override { return session->format(); }
    std::size_t memory() const noexcept override { return session->memory(); }
    std::uint64_t repaired() const noexcept override { return session->repaired(); }
    std::unique_ptr<Session> session;
    std::atomic<int>& calls;
    std::atomic<int>& free;
    int lanes;
    std::atomic<bool> inside = false;
  };
  std::shared_ptr<const Model> model_;
};

class SharedModelTest : public test::Workbench {
 protected:
  struct Kind {
    int rate;
    double seconds;
    int channels = 1;
  };
  void make(const std::vector<Kind>& kinds) {
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      const auto [rate, seconds, channels] = kinds[i];
      FileJob job;
      job.input =
          record("in" + std::to_string(i) + ".wav", rate, std::lround(seconds * rate), channels);
      job.output = (*this)("out" + std::to_string(i) + ".wav");
      job.seconds = seconds;
      job.input_format = io::float_wav(rate, channels);
      plan_.jobs.push_back(job);
    }
    order_for_gpu(plan_);
  }
  // `files` at the same time.
  std::vector<FileResult> run(std::shared_ptr<const Model> model, int files, int gpu = -1) {
    settings_.frames_per_call = 16;
    settings_.model = std::make_shared<SharedModel>(
        std::move(model), Sharing{.gpu = gpu, .files = files, .frames = 16});
    settings_.shared = true;
    return run_batch(plan_.jobs, task_, files,
                     {.advance = [](double) {},
                      .finished = [](const FileResult&) {},
                      .stop = [] { return false; }},
                     plan_.order);
  }
  void expect_as_if_alone(std::shared_ptr<const Model> model, double tolerance) {
    for (const FileJob& job : plan_.jobs) {
      FileJob alone = job;
      alone.output = (*this)("alone.wav");
      auto settings = settings_;
      settings.model = model;
      settings.shared = false;
      ASSERT_EQ(enhance_file(alone, settings, [](double) { return true; }).outcome, Outcome::done);
      const auto got = io::read_audio(job.output), want = io::read_audio(alone.output);
      ASSERT_TRUE(got) << job.output;
      ASSERT_EQ(got->samples.view().shape(), want->samples.view().shape()) << job.output;
      for (std::ptrdiff_t c = 0; c < got->samples.extent(0); ++c)
        for (std::ptrdiff_t i = 0; i < got->samples.extent(1); ++i)
          ASSERT_NEAR(got->samples.view()[c][i], want->samples.view()[c][i], tolerance)
              << job.output << " " << i;
    }
  }

  Plan plan_;
  EnhanceSettings settings_;
  FileTask task_ = [this](const FileJob& job, const Advance& advance) {
    return enhance_file(job, settings_, advance);
  };
};

}  // namespace limpid::cli
