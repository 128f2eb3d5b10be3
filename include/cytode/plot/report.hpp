// SPDX-License-Identifier: MIT
/// Report: one self-contained HTML page of prose, figures and tables.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <cytode/plot/figure.hpp>
#include <cytode/plot/markup.hpp>
#include <cytode/plot/table.hpp>

namespace cytode::plot {

/// Head of a page.
struct ReportOptions {
  std::string title{};
  std::string subtitle{};
  std::string footer{};  ///< Last line, small: program, version, citation.
  std::string language = "en";
};

/// A number worth a glance.
struct Card {
  std::string label{};
  std::string value{};
  std::string note{};  ///< What to hold it against: the baselines.
};

/// A page written from top to bottom. No scripts, nothing fetched, all text escaped; reads on a
/// phone and prints. The same calls give the same bytes.
class Report {
 public:
  explicit Report(ReportOptions options) : options_(std::move(options)) {}

  /// Key numbers side by side.
  template <class = void>
  Report& cards(const std::vector<Card>& cards) {
    Markup out;
    out.open("div").with("class", "cards");
    for (const Card& card : cards) {
      out.open("div").with("class", "card");
      out.open("div").with("class", "label").text(card.label).close();
      out.open("div").with("class", "value").text(card.value).close();
      if (!card.note.empty()) out.open("div").with("class", "note").text(card.note).close();
      out.close();
    }
    return append(out.close());
  }
  /// A heading.
  template <class = void>
  Report& section(std::string_view heading) {
    return append(Markup().element("h2", heading));
  }
  /// A paragraph.
  template <class = void>
  Report& prose(std::string_view text) {
    return append(Markup().element("p", text));
  }
  /// A paragraph set off from the rest: a caution, a setting that matters.
  template <class = void>
  Report& callout(std::string_view text) {
    return append(Markup().open("p").with("class", "callout").text(text).close());
  }
  /// Lines to type or copy, as they are.
  template <class = void>
  Report& code(std::string_view text) {
    return append(Markup().open("pre").with("class", "scroll").text(text).close());
  }
  /// A figure with its caption.
  template <class = void>
  Report& figure(const Figure& figure, std::string_view caption) {
    return figures({figure.draw()}, caption);
  }
  /// Figures side by side where there is room, below each other where not, under one caption.
  template <class = void>
  Report& figures(const std::vector<Figure::Svg>& figures, std::string_view caption) {
    Markup out;
    out.open("figure").open("div").with("class", "row");
    for (const Figure::Svg& svg : figures) {
      // Shrinks to 0.72 of its size, so that labels stay legible; then it scrolls sideways.
      std::string style = "flex:1 1 ";
      append_coordinate(style, 0.86 * svg.width);
      append_coordinate(style += "px;max-width:min(100%,", svg.width);
      append_coordinate(style += "px);--least:", 0.72 * svg.width);
      out.open("div").with("class", "art").with("style", style + "px").raw(svg.text).close();
    }
    out.close();
    if (!caption.empty()) out.element("figcaption", caption);
    return append(out.close());
  }
  /// A table with its caption.
  template <class = void>
  Report& table(const Table& table, std::string_view caption = "") {
    Markup out;
    write_table(out, table, caption);
    return append(out);
  }
  /// A table that a reader may unfold: settings, versions.
  template <class = void>
  Report& details(std::string_view summary, const Table& table) {
    Markup out;
    out.open("details").element("summary", summary);
    write_table(out, table, "");
    return append(out.close());
  }
  /// Names and values that a reader may unfold.
  template <class = void>
  Report& settings(std::string_view summary,
                   const std::vector<std::pair<std::string, std::string>>& rows) {
    Table table{.columns = {{.name = "setting"}, {.name = "value"}}};
    for (const auto& [name, value] : rows) table.add({name, value});
    return details(summary, table);
  }

