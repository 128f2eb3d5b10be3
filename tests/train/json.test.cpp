// SPDX-License-Identifier: MIT
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include <cytode/core/random.hpp>
#include <cytode/train/json.hpp>

#include "catch.hpp"
#include "laws/says.hpp"

using namespace cytode;
using train::Json;
using train::JsonReader;

namespace {

std::optional<Json> read(std::string_view text) {
  return JsonReader(text, "f").read();
}

/// True if a value is what another library read.
bool same(const Json& a, const nlohmann::json& b) {
  switch (a.kind) {
    case Json::Kind::null:
      return b.is_null();
    case Json::Kind::boolean:
      return b.is_boolean() && (a.text == "true") == b.get<bool>();
    case Json::Kind::number:
      return b.is_number() && std::stod(a.text) == b.get<double>() &&
             (!b.is_number_unsigned() || b.get<std::uint64_t>() > std::uint64_t{1} << 62 ||
              a.whole() == b.get<std::int64_t>());
    case Json::Kind::text:
      return b.is_string() && a.text == b.get<std::string>();
    case Json::Kind::list: {
      bool all = b.is_array() && a.items.size() == b.size();
      for (std::size_t i = 0; all && i < a.items.size(); ++i) all = same(a.items[i], b[i]);
      return all;
    }
    case Json::Kind::object: {
      bool all = b.is_object() && a.items.size() == b.size();
      for (std::size_t i = 0; all && i < a.items.size(); ++i) {
        all = b.contains(a.keys[i]) && same(a.items[i], b[a.keys[i]]);
      }
      return all;
    }
  }
  return false;
}

/// Both libraries must take the text and agree, or both refuse it.
void check_like_other(const std::string& text) {
  INFO(text);
  std::optional<Json> ours;
  try {
    ours = read(text);
  } catch (const std::runtime_error&) {
    return;  // a key twice, or too deep: the other library says nothing
  }
  const auto other = nlohmann::json::parse(text, nullptr, false);
  CHECK(ours.has_value() == !other.is_discarded());
  if (ours && !other.is_discarded()) CHECK(same(*ours, other));
}

}  // namespace

TEST_CASE("JSON is read and refused as another library does", "[train]") {
  for (const char* text : {"",
                           " ",
                           "{}",
                           " { } ",
                           "[]",
                           "[ ]",
                           "[1,2]",
                           "[1,]",
                           "[,1]",
                           "{\"a\":1}",
                           "{\"a\":1,}",
                           "{\"a\" : [true, false, null, {\"b\": \"c\"}]}",
                           "{a:1}",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{1:2}",
                           "[1 2]",
                           "tru",
                           "truex",
                           "nul",
                           "\"",
                           "\"a",
                           "\"a\" x",
                           "0",
                           "-0",
                           "-",
                           "01",
                           "1.",
                           ".5",
                           "1.5",
                           "-1.25e3",
                           "1e",
                           "1e+",
                           "1E-7",
                           "+1",
                           "0x1",
                           "1.5.5",
                           "--1",
                           "[1]]",
                           "{}{}",
                           "NaN",
                           "4611686018427387904",
                           "18446744073709551616",
                           "\"\\u00e4\"",
                           "\"\\ud83d\\ude00\"",
                           "\"\\ud83d\"",
                           "\"\\ude00\"",
                           "\"\\ud83dx\"",
                           "\"\\ud83d\\u0041\"",
                           "\"\\u12g4\"",
                           "\"\\u12\"",
                           "\"\\x\"",
                           "\"\\",
                           "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
                           "\"\t\"",
                           "\"\x7f\"",
                           "\"\xc3\xa4\"",
                           "\"\xff\"",
                           "\"\xc0\x80\"",
                           "\"\xed\xa0\x80\"",
                           "\"\xf4\x90\x80\x80\""}) {
    check_like_other(text);
  }
}

