package portal

import (
	"slices"
	"strconv"

	"candor/internal/house"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// fixed has the site looked at again at once, and keeps what the customer gives
// to show that it is mended.
func (p *portal) fixed(v visit) (web.View, error) {
	proof := house.Proof{Text: v.Text("fixed")}
	file, problem := attached(v.Request, "proof")
	if problem != "" {
		return p.page(v, form{field: "proof", problem: problem})
	}
	proof.File = file
	if chosen := v.Lines("step"); len(chosen) > 0 {
		if err := p.steps(v, &proof, v.Line("guide"), chosen); err != nil {
			return web.View{}, err
		}
	}
	if err := p.site.House.ProveFixed(v.Context(), v.Who, v.id, proof); err != nil {
		return web.View{}, err
	}
	return p.thanks(v, "portal.fixed.said")
}

// fixedSlowly is fixed for the holders of links, who wait if they hand in too
// many files.
func (p *portal) fixedSlowly(v visit) (web.View, error) {
	if _, data, err := v.Upload("proof", house.MostUpload); err == nil && len(data) > 0 {
		if err := p.slow.holder(v.Request, v.id); err != nil {
			return web.View{}, err
		}
	}
	return p.fixed(v)
}

// steps takes the steps of a guide that somebody ticked, in words. Numbers of
// another guide's steps are passed over.
func (p *portal) steps(v visit, proof *house.Proof, slug string, chosen []string) error {
	all, err := p.site.House.Guides(v.Context())
	if err != nil {
		return err
	}
	for _, a := range all {
		if a.Slug != slug {
			continue
		}
		proof.Guide = slug
		steps := wordedGuide(v.Request, a, 3).Steps
		proof.Of = len(steps)
		for i, step := range steps {
			if slices.Contains(chosen, strconv.Itoa(i+1)) {
				proof.Steps = append(proof.Steps, step)
			}
		}
	}
	return nil
}

// stepOptions number the steps of a guide.
func stepOptions(steps []string) []ui.Option {
	all := make([]ui.Option, len(steps))
	for i, step := range steps {
		all[i] = ui.Option{Value: strconv.Itoa(i + 1), Label: step}
	}
	return all
}

// ask hands a question to the staff.
func (p *portal) ask(v visit) (web.View, error) {
	text := v.Text("question")
	if text == "" {
		return p.page(v, form{field: "question", problem: v.T("portal.ask.empty")})
	}
	if err := p.site.House.Ask(v.Context(), v.Who, v.id, text); err != nil {
		return web.View{}, err
	}
	return p.thanks(v, "portal.ask.said")
}

// contest tells the staff that the customer thinks that it is a mistake.
func (p *portal) contest(v visit) (web.View, error) {
	text := v.Text("contest")
	if text == "" {
		return p.page(v, form{field: "contest", problem: v.T("portal.contest.empty")})
	}
	if err := p.site.House.Contest(v.Context(), v.Who, v.id, text); err != nil {
		return web.View{}, err
	}
	return p.thanks(v, "portal.contest.said")
}

// thanks leads back to the case and says that its step was heard.
func (p *portal) thanks(v visit, key string) (web.View, error) {
	return web.See(v.path).Say(ui.Good, v.Printer.T(key)), nil
}
