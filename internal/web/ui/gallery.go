package ui

import (
	"context"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/a-h/templ"

	"candor"
	"candor/internal/phrase"
)

// The gallery shows every component with made-up content. Its own words are
// written here in two languages rather than in the catalogue: they are samples
// for whoever builds pages, not part of the product.

// sample chooses between English and Chinese by the page's language.
func sample(ctx context.Context, english, chinese string) string {
	if phrase.From(ctx).Lang() == "zh" {
		return chinese
	}
	return english
}

// GalleryPage is the shell's data for the gallery, with a navigation like the
// console's.
func GalleryPage(ctx context.Context, theme string) Page {
	s := func(english, chinese string) string { return sample(ctx, english, chinese) }
	return Page{
		Title:  s("Gallery", "组件库"),
		Lead:   s("Every component of the console, with made-up content.", "控制台的全部组件，内容均为示例。"),
		Crumbs: []Link{{s("Settings", "设置"), "/settings"}},
		Active: "cases",
		Nav: []NavGroup{
			{Items: []NavItem{
				{Key: "today", Icon: "today", Text: s("Today", "今日"), Href: "/", More: 3, Loud: true},
				{Key: "cases", Icon: "cases", Text: s("Cases", "案件"), Href: "/cases", More: 128},
				{Key: "findings", Icon: "findings", Text: s("Findings", "发现"), Href: "/findings"},
				{Key: "responses", Icon: "responses", Text: s("Responses", "处置"), Href: "/responses", More: 4},
			}},
			{Title: s("Estate", "资产"), Items: []NavItem{
				{Key: "sites", Icon: "sites", Text: s("Sites", "网站"), Href: "/sites"},
				{Key: "parties", Icon: "parties", Text: s("Parties", "相关方"), Href: "/parties"},
			}},
			{Title: s("Trust", "信任"), Items: []NavItem{
				{Key: "evidence", Icon: "evidence", Text: s("Evidence", "证据"), Href: "/evidence"},
				{Key: "definitions", Icon: "definitions", Text: s("Definitions", "特征库"), Href: "/definitions"},
				{Key: "policy", Icon: "policy", Text: s("Policy", "策略"), Href: "/policy"},
				{Key: "catalogue", Icon: "catalogue", Text: "X.1207", Href: "/x1207"},
			}},
			{Title: s("House", "系统"), Items: []NavItem{
				{Key: "people", Icon: "people", Text: s("People", "人员"), Href: "/people"},
				{Key: "health", Icon: "health", Text: s("Health", "健康状况"), Href: "/health"},
				{Key: "settings", Icon: "settings", Text: s("Settings", "设置"), Href: "/settings"},
			}},
		},
		User:     User{Name: s("Ada Marsh", "陈明"), Detail: phrase.T(ctx, "role.analyst")},
		Theme:    theme,
		Actions:  galleryActions(),
		Messages: []Message{{Tone: Good, Title: s("3 files were quarantined.", "已隔离 3 个文件。"), Text: s("example.org is scanned again within the hour.", "example.org 将在一小时内重新扫描。"), Undo: &Action{Text: phrase.T(ctx, "ui.undo"), URL: "/undo"}}},
		Commands: []Link{{s("Import parties from a file", "从文件导入相关方"), "/parties/import"}},
		Routes:   Routes{Home: "/", Search: "/search", Account: "/account", SignOut: "/sign-out", Theme: "/theme", Language: "/language"},
	}
}

