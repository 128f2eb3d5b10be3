// SPDX-License-Identifier: MIT
/// Text: reading UTF-8 that may be broken, the width a text will take, and breaking it into lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace cytode::plot {

/// What stands for bytes that are not UTF-8.
inline constexpr char32_t replacement = 0xfffd;

/// The character at byte `at`, which moves past it; one bad byte gives `replacement`.
///
/// Strict: overlong forms, surrogates and numbers above U+10FFFF are bad.
[[nodiscard]] constexpr char32_t next_character(std::string_view text, std::size_t& at) noexcept {
  const auto byte = [&](std::size_t i) -> char32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const char32_t lead = byte(at);
  const std::size_t start = at++;
  if (lead < 0x80) return lead;
  const std::size_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  if (lead < 0xc2 || lead > 0xf4) return replacement;
  char32_t c = lead & (0x3fu >> more);
  for (std::size_t k = 1; k <= more; ++k) {
    if ((byte(start + k) & 0xc0) != 0x80) return replacement;
    c = (c << 6) | (byte(start + k) & 0x3f);
  }
  constexpr char32_t smallest[] = {0, 0x80, 0x800, 0x10000};
  if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) return replacement;
  at = start + 1 + more;
  return c;
}

/// Width in pixels, estimated a little on the large side for the usual sans-serif fonts, so that
/// margins computed from it do not clip.
[[nodiscard]] constexpr double text_width(std::string_view text, double font_size) noexcept {
  double ems = 0;
  for (std::size_t at = 0; at < text.size();) {
    const char32_t c = next_character(text, at);
    if (c < 0x80) {
      constexpr std::string_view thin = " !'(),./:;I[]fijlrt|", wide = "@MWmw%";
      const char a = static_cast<char>(c);
      ems += thin.find(a) != thin.npos   ? 0.33
             : wide.find(a) != wide.npos ? 0.92
             : a >= 'A' && a <= 'Z'      ? 0.70
             : a >= '0' && a <= '9'      ? 0.63
                                         : 0.60;
    } else {
      ems += c >= 0x2000 && c <= 0x200f   ? 0.25  // spaces
             : c >= 0x2070 && c <= 0x209c ? 0.42  // superscripts
             : c == 0x2212 || c == 0x221e ? 0.65  // minus, infinity
             : c >= 0x1100                ? 1.05  // ideographs, symbols
                                          : 0.65;
    }
  }
  return ems * font_size;
}

/// The text in lines of at most `width` pixels, broken at blanks; a longer word stays whole.
template <class = void>
[[nodiscard]] inline std::vector<std::string> wrap_text(std::string_view text, double font_size,
                                                        double width) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word(text.substr(at, end - at));
    if (word.empty()) {
      // a blank at an end, or one of several
    } else if (!lines.empty() && text_width(lines.back() + " " + word, font_size) <= width) {
      lines.back() += " " + word;
    } else {
      lines.push_back(word);
    }
    at = end + 1;
  }
  return lines;
}

}  // namespace cytode::plot
