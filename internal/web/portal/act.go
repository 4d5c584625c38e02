package portal

import (
	"candor/internal/web"
	"candor/internal/web/ui"
)

// fixed has the site looked at again at once.
func (p *portal) fixed(v visit) (web.View, error) {
	if err := p.site.House.Fixed(v.Context(), v.Who, v.id, v.Text("fixed")); err != nil {
		return web.View{}, err
	}
	return p.thanks(v, "portal.fixed.said")
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