  /// The page: HTML that is well-formed XML, too.
  template <class = void>
  [[nodiscard]] std::string html() const {
    Markup out;
    out.raw("<!DOCTYPE html>\n").open("html").with("xmlns", "http://www.w3.org/1999/xhtml");
    out.with("lang", options_.language).open("head");
    out.open("meta").with("charset", "utf-8").close();
    out.open("meta").with("name", "viewport").with("content", "width=device-width");
    out.close().element("title", options_.title);
    out.open("style").raw(style()).close().close().raw("\n").open("body").open("main");
    out.open("header").element("h1", options_.title);
    if (!options_.subtitle.empty()) {
      out.open("p").with("class", "subtitle").text(options_.subtitle).close();
    }
    out.close().raw("\n").raw(body_);
    if (!options_.footer.empty()) out.element("footer", options_.footer);
    out.close().close().close().raw("\n");
    return out.str();
  }

 private:
  template <class = void>
  Report& append(const Markup& part) {
    body_ += part.str();
    body_ += '\n';
    return *this;
  }
  template <class = void>
  static void write_table(Markup& out, const Table& table, std::string_view caption) {
    out.open("figure").open("div").with("class", "scroll");
    table.write(out);
    out.close();
    if (!caption.empty()) out.element("figcaption", caption);
    out.close();
  }
  /// The style sheet; no character in it needs escaping.
  static constexpr std::string_view style() {
    return R"(
:root{color-scheme:light}
*{box-sizing:border-box}
body{margin:0;background:#f6f7f9;color:#1f2328;
font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif}
main{max-width:1040px;margin:0 auto;padding:32px 24px 48px;background:#fff}
header{margin-bottom:20px}
h1{font-size:28px;line-height:1.2;margin:0 0 6px;letter-spacing:-.01em;overflow-wrap:anywhere}
.subtitle{margin:0;color:#57606a}
h2{font-size:20px;line-height:1.3;margin:32px 0 8px;padding-top:18px;border-top:1px solid #e6e9ed;
overflow-wrap:anywhere}
p{max-width:72ch;margin:8px 0 12px;overflow-wrap:anywhere}
.callout{border-left:3px solid #0072b2;background:#f2f7fb;padding:8px 14px}
pre{margin:8px 0 16px;padding:10px 14px;background:#f6f7f9;border-radius:6px;
font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:20px 0}
.card{border:1px solid #e6e9ed;border-radius:8px;padding:12px 14px}
.label,.note{font-size:13px;line-height:1.4;color:#57606a}
.value{font-size:26px;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums;
overflow-wrap:anywhere}
figure{margin:18px 0 24px}
figcaption{font-size:14px;line-height:1.5;color:#57606a;max-width:80ch;margin-top:6px;
overflow-wrap:anywhere}
.row{display:flex;flex-wrap:wrap;gap:8px 20px;align-items:flex-start}
.art{overflow-x:auto}
.art>svg{display:block;width:100%;min-width:var(--least);height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:15px;font-variant-numeric:tabular-nums}
th,td{padding:6px 20px 6px 0;text-align:left;vertical-align:top;border-bottom:1px solid #e6e9ed}
th{font-size:13px;font-weight:600;color:#57606a;border-bottom-color:#8c959f;vertical-align:bottom}
.number{text-align:right;padding:6px 0 6px 24px;white-space:nowrap}
details{margin:12px 0;border:1px solid #e6e9ed;border-radius:8px;padding:0 14px}
summary{cursor:pointer;padding:10px 0;font-weight:600}
details figure{margin:4px 0 14px}
details td{overflow-wrap:anywhere}
footer{margin-top:40px;font-size:13px;color:#57606a}
@media(max-width:600px){main{padding:20px 14px 32px}h1{font-size:24px}}
@media print{body{background:#fff;font-size:11pt}main{max-width:none;padding:0}
figure,.cards,tr{break-inside:avoid}h2,h2+p{break-after:avoid}.art,.scroll{overflow:visible}
.art{flex:1 1 44%!important}
.art>svg{min-width:0}}
)";
  }

  ReportOptions options_;
  std::string body_;
};

}  // namespace cytode::plot
