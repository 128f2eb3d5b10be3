// SPDX-License-Identifier: MIT
#include <string>
#include <vector>

#include <cytode/core/random.hpp>
#include <cytode/data/csv_scanner.hpp>
#include <cytode/data/csv_shape.hpp>

#include "catch.hpp"
#include "laws/says.hpp"
#include "laws/temporary_folder.hpp"

using namespace cytode;
using namespace cytode::data;
using namespace cytode::laws;

namespace {

using Records = std::vector<std::vector<std::string>>;

Records scan(const std::string& path, const CsvScannerOptions& options = {}) {
  Records records;
  CsvScanner scanner(path, options);
  while (scanner.next()) {
    auto& fields = records.emplace_back();
    for (std::size_t i = 0; i < scanner.size(); ++i) fields.emplace_back(scanner[i]);
  }
  return records;
}

}  // namespace

TEST_CASE("quotes, doubled quotes, separators and line breaks inside fields", "[data]") {
  const TemporaryFolder folder("scanner");
  const std::string path = folder.write("a.csv",
                                        "a,\"b,c\",\"say \"\"hi\"\"\"\n"
                                        "\"two\nlines\",,\"\"\n"
                                        "in\"side, #x ,\r!\n");
  const Records expected = {
      {"a", "b,c", "say \"hi\""}, {"two\nlines", "", ""}, {"in\"side", " #x ", "\r!"}};
  for (const std::size_t buffer : {16u, 17u, 19u, 23u, 1u << 20}) {
    CAPTURE(buffer);
    CHECK(scan(path, {.buffer = buffer}) == expected);
  }
}

TEST_CASE("line ends, byte-order mark, no final line end, empty lines", "[data]") {
  const TemporaryFolder folder("scanner");
  const Records expected = {{"a", "b"}, {"1", "2"}};
  CHECK(scan(folder.write("lf", "a,b\n1,2\n")) == expected);
  CHECK(scan(folder.write("crlf", "a,b\r\n1,2\r\n")) == expected);
  CHECK(scan(folder.write("open", "a,b\n1,2")) == expected);
  CHECK(scan(folder.write("crlf_quoted", "a,\"b\"\r\n1,\"2\"\r\n")) == expected);
  CHECK(scan(folder.write("bom",
                          "\xEF\xBB\xBF"
                          "a,b\n1,2\n")) == expected);
  CHECK(scan(folder.write("blank", "\n\r\n\"\"\n")) == Records{{""}, {""}, {""}});
  CHECK(scan(folder.write("nothing", "")).empty());
  CHECK(scan(folder.write("comma", "a,")) == Records{{"a", ""}});
}

TEST_CASE("the separator is guessed from the first line and can be forced", "[data]") {
  const TemporaryFolder folder("scanner");
  const Records expected = {{"x", "y, z"}, {"1", "2"}};
  CHECK(scan(folder.write("tab", "x\ty, z\n1\t2\n")) == expected);
  CHECK(scan(folder.write("semicolon", "x;\"y, z\"\n1;2\n")) == expected);
  CHECK(scan(folder.write("comma", "x,\"y, z\"\n1,2\n")) == expected);
  CHECK(scan(folder.write("force", "x,a\ty, z,b\n"), {.separator = '\t'}) ==
        Records{{"x,a", "y, z,b"}});
  CHECK(guess_separator("one") == '\0');
  CHECK(guess_separator("\"a;b;c\",d\n;;;;;;") == ',');
}

TEST_CASE("errors name file, line, column and byte", "[data]") {
  const TemporaryFolder folder("scanner");
  const std::string open = folder.write("open", "a,b\n\"x\ny\",\"never");
  CHECK_THROWS_WITH(scan(open), open +
                                    ", line 3, column 2 (byte 10): the quote that opens here is "
                                    "never closed");
  CHECK_THROWS_WITH(csv_shape(open), open +
                                         ", line 3, column 1 (byte 10): a quote that opens here "
                                         "or before is never closed");
  const std::string after = folder.write("after", "a,b\n1,\"x\"y\n");
  CHECK_THROWS_WITH(
      scan(after),
      after +
          ", line 2, column 2 (byte 4): text after the closing quote: \"x\" is followed by 'y'");
  CHECK_THROWS_WITH(scan(folder / "nothing"),
                    "cannot read '" + (folder / "nothing") + "': No such file or directory");
  CHECK_THROWS_WITH(scan(folder.path()), "cannot read '" + folder.path() + "': Is a directory");
  CHECK(has(message_of([&] { scan(folder.write("z.csv", "\x1F\x8B\x08")); }), "gzip"));
  CHECK(has(message_of([&] { scan(folder.write("z.csv", "\xFF\xFEx")); }), "UTF-16"));
}

TEST_CASE("any fields written with quotes come back, whatever the buffer", "[data]") {
  const TemporaryFolder folder("scanner");
  const std::string alphabet = "ab,\"\n\r;1";
  const Stream stream(5);
  std::uint64_t n = 0;
  for (int trial = 0; trial < 60; ++trial) {
    Records records;
    std::string text;
    for (int r = 0; r < 20; ++r) {
      auto& fields = records.emplace_back();
      for (int f = 0; f < 3; ++f) {
        std::string field;
        for (Index k = stream.below(n++, 9); k > 0; --k) {
          field += alphabet[static_cast<std::size_t>(stream.below(n++, 8))];
        }
        text += f > 0 ? ",\"" : "\"";
        for (const char c : field) text += c == '"' ? std::string("\"\"") : std::string(1, c);
        text += '"';
        fields.push_back(field);
      }
      text += trial % 2 == 0 ? "\n" : "\r\n";
    }
    const std::string path = folder.write("a.csv", text);
    const auto buffer = static_cast<std::size_t>(16 + stream.below(n++, 40));
    CHECK(scan(path, {.separator = ',', .buffer = buffer}) == records);
    const CsvShape shape = csv_shape(path, ',', buffer);
    CHECK(shape.records == 20);
    CHECK(shape.first == records[0]);
    CHECK(shape.second == records[1]);
  }
}

TEST_CASE("records are counted without the empty lines at the end", "[data]") {
  const TemporaryFolder folder("scanner");
  const auto count = [&](std::string_view text) {
    const std::string path = folder.write("a.csv", text);
    const Index n = csv_shape(path).records;
    CHECK(csv_shape(path, ',', 16).records == n);
    return n;
  };
  CHECK(count("") == 0);
  CHECK(count("\n\n\n") == 0);
  CHECK(count("1,2") == 1);
  CHECK(count("1,2\n3,4\n\n\r\n") == 2);
  CHECK(count("1\n\n3\n") == 3);
  CHECK(count("\"\"\n\"\"\n") == 2);
  CHECK(count("\"a\n\nb\",1\n2,3\n") == 2);
  CHECK(count("0123456789,0123456789\n0123456789,0123456789\n") == 2);
}
