package api

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"

	"candor"
)

// Paging is what all lists take. It is exported for huma, which sees nothing else.
type Paging struct {
	Cursor string `query:"cursor" maxLength:"2000" doc:"Of an earlier page: its next or previous. It works for the same list, filters and order, for whoever got it."`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Most items of a page."`
	Order  string `query:"order" enum:"asc,desc" doc:"Of the sort; without a sort the latest come first."`
}

// list is one page of a list.
type list[T any] struct {
	Items    []T    `json:"items" nullable:"false"`
	Next     string `json:"next,omitempty" doc:"Cursor of the page behind this one; missing at the end."`
	Previous string `json:"previous,omitempty" doc:"Cursor of the page before this one; missing at the start."`
	Count    int    `json:"count" doc:"Items in the whole list; with more set, at least so many."`
	More     bool   `json:"more,omitempty" doc:"Counting stopped at count."`
}

type listed[T any] struct {
	Link []string `header:"Link" doc:"The next and the previous page (RFC 8288)."`
	Body list[T]
}

// whole is a list that has one page only.
type whole[T any] struct {
	Body struct {
		Items []T `json:"items" nullable:"false"`
	}
}

func wholeOf[T any](items []T, err error) (*whole[T], error) {
	out := &whole[T]{}
	out.Body.Items = items
	if items == nil {
		out.Body.Items = []T{}
	}
	return out, err
}

// cut is the part of a list that was asked for; own is the list's own order,
// which sort may name too.
func (s *server) cut(ctx context.Context, who candor.Principal, p Paging, sort, own string) (candor.Cut, error) {
	c := candor.Cut{Sort: sort, Limit: p.Limit, Descending: p.Order == "desc"}
	if sort == "" {
		c.Sort, c.Descending = own, p.Order != "asc"
	}
	if p.Cursor == "" {
		return c, nil
	}
	sum, cursor, ok := strings.Cut(p.Cursor, ".")
	if !ok || !hmac.Equal([]byte(sum), []byte(s.sign(ctx, who, cursor))) {
		return c, candor.WithHint(fmt.Errorf("the cursor is not one of this list: %w", candor.ErrInvalid), "Start from the first page, with the same filters and order on all of them.")
	}
	c.Cursor = cursor
	return c, nil
}

// sign ties a cursor to the list that it is of and to whoever got it.
func (s *server) sign(ctx context.Context, who candor.Principal, cursor string) string {
	query := requestOf(ctx).URL.Query()
	query.Del("cursor")
	query.Del("limit")
	mac := hmac.New(sha256.New, s.Secret)
	for _, part := range []string{"candor cursor 1", string(who.User), string(who.Party), string(who.Role), who.Reporter, requestOf(ctx).URL.Path, query.Encode(), cursor} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}

// paged answers with a page.
func paged[T any](ctx context.Context, s *server, who candor.Principal, page candor.Page[T], err error) (*listed[T], error) {
	if err != nil {
		return nil, err
	}
	out := &listed[T]{Body: list[T]{Items: page.Items, Count: page.Count, More: page.More}}
	if page.Items == nil {
		out.Body.Items = []T{}
	}
	for _, to := range []struct {
		cursor, relation string
		into             *string
	}{{page.Next, "next", &out.Body.Next}, {page.Previous, "prev", &out.Body.Previous}} {
		if to.cursor == "" {
			continue
		}
		*to.into = s.sign(ctx, who, to.cursor) + "." + to.cursor
		u := url.URL{Path: requestOf(ctx).URL.Path}
		query := requestOf(ctx).URL.Query()
		query.Set("cursor", *to.into)
		u.RawQuery = query.Encode()
		out.Link = append(out.Link, fmt.Sprintf("<%s%s>; rel=%q", s.PublicURL, u.String(), to.relation))
	}
	return out, nil
}
