// SPDX-License-Identifier: MIT
// One file through a model that only delays: what comes out must be what went in.
#include "examples/limpid/file_job.h"

#include <fstream>
#include <limits>

#include "examples/limpid/exact.h"
#include "tests/cli/workbench.h"
#include "tests/support/fake_model.h"

namespace limpid::cli {
namespace {

const Advance kGoOn = [](double) { return true; };

class FileJobTest : public test::Workbench {
 protected:
  FileResult enhance(const std::filesystem::path& input, const test::FakeModelConfig& model = {},
                     const Advance& advance = kGoOn) {
    FileJob job;
    job.input = input;
    job.output = (*this)("out.wav");
    return enhance_file(job, {.model = test::fake_model(model)}, advance);
  }

  double worst_difference(const std::filesystem::path& a, const std::filesystem::path& b,
                          float gain = 1) {
    auto first = io::read_audio(a), second = io::read_audio(b);
    EXPECT_TRUE(first.ok() && second.ok());
    EXPECT_EQ(first->samples.view().shape(), second->samples.view().shape());
    double worst = 0;
    for (std::ptrdiff_t c = 0; c < first->samples.extent(0); ++c)
      for (std::ptrdiff_t i = 0; i < first->samples.extent(1); ++i)
        worst = std::max<double>(
            worst, std::abs(gain * first->samples.view()[c][i] - second->samples.view()[c][i]));
    return worst;
  }

