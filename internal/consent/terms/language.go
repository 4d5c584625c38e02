package terms

import "strings"

func base(tag string) string {
	b, _, _ := strings.Cut(tag, "-")
	return b
}

// direction gives how a language is written.
func direction(tag string) string {
	if strings.Contains(tag, "-Arab") {
		return "rtl"
	}
	switch base(tag) {
	case "ar", "fa", "he", "ur", "ps", "sd", "ug", "yi", "dv", "ckb":
		return "rtl"
	}
	return "ltr"
}
