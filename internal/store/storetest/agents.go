package storetest

import (
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

func testAgents(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, site := Sample(t, s, "agents")
	server := candor.Asset{ID: candor.NewID(noon), Kind: candor.Server, Owner: p.ID, Name: "web1", Created: noon, Updated: noon}
	site.Server = server.ID
	do(t, s, func(tx *store.Tx) error { return tx.AddAsset(ctx, server, time.Time{}) })
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, site, noon) })
	same(t, must(s.SitesOn(ctx, server.ID))(t), []candor.Asset{site})

	k := candor.AgentToken{Hash: "h", Asset: server.ID, By: "user:1", Created: noon, Expires: noon.Add(time.Hour)}
	do(t, s, func(tx *store.Tx) error { return tx.AddAgentToken(ctx, k) })
	use := func(at time.Time) error {
		return s.Tx(ctx, func(tx *store.Tx) error { _, err := tx.UseAgentToken(ctx, "h", at); return err })
	}
	isKind(t, use(noon.Add(2*time.Hour)), candor.ErrDenied)
	if err := use(noon); err != nil {
		t.Error(err)
	}
	isKind(t, use(noon), candor.ErrDenied)

	spare := k
	spare.Hash, spare.Created = "spare", noon.Add(time.Minute)
	do(t, s, func(tx *store.Tx) error { return tx.AddAgentToken(ctx, spare) })
	if all := must(s.AgentTokens(ctx, 10))(t); len(all) != 2 || all[0] != spare || !all[1].Used.Equal(noon) {
		t.Errorf("tokens: %+v", all)
	}
	do(t, s, func(tx *store.Tx) error { return tx.DeleteAgentToken(ctx, "spare") })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteAgentToken(ctx, "spare") }), candor.ErrNotFound)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.DeleteAgentToken(ctx, "h") }), candor.ErrNotFound)

	a := candor.Agent{ID: candor.NewID(noon), Asset: server.ID, Name: "web1", Key: "k", State: candor.AgentActive, Enrolled: noon, Expires: noon.Add(time.Hour)}
	do(t, s, func(tx *store.Tx) error { return tx.AddAgent(ctx, a) })
	other := a
	other.ID = candor.NewID(noon)
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddAgent(ctx, other) }), candor.ErrExists)
	do(t, s, func(tx *store.Tx) error { return tx.ReceiveFrom(ctx, a.ID, 1) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ReceiveFrom(ctx, a.ID, 1) }), candor.ErrChanged)
	a.Received, a.Seen, a.Status = 1, noon, []byte(`{"cpu":1}`)
	do(t, s, func(tx *store.Tx) error { return tx.SeeAgent(ctx, a) })
	same(t, must(s.AgentOf(ctx, server.ID))(t), a)
	a.State = candor.AgentRevoked
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAgent(ctx, a, candor.AgentActive) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeAgent(ctx, a, candor.AgentActive) }), candor.ErrChanged)
	same(t, must(s.Agents(ctx, 10))(t), []candor.Agent{a})
	same(t, must(s.AgentPage(ctx, "", candor.Cut{}))(t).Items, []candor.Agent{a})
	same(t, must(s.AgentPage(ctx, candor.AgentActive, candor.Cut{}))(t).Count, 0)

	task := candor.AgentTask{ID: candor.NewID(noon), Asset: server.ID, Same: "scan:1", Kind: "scan", Body: []byte(`{}`), State: candor.AgentTaskWaiting, Created: noon, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddAgentTask(ctx, task) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AddAgentTask(ctx, task) }), candor.ErrExists)
	same(t, must(s.AgentTasks(ctx, server.ID, 10))(t), []candor.AgentTask{task})
	task.State, task.Result = candor.AgentTaskDone, []byte(`{"x":1}`)
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAgentTask(ctx, task) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.ChangeAgentTask(ctx, task) }), candor.ErrChanged)
	same(t, must(s.AgentTask(ctx, "scan:1"))(t), task)
	same(t, must(s.AgentTaskByID(ctx, task.ID))(t), task)
	do(t, s, func(tx *store.Tx) error { return tx.ForgetAgentTasks(ctx, noon) })
	same(t, must(s.AgentTaskByID(ctx, task.ID))(t), task)
	do(t, s, func(tx *store.Tx) error { return tx.ForgetAgentTasks(ctx, noon.Add(2*time.Hour)) })
	_, err := s.AgentTaskByID(ctx, task.ID)
	isKind(t, err, candor.ErrNotFound)
	_, err = s.AgentToken(ctx, "h")
	isKind(t, err, candor.ErrNotFound)
	do(t, s, func(tx *store.Tx) error { return tx.DeleteAgentTask(ctx, task.ID) }) // none is no error

	first := candor.Issuer{Certificate: []byte{1}, Key: []byte{2}, Created: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddIssuer(ctx, "x", first) })
	do(t, s, func(tx *store.Tx) error { return tx.AddIssuer(ctx, "x", candor.Issuer{Certificate: []byte{3}}) })
	same(t, must(s.Issuer(ctx, "x"))(t), first)
}

// testVerdicts makes sure that one server alone is not believed.
func testVerdicts(t *testing.T, s *store.Store) {
	ctx := t.Context()
	claim := func(who string, at time.Time, digests ...string) {
		t.Helper()
		do(t, s, func(tx *store.Tx) error { return tx.ClaimClean(ctx, "g", who, digests, at) })
	}
	believed := func(after store.Believed) (all []string) {
		for _, b := range must(s.Believed(ctx, "g", after, 10))(t) {
			all = append(all, b.Digest)
		}
		return all
	}
	claim("a", noon, "1", "2", "3")
	claim("a", noon, "1", "2")
	same(t, believed(store.Believed{}), []string(nil))
	claim("b", noon.Add(time.Second), "1", "4")
	claim("c", noon.Add(2*time.Second), "1")
	claim(store.House, noon.Add(3*time.Second), "3", "5", "1")
	same(t, believed(store.Believed{}), []string{"1", "3", "5"})
	same(t, believed(store.Believed{Number: noon.Add(3 * time.Second).UnixMicro(), Digest: "3"}), []string{"5"})
	do(t, s, func(tx *store.Tx) error { return tx.ForgetVerdicts(ctx, []string{"h"}) })
	same(t, believed(store.Believed{}), []string(nil))
}