  std::size_t files_in_folder() {
    using Iterator = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(Iterator(folder_), Iterator()));
  }
};

TEST_F(FileJobTest, LatencyIsCutAndTheTailIsKept) {
  for (const int latency : {0, 1, 333, 5000}) {
    for (const std::ptrdiff_t samples : {1, 159, 160, 16000, 40001}) {
      const auto input = record("in.wav", 16000, samples, 2);
      const FileResult result = enhance(input, {.latency = latency, .gain = 0.5f});
      ASSERT_EQ(result.outcome, Outcome::done) << result.error;
      EXPECT_EQ(worst_difference(input, (*this)("out.wav"), 0.5f), 0) << latency << " " << samples;
      EXPECT_TRUE(result.notices.empty());
    }
  }
}

// A mask of loudspeakers in WAVEX, which FLAC does not have.
TEST_F(FileJobTest, SaysWhichMetadataIsNotKept) {
  const Tensor<float, 2> silence({3, 1000});
  const io::AudioFormat wavex{16000, 3, 0x130002};
  ASSERT_TRUE(io::write_audio((*this)("in.wav"), silence.view(), wavex).ok());
  std::fstream file((*this)("in.wav"), std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(40);
  file.put('\x07');
  file.close();
  FileJob job;
  job.input = (*this)("in.wav");
  job.output = (*this)("out.flac");
  job.output_format = {16000, 3, 0x170002};
  const FileResult result = enhance_file(job, {.model = test::fake_model()}, kGoOn);
  ASSERT_EQ(result.outcome, Outcome::done) << result.error;
  EXPECT_EQ(result.notices, std::vector<std::string>{"the output does not keep: which "
                                                     "loudspeaker each channel is for"});
  EXPECT_TRUE(enhance((*this)("in.wav")).notices.empty());  // WAVEX again
}

TEST_F(FileJobTest, SaysWhereSamplesAreClipped) {
  Tensor<float, 2> loud({1, 1000});
  loud.view()[0][500] = 0.9f;
  loud.view()[0][600] = -1.5f;
  ASSERT_TRUE(io::write_audio((*this)("in.wav"), loud.view(), io::float_wav(16000, 1)).ok());
  FileJob job;
  job.input = (*this)("in.wav");
  job.output = (*this)("out");
  const std::pair<int, std::string> kinds[] = {
      {0x010002, "1 samples beyond full scale were clipped"},          // WAV of 16 bits
      {0x030030, "2 samples beyond 0.8 of full scale were clipped"}};  // AU of G.721
  for (const auto& [code, note] : kinds) {
    job.output_format = {16000, 1, code};
    const FileResult result = enhance_file(job, {.model = test::fake_model()}, kGoOn);
    ASSERT_EQ(result.outcome, Outcome::done) << result.error;
    EXPECT_EQ(result.notices, std::vector<std::string>{note});
  }
}

// While a batch works on files before it, a recording may be replaced.
TEST_F(FileJobTest, ARecordingOfAnotherKindThanPlannedIsRefused) {
  FileJob job;
  job.input = record("in.wav", 48000);
  job.output = (*this)("out.wav");
  job.input_format = job.output_format = io::float_wav(16000, 1);
  const FileResult result = enhance_file(job, {.model = test::fake_model()}, kGoOn);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.error.find("was replaced meanwhile: found WAV (Microsoft), 32 bit float, 48000"),
            std::string::npos)
      << result.error;
  EXPECT_EQ(files_in_folder(), 1u);
  job.input_format = job.output_format = io::float_wav(48000, 1);
  EXPECT_EQ(enhance_file(job, {.model = test::fake_model()}, kGoOn).outcome, Outcome::done);
}

// Hop h of the fake model's output says 0.001 h; the file begins `latency` samples into it.
TEST_F(FileJobTest, VoiceActivityIsAlignedWithTheFile) {
  FileJob job;
  job.input = record("in.wav", 16000, 16100, 2);
  job.output = (*this)("out.wav");
  for (const int hops : {0, 1, 7}) {
    const auto model = test::fake_model({.latency = 160 * hops, .voice = true});
    const FileResult result = enhance_file(job, {.model = model, .voice = true}, kGoOn);
    ASSERT_EQ(result.outcome, Outcome::done) << result.error;
    EXPECT_DOUBLE_EQ(result.voice.frame_seconds, 0.01);
    ASSERT_EQ(result.voice.probability.size(), 2u);
    for (std::size_t c = 0; c < 2; ++c) {
      ASSERT_EQ(result.voice.probability[c].size(), 101u);  // the last is not whole
      for (std::size_t f = 0; f < 101; ++f)
        ASSERT_FLOAT_EQ(result.voice.probability[c][f],
                        0.001f * static_cast<float>(f + static_cast<std::size_t>(hops)) +
                            0.5f * static_cast<float>(c));
    }
    EXPECT_EQ(enhance_file(job, {.model = model}, kGoOn).voice.frame_seconds, 0) << "not asked";
  }
}

TEST_F(FileJobTest, RatesTheModelDoesNotTakeAreResampledInPlace) {
  const auto input = record("in.wav", 192000, 192000);
  const FileResult result = enhance(input, {.latency = 77});
  ASSERT_EQ(result.outcome, Outcome::done) << result.error;
  auto out = io::read_audio((*this)("out.wav"));
  auto in = io::read_audio(input);
  ASSERT_EQ(out->samples.extent(1), 192000);
  double worst = 0;
  for (std::ptrdiff_t i = 4000; i < 188000; ++i)
    worst = std::max<double>(worst, std::abs(in->samples.view()[0][i] - out->samples.view()[0][i]));
  EXPECT_LT(worst, 1e-3);
  ASSERT_EQ(result.notices.size(), 1u);
  EXPECT_NE(result.notices[0].find("resampled to 96000 Hz"), std::string::npos);
}

// The fake model takes 8 to 96 kHz and was trained at 16: what a rate can hold is not thrown away.
TEST_F(FileJobTest, RatesBeyondTheModelsGoToItsNearestOne) {
  Tensor<float, 2> tone({1, 38400});
  for (std::ptrdiff_t i = 0; i < tone.extent(1); ++i)
    tone.view()[0][i] = static_cast<float>(0.5 * std::sin(0.65 * static_cast<double>(i)));
  const auto input = (*this)("in.wav");  // 20 kHz
  ASSERT_TRUE(io::write_audio(input, tone.view(), io::float_wav(192000, 1)).ok());
  const FileResult high = enhance(input);
  ASSERT_EQ(high.outcome, Outcome::done) << high.error;
  EXPECT_NEAR(high.levels.rms_after, high.levels.rms_before, 0.1);

  const FileResult low = enhance(record("low.wav", 4000, 4000));
  ASSERT_EQ(low.notices.size(), 1u) << low.error;
  EXPECT_NE(low.notices[0].find("resampled to 8000 Hz"), std::string::npos) << low.notices[0];
}

TEST_F(FileJobTest, ResamplingKeepsTheLength) {
  for (const std::ptrdiff_t samples : {1, 2, 3, 19993, 20004}) {  // 2 make one for the model
    ASSERT_EQ(enhance(record("in.wav", 192000, samples)).outcome, Outcome::done);
    EXPECT_EQ(io::read_audio((*this)("out.wav"))->samples.extent(1), samples);
  }
}

TEST_F(FileJobTest, RatesNobodyCanResampleAreRefused) {
  const FileResult result = enhance(record("in.wav", 20, 100));
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.error.find("20 Hz"), std::string::npos) << result.error;
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(FileJobTest, NonFiniteSamplesBecomeSilence) {
  const auto input = (*this)("in.wav");
  Tensor<float, 2> audio({1, 1000});
  audio.view()[0][10] = std::numeric_limits<float>::quiet_NaN();
  audio.view()[0][20] = std::numeric_limits<float>::infinity();
  audio.view()[0][30] = 0.25f;
  ASSERT_TRUE(io::write_audio(input, audio.view(), io::float_wav(16000, 1)).ok());
  const FileResult result = enhance(input);
  EXPECT_EQ(result.repaired, 2u);
  ASSERT_EQ(result.notices.size(), 1u);
  auto out = io::read_audio((*this)("out.wav"));
  EXPECT_EQ(out->samples.view()[0][10], 0);
  EXPECT_EQ(out->samples.view()[0][20], 0);
  EXPECT_EQ(out->samples.view()[0][30], 0.25f);
}

TEST_F(FileJobTest, StoppedJobsLeaveNothing) {
  const auto input = record("in.wav", 16000, 100000);
  int calls = 0;
  const FileResult result = enhance(input, {}, [&](double) { return ++calls < 3; });
  EXPECT_EQ(result.outcome, Outcome::cancelled);
  EXPECT_EQ(files_in_folder(), 1u);
}

TEST_F(FileJobTest, AdvanceTellsTheWholeLength) {
  double seconds = 0;
  const auto advance = [&](double more) {
    seconds += more;
    return true;
  };
  EXPECT_EQ(enhance(record("in.wav", 16000, 40000), {}, advance).outcome, Outcome::done);
  EXPECT_DOUBLE_EQ(seconds, 2.5);
}

TEST_F(FileJobTest, ModelsOfSeveralChannelsWantExactlyThose) {
  const test::FakeModelConfig four{.input_channels = 4, .output_channels = 1};
  EXPECT_EQ(enhance(record("four.wav", 16000, 5000, 4), four).outcome, Outcome::done);
  EXPECT_EQ(io::read_audio((*this)("out.wav"))->format.channels, 1);
  const FileResult two = enhance(record("two.wav", 16000, 5000, 2), four);
  EXPECT_EQ(two.outcome, Outcome::failed);
  EXPECT_NE(two.error.find("two.wav: model"), std::string::npos) << two.error;
  EXPECT_NE(two.error.find("needs 4 channels, one of each microphone, found 2"), std::string::npos);
}

// The fake model puts out the first channel it hears.
TEST_F(FileJobTest, ChannelsAreHeardInTheOrderThatWasAskedFor) {
  FileJob job;
  job.input = record("in.wav", 16000, 5000, 4);
  job.output = (*this)("out.wav");
  const auto before = io::read_audio(job.input);
  EnhanceSettings settings{.model = test::fake_model({.input_channels = 2, .output_channels = 1}),
                           .channels = {"4,2", 0}};
  for (const int reference : {4, 2}) {
    settings.channels.reference = reference;
    const FileResult result = enhance_file(job, settings, kGoOn);
    ASSERT_EQ(result.outcome, Outcome::done) << result.error;
    const auto after = io::read_audio(job.output);
    ASSERT_EQ(after->format.channels, 1);
    EXPECT_TRUE(std::ranges::equal(after->samples.view()[0].span(),
                                   before->samples.view()[reference - 1].span()));
    EXPECT_NEAR(result.levels.rms_before, result.levels.rms_after, 1e-6);
  }
  settings.channels.list = "4,5";
  EXPECT_NE(enhance_file(job, settings, kGoOn).error.find("there is no channel 5: 4 in all"),
            std::string::npos);
}

TEST_F(FileJobTest, WholeFileModelsWithoutARecipeSaySo) {
  const FileResult result = enhance(record("in.wav"), {.memory = Memory::windowed});
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(result.error.find("offline recipe"), std::string::npos) << result.error;
}

// What the published networks do, without one: looks at everything, makes it quieter.
class WholeFileModel final : public Model {
 public:
  WholeFileModel() { spec_.memory = Memory::windowed, spec_.sample_rate = 16000; }
  const ModelSpec& spec() const noexcept override { return spec_; }
  Result<StreamFormat> format(int) const override { return Error{ErrorCode::unsupported, ""}; }
  Result<std::unique_ptr<Session>> open(const SessionConfig&) const override {
    return Error{ErrorCode::unsupported, ""};
  }
  Result<Tensor<float, 2>> enhance_exact(AudioView<const float> audio, int) const override {
    Tensor<float, 2> result({1, audio.extent(1)});
    for (std::ptrdiff_t n = 0; n < audio.extent(1); ++n) result.view()[0][n] = 0.2f * audio[0][n];
    return result;
  }