func galleryTable(ctx context.Context) Table {
	now := From(ctx).Now
	s := func(english, chinese string) string { return sample(ctx, english, chinese) }
	row := func(number, title, site string, severity candor.Severity, state candor.CaseState, findings int64, due, opened time.Duration) Row {
		at := time.Time{}
		if due != 0 {
			at = now.Add(due)
		}
		return Row{
			Key: number, Label: number, Href: "/cases/" + number, Muted: !state.Open(),
			Cells: []templ.Component{
				galleryTitle(number, title), Severity(severity), State(state), Text(site),
				Number(findings, ""), Due(at), Time(now.Add(-opened)),
			},
		}
	}
	return Table{
		ID:      "cases",
		Caption: s("Open cases", "未结案件"),
		Sort:    "-severity",
		Columns: []Column{
			{Key: "title", Label: s("Case", "案件"), Sortable: true, Wide: true},
			{Key: "severity", Label: s("Severity", "严重程度"), Sortable: true, Largest: true},
			{Key: "state", Label: s("State", "状态")},
			{Key: "site", Label: s("Site", "网站"), Minor: true},
			{Key: "findings", Label: s("Findings", "发现数"), Sortable: true, Largest: true, Number: true},
			{Key: "due", Label: s("Due", "期限"), Sortable: true},
			{Key: "opened", Label: s("Opened", "创建时间"), Sortable: true, Largest: true, Minor: true},
		},
		Rows: []Row{
			row("C-1042", s("Web shell in uploads", "上传目录中的网页后门"), "shop.example.org", candor.Critical, candor.CaseNew, 3, -40*time.Minute, 3*time.Hour),
			row("C-1041", s("Phishing page that imitates a bank", "仿冒银行的钓鱼页面"), "club.example.net", candor.High, candor.CaseNotified, 12, 5*time.Hour, 22*time.Hour),
			row("C-1038", s("Skimmer script in the checkout", "结账页面中的窃卡脚本"), "store.example.com", candor.High, candor.CaseContained, 1, 50*time.Hour, 3*24*time.Hour),
			row("C-1033", s("Outdated gallery plugin with a known hole", "存在已知漏洞的旧版图库插件"), "photo.example.org", candor.Medium, candor.CaseTriaged, 1, 0, 8*24*time.Hour),
			row("C-1020", s("Toolbar that changes the start page", "篡改主页的工具栏"), s("Desktop helper 4.2", "桌面助手 4.2"), candor.Low, candor.CaseResolved, 2, 0, 40*24*time.Hour),
			row("C-0997", s("Test file of a scanner", "扫描器测试文件"), "test.example.org", candor.Info, candor.CaseFalseAlarm, 1, 0, 400*24*time.Hour),
		},
		Bulk: &Bulk{URL: "/cases/bulk", Buttons: []Press{
			{Text: s("Assign to me", "分配给我"), Name: "do", Value: "assign"},
			{Text: s("Close as false alarm", "作为误报关闭"), Name: "do", Value: "false-alarm", Kind: Destructive},
		}},
	}
}

func galleryFilters(ctx context.Context) []Filter {
	p := phrase.From(ctx)
	var severities, states []Option
	for _, s := range []candor.Severity{candor.Critical, candor.High, candor.Medium, candor.Low, candor.Info} {
		severities = append(severities, Option{Value: s.String(), Label: p.T("severity." + s.String())})
	}
	for _, s := range candor.CaseStates() {
		states = append(states, Option{Value: string(s), Label: p.T("case.state." + string(s))})
	}
	return []Filter{
		{Name: "q", Label: sample(ctx, "Title, site, number", "标题、网站、编号"), Kind: Words},
		{Name: "severity", Label: sample(ctx, "Severity", "严重程度"), Kind: Choice, Options: severities},
		{Name: "state", Label: sample(ctx, "State", "状态"), Kind: Many, Options: states},
		{Name: "since", Label: sample(ctx, "Since", "起始日期"), Kind: Day},
	}
}

func galleryEvents(ctx context.Context) []Event {
	now := From(ctx).Now
	s := func(english, chinese string) string { return sample(ctx, english, chinese) }
	proof := func(n string) Link { return Link{"#" + n, "/evidence/" + n} }
	return []Event{
		{At: now.Add(-26 * time.Hour), Icon: "findings", Tone: Bad, Text: s("3 findings joined this case", "3 个发现归入本案"), Mark: Severity(candor.Critical), Proof: proof("48210")},
		{At: now.Add(-25 * time.Hour), Icon: "eye", Who: s("Ada Marsh", "陈明"), Text: s("looked at it", "已查看"), Mark: StateChange(candor.CaseNew, candor.CaseTriaged), Proof: proof("48214")},
		{At: now.Add(-24 * time.Hour), Icon: "lock", Tone: Accent, Who: s("Policy “web shells”", "策略“网页后门”"), Text: s("quarantined 3 files, on the terms of 2 May 2026, clause 7", "依据 2026年5月2日条款第 7 条隔离了 3 个文件"), Mark: ResponseState(candor.ResponseVerified), Proof: proof("48217")},
		{At: now.Add(-23 * time.Hour), Icon: "comment", Who: s("Li Wei, customer", "客户 李伟"), Text: s("asked a question", "提出了一个问题"), Body: Text(s("We did not put that file there. Can you tell since when it exists?", "该文件并非我们放置。能否告知它从何时存在？"))},
		{At: now.Add(-2 * time.Hour), Icon: "good", Tone: Good, Text: s("Scanned again: nothing found", "重新扫描：未发现问题"), Proof: proof("48301")},
	}
}

