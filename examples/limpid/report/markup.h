// SPDX-License-Identifier: MIT
// Small pieces of HTML.
#pragma once

#include <string>
#include <string_view>

namespace limpid::cli {

std::string escaped(std::string_view text);  // for text and for attributes in double quotes
std::string data_uri(std::string_view type, std::string_view bytes);  // data:TYPE;base64,...

}  // namespace limpid::cli
