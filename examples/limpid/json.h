// SPDX-License-Identifier: MIT
// Results for machines: one JSON object a line on standard output.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "examples/limpid/file_job.h"

namespace limpid::cli {

nlohmann::ordered_json to_json(const FileResult& result);
nlohmann::ordered_json to_json(const ModelSpec& spec);

double rounded(double value, double parts);  // to so many parts of one, so that it prints short
void print_json(const nlohmann::ordered_json& value);  // one line, flushed

}  // namespace limpid::cli
