// SPDX-License-Identifier: MIT
#include "tests/support/random_frcrn.h"

#include <cmath>
#include <span>

#include "models/frcrn/frcrn.h"

namespace limpid::test {
namespace {

const int kKernels[] = {5, 5, 5, 5, 5, 2};         // 161 -> 79 -> 38 -> 17 -> 7 -> 2 -> 1
const int kDecoderKernels[] = {2, 5, 5, 6, 5, 5};  // and back
// 321 -> 159 -> 78 -> 37 -> 17 -> 7 -> 2 -> 1
const int kPublishedKernels[] = {5, 5, 5, 5, 5, 5, 2};
const int kPublishedDecoderKernels[] = {2, 5, 5, 5, 6, 5, 5};

std::span<const int> kernels_of(const FrcrnRecipe& recipe) {
  if (recipe.published) return kPublishedKernels;
  return kKernels;
}
std::span<const int> decoder_kernels_of(const FrcrnRecipe& recipe) {
  if (recipe.published) return kPublishedDecoderKernels;
  return kDecoderKernels;
}

template <class Values>
std::string listed(const Values& values) {
  std::string text;
  for (const int value : values) text += (text.empty() ? "" : ",") + std::to_string(value);
  return "[" + text + "]";
}

class Writer {
 public:
  explicit Writer(const FrcrnRecipe& recipe) : recipe_(recipe), file_(recipe.seed) {}

  WeightsBuilder build() {
    for (int i = 0; i < recipe_.unets; ++i) unet(i == 0 ? "unet" : "unet2");
    const int depth = static_cast<int>(recipe_.channels.size());
    if (recipe_.pooling == "frozen")
      file_.add("frozen_gains", {recipe_.unets * (2 * depth - 3), 2, channels(0)}, 0.3f, 1.0f);
    if (recipe_.voice) {
      file_.add("voice.weight", {1, 2 * recipe_.channels.back()}, 0.5f);
      file_.add("voice.bias", {1}, 0.2f);
    }
    return file_;
  }

 private:
  int channels(int level) const { return recipe_.channels[static_cast<std::size_t>(level)]; }

  void unet(const std::string& u) {
    const int depth = static_cast<int>(recipe_.channels.size());
    for (int i = 0; i < depth; ++i) {
      const std::string n = std::to_string(i);
      const int first = recipe_.level_horizon > 0 ? 2 : 1;
      const int in = i == 0 ? first : channels(i - 1), out = channels(i);
      const int kernel = kernels_of(recipe_)[static_cast<std::size_t>(i)];
      conv(u + ".encoder" + n + ".conv.conv", {out, in, kernel, 2}, out, in * kernel * 2);
      norm(u + ".encoder" + n + ".bn", out);
      if (i > 0 && recipe_.frequency_order > 0)
        fsmn(u + ".fsmn_enc" + n, 1, in, recipe_.frequency_order);
      if (i + 1 < depth) gate(u + ".se_layer_enc" + n, out);
    }
    for (int i = 0; i < depth; ++i) {
      const std::string n = std::to_string(i);
      const int below = channels(depth - 1 - i), in = i == 0 ? below : 2 * below;
      const int out = i + 1 == depth ? recipe_.taps : channels(depth - 2 - i);
      const int kernel = decoder_kernels_of(recipe_)[static_cast<std::size_t>(i)];
      conv(u + ".decoder" + n + ".transconv.tconv", {in, out, kernel, 2}, out, in * kernel);
      norm(u + ".decoder" + n + ".bn", out);
      if (i + 1 < depth && recipe_.frequency_order > 0)
        fsmn(u + ".fsmn_dec" + n, 1, out, recipe_.frequency_order);
      if (i + 2 < depth) gate(u + ".se_layer_dec" + n, out);
    }
    if (recipe_.time_order > 0)
      for (int layer : {1, 2})
        fsmn(u + ".fsmn", layer, recipe_.channels.back(), recipe_.time_order);
    for (const char* part : {"re", "im"}) {
      file_.add(u + ".linear.conv_" + part + ".weight", {recipe_.taps, recipe_.taps, 1, 1},
                recipe_.taps == 1 ? 0.1f : 0.4f, recipe_.taps == 1 ? 0.6f : 0.2f);
      file_.add(u + ".linear.conv_" + part + ".bias", {recipe_.taps}, 0.1f);
    }
  }

