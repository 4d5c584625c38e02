package normal

import "bytes"

// Plain tells whether Text drops nothing of src: whether it has no control
// characters besides white space and nothing beyond ASCII.
func Plain(src []byte) bool {
	for _, c := range src {
		if textAction[c].kind == drop {
			return false
		}
	}
	return true
}

// htmlSigns are the words after the "<" of the signs of HTML, in small letters;
// that of a link is its blank.
var htmlSigns = []string{"a ", "head>", "html>", "iframe", "img", "object", "script", "table", "%@ language ="}

// HTMLSign tells whether src may hold a sign of HTML: Anywhere and Type tell
// TypeHTML for no text without one.
func HTMLSign(src []byte) bool {
	for {
		i := bytes.IndexByte(src, '<')
		if i < 0 {
			return false
		}
		src = src[i+1:]
		for _, s := range htmlSigns {
			if len(src) >= len(s) && src[0]|0x20 == s[0]|0x20 && bytes.EqualFold(src[:len(s)], []byte(s)) {
				return true
			}
		}
	}
}
