package house

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"candor"
	"candor/internal/house"
)

// page is something that a user of the console asks for.
type page struct {
	name   string
	weight float64 // how often it is asked for
	goal   time.Duration
	ask    func(context.Context, *rand.Rand) error
}

// asker asks as the console does: through the house, which bounds what is seen.
type asker struct {
	*house.House
	sample sample
	staff  candor.Principal
}

// as gives a customer: of the few large ones, or of the many small ones.
func (a *asker) as(r *rand.Rand) candor.Principal {
	return candor.Principal{User: "customer", Name: "customer", Role: candor.RoleCustomer, Party: any1(r, a.sample.parties)}
}

func any1[T any](r *rand.Rand, from []T) T { return from[r.IntN(len(from))] }

func (a *asker) pages() []page {
	all := []page{
		{"today", 6, PageGoal, func(ctx context.Context, _ *rand.Rand) error { _, err := a.Today(ctx, a.staff); return err }},
		{"case", 10, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			_, err := a.Case(ctx, a.staff, any1(r, a.sample.cases))
			return err
		}},
		{"case, the largest", 1, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			_, err := a.Case(ctx, a.staff, any1(r, a.sample.large))
			return err
		}},
		{"case, as customer", 2, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			c := any1(r, a.sample.owned)
			_, err := a.Case(ctx, candor.Principal{User: "customer", Name: "customer", Role: candor.RoleCustomer, Party: c.party}, c.id)
			return err
		}},
		{"finding", 4, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			_, err := a.Finding(ctx, a.staff, any1(r, a.sample.findings))
			return err
		}},
		{"party", 3, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			_, err := a.Party(ctx, a.staff, any1(r, a.sample.parties))
			return err
		}},
		{"site", 3, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			_, err := a.Asset(ctx, a.staff, any1(r, a.sample.sites))
			return err
		}},
		{"response", 1, PageGoal, func(ctx context.Context, r *rand.Rand) error {
			_, _, err := a.Response(ctx, a.staff, any1(r, a.sample.responses))
			return err
		}},
	}
	for _, more := range [][]page{a.casePages(), a.findingPages(), a.otherPages(), a.contentPages(), a.searchPages()} {
		all = append(all, more...)
	}
	return all
}

func (a *asker) searchPages() []page {
	search := func(name string, customer bool, text func(*rand.Rand) string) page {
		return page{"search: " + name, 1, SearchGoal, func(ctx context.Context, r *rand.Rand) error {
			who := a.staff
			if customer {
				who = a.as(r)
			}
			_, err := a.Search(ctx, who, text(r), 20)
			return err
		}}
	}
	word := func(all ...string) func(*rand.Rand) string { return func(r *rand.Rand) string { return any1(r, all) } }
	number := func(r *rand.Rand) string { return fmt.Sprintf("C-%d", 1+r.IntN(a.sample.count)) }
	digest := func(r *rand.Rand) string { return any1(r, a.sample.digests) }
	return []page{
		search("case number", false, number),
		search("digest", false, digest),
		search("beginning of a digest", false, func(r *rand.Rand) string { return digest(r)[:6+r.IntN(6)] }),
		search("site name", false, func(r *rand.Rand) string { return any1(r, a.sample.names) }),
		search("common word", false, word("wordpress", "example", "shell", "backdoor")),
		search("common word of findings", false, word("plugins", "uploads", "includes", "php")),
		search("beginning of a common word", false, word("plugi", "uplo", "incl", "wp", "p", "s", "publ")),
		search("two common words", false, word("plugins amber", "uploads skimmer", "bakery quartz", "wp admini loader")),
		search("common and nowhere", false, word("plugins nowhere", "srv zzz", "php uploads kkkkk")),
		search("as customer, common", true, word("wordpress", "plugins", "sh", "p")),
		search("as customer, nowhere", true, word("nowhere", "plugins kkkkk")),
	}
}
