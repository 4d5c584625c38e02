package store

import (
	"context"
	"slices"
	"strings"

	"candor"
	"candor/internal/store/query"
)

// shown leaves those records that hold the words in what their owner is shown.
// The index also has the folders of the provider's disks, and what a search
// finds would tell of them.
func (r reader) shown(ctx context.Context, party candor.ID, kind, text string, ids []string) ([]string, error) {
	if len(ids) == 0 || kind != "finding" && kind != "asset" {
		return ids, nil
	}
	rows, err := choose[query.Asset](ctx, r.db, "assets", "owner = ?", party)
	if err != nil {
		return nil, err
	}
	words := map[string]string{}
	sites := map[candor.ID]candor.Asset{}
	for _, row := range rows {
		a := asset(row)
		sites[a.ID] = a
		a.Roots = nil
		words[string(a.ID)] = assetDocument(a).Words
	}
	if kind == "finding" {
		list, err := r.among(ids)
		if err != nil {
			return nil, err
		}
		found, err := choose[query.Finding](ctx, r.db, "findings", r.dialect.among, list)
		if err != nil {
			return nil, err
		}
		clear(words)
		for _, f := range found {
			words[string(f.ID)] = f.Rule + " " + sites[f.Asset].Relative(f.Path) + " " + digestOf(f.SHA256)
		}
	}
	return slices.DeleteFunc(ids, func(id string) bool { return !holds(words[id], text) }), nil
}

// holds tells whether a text holds all of some words, or longer ones that
// begin so, as the index does.
func holds(text, words string) bool {
	have := terms(text)
	for _, w := range terms(words) {
		if !slices.ContainsFunc(have, func(t string) bool { return t == w || more(w) != "" && strings.HasPrefix(t, w) }) {
			return false
		}
	}
	return true
}

// digestOf is empty for the place that stands for a content's digest where
// there is no content.
func digestOf(sha256 string) string {
	if strings.Contains(sha256, "/") {
		return ""
	}
	return sha256
}
