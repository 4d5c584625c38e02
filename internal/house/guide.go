package house

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/guide"
	"candor/internal/regex"
	"candor/internal/store"
)

var slugForm = regex.Of(`^[a-z0-9][a-z0-9-]{0,59}$`)

// Guides gives the guides that anybody may read: those that came with the
// program, and those of the provider in their place or beside them.
func (h *House) Guides(ctx context.Context) ([]candor.Article, error) {
	all, err := h.articles(ctx)
	return slices.DeleteFunc(all, func(a candor.Article) bool { return a.Hidden }), err
}

func (h *House) articles(ctx context.Context) ([]candor.Article, error) {
	starter, err := guide.Starter()
	if err != nil {
		return nil, err
	}
	own, err := h.Store.Articles(ctx)
	return guide.Merge(starter, own), err
}

// Articles gives all guides to the staff, also those that are hidden.
func (h *House) Articles(ctx context.Context, who candor.Principal) ([]candor.Article, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	return h.articles(ctx)
}

// SetArticle keeps a guide: a new one, or, by its slug, in place of one that came
// with the program or that has the version that was seen.
func (h *House) SetArticle(ctx context.Context, who candor.Principal, a candor.Article) (candor.Article, error) {
	if err := may(who, access.ActCases); err != nil {
		return a, err
	}
	if err := checkArticle(&a); err != nil {
		return a, err
	}
	a.Updated, a.By = h.now(), who.Name
	if a.Version == 0 {
		a.ID = candor.NewID(a.Updated)
	}
	err := h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.SetArticle(ctx, &a); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordDecision, a.ID, who, map[string]any{"event": "article.set", "slug": a.Slug, "version": a.Version, "hidden": a.Hidden})
	})
	return a, err
}

func checkArticle(a *candor.Article) error {
	titles, texts := map[string]string{}, map[string]string{}
	for lang, title := range a.Titles {
		title, text := strings.TrimSpace(title), strings.TrimSpace(a.Texts[lang])
		switch {
		case title == "" && text == "":
			continue
		case title == "" || text == "" || len(title) > 300 || len(text) > guide.MostText || len(lang) > 35:
			return notAsked("a language has a title or a text alone, or too long ones", "Write both, or neither.")
		}
		titles[lang], texts[lang] = title, text
	}
	a.Titles, a.Texts = titles, texts
	switch {
	case !slugForm.MatchString(a.Slug):
		return notAsked("that is no name for an address", "Write it in small letters, digits and hyphens.")
	case len(titles) == 0:
		return notAsked("it is there in no language", "Write a title and a text.")
	}
	for _, c := range a.Classes {
		if known, ok := candor.ParseClass(string(c)); !ok || known != c {
			return notAsked(fmt.Sprintf("there is no class %.60q", c), "Choose from the list.")
		}
	}
	for _, p := range a.Platforms {
		if !slices.Contains(guide.Platforms(), p) {
			return notAsked(fmt.Sprintf("there is no platform %.60q", p), "Choose from the list.")
		}
	}
	return nil
}

// DeleteArticle removes a guide that the staff wrote; one that came with the
// program is there again.
func (h *House) DeleteArticle(ctx context.Context, who candor.Principal, slug string) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error {
		if err := tx.DeleteArticle(ctx, slug); err != nil {
			return err
		}
		return h.recordJSON(ctx, tx, "", candor.RecordDecision, "", who, map[string]any{"event": "article.deleted", "slug": slug})
	})
}

// CannedAnswers gives the answers that are kept ready.
func (h *House) CannedAnswers(ctx context.Context, who candor.Principal) ([]candor.Canned, error) {
	if err := may(who, access.ReadCases); err != nil {
		return nil, err
	}
	return h.Store.CannedAnswers(ctx)
}

// SetCanned keeps an answer ready: a new one if its version is 0.
func (h *House) SetCanned(ctx context.Context, who candor.Principal, c candor.Canned) (candor.Canned, error) {
	if err := may(who, access.ActCases); err != nil {
		return c, err
	}
	texts := map[string]string{}
	for lang, text := range c.Texts {
		if text = strings.TrimSpace(text); text != "" {
			texts[lang] = text
		}
		if len(text) > MostTicketText || len(lang) > 35 {
			return c, notAsked("a text is too long", fmt.Sprintf("Write at most %d bytes.", MostTicketText))
		}
	}
	c.Texts, c.Name = texts, strings.TrimSpace(c.Name)
	if c.Name == "" || len(c.Name) > 200 || len(texts) == 0 {
		return c, notAsked("the answer has no name or no text", "Write a name, and a text in one language at least.")
	}
	c.Updated, c.By = h.now(), who.Name
	if c.Version == 0 {
		c.ID = candor.NewID(c.Updated)
	}
	return c, h.tx(ctx, func(tx *store.Tx) error { return tx.SetCanned(ctx, &c) })
}

// DeleteCanned removes an answer.
func (h *House) DeleteCanned(ctx context.Context, who candor.Principal, id candor.ID) error {
	if err := may(who, access.ActCases); err != nil {
		return err
	}
	return h.tx(ctx, func(tx *store.Tx) error { return tx.DeleteCanned(ctx, id) })
}

// Fill gives a canned answer in the language of a ticket, or in one that there
// is, with {name}, {ticket} and {provider} filled in.
func Fill(c candor.Canned, t candor.Ticket, provider string) string {
	lang, _, _ := strings.Cut(t.Language, "-")
	text := firstWord(c.Texts[lang], c.Texts["en"])
	for _, l := range []string{"zh", "ar", "es", "fr", "ru"} {
		text = firstWord(text, c.Texts[l])
	}
	return strings.NewReplacer("{name}", t.Name, "{ticket}", t.Label(), "{provider}", provider).Replace(text)
}
