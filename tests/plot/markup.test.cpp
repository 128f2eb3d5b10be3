// SPDX-License-Identifier: MIT
#include <cytode/plot/markup.hpp>

#include "catch.hpp"
#include "plot/xml.hpp"

using namespace cytode::plot;

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  append_escaped(out, text);
  return out;
}
std::string coordinate(double value) {
  std::string out;
  append_coordinate(out, value);
  return out;
}

}  // namespace

TEST_CASE("the test's XML reader refuses what is not well formed", "[plot]") {
  CHECK_NOTHROW(xml::parse("<a b=\"1\"><c/>x &lt; y</a>"));
  for (const char* bad : {"<a>", "<a></b>", "<a b=1/>", "<a b=\"1\" b=\"2\"/>", "<a>&nbsp;</a>",
                          "<a>x & y</a>", "<a b=\"<\"/>", "<a/><a/>", "<a>\x01</a>", "<a></a"}) {
    CHECK_THROWS_AS(xml::parse(bad), std::runtime_error);
  }
}

TEST_CASE("any text survives escaping and reading back", "[plot]") {
  for (const std::string text : {"<b>&\"", "it's </text> ]]>", "βIII-tubulin", "基因 1-Mar", "a\nb",
                                 "😀 HLA-A,B", "&amp;", ""}) {
    const std::string doc = Markup().open("t").with("a", text).text(text).close().str();
    const xml::Element e = xml::parse(doc);
    CHECK(e.text == text);
    CHECK(e.at("a") == text);
  }
}

TEST_CASE("bytes that are no text become U+FFFD, one each", "[plot]") {
  const std::string bad = "\xef\xbf\xbd";
  CHECK(escaped("a\xff"
                "b") == "a" + bad + "b");
  CHECK(escaped("\xc3") == bad);                                // cut short
  CHECK(escaped("\xc0\xaf") == bad + bad);                      // overlong slash
  CHECK(escaped("\xed\xa0\x80") == bad + bad + bad);            // surrogate
  CHECK(escaped("\xf4\x90\x80\x80") == bad + bad + bad + bad);  // above U+10FFFF
  CHECK(escaped(std::string("\0\x1b", 2)) == bad + bad);        // controls
  CHECK(escaped("\xef\xbf\xbf") == bad);                        // U+FFFF
  CHECK(escaped("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80") == "é€😀");
}

TEST_CASE("coordinates have two decimals and no waste", "[plot]") {
  CHECK(coordinate(0) == "0");
  CHECK(coordinate(-0.001) == "0");
  CHECK(coordinate(0.5) == ".5");
  CHECK(coordinate(-0.25) == "-.25");
  CHECK(coordinate(0.049) == ".05");
  CHECK(coordinate(12) == "12");
  CHECK(coordinate(-12.3456) == "-12.35");
  CHECK(coordinate(100.004) == "100");
  CHECK_THROWS_AS(coordinate(std::nan("")), std::invalid_argument);
  CHECK_THROWS_WITH(coordinate(1e10), "append_coordinate: value is 1e+10, wanted at most 1e9");
}

TEST_CASE("a document cannot be taken out half written", "[plot]") {
  Markup out;
  out.open("svg").open("g");
  CHECK_THROWS_WITH(out.str(), "Markup::str: element 'g' is still open");
  out.text("x");
  CHECK_THROWS_AS(out.with("late", "1"), std::invalid_argument);
  out.close().close();
  CHECK(out.str() == "<svg><g>x</g></svg>");
  CHECK_THROWS_AS(out.close(), std::invalid_argument);
}
