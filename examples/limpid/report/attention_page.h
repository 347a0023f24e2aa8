// SPDX-License-Identifier: MIT
// The report of `limpid attention`: one HTML file that needs nothing else, with the tables, a map
// of every layer's attention and pictures of the residual stream.
#pragma once

#include <filesystem>
#include <string>

#include "examples/limpid/attention_summary.h"
#include "limpid/result.h"

namespace limpid::cli {

struct AttentionPageFacts {
  std::string model, audio;
};

// io. Appears whole or not at all.
Status write_attention_page(const std::filesystem::path& path, const AttentionTrace& trace,
                            const AttentionSummary& summary, const AttentionPageFacts& facts);

}  // namespace limpid::cli
