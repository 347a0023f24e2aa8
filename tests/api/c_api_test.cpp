// SPDX-License-Identifier: MIT
// The C functions do what the C++ ones do, and survive what C callers do.
#include <memory>

#include "limpid/limpid.h"
#include "tests/api/api_fixture.h"
#include "tests/support/realtime_guard.h"

namespace limpid {
namespace {

using test::in_blocks;
using test::kHalf;
using test::signal;

struct Destroy {
  void operator()(limpid_enhancer* enhancer) const { limpid_destroy(enhancer); }
};
using Handle = std::unique_ptr<limpid_enhancer, Destroy>;

std::vector<float> enhance(const Handle& c, const std::vector<float>& input, int block = 100) {
  return in_blocks(input, block, [&](auto* in, auto* out, int samples) {
    limpid_process(c.get(), in, out, samples);
  });
}

class CApiTest : public test::ApiTest {
 protected:
  Handle create(int channels = 1, float attenuation_limit_db = 0) {
    limpid_config config = LIMPID_CONFIG_DEFAULT;
    config.model = model_.c_str();
    config.sample_rate = 16000;
    config.channels = channels;
    config.attenuation_limit_db = attenuation_limit_db;
    limpid_enhancer* enhancer = nullptr;
    char message[200] = "old";
    EXPECT_EQ(limpid_create(&config, &enhancer, message, sizeof message), LIMPID_OK) << message;
    EXPECT_STREQ(message, "");
    return Handle(enhancer);
  }
};

TEST_F(CApiTest, GivesTheSameSamplesAsCxx) {
  const auto input = signal(8000);
  auto cxx = open();
  const auto expected = in_blocks(
      input, 160, [&](auto* in, auto* out, int samples) { cxx.process(in, out, samples); });
  const Handle c = create();
  EXPECT_EQ(limpid_latency(c.get()), cxx.latency());
  EXPECT_EQ(limpid_inputs(c.get()), 1);
  EXPECT_EQ(limpid_outputs(c.get()), 1);
  EXPECT_EQ(limpid_hop(c.get()), cxx.hop());
  EXPECT_EQ(enhance(c, input, 511), expected);
  EXPECT_NE(enhance(c, input, 511), expected) << "state must carry on";
  limpid_reset(c.get());
  EXPECT_EQ(enhance(c, input, 1000), expected);
}

TEST_F(CApiTest, BypassLimitAndRepairs) {
  auto input = signal(8000);
  const Handle c = create();
  const auto wet = enhance(c, input);
  limpid_set_bypass(c.get(), 1);
  limpid_reset(c.get());
  const auto latency = static_cast<std::size_t>(limpid_latency(c.get()));
  const auto dry = enhance(c, input);
  for (std::size_t i = latency; i < input.size(); ++i) ASSERT_EQ(dry[i], input[i - latency]) << i;
  limpid_set_bypass(c.get(), 0);
  limpid_reset(c.get());
  EXPECT_EQ(enhance(c, input), wet);
  limpid_set_attenuation_limit(c.get(), kHalf);
  limpid_reset(c.get());
  test::expect_half_and_half(enhance(c, input), wet, input, limpid_latency(c.get()));
  EXPECT_EQ(limpid_repaired(c.get()), 0u);
  input[5] = std::nanf("");
  for (const float sample : enhance(c, input)) ASSERT_TRUE(std::isfinite(sample));
  EXPECT_EQ(limpid_repaired(c.get()), 1u);
}

TEST_F(CApiTest, OpensWithAnAttenuationLimit) {
  const auto input = signal(8000);
  const auto wet = enhance(create(), input);
  const Handle limited = create(1, kHalf);
  test::expect_half_and_half(enhance(limited, input), wet, input, limpid_latency(limited.get()));
}

TEST_F(CApiTest, TellsOfSpeechWhatCxxTells) {
  limpid_config config = LIMPID_CONFIG_DEFAULT;
  const std::string model = write_model("voice.safetensors", {.voice = true});
  config.model = model.c_str();
  limpid_enhancer* c = nullptr;
  ASSERT_EQ(limpid_create(&config, &c, nullptr, 0), LIMPID_OK);
  const Handle handle(c);
  auto cxx = Enhancer::open({.model = model});
  in_blocks(signal(4000), 480, [&](auto* in, auto* out, int samples) {
    limpid_process(c, in, out, samples);
    cxx->process(in, out, samples);
    EXPECT_EQ(limpid_voice_activity(c, 0), cxx->voice_activity());
  });
  EXPECT_GT(limpid_voice_activity(c, 0), 0.0f);
  EXPECT_EQ(limpid_voice_activity(c, 1), -1.0f);
}

TEST_F(CApiTest, RestartSaysWhetherThereIsSuchAChannel) {
  const Handle enhancer = create(2);
  EXPECT_EQ(limpid_restart(enhancer.get(), 1), 1);
  EXPECT_EQ(limpid_restart(enhancer.get(), 2), 0);
}

TEST_F(CApiTest, NullEnhancersAreIgnored) {
  float sample = 3;
  float* channel = &sample;
  limpid_process(nullptr, &channel, &channel, 1);
  limpid_reset(nullptr);
  limpid_set_bypass(nullptr, 1);
  limpid_set_attenuation_limit(nullptr, 3);
  limpid_destroy(nullptr);
  EXPECT_EQ(sample, 3);
  EXPECT_EQ(limpid_latency(nullptr), 0);
  EXPECT_EQ(limpid_inputs(nullptr), 0);
  EXPECT_EQ(limpid_outputs(nullptr), 0);
  EXPECT_EQ(limpid_repaired(nullptr), 0u);
  EXPECT_EQ(limpid_voice_activity(nullptr, 0), -1.0f);
  EXPECT_EQ(limpid_hop(nullptr), 0);
  EXPECT_EQ(limpid_restart(nullptr, 0), 0);
  EXPECT_EQ(limpid_failure(nullptr), nullptr);
}

TEST_F(CApiTest, CreateRefusesNullPointers) {
  const limpid_config config = LIMPID_CONFIG_DEFAULT;
  const Handle other = create();
  limpid_enhancer* enhancer = other.get();
  EXPECT_EQ(limpid_create(nullptr, &enhancer, nullptr, 0), LIMPID_INVALID_ARGUMENT);
  EXPECT_EQ(enhancer, nullptr);
  EXPECT_EQ(limpid_create(&config, nullptr, nullptr, 0), LIMPID_INVALID_ARGUMENT);
}

TEST_F(CApiTest, MessagesAreCutToFit) {
  limpid_config config = LIMPID_CONFIG_DEFAULT;
  config.model = "no-such-model";
  limpid_enhancer* enhancer = nullptr;
  char whole[300], part[9];
  EXPECT_EQ(limpid_create(&config, &enhancer, whole, sizeof whole), LIMPID_NOT_FOUND);
  EXPECT_EQ(enhancer, nullptr);
  EXPECT_NE(std::string(whole).find("no-such-model"), std::string::npos) << whole;
  EXPECT_EQ(limpid_create(&config, &enhancer, part, sizeof part), LIMPID_NOT_FOUND);
  EXPECT_EQ(std::string(part), std::string(whole).substr(0, 8));
  EXPECT_EQ(limpid_create(&config, &enhancer, whole, 0), LIMPID_NOT_FOUND);
  EXPECT_EQ(limpid_create(&config, &enhancer, nullptr, 100), LIMPID_NOT_FOUND);
}

TEST_F(CApiTest, MessagesAreCutBetweenCharacters) {
  limpid_config config = LIMPID_CONFIG_DEFAULT;
  config.model = "no m\u00f6del \u20ac \U0001d11e";
  limpid_enhancer* enhancer = nullptr;
  char buffer[300];
  limpid_create(&config, &enhancer, buffer, sizeof buffer);
  const std::string whole = buffer;
  ASSERT_NE(whole.find(config.model), std::string::npos) << whole;
  for (std::size_t size = 1; size <= whole.size(); ++size) {
    limpid_create(&config, &enhancer, buffer, size);
    std::size_t begin = size - 1;  // of the first character that does not fit
    while ((whole[begin] & 0xC0) == 0x80) --begin;
    EXPECT_EQ(buffer, whole.substr(0, begin)) << size;
  }
}

TEST_F(CApiTest, EveryErrorHasItsCode) {
  const auto code = [](const char* model, int sample_rate, int channels,
                       const char* device = nullptr) {
    limpid_config config = LIMPID_CONFIG_DEFAULT;
    config.model = model;
    config.sample_rate = sample_rate;
    config.channels = channels;
    config.device = device;
    limpid_enhancer* enhancer = nullptr;
    return limpid_create(&config, &enhancer, nullptr, 0);
  };
  const char* file = model_.c_str();
  const std::string folder = folder_.path().string(), text = (folder_ / "text").string();
  std::ofstream(text) << "this is no model at all";
  EXPECT_EQ(code(file, 1, 1), LIMPID_UNSUPPORTED);
  EXPECT_EQ(code(file, 16000, 0), LIMPID_INVALID_ARGUMENT);
  EXPECT_EQ(code(file, 16000, 1, "tpu"), LIMPID_INVALID_ARGUMENT);
  EXPECT_EQ(code(file, 16000, 1, "cuda:999"), LIMPID_DEVICE);
  EXPECT_EQ(code(folder.c_str(), 16000, 1), LIMPID_IO);
  EXPECT_EQ(code(text.c_str(), 16000, 1), LIMPID_BAD_FORMAT);
}

TEST_F(CApiTest, ProcessIsRealtimeSafe) {
  const Handle c = create(2);
  auto audio = signal(16000);
  float* channels[] = {audio.data(), audio.data()};
  test::expect_realtime([&] { limpid_process(c.get(), channels, channels, 16000); });
}

TEST(CVersion, IsThatOfCxx) {
  EXPECT_STREQ(limpid_version(), version());
}

TEST(CModelNames, AreThoseOfCxx) {
  const auto names = model_names();
  ASSERT_FALSE(names.empty());
  for (std::size_t i = 0; i < names.size(); ++i)
    EXPECT_STREQ(limpid_model_name(static_cast<int>(i)), names[i].c_str());
  EXPECT_EQ(limpid_model_name(static_cast<int>(names.size())), nullptr);
  EXPECT_EQ(limpid_model_name(-1), nullptr);
}

}  // namespace
}  // namespace limpid
