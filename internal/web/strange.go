package web

import (
	"bytes"

	"golang.org/x/net/html"
)

// fetching are elements that have browsers ask for something, or go somewhere,
// whatever the policy says: prefetching of names is not under it.
var fetching = map[string]bool{"link": true, "meta": true, "base": true, "script": true, "iframe": true, "frame": true, "object": true, "embed": true, "portal": true}

// tame leaves out of a document what has browsers fetch things by themselves.
func tame(document []byte) []byte {
	var out bytes.Buffer
	script := false
	z := html.NewTokenizer(bytes.NewReader(document))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.Bytes() // it is over
		}
		raw := bytes.Clone(z.Raw()) // reading the name changes it
		switch kind {
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			if name, _ := z.TagName(); fetching[string(name)] {
				script = string(name) == "script" && kind == html.StartTagToken
				continue
			}
			script = false
		case html.TextToken:
			if script { // which nobody is to read
				continue
			}
		}
		out.Write(raw)
	}
}