 private:
  ModelSpec spec_;
};

TEST_F(FileJobTest, WholeFileModelsRunAndKeepToTheAttenuationLimit) {
  FileJob job;
  job.input = record("in.wav", 16000, 40001, 2);
  job.output = (*this)("out.wav");
  const auto model = std::make_shared<WholeFileModel>();
  ASSERT_EQ(enhance_file(job, {.model = model}, kGoOn).outcome, Outcome::done);
  EXPECT_LT(worst_difference(job.input, job.output, 0.2f), 1e-6);
  const EnhanceSettings limited{.model = model, .attenuation_limit_db = 20};
  ASSERT_EQ(enhance_file(job, limited, kGoOn).outcome, Outcome::done);
  EXPECT_LT(worst_difference(job.input, job.output, 0.2f + 0.1f * 0.8f), 1e-6);
}

// What a GPU has ready takes the file in place of the model, all of its channels at once.
TEST_F(FileJobTest, WholeFilesMayTakeTurnsInASharedSession) {
  class Halving final : public ExactSession {
   public:
    Result<Tensor<float, 2>> enhance(AudioView<const float> audio) override {
      EXPECT_EQ(audio.extent(0), 2);
      Tensor<float, 2> result({audio.extent(0), audio.extent(1)});
      for (std::ptrdiff_t c = 0; c < audio.extent(0); ++c)
        for (std::ptrdiff_t n = 0; n < audio.extent(1); ++n)
          result.view()[c][n] = 0.5f * audio[c][n];
      return result;
    }
    std::size_t memory() const noexcept override { return 0; }
  };
  FileJob job;
  job.input = record("in.wav", 16000, 4001, 2);
  job.output = (*this)("out.wav");
  EnhanceSettings settings{.model = std::make_shared<WholeFileModel>()};
  settings.whole = std::make_shared<SharedExact>(std::make_unique<Halving>());
  ASSERT_EQ(enhance_file(job, settings, kGoOn).outcome, Outcome::done);
  EXPECT_LT(worst_difference(job.input, job.output, 0.5f), 1e-6);
}

TEST_F(FileJobTest, AFolderThatCannotBeMadeIsNamed) {
  std::ofstream((*this)("file")) << "x";
  FileJob job;
  job.input = record("in.wav");
  job.output = (*this)("file/deep/out.wav");
  const FileResult result = enhance_file(job, {.model = test::fake_model()}, kGoOn);
  EXPECT_EQ(result.outcome, Outcome::failed);
  EXPECT_NE(
      result.error.find("cannot make the folder " + (*this)("file/deep").string() + ": Not a"),
      std::string::npos)
      << result.error;
}

TEST_F(FileJobTest, FoldersOfTheOutputAreMade) {
  FileJob job;
  job.input = record("in.wav");
  job.output = (*this)("new/deep/out.wav");
  EXPECT_EQ(enhance_file(job, {.model = test::fake_model()}, kGoOn).outcome, Outcome::done);
  EXPECT_TRUE(std::filesystem::exists(job.output));
}

}  // namespace
}  // namespace limpid::cli
