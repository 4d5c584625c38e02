package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"candor"
	"candor/internal/house"
	"candor/internal/phrase"
)

// mailAnswer mails the answer to what somebody asked about terms. The mail has the
// identifier of the answer, so that there is one for each; a reply to it, from the
// address that the party has, asks again.
func (r *running) mailAnswer(ctx context.Context, j house.AnswerJob) error {
	a, err := r.Reply(ctx, j)
	if errors.Is(err, candor.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.writeLink(ctx, a.Addressed, candor.Message{ID: j.Event, Case: j.Case}, func(p phrase.Printer, address string, _ *time.Location) letter {
		return answerLetter(p, a, r.setup.provider.Name, address)
	})
}

// answerLetter brings the answer, with what it answers.
func answerLetter(p phrase.Printer, a house.Reply, provider, address string) letter {
	args := phrase.Args{"provider": provider, "case": a.Case.Label()}
	asked := "> " + strings.ReplaceAll(strings.TrimSpace(a.Asked), "\n", "\n> ")
	return letter{p.T("receipt.answer.subject", args), strings.Join([]string{p.T("campaign.hello", args), p.T("receipt.answer.opening", args), a.Answer,
		p.T("receipt.answer.asked", args) + "\n" + asked, p.T("receipt.answer.again", args), address, p.T("campaign.link", args)}, "\n\n") + "\n"}
}