  void conv(const std::string& name, std::vector<std::int64_t> shape, int outs, int fan_in) {
    const float scale = std::sqrt(1.5f / static_cast<float>(fan_in));
    for (const char* part : {"_re", "_im"}) {
      file_.add(name + part + ".weight", shape, scale);
      file_.add(name + part + ".bias", {outs}, 0.2f);
    }
  }

  void norm(const std::string& name, int channels) {
    for (const char* part : {".bn_re", ".bn_im"}) {
      file_.add(name + part + ".weight", {channels}, 0.1f, 1.0f);
      file_.add(name + part + ".bias", {channels}, 0.2f);
      file_.add(name + part + ".running_mean", {channels}, 0.2f);
      file_.add(name + part + ".running_var", {channels}, 0.3f, 1.0f);
    }
  }

  void fsmn(const std::string& name, int layer, int channels, int order) {
    const float scale = std::sqrt(2.0f / static_cast<float>(channels));
    for (const char* part : {".fsmn_re_L", ".fsmn_im_L"}) {
      const std::string base = name + part + std::to_string(layer);
      file_.add(base + ".linear.weight", {channels, channels}, scale);
      file_.add(base + ".linear.bias", {channels}, 0.3f);
      file_.add(base + ".project.weight", {channels, channels}, 0.5f * scale);
      file_.add(base + ".conv1.weight", {channels, 1, order, 1}, 0.2f);
    }
  }

  void gate(const std::string& name, int channels) {
    if (recipe_.pooling == "none" || recipe_.pooling == "frozen") return;
    for (const char* branch : {".fc_r", ".fc_i"}) {
      file_.add(name + branch + ".0.weight", {channels / 2, channels}, 1.0f);
      file_.add(name + branch + ".0.bias", {channels / 2}, 0.4f);
      file_.add(name + branch + ".2.weight", {channels, channels / 2}, 1.0f);
      file_.add(name + branch + ".2.bias", {channels}, 1.0f);
    }
  }

  FrcrnRecipe recipe_;
  WeightsBuilder file_;
};

}  // namespace

std::string frcrn_metadata(const FrcrnRecipe& r) {
  std::string config =
      std::string(R"({"architecture":"frcrn","sample_rate":16000,"any_rate":true,)") +
      (r.published ? R"("window":0.04,"hop":0.02)" : R"("window":0.02,"hop":0.01)") +
      R"(,"kernels":)" + listed(kernels_of(r)) + R"(,"decoder_kernels":)" +
      listed(decoder_kernels_of(r)) + R"(,"time_layers":2,"reduction":2,"channels":)" +
      listed(r.channels) + R"(,"compression":)" + (r.compression == 1.0f ? "1" : "0.5") +
      R"(,"unets":)" + std::to_string(r.unets) + R"(,"pooling":")" + r.pooling +
      R"(","lookahead":)" + (r.lookahead ? "true" : "false") + R"(,"frequency_order":)" +
      std::to_string(r.frequency_order) + R"(,"time_order":)" + std::to_string(r.time_order) +
      (r.level_horizon == 0 ? "" : R"(,"level_horizon":)" + std::to_string(r.level_horizon)) +
      (r.taps == 1 ? "" : R"(,"taps":)" + std::to_string(r.taps)) +
      (r.voice ? R"(,"voice":true})" : "}");
  return metadata_of(config);
}

WeightsBuilder frcrn_weights(const FrcrnRecipe& recipe) {
  return Writer(recipe).build();
}

std::shared_ptr<const Model> random_frcrn(const FrcrnRecipe& recipe) {
  auto model = models::make_frcrn(frcrn_weights(recipe).weights(frcrn_metadata(recipe)));
  EXPECT_TRUE(model) << model.error().message;
  return model ? *model : nullptr;
}

}  // namespace limpid::test
