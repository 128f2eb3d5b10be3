// SPDX-License-Identifier: MIT
/// Markup: writes well-formed SVG and HTML, every text escaped, every tag closed.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/core/checks.hpp>
#include <cytode/plot/color.hpp>
#include <cytode/plot/text.hpp>

namespace cytode::plot {

/// Appends text in which &, <, >, " and ' are entities. Bytes that are not UTF-8, and characters
/// that XML forbids (controls but tab, newline, return), become U+FFFD.
template <class = void>
inline void append_escaped(std::string& out, std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    const char32_t c = next_character(text, at);
    if (c == U'&') {
      out += "&amp;";
    } else if (c == U'<') {
      out += "&lt;";
    } else if (c == U'>') {
      out += "&gt;";
    } else if (c == U'"') {
      out += "&quot;";
    } else if (c == U'\'') {
      out += "&#39;";
    } else if (c == replacement || c == 0xfffe || c == 0xffff ||
               (c < 0x20 && c != '\t' && c != '\n' && c != '\r')) {
      out += "\xef\xbf\xbd";
    } else {
      out += text.substr(start, at - start);
    }
  }
}

/// Appends a coordinate rounded to two decimals, in as few characters as it takes.
/// Throws std::invalid_argument unless |value| ≤ 10⁹, which no page reaches.
template <class = void>
inline void append_coordinate(std::string& out, double value) {
  check(std::abs(value) <= 1e9, "append_coordinate", "value is ", value, ", wanted at most 1e9");
  const auto hundredths = static_cast<std::int64_t>(std::llround(value * 100));
  const auto magnitude = static_cast<std::uint64_t>(hundredths < 0 ? -hundredths : hundredths);
  if (hundredths < 0) out += '-';
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), magnitude / 100).ptr;
  if (magnitude >= 100 || magnitude % 100 == 0) out.append(digits.begin(), end);
  if (magnitude % 100 == 0) return;
  out += '.';
  out += static_cast<char>('0' + magnitude % 100 / 10);
  if (magnitude % 10 != 0) out += static_cast<char>('0' + magnitude % 10);
}

/// "translate(x y)", the value of a transform attribute.
template <class = void>
[[nodiscard]] inline std::string translate(double x, double y) {
  std::string text = "translate(";
  append_coordinate(text, x);
  text += ' ';
  append_coordinate(text, y);
  return text + ')';
}

/// A document written front to back. Elements nest, `close` knows what to close, and a document
/// left open cannot be taken out, so the result is always well formed.
class Markup {
 public:
  /// Starts an element; its attributes may follow until the first content.
  template <class = void>
  Markup& open(std::string_view tag) {
    seal();
    out_ += '<';
    out_ += tag;
    stack_.emplace_back(tag);
    in_tag_ = true;
    return *this;
  }
  /// An attribute of the element just opened; the value is escaped.
  Markup& with(std::string_view name, std::string_view value) {
    start_attribute(name);
    append_escaped(out_, value);
    out_ += '"';
    return *this;
  }
  Markup& with(std::string_view name, std::floating_point auto value) {
    start_attribute(name);
    append_coordinate(out_, static_cast<double>(value));
    out_ += '"';
    return *this;
  }
  Markup& with(std::string_view name, std::integral auto value) {
    return with(name, static_cast<double>(value));
  }
  Markup& with(std::string_view name, Color value) { return with(name, value.hex()); }
  /// Text inside the element, escaped.
  Markup& text(std::string_view value) {
    seal();
    append_escaped(out_, value);
    return *this;
  }
  /// Markup that is already well formed, for instance a figure inside a page.
  Markup& raw(std::string_view markup) {
    seal();
    out_ += markup;
    return *this;
  }
  /// Ends the innermost element.
  template <class = void>
  Markup& close() {
    check(!stack_.empty(), "Markup::close", "no element is open");
    const bool leaf = in_tag_ && is_void(stack_.back());
    if (leaf) {
      out_ += "/>";
      in_tag_ = false;
    } else {
      seal();
      out_ += "</";
      out_ += stack_.back();
      out_ += '>';
    }
    stack_.pop_back();
    return *this;
  }
  /// An element that holds one text.
  template <class = void>
  Markup& element(std::string_view tag, std::string_view content) {
    return open(tag).text(content).close();
  }
  /// The document. Throws std::invalid_argument while an element is open.
  template <class = void>
  [[nodiscard]] const std::string& str() const {
    check(stack_.empty(), "Markup::str", "element '", stack_.empty() ? "" : stack_.back(),
          "' is still open");
    return out_;
  }

 private:
  template <class = void>
  void start_attribute(std::string_view name) {
    check(in_tag_, "Markup::with", "attribute '", name, "' comes after the content");
    out_ += ' ';
    out_ += name;
    out_ += "=\"";
  }
  void seal() {
    if (in_tag_) out_ += '>';
    in_tag_ = false;
  }
  template <class = void>
  static bool is_void(std::string_view tag) {
    constexpr std::array<std::string_view, 9> tags = {"path", "rect", "line",  "circle", "polyline",
                                                      "meta", "br",   "image", "hr"};
    return std::find(tags.begin(), tags.end(), tag) != tags.end();
  }

  std::string out_;
  std::vector<std::string> stack_;
  bool in_tag_ = false;
};

}  // namespace cytode::plot
