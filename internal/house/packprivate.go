package house

import (
	"context"
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"

	"candor"
	"candor/internal/regex"
)

// hide adds words that may not leave. Networks and addresses are words too: Redact
// knows them.
func (s *share) hide(words ...string) {
	for _, w := range words {
		if w = strings.TrimSpace(w); w != "" {
			s.out.Private.Words = append(s.out.Private.Words, w)
		}
	}
}

// private hides whom the case is about: the party, its people, all its assets, to
// whom was written, and mail addresses in what people wrote.
func (s *share) private(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.hideParty, s.hideAssets, s.hideMessages} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	slices.Sort(s.out.Private.Words)
	s.out.Private.Words = slices.Compact(s.out.Private.Words)
	return nil
}

func (s *share) hideParty(ctx context.Context) error {
	p, err := s.house.Store.Party(ctx, candor.Everything, s.c.Party)
	if err != nil {
		return err
	}
	s.hide(string(p.ID), p.Name, p.Reference)
	s.written(p.Note)
	if p.Kind == candor.Subscriber {
		s.person(p.Name, "")
	}
	for _, c := range p.Contacts {
		s.person(c.Name, c.Address)
	}
	users, err := s.house.Store.UsersOf(ctx, p.ID)
	for _, u := range users {
		s.hide(string(u.ID))
		s.person(u.Name, u.Mail)
	}
	return err
}

// person hides a person: the name and its parts, the address and what stands
// before the host's name in it.
func (s *share) person(name, address string) {
	s.hide(name, address)
	s.hide(longer(strings.Fields(name))...)
	if local, _, ok := strings.Cut(address, "@"); ok {
		s.hide(longer([]string{local})...)
		s.hide(longer(strings.FieldsFunc(local, func(r rune) bool { return strings.ContainsRune("._+-", r) }))...)
	}
}

// everyday are words in paths, addresses and names that tell nothing of anybody.
var everyday = strings.Fields(`abuse accounts admin administrator apps billing contact current data domains files hello home hosting hostmaster html htdocs http httpdocs
	https httpd info install local mail mnt noreply office opt postmaster private public public_html releases root sales security server share shared site sites srv staff support sysadmin tech
	technical tmp user users usr var vhost vhosts volumes web webmaster webroot website websites webspace www wwwroot`)

// longer gives those words that tell something, and are long enough to be looked
// for within others.
func longer(words []string) []string {
	return slices.DeleteFunc(slices.Clone(words), func(w string) bool {
		return len([]rune(w)) < 4 || slices.Contains(everyday, strings.ToLower(w))
	})
}

func (s *share) hideAssets(ctx context.Context) error {
	cut := candor.Cut{Limit: 500}
	for {
		page, err := s.house.Store.Assets(ctx, candor.Everything, candor.AssetFilter{Owner: s.c.Party}, cut)
		if err != nil {
			return err
		}
		for _, a := range page.Items {
			s.asset(a)
		}
		if cut.Cursor = page.Next; page.Next == "" {
			break
		}
	}
	a, err := s.house.Store.Asset(ctx, candor.Everything, s.c.Asset) // it may be another's by now
	if err != nil {
		return err
	}
	s.asset(a)
	if a.Server == "" {
		return nil
	}
	server, err := s.house.Store.Asset(ctx, candor.Everything, a.Server)
	s.asset(server)
	return err
}

func (s *share) asset(a candor.Asset) {
	s.hide(string(a.ID), a.Name, a.Reference)
	s.hide(a.Access.Addresses...)
	for _, h := range a.Hosts {
		h = strings.TrimPrefix(h, "*.")
		s.hide(h, strings.TrimPrefix(h, "www."))
		if org, err := publicsuffix.EffectiveTLDPlusOne(h); err == nil {
			s.hide(org) // what somebody registered, whoever hosts the rest of it
		}
	}
	for _, root := range a.Roots {
		s.hide(root)
		s.hide(longer(strings.Split(root, "/"))...)
	}
}

func (s *share) hideMessages(ctx context.Context) error {
	messages, err := s.house.Store.MessagesOfCase(ctx, s.c.ID)
	if err != nil {
		return err
	}
	for _, m := range messages {
		s.person("", m.To)
	}
	events, err := s.house.Store.Events(ctx, s.c.ID)
	for _, e := range events {
		s.written(e.Text)
	}
	return err
}

var mailWritten = regex.Of(`[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+`)

// written hides the mail addresses in what a person wrote. All else of it stays
// here in any case.
func (s *share) written(text string) {
	for _, m := range mailWritten.FindAllString(text, -1) {
		s.person("", strings.Trim(m, ".-"))
	}
}
