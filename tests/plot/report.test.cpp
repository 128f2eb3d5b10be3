// SPDX-License-Identifier: MIT
#include <cmath>
#include <string>

#include <cytode/plot/points.hpp>
#include <cytode/plot/report.hpp>

#include "catch.hpp"
#include "plot/xml.hpp"

using namespace cytode;
using namespace cytode::plot;

namespace {

const std::string nasty = "<script>alert('x')</script> & \"基因\" \xff";
const std::string shown = "<script>alert('x')</script> & \"基因\" \xef\xbf\xbd";

Report sample() {
  Figure figure;
  figure.panel({.title = nasty}).add(Points{.x = {1, 2}, .y = {3, 4}, .name = nasty});
  Report report({.title = nasty, .subtitle = nasty, .footer = nasty});
  report.cards({{nasty, nasty, nasty}}).section(nasty).prose(nasty).callout(nasty).code(nasty);
  report.figure(figure, nasty).figures({figure.draw(), figure.draw()}, nasty);
  Table table{.columns = {{.name = nasty}, {.name = "n"}}};
  table.add({nasty, 1.0});
  return report.table(table, nasty).details("table", table).settings(nasty, {{nasty, nasty}});
}

std::string table_html(const Table& table) {
  Markup out;
  table.write(out);
  return out.str();
}

}  // namespace

TEST_CASE("a report is one well-formed page with every text escaped", "[plot]") {
  const std::string html = sample().html();
  CHECK(html.rfind("<!DOCTYPE html>", 0) == 0);
  const xml::Element root = xml::parse(html);
  CHECK(root.name == "html");
  CHECK(root.all("script").empty());
  CHECK(root.all("h1").at(0)->text == shown);
  CHECK(root.all("h2").at(0)->text == shown);
  CHECK(root.all("summary").at(1)->text == shown);
  CHECK(root.all("svg").size() == 3);
  for (const xml::Element* e : root.all("figcaption")) CHECK(e->text == shown);
  // head and h1, subtitle, footer, 3 on the card, section, prose, callout, code, 3 captions; name,
  // title and key of 3 pictures; head and cell of the table twice; summary and 2 cells of the
  // settings
  CHECK(xml::count(html, "&lt;script&gt;") == 4 + 3 + 4 + 3 + 3 * 3 + 2 * 2 + 3);
  CHECK(sample().html() == html);
}

TEST_CASE("a report fetches nothing", "[plot]") {
  const std::string html = sample().html();
  for (const char* link :
       {"href", "src=", "url(", "@import", "<link", "<script", "<img", "<iframe"}) {
    CAPTURE(link);
    CHECK(html.find(link) == std::string::npos);
  }
  CHECK(xml::count(html, "http") == xml::count(html, "=\"http://www.w3.org/"));  // namespaces only
}

TEST_CASE("the best number is bold, ties included, NaN is a dash", "[plot]") {
  const double nan = std::nan("");
  Table rows{.columns = {{.name = "time"},
                         {.name = "cells", .digits = 0, .compare = false},
                         {.name = "a", .digits = 2},
                         {.name = "b", .digits = 2}},
             .best_in_row = Best::lowest};
  rows.add({"24 h", 1.0, 14.1, 14.43}).add({"48 h", 2.0, 9.5, 9.5}).add({"72 h", 3.0, nan, 7.0});
  const std::string html = table_html(rows);
  CHECK(html.find("<td>24 h</td><td class=\"number\">1</td><td class=\"number\"><strong>14.10"
                  "</strong></td><td class=\"number\">14.43</td>") != std::string::npos);
  CHECK(xml::count(html, "<strong>9.50</strong>") == 2);
  CHECK(html.find("<td class=\"number\">–</td><td class=\"number\"><strong>7.00</strong>") !=
        std::string::npos);
  CHECK(xml::count(html, "<strong>") == 4);

  Table columns{.columns = {{.name = "method"}, {.name = "score", .best = Best::highest}}};
  columns.add({"x", 0.1}).add({"y", 0.9}).add({"z", nan});
  CHECK(xml::count(table_html(columns), "<strong>") == 1);
  CHECK(table_html(columns).find("<strong>0.900</strong>") != std::string::npos);
  CHECK_THROWS_WITH(columns.add({"short"}), "Table::add: the row has 1 cells for 2 columns");
}
