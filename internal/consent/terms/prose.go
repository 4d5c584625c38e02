package terms

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"candor/internal/phrase"
	"candor/internal/regex"
)

// digits are the numbers of a text, whatever digits it is written with.
var digits = regex.Of(`\p{Nd}+([.,]\p{Nd}+)*`)

// numbers gives the numbers of the visible text, sorted.
func numbers(text string) []string {
	var all []string
	for _, b := range Blocks(text) {
		for _, n := range digits.FindAllString(words(b), -1) {
			all = append(all, western(n))
		}
	}
	slices.Sort(all)
	return all
}

// western writes a number with the digits 0 to 9, and nothing between them.
func western(n string) string {
	return strings.Map(func(r rune) rune {
		for _, t := range unicode.Nd.R16 {
			if r >= rune(t.Lo) && r <= rune(t.Hi) {
				return '0' + (r-rune(t.Lo))%10 // ranges are of whole tens
			}
		}
		for _, t := range unicode.Nd.R32 {
			if r >= rune(t.Lo) && r <= rune(t.Hi) {
				return '0' + (r-rune(t.Lo))%10
			}
		}
		return -1
	}, n)
}

// sentences cuts a text at the ends of sentences.
func sentences(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(".!?;:。！？；：؟؛", r) })
}

// longest gives the length of the longest sentence of a text, in words or, in
// Chinese, in characters, and the most that is easy to read.
func longest(text, tag string) (n, most int) {
	most = 40
	if base(tag) == "zh" {
		most = 90
	}
	for _, s := range sentences(text) {
		length := len(strings.Fields(s))
		if base(tag) == "zh" {
			length = utf8.RuneCountInString(s)
		}
		n = max(n, length)
	}
	return n, most
}

// silent finds sentences by which people would agree to something by doing
// nothing about it; plainly none of them that deny just that.
var silent = map[string][2]*regex.Regexp{
	"en": {
		regex.Of(`(?i)\b(silence|continu\p{L}+ (to use|use|using|your use)|by using|use of (the|our|this) (service|site|software)|fail(ure|ing|s)? to object|do(es)? not (object|respond|answer|reply))\b.{0,90}\b(accept\p{L}*|agree\p{L}*|consent\p{L}*|acceptance)\b|\bdeemed (to have )?(accept|agree|consent)\p{L}*|\b(pre-?ticked|pre-?selected|opted in by default)\b`),
		regex.Of(`(?i)\b(never|no consent|not consent|no agreement|not agree\p{L}*|not accept\p{L}*|is not|are not|does not mean|do not count|does not count|nobody|without)\b`)},
	"zh": {
		regex.Of(`(视为|視為|即表示|即代表|默认|等同于)[^。]{0,12}(同意|接受|认可)|(沉默|不答复|未提出异议|继续使用)[^。]{0,20}(同意|接受|认可)`),
		regex.Of(`不(视为|等于|表示|代表|构成|算)|并非|不会被`)},
	"fr": {
		regex.Of(`(?i)\b(silence|continu\p{L}+ (à|d')?\s?utiliser|poursuite de l.utilisation|utilisation continue|défaut d.opposition|sans opposition)\b.{0,90}\b(accept\p{L}*|consent\p{L}*|accord)|réput\p{L}+ (avoir )?(accept|consent)\p{L}*`),
		regex.Of(`(?i)\b(jamais|ne vaut pas|n.est pas|ne signifie pas|ne valent pas|pas un accord)\b`)},
	"es": {
		regex.Of(`(?i)(silencio|continuar usando|seguir usando|uso continuado|falta de oposición).{0,90}(acept\p{L}*|consent\p{L}*|acuerdo)|se (considerará|entenderá) (que )?(ha )?(acept|consent)\p{L}*`),
		regex.Of(`(?i)\b(nunca|no es|no significa|no vale|no equivale)\b`)},
	"ru": {
		regex.Of(`(?i)(молчание|продолж\p{L}+ (пользов|использов)\p{L}+|отсутствие возражений).{0,90}(соглас\p{L}*|принят\p{L}*)|считается (согласием|принятием|согласившимся|принявшим)`),
		regex.Of(`(?i)(не означает|не согласи|не является|не считается|никогда|не знак)`)},
	"ar": {
		regex.Of(`(السكوت|الصمت|صمتك|سكوتك|استمرارك في|الاستمرار في|مواصلة استخدام)[^.]{0,90}(موافقة|قبول)|يُ?عد(ّ)? (موافقة|قبول)`),
		regex.Of(`(لا يعني|ليس|ليست|لا يُ?عد|لا نعد|أبد)`)},
}

// checkSilence advises against consent by silence.
func (v *validator) checkSilence(text, tag, at string) {
	of, is := silent[base(tag)]
	if !is {
		return
	}
	for _, s := range sentences(text) {
		if found := of[0].FindString(s); found != "" && !of[1].MatchString(s) {
			v.advise(at, "silence", phrase.Args{"value": excerpt(found)})
			return
		}
	}
}
