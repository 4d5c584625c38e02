package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"candor"
	"candor/internal/flow/line"
	"candor/internal/house"
	"candor/internal/respond/isolate"
)

// upkeep is what was seen last of what isolations rest on.
type upkeep struct {
	lock   sync.Mutex
	tended time.Time        // when enforcement points were looked at last
	failed error            // what came of it
	portal map[string]error // by address
	loose  []candor.Response
	told   map[candor.ID]bool // of these, the log was told
	said   map[string]bool    // what else it was told, and is still so
}

// tell has something logged when it begins to be so, and not again and again.
func (u *upkeep) tell(key string, is bool, say func()) {
	u.lock.Lock()
	was := u.said[key]
	if u.said == nil {
		u.said = map[string]bool{}
	}
	u.said[key] = is
	u.lock.Unlock()
	if is && !was {
		say()
	}
}

// mostLoose bounds the isolations that are looked at.
const mostLoose = 200

// lookLoose looks for isolations that were decided and are not in force.
func (r *running) lookLoose(ctx context.Context) error {
	page, err := r.Store.Responses(ctx, candor.Everything, candor.ResponseFilter{Method: isolate.Name, States: []candor.ResponseState{candor.ResponseApproved, candor.ResponseUndoing}}, candor.Cut{Limit: mostLoose})
	if err != nil {
		return err
	}
	loose := slices.DeleteFunc(page.Items, func(x candor.Response) bool { return x.Error == "" })
	r.upkeep.lock.Lock()
	defer r.upkeep.lock.Unlock()
	told := map[candor.ID]bool{}
	for _, x := range loose {
		if told[x.ID] = true; !r.upkeep.told[x.ID] {
			r.setup.log.Warn("an isolation is not as it was decided", "response", x.ID, "case", x.Case, "state", x.State, "error", x.Error)
		}
	}
	r.upkeep.loose, r.upkeep.told = loose, told
	return nil
}

// lookIsolation tells whether enforcement points do what was decided.
func (r *running) lookIsolation(context.Context) (map[string]string, error) {
	r.upkeep.lock.Lock()
	defer r.upkeep.lock.Unlock()
	about := looked{"points": strconv.Itoa(len(r.setup.isolation.Points)), "not_in_force": strconv.Itoa(len(r.upkeep.loose))}
	if !r.upkeep.tended.IsZero() {
		about["looked"] = r.upkeep.tended.UTC().Format(time.RFC3339)
	}
	if r.upkeep.failed != nil {
		return about, candor.WithHint(r.upkeep.failed, "See whether these enforcement points can be reached.")
	}
	if n := len(r.upkeep.loose); n > 0 {
		return about, candor.WithHint(fmt.Errorf("%d isolations are not as they were decided; of the first: %s", n, r.upkeep.loose[0].Error), "Look at their cases. They are tried again.")
	}
	return about, nil
}

// portalPatience is how long the portal may take to answer.
const portalPatience = 3 * time.Second

// tryPortal asks the portal of the walled garden, as a device would.
func (r *running) tryPortal(ctx context.Context) error {
	client := &http.Client{Timeout: portalPatience, Transport: &http.Transport{DisableKeepAlives: true}}
	seen := map[string]error{}
	for _, at := range r.setup.garden.Listen {
		seen[at] = askPortal(ctx, client, at)
		r.upkeep.tell("portal "+at, seen[at] != nil, func() {
			r.setup.log.Error("the portal of the walled garden does not answer", "address", at, "error", seen[at])
		})
	}
	r.upkeep.lock.Lock()
	defer r.upkeep.lock.Unlock()
	r.upkeep.portal = seen
	return nil
}

func askPortal(ctx context.Context, client *http.Client, at string) error {
	host, port, err := net.SplitHostPort(at)
	if err != nil {
		return err
	}
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		host = "localhost"
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/captive", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	if res.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s", res.Status)
	}
	return errors.Join(err, res.Body.Close())
}

// lookPortal tells whether the portal answered when it was tried last.
func (r *running) lookPortal(context.Context) (map[string]string, error) {
	r.upkeep.lock.Lock()
	defer r.upkeep.lock.Unlock()
	about := looked{"addresses": strconv.Itoa(len(r.setup.garden.Listen) + len(r.setup.garden.ListenTLS))}
	for at, err := range r.upkeep.portal {
		if err != nil {
			return about, candor.WithHint(fmt.Errorf("the portal of the walled garden does not answer at %s: %w", at, err), "Who is isolated cannot see why, nor get out. See what is in the way.")
		}
	}
	return about, nil
}

// clockOff is by how much the clock of an exporter may be off.
const clockOff = 30 * time.Second

// offClocks gives the exporters whose clocks are off by more, in words.
func (r *running) offClocks() (all []string) {
	for _, e := range line.Exporters(r.traffic.collector.Stats(), r.setup.clock()) {
		if off := time.Duration(e.Clock * float64(time.Second)); off.Abs() > clockOff && !e.Silent {
			all = append(all, fmt.Sprintf("%s by %s", e.Address, off.Round(time.Second)))
		}
	}
	return all
}

// tryClocks tells the log of exporters whose clocks are off.
func (r *running) tryClocks(context.Context) error {
	off := r.offClocks()
	r.upkeep.tell("clocks", len(off) > 0, func() {
		r.setup.log.Warn("the clock of an exporter is off; what it tells may be taken for another line's", "exporters", off)
	})
	return nil
}

// upkeepChores look at what isolations rest on.
func (r *running) upkeepChores() (all []chore) {
	if r.House.Drills.Folder != "" && r.setup.does("worker") {
		logged := map[string]bool{}
		all = append(all, chore{"log drills", time.Minute, func(ctx context.Context) error { return r.House.LogDrills(ctx, logged) }})
	}
	if r.setup.drill.Every > 0 && r.setup.does("worker") {
		all = append(all, chore{"see to drills", time.Minute, r.seeToDrills})
	}
	if r.traffic != nil {
		all = append(all, chore{"look at the clocks of exporters", 2 * time.Second, r.tryClocks})
	}
	if len(r.setup.garden.Listen) > 0 && r.setup.does("web") {
		all = append(all, chore{"try the portal of the walled garden", 5 * time.Second, r.tryPortal})
	}
	return all
}

// upkeepChecks are the parts of isolation whose health is shown.
func (r *running) upkeepChecks() (all []house.Check) {
	if r.isolation != nil && r.setup.does("worker") {
		all = append(all, house.Check{Name: "isolation", Look: r.lookIsolation})
	}
	if len(r.setup.garden.Listen) > 0 && r.setup.does("web") {
		all = append(all, house.Check{Name: "portal", Look: r.lookPortal})
	}
	return all
}
