package main

import (
	"context"
	"crypto/subtle"
	"io"
	"net/http"
	"strings"

	"candor"
	"candor/internal/access"
	"candor/internal/config"
	"candor/internal/house"
	"candor/internal/respond"
	"candor/internal/respond/notify"
	"candor/internal/store"
	"candor/internal/web"
	"candor/internal/web/api"
	"candor/internal/web/console"
	"candor/internal/web/exchange"
	"candor/internal/web/hosted"
	"candor/internal/web/office"
	"candor/internal/web/portal"
	"candor/internal/web/support"
)

// handler answers requests as the roles say: a worker tells only how it is.
func (r *running) handler(c *config.Config) (http.Handler, error) {
	mux := http.NewServeMux()
	if token := c.Metrics.Token.Reveal(); token != "" {
		metrics := r.metrics()
		mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, req *http.Request) {
			given := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
			if subtle.ConstantTimeCompare([]byte(given), []byte(token)) != 1 {
				http.Error(w, "the token of metrics.token is needed", http.StatusUnauthorized)
				return
			}
			metrics.ServeHTTP(w, req)
		})
	}
	for _, role := range c.Roles {
		if role == "web" {
			site, err := r.site(c)
			if err != nil {
				return nil, err
			}
			mux.Handle("/", site.Handler())
			return mux, nil
		}
	}
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, req *http.Request) {
		if err := r.Ready(req.Context()); err != nil {
			http.Error(w, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux, nil
}

// site is all pages, and the API.
func (r *running) site(c *config.Config) (*web.Site, error) {
	site, err := web.New(web.Config{House: r.House, Access: r.Access, Phrases: r.phrases, Log: r.setup.log, Clock: r.setup.clock,
		Provider:  web.Provider{Name: r.setup.provider.Name, Mail: r.setup.provider.Mail, Phone: r.setup.provider.Phone},
		PublicURL: r.setup.publicURL, Secrets: r.secrets, Links: r.links, Version: programVersion(), Zone: r.setup.zone, SendReset: r.mails(reset)})
	if err != nil {
		return nil, err
	}
	r.pages = site
	configured, err := c.Redacted()
	if err != nil {
		return nil, err
	}
	console.Register(site, r.House)
	office.Register(site, r.House, office.Options{Playbooks: r.books, Configured: configured, Invite: r.mails(invitation), Agents: r.setup.agents})
	support.Register(site, r.House)
	portal.Mount(site, portal.Config{Advice: told{r.books}, Renew: r.renewal(), MostReport: min(int64(r.setup.intake.MaxSize), house.MostReport)})
	hosted.Mount(site)
	exchange.Mount(site)
	programs, err := api.New(api.Config{House: r.House, Access: r.Access, Clock: r.setup.clock, Log: r.setup.log, Version: programVersion(),
		PublicURL: r.setup.publicURL, Bounce: r.bounce, Secret: r.secrets[0],
		Welcome: func(p access.Purpose, secret string) string { return r.setup.publicURL + welcomePath(p) + secret }})
	if err != nil {
		return nil, err
	}
	for _, pattern := range []string{"/api/", "GET /api", "GET /openapi.json", "GET /openapi.yaml"} {
		site.Handle(pattern, web.Needs{web.Anyone}, programs)
	}
	return site, nil
}

// welcomePath is where the secret of a one-time link is redeemed.
func welcomePath(p access.Purpose) string {
	switch p {
	case access.FirstAdmin:
		return web.FirstPath
	case access.Reset:
		return web.ResetPath
	}
	return web.InvitedPath
}

// mostBounce bounds a mail that came back, in bytes.
const mostBounce = 4 << 20

// bounce takes a mail that came back, and has its response looked at again.
func (r *running) bounce(ctx context.Context, message io.Reader) error {
	b, err := notify.ParseBounce(io.LimitReader(message, mostBounce))
	if err != nil {
		return err
	}
	m, err := r.notify.Record(ctx, b)
	if err != nil || m.Response == "" {
		return err
	}
	return r.Store.Tx(ctx, func(tx *store.Tx) error {
		return tx.Enqueue(ctx, respond.VerifyJob{Response: m.Response}, candor.JobOptions{})
	})
}
