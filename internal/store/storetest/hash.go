package storetest

import (
	"testing"
	"time"

	"candor"
	"candor/internal/store"
)

// testHashes asks where contents lie, and keeps what those say who are asked.
func testHashes(t *testing.T, s *store.Store) {
	ctx := t.Context()
	p, site := Sample(t, s, "hashes")
	server := candor.Asset{ID: candor.NewID(noon), Kind: candor.Server, Owner: p.ID, Name: "hashes1", Created: noon, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddAsset(ctx, server, time.Time{}) })
	site.Server = server.ID
	do(t, s, func(tx *store.Tx) error { return tx.ChangeAsset(ctx, site, noon) })
	found := false
	for _, id := range must(s.ServersWithSites(ctx))(t) {
		found = found || id == server.ID
	}
	if !found {
		t.Error("the server has a site")
	}

	q := candor.HashQuestion{Hash: "aa", Size: 7, Asked: noon, By: "user:1"}
	own := candor.HashAnswer{Hash: "aa", State: candor.HashWaiting, Asked: noon, Updated: noon}
	there := own
	there.Server = server.ID
	do(t, s, func(tx *store.Tx) error { return tx.AskHash(ctx, q, own, there) })
	same(t, must(s.HashQuestion(ctx, "aa"))(t), q)
	same(t, must(s.HashAnswers(ctx, "aa"))(t), []candor.HashAnswer{own, there})
	same(t, must(s.WaitingHashes(ctx, server.ID, 5))(t), []candor.HashQuestion{q})
	same(t, must(s.WaitingServers(ctx, "hashes:"))(t), []candor.ID{server.ID})
	task := candor.AgentTask{ID: candor.NewID(noon), Asset: server.ID, Same: "hashes:" + string(server.ID), Kind: "hashes", Body: []byte(`{}`), State: candor.AgentTaskWaiting, Created: noon, Updated: noon}
	do(t, s, func(tx *store.Tx) error { return tx.AddAgentTask(ctx, task) })
	same(t, len(must(s.WaitingServers(ctx, "hashes:"))(t)), 0)
	do(t, s, func(tx *store.Tx) error { return tx.DeleteAgentTask(ctx, task.ID) })
	_, err := s.HashQuestion(ctx, "bb")
	isKind(t, err, candor.ErrNotFound)

	there.State, there.Updated, there.Places, there.Unread = candor.HashAnswered, noon.Add(time.Minute), 2, 1
	places := []candor.HashPlace{
		{ID: candor.NewID(noon), Hash: "aa", Server: server.ID, Asset: site.ID, Path: "/srv/b", Size: 7, Since: noon},
		{ID: candor.NewID(noon.Add(time.Second)), Hash: "aa", Server: server.ID, Asset: site.ID, Path: "/srv/a", Size: 7, Since: noon}}
	do(t, s, func(tx *store.Tx) error { return tx.AnswerHash(ctx, there, places) })
	isKind(t, s.Tx(ctx, func(tx *store.Tx) error { return tx.AnswerHash(ctx, there, places) }), candor.ErrChanged)
	same(t, must(s.HashAnswers(ctx, "aa"))(t), []candor.HashAnswer{own, there})
	same(t, must(s.HashPlaces(ctx, "aa", 10))(t), places)
	same(t, must(s.HashPlaces(ctx, "aa", 1))(t), places[:1])
	same(t, must(s.HashHolders(ctx, "aa", 10))(t), []candor.Holding{{Asset: site.ID, Kind: candor.Site, Party: site.Owner, What: "/srv/a", Since: noon}})
	same(t, len(must(s.WaitingServers(ctx, "hashes:"))(t)), 0)

	// It is asked again, and cannot be: what it said before stays.
	q.Asked, there.State, there.Asked = noon.Add(time.Hour), candor.HashWaiting, noon.Add(time.Hour)
	do(t, s, func(tx *store.Tx) error { return tx.AskHash(ctx, q, there) })
	there.State, there.Error = candor.HashFailed, "away"
	do(t, s, func(tx *store.Tx) error { return tx.AnswerHash(ctx, there, nil) })
	same(t, must(s.HashPlaces(ctx, "aa", 10))(t), places)
	// And again, and nothing is there.
	there.State = candor.HashWaiting
	do(t, s, func(tx *store.Tx) error { return tx.AskHash(ctx, q, there) })
	there.State, there.Places, there.Unread, there.Error = candor.HashAnswered, 0, 0, ""
	do(t, s, func(tx *store.Tx) error { return tx.AnswerHash(ctx, there, nil) })
	same(t, len(must(s.HashPlaces(ctx, "aa", 10))(t)), 0)
	same(t, must(s.WaitingHashes(ctx, "", 5))(t), []candor.HashQuestion{q})

	do(t, s, func(tx *store.Tx) error { return tx.ForgetHashes(ctx, noon.Add(time.Hour)) })
	same(t, must(s.HashQuestion(ctx, "aa"))(t), q)
	do(t, s, func(tx *store.Tx) error { return tx.ForgetHashes(ctx, noon.Add(2*time.Hour)) })
	_, err = s.HashQuestion(ctx, "aa")
	isKind(t, err, candor.ErrNotFound)
}
