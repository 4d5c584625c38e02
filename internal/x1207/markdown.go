package x1207

import (
	"fmt"
	"strings"
)

// words are what a document says besides the catalogue.
type words struct {
	title, intro, other      string
	total                    string // with five numbers: all, carried, partly, not yet
	carried, partly, notYet  string
	missing, clause, heading string
	kinds                    map[Kind]string
}

var inEnglish = words{
	title: "ITU-T X.1207, requirement by requirement",
	intro: "What the Recommendation asks of a provider, in our own words, what of this program carries it, and how to see that work. " +
		"Generated from `internal/x1207/requirements.json` by `go generate ./internal/x1207`; tests fail if something named here does not exist.",
	other:   "[中文](x1207.zh-CN.md)",
	total:   "%d requirements: %d carried, %d partly, %d not yet.",
	carried: "Carried", partly: "Partly", notYet: "Not yet",
	missing: "Missing: ", clause: "Clause", heading: "| id | requirement | clause | state |",
	kinds: map[Kind]string{Command: "command", Page: "page", Test: "test", Playbook: "playbook", Document: "document"},
}

var inChinese = words{
	title: "ITU-T X.1207 要求逐条对照",
	intro: "以我们自己的话说明建议书对提供商的要求、本程序以什么承载每项要求，以及如何查看其效果。" +
		"由 `go generate ./internal/x1207` 从 `internal/x1207/requirements.json` 生成；如果此处列出的内容不存在，测试会失败。",
	other:   "[English](x1207.md)",
	total:   "共 %d 项要求：已承载 %d 项，部分承载 %d 项，尚未承载 %d 项。",
	carried: "已承载", partly: "部分承载", notYet: "尚未承载",
	missing: "缺少：", clause: "条款", heading: "| 编号 | 要求 | 条款 | 状态 |",
	kinds: map[Kind]string{Command: "命令", Page: "页面", Test: "测试", Playbook: "预案", Document: "文档"},
}

func (w words) state(s State) string {
	switch s {
	case Carried:
		return w.carried
	case Partly:
		return w.partly
	}
	return w.notYet
}

// Markdown writes the catalogue as a document in English or, for "zh" and its
// regions, in Chinese.
func Markdown(lang string) string { return markdown(catalogue(), lang) }

func markdown(all []Requirement, lang string) string {
	w := inEnglish
	if (Text{ZH: "zh"}).In(lang) != "" {
		w = inChinese
	}
	var b strings.Builder
	count := make(map[State]int)
	for _, r := range all {
		count[r.State]++
	}
	fmt.Fprintf(&b, "# %s\n\n%s\n\n%s\n\n", w.title, w.other, w.intro)
	fmt.Fprintf(&b, w.total+"\n\n%s\n|---|---|---|---|\n", len(all), count[Carried], count[Partly], count[NotYet], w.heading)
	for _, r := range all {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | %s | %s |\n", r.ID, anchor(r.ID), r.Title.In(lang), r.Clause, w.state(r.State))
	}
	for _, r := range all {
		fmt.Fprintf(&b, "\n<a id=%q></a>\n\n## %s %s\n\n%s\n\n", anchor(r.ID), r.ID, r.Title.In(lang), r.Text.In(lang))
		fmt.Fprintf(&b, "%s %s · **%s**\n", w.clause, r.Clause, w.state(r.State))
		if r.State == Partly {
			fmt.Fprintf(&b, "\n%s%s\n", w.missing, r.Missing.In(lang))
		}
		for i, c := range r.Carriers {
			if i == 0 {
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "- %s `%s`: %s\n", w.kinds[c.Kind], c.Name, c.See.In(lang))
		}
	}
	return b.String()
}

// anchor is an id as an address within the page.
func anchor(id string) string { return "x1207-" + strings.ReplaceAll(strings.ToLower(id), ".", "-") }
