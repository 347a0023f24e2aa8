// SPDX-License-Identifier: MIT
// Weight files that lie, and what the loader says to them.
#pragma once

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "lib/model/model.h"
#include "tests/support/peak_memory.h"
#include "tests/support/weights_builder.h"

namespace limpid::test {

using MakeModel = Result<std::shared_ptr<const Model>> (*)(io::Weights weights);

// The message with which a file is refused, as bad_format; "" when it is taken.
inline std::string refusal(MakeModel make, const WeightsBuilder& file,
                           const std::string& metadata) {
  const auto model = make(file.weights(metadata));
  if (model) return "";
  EXPECT_EQ(model.error().code, ErrorCode::bad_format);
  return model.error().message;
}

// `text` with the first `what` replaced; a failed test where there is none.
inline std::string replaced(std::string text, const std::string& what, const std::string& with) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return at == text.npos ? text : text.replace(at, what.size(), with);
}

// The file is taken with `good` metadata, and refused in the name of `blamed` with each pair's
// first text replaced by its second.
inline void expect_lies_are_refused(
    MakeModel make, const WeightsBuilder& file, const std::string& good, const std::string& blamed,
    std::initializer_list<std::pair<const char*, const char*>> lies) {
  EXPECT_EQ(refusal(make, file, good), "");
  for (const auto& [what, with] : lies)
    EXPECT_NE(refusal(make, file, replaced(good, what, with)).find(blamed), std::string::npos)
        << with;
}

// Every number of a config may be at its limits and not beyond. The others of `json` fit.
struct Limits {
  const char* key;
  int low, high;
};
template <class Parse>
void expect_limits(Parse parse, const std::string& json, std::initializer_list<Limits> all) {
  const auto good = nlohmann::json::parse(json);
  EXPECT_TRUE(parse(json, "file"));
  for (const auto& [key, low, high] : all) {
    auto changed = good;
    for (const int value : {low - 1, low, high, high + 1}) {
      changed[key] = value;
      EXPECT_EQ(parse(changed.dump(), "file").ok(), value >= low && value <= high)
          << key << " " << value;
    }
  }
}

// A file may claim the largest network there is without holding it: the first missing tensor,
// `missing`, ends the reading before anything of that size is made.
inline void expect_a_large_claim_costs_little(MakeModel make, const WeightsBuilder& file,
                                              const std::string& metadata,
                                              const std::string& missing) {
  const auto before = peak_memory();
  EXPECT_NE(refusal(make, file, metadata).find(missing), std::string::npos);
  EXPECT_LT(peak_memory() - before, 4 << 20);
}

}  // namespace limpid::test
