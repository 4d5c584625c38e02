package quarantine

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strings"

	"candor"
)

// Options are respond.Request.Options for this method.
type Options struct {
	Places []Spot `json:"places"`
	// Vault names the vault; empty for the usual one.
	Vault string `json:"vault,omitempty"`
	// Stubs are texts that take the place of files, by extension in lower case
	// with its dot. Files of other extensions leave nothing behind.
	Stubs map[string]string `json:"stubs,omitempty"`
	// Forbid gives PHP files the stub PHPStub, unless Stubs has another.
	Forbid bool `json:"forbid,omitempty"`
}

// Spot is a file to move.
type Spot struct {
	Root   Raw    `json:"root"` // one of the asset's roots
	Path   Raw    `json:"path"` // relative to it
	SHA256 string `json:"sha256"`
}

// PHPStub is a PHP program that answers 403 and does nothing else.
const PHPStub = "<?php http_response_code(403); header('Content-Type: text/plain'); exit(\"403 Forbidden\\n\");\n"

// maxStub bounds a stub's text, in bytes.
const maxStub = 64 << 10

// readOptions reads and checks options against the asset that they are about.
func readOptions(data json.RawMessage, asset candor.Asset) (Options, error) {
	const form = "Options are {\"places\": [{\"root\", \"path\", \"sha256\"}], \"vault\", \"stubs\", \"forbid\"}."
	var o Options
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return o, invalid("the options cannot be read: %v", form, err)
	}
	if len(o.Places) == 0 || len(o.Places) > MaxPlaces {
		return o, invalid("%d files were named", "Name between 1 and 10000 files.", len(o.Places))
	}
	for ext, text := range o.Stubs {
		if len(text) > maxStub || !strings.HasPrefix(ext, ".") {
			return o, invalid("%.40q has no proper stub", "Stubs go by extension, “.html”, and have up to 64 KiB.", ext)
		}
	}
	seen := map[string]bool{}
	for _, s := range o.Places {
		if err := checkPath(s.Root, s.Path); err != nil {
			return o, err
		}
		isRoot := func(r string) bool { return path.Clean(r) == string(s.Root) }
		whole := path.Join(string(s.Root), string(s.Path))
		switch {
		case !slices.ContainsFunc(asset.Roots, isRoot):
			return o, invalid("%.200q is no root of the asset", "Name one of the asset's roots.", s.Root)
		case !isDigest(s.SHA256):
			return o, invalid("%.80q is no SHA-256", "Give 64 hexadecimal digits in lower case.", s.SHA256)
		case seen[whole]:
			return o, invalid("%.200q is named twice", "Name each file once.", whole)
		}
		seen[whole] = true
	}
	return o, nil
}

// stub gives the text that takes a file's place, if any does.
func (o Options) stub(name string) (text string, ok bool) {
	ext := strings.ToLower(path.Ext(name))
	if text, ok = o.Stubs[ext]; ok {
		return text, true
	}
	php := slices.Contains([]string{".php", ".php3", ".php4", ".php5", ".php7", ".php8", ".phtml", ".phps", ".pht"}, ext)
	return PHPStub, o.Forbid && php
}
