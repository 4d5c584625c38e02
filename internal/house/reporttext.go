package house

import (
	"strings"

	"candor/internal/regex"
)

// quoting begins what a reply quotes, as mail programs write it.
var quoting = regex.Of(`(?i)^(-{2,} ?(original message|ursprüngliche nachricht|message d'origine|mensaje original|исходное сообщение|原始邮件|邮件原件|الرسالة الأصلية) ?-{2,}|_{20,}|(on|am|le|el|il|op|em) .{4,300}(wrote|schrieb.*|a écrit|escribió|ha scritto|schreef.*|escreveu) ?[:：]|.{4,300}(пишет|написал[аи]?|写道|寫道|كتب) ?[:：])$`)

// ownLink is an address that lets whoever has it into a case, ticket, agreement or
// report.
var ownLink = regex.Of(`(?i)\b(https?://)?[^\s/<>"]*/(c|t|a|r)/[^\s<>"]*`)

// anyLink is an address of the web.
var anyLink = regex.Of(`(?i)\b(https?://|www\.)\S*`)

// unquoted is what a reply says itself, without links that open a case to whoever
// reads them.
func unquoted(text string) string {
	var own []string
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, line := range lines {
		trimmed := strings.TrimSpace(line)
		if quoting.MatchString(trimmed) || i+1 < len(lines) && strings.HasPrefix(strings.ToLower(trimmed), "on ") && quoting.MatchString(trimmed+" "+strings.TrimSpace(lines[i+1])) {
			break
		}
		if !strings.HasPrefix(trimmed, ">") {
			own = append(own, line)
		}
	}
	return strings.TrimSpace(ownLink.ReplaceAllString(strings.Join(own, "\n"), "[…]"))
}

// Brief is what a stranger wrote, as it is repeated to reporters: at most 100
// characters, and leading nowhere.
func Brief(text string) string {
	text = strings.Join(strings.Fields(anyLink.ReplaceAllString(text, "[…]")), " ")
	if r := []rune(text); len(r) > 100 {
		return string(r[:100]) + "…"
	}
	return text
}