func galleryChart(ctx context.Context) Chart {
	labels := []string{}
	critical, high, medium := []float64{}, []float64{}, []float64{}
	hrefs := []string{}
	for i := range 21 {
		day := From(ctx).Now.AddDate(0, 0, i-20)
		labels = append(labels, day.Format("2 Jan"))
		hrefs = append(hrefs, "/findings?day="+day.Format(time.DateOnly))
		wave := 12 + 9*math.Sin(float64(i)/3)
		critical, high, medium = append(critical, math.Round(wave/5)), append(high, math.Round(wave/2)), append(medium, math.Round(wave))
		if i == 8 || i == 9 {
			critical[i], high[i], medium[i] = math.NaN(), math.NaN(), math.NaN()
		}
	}
	p := phrase.From(ctx)
	return Chart{
		ID:    "findings-a-day",
		Title: sample(ctx, "Findings have risen again since the middle of the month", "月中以来发现数再度上升"),
		Note:  sample(ctx, "Two days were not measured: the scanner was stopped.", "其中两天扫描器停机，未测量。"),
		Kind:  Stacked, X: sample(ctx, "Day", "日期"), Unit: sample(ctx, "findings", "发现数"), Labels: labels,
		Series: []Series{
			{Name: p.T("severity.critical"), Colour: "critical", Values: critical, Hrefs: hrefs},
			{Name: p.T("severity.high"), Colour: "high", Values: high, Hrefs: hrefs},
			{Name: p.T("severity.medium"), Colour: "medium", Values: medium, Hrefs: hrefs},
		},
	}
}

func galleryConfirmation(ctx context.Context) Confirmation {
	s := func(english, chinese string) string { return sample(ctx, english, chinese) }
	return Confirmation{
		ID:          "confirm-quarantine",
		Title:       s("Quarantine 3 files of shop.example.org?", "隔离 shop.example.org 的 3 个文件？"),
		What:        []string{s("3 files move into the vault. Visitors get “not found” for them.", "3 个文件将移入保险库，访客将看到“未找到”。"), s("The customer, Shop Ltd, is told by mail in English.", "将以英文邮件告知客户 Shop Ltd。")},
		Undo:        s("“Restore” puts all of them back, with owner, mode and times, within 30 days.", "30 天内可用“恢复”将其全部放回，保留属主、权限和时间。"),
		URL:         "/responses",
		Submit:      s("Quarantine", "隔离"),
		Destructive: true,
		Page:        "/cases/C-1042/quarantine",
		Back:        "/cases/C-1042",
		Form:        TextField(Input{Name: "reason", Label: s("Reason", "理由"), Hint: s("The customer and the regulator may read it.", "客户和监管机构可能会看到。")}),
	}
}

// iconNames lists all icons.
func iconNames() []string { return slices.Sorted(maps.Keys(icons)) }

func gallerySplit(ctx context.Context) Chart {
	c := galleryChart(ctx)
	c.Title = sample(ctx, "128 open cases, most of them high", "128 个未结案件，以高危居多")
	c.Labels = []string{sample(ctx, "now", "当前")}
	for i, v := range []float64{9, 74, 45} {
		c.Series[i].Values = []float64{v}
	}
	return c
}

func galleryLines(ctx context.Context) Chart {
	c := galleryChart(ctx)
	c.ID, c.Kind = "scan-hours", Lines
	c.Title = sample(ctx, "Sites are scanned twice as fast as three weeks ago", "网站扫描速度是三周前的两倍")
	c.Note, c.Unit = "", sample(ctx, "hours", "小时")
	values := []float64{}
	for i := range c.Labels {
		values = append(values, 4.2-float64(i)*0.11+0.3*math.Sin(float64(i)))
	}
	values[8], values[9] = math.NaN(), math.NaN()
	c.Series = []Series{{Name: sample(ctx, "Median time", "中位时长"), Values: values, Hrefs: c.Series[0].Hrefs}}
	return c
}

func galleryDiff() []DiffLine {
	return Compare(
		[]string{"<?php", "require 'wp-blog-header.php';", "$theme = 'shop';", "render($theme);"},
		[]string{"<?php", "@eval($_POST['x']);", "require 'wp-blog-header.php';", "$theme = 'shop-2';", "render($theme);"},
	)
}

// galleryPageConfirmation is the same question as the dialog's, with other ids.
func galleryPageConfirmation(ctx context.Context) Confirmation {
	c := galleryConfirmation(ctx)
	c.Form = nil
	c.Undo = ""
	return c
}
