// SPDX-License-Identifier: MIT
/// Color: an opaque sRGB colour, its mixtures and its name in SVG and CSS.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

namespace cytode::plot {

/// An sRGB colour of 8 bits a channel. Opacity belongs to the mark, not to the colour.
struct Color {
  std::uint8_t red = 0;
  std::uint8_t green = 0;
  std::uint8_t blue = 0;

  /// The colour 0xRRGGBB.
  [[nodiscard]] static constexpr Color rgb(std::uint32_t code) noexcept {
    return {static_cast<std::uint8_t>(code >> 16), static_cast<std::uint8_t>(code >> 8),
            static_cast<std::uint8_t>(code)};
  }
  /// "#rrggbb".
  [[nodiscard]] std::string hex() const {
    constexpr char digits[] = "0123456789abcdef";
    std::string text = "#";
    for (const std::uint8_t c : {red, green, blue}) {
      text += digits[c >> 4];
      text += digits[c & 15];
    }
    return text;
  }
  /// This colour moved towards another: 0 gives this one, 1 the other; clamped; NaN counts as 0.
  [[nodiscard]] Color mix(Color other, double share) const noexcept {
    const double s = share > 0 ? std::min(share, 1.0) : 0.0;
    const auto channel = [s](std::uint8_t a, std::uint8_t b) {
      return static_cast<std::uint8_t>(std::lround((1 - s) * a + s * b));
    };
    return {channel(red, other.red), channel(green, other.green), channel(blue, other.blue)};
  }
  /// Moved towards white.
  [[nodiscard]] Color lighter(double share) const noexcept { return mix({255, 255, 255}, share); }
  /// Moved towards black.
  [[nodiscard]] Color darker(double share) const noexcept { return mix({0, 0, 0}, share); }

  friend constexpr auto operator<=>(const Color&, const Color&) noexcept = default;
};

}  // namespace cytode::plot
