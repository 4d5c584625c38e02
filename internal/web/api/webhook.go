package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/store"
)

// hookKind is what a webhook can be told of.
type hookKind string

func (hookKind) Schema(r huma.Registry) *huma.Schema {
	return words(r, "WebhookKind", "What happened.", house.WebhookKinds()...)
}

type newWebhook struct {
	Body struct {
		URL   string     `json:"url" format:"uri" maxLength:"1000" doc:"It begins with https://."`
		Kinds []hookKind `json:"kinds,omitempty" maxItems:"50" doc:"Everything if empty."`
	}
}

// madeWebhook is a webhook, and what can be seen only now.
type madeWebhook struct {
	store.Webhook
	Secret string `json:"secret" doc:"Signs the messages (Standard Webhooks, HMAC-SHA-256). Shown now and never again."`
}

func (s *server) addWebhooks() {
	const tag = "Webhooks"
	change := []access.Permission{access.ManageSettings, access.ActOwn}
	see := []access.Permission{access.ReadSettings, access.ReadOwn}
	add(s, operation{id: "list-webhooks", method: http.MethodGet, path: "/api/v1/webhooks", tag: tag, needs: see, summary: "List webhooks", about: "Customers see their own, which are told of their own cases."},
		func(ctx context.Context, who candor.Principal, _ *struct{}) (*whole[store.Webhook], error) {
			return wholeOf(s.House.Webhooks(ctx, who))
		})
	add(s, operation{id: "add-webhook", method: http.MethodPost, path: "/api/v1/webhooks", tag: tag, needs: change, status: http.StatusCreated, secrets: []string{"secret"}, summary: "Add a webhook",
		about: "Messages are sent as [Standard Webhooks](https://www.standardwebhooks.com/) says, again and again for two days until they are answered with 2xx."},
		func(ctx context.Context, who candor.Principal, in *newWebhook) (*struct{ Body madeWebhook }, error) {
			kinds := make([]string, len(in.Body.Kinds))
			for i, k := range in.Body.Kinds {
				kinds[i] = string(k)
			}
			hook, secret, err := s.House.AddWebhook(ctx, who, in.Body.URL, kinds)
			return &struct{ Body madeWebhook }{madeWebhook{hook, secret}}, err
		})
	add(s, operation{id: "delete-webhook", method: http.MethodDelete, path: "/api/v1/webhooks/{id}", tag: tag, needs: change, summary: "Remove a webhook"},
		done(func(ctx context.Context, who candor.Principal, in *one) error {
			return s.House.DeleteWebhook(ctx, who, in.ID)
		}))
	add(s, operation{id: "list-deliveries", method: http.MethodGet, path: "/api/v1/webhooks/{id}/deliveries", tag: tag, needs: see, summary: "List the latest messages to a webhook", about: "The latest 100."},
		func(ctx context.Context, who candor.Principal, in *one) (*whole[store.Delivery], error) {
			return wholeOf(s.House.Deliveries(ctx, who, in.ID))
		})
}