TEST_CASE("JSON with a few bytes changed is read and refused as another library does", "[train]") {
  const std::string whole =
      R"({"__metadata__":{"k\n":"ä\u00e4\ud83d\ude00"},"a.b":{"dtype":"F32","shape":[2,30],)"
      R"("data_offsets":[0,1.5e-3]},"c":[null,true,{"d":[-0.25,false]}]})";
  const std::string letters = "{}[]\",:\\/u0123456789abcdefE+-. \n\t\x80\xbf\xc3\xe0\xf0\xff";
  const Stream random(0);
  for (std::uint64_t i = 0; i < 20000; ++i) {
    const Stream own = random.fork(i);
    std::string text = whole;
    for (Index k = 0, changes = 1 + own.below(0, 3); k < changes; ++k) {
      const auto number = 3 * static_cast<std::uint64_t>(k) + 1;
      const auto at = static_cast<std::size_t>(own.below(number, std::ssize(text)));
      const auto letter = static_cast<std::size_t>(own.below(number + 1, std::ssize(letters)));
      switch (own.below(number + 2, 3)) {
        case 0:
          text[at] = letters[letter];
          break;
        case 1:
          text.erase(at, 1);
          break;
        default:
          text.insert(at, 1, letters[letter]);
      }
    }
    check_like_other(text);
  }
}

TEST_CASE("a JSON key given twice and values too deep are errors", "[train]") {
  laws::check_says<std::runtime_error>([] { (void)read(R"({"a":1,"b":2,"a":3})"); },
                                       "f: broken safetensors header: 'a' appears twice");
  laws::check_says<std::runtime_error>([] { (void)read(R"({"a":{"\u0061":1,"a":3}})"); },
                                       "'a' appears twice");
  CHECK(read(R"({"a":{"a":{"a":1}}})").has_value());
  CHECK(read("[[[[[[[[1]]]]]]]]").has_value());
  laws::check_says<std::runtime_error>([] { (void)read("[[[[[[[[[1]]]]]]]]]"); }, "too deeply");
}

TEST_CASE("whole numbers of JSON have neither sign nor fraction", "[train]") {
  CHECK(read("0")->whole() == 0);
  CHECK(read("4611686018427387904")->whole() == std::int64_t{1} << 62);
  for (const char* text : {"4611686018427387905", "18446744073709551616", "-1", "-0", "1.0", "1e2",
                           "\"1\"", "null", "[1]"}) {
    CHECK_FALSE(read(text)->whole().has_value());
  }
}

TEST_CASE("UTF-8 is told from other bytes by the table of the standard", "[train]") {
  // Counted over all sequences: characters of two bytes U+0080 to U+07FF, of three U+0800 to U+FFFF
  // without surrogates, of four U+10000 to U+10FFFF, here with 4 in 4096 of their last two bytes.
  const auto byte = [](int value) { return static_cast<char>(value); };
  int two = 0, three = 0, four = 0;
  for (int a = 0; a < 256; ++a) {
    for (int b = 0; b < 256; ++b) {
      const char pair[] = {byte(a), byte(b)};
      two += train::utf8_length({pair, 2}) == 2 ? 1 : 0;
      for (int c = 0; c < 256; ++c) {
        const char triple[] = {byte(a), byte(b), byte(c)};
        three += train::utf8_length({triple, 3}) == 3 ? 1 : 0;
      }
      for (const int c : {0x7F, 0x80, 0xBF, 0xC0}) {
        for (const int d : {0x7F, 0x80, 0xBF, 0xC0}) {
          const char many[] = {byte(a), byte(b), byte(c), byte(d)};
          four += train::utf8_length({many, 4}) == 4 ? 1 : 0;
        }
      }
    }
  }
  CHECK(two == 0x800 - 0x80);
  CHECK(three == 0x10000 - 0x800 - 0x800);
  CHECK(four == (0x110000 - 0x10000) / 4096 * 4);
}

TEST_CASE("a text in quotes is what another library writes, and reads back", "[train]") {
  std::string all;
  for (char c = 0; c >= 0; ++c) {
    all += c;
    if (c == 0x7F) break;
  }
  all += "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
  CHECK(train::json_quoted(all) == nlohmann::json(all).dump());
  CHECK(read(*train::json_quoted(all))->text == all);
  CHECK(train::json_quoted("") == "\"\"");
  CHECK_FALSE(train::json_quoted("a\xff").has_value());
  CHECK_FALSE(train::json_quoted("\xc3").has_value());
}
