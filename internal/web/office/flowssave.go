package office

import (
	"net/url"

	"candor/internal/access"
	"candor/internal/flow/archive"
	"candor/internal/web"
	"candor/internal/web/ui"
)

// saves are the questions that somebody keeps.
type saves struct {
	query string // the question now, as it would be kept
	saved string // the ID of the one that this is; empty if it is none
	tabs  []ui.Tab
}

// savesOf gives the questions that the reader keeps. What they were for is not
// kept: whoever asks again says it again.
func (o *office) savesOf(r *web.Request, a asked) (s saves, err error) {
	if !r.May(access.ReadCases) {
		return s, nil
	}
	own, err := o.house.Views(r.Context(), r.Who, viewsPage)
	if err != nil {
		return s, err
	}
	kept := url.Values{}
	for name, all := range a.values {
		if name != forWhat {
			kept[name] = all
		}
	}
	if text := r.URL.Query().Get(archive.ParameterTime); text != "" {
		kept.Set(archive.ParameterTime, text) // 1h stays the last hour
	}
	s.query = kept.Encode()
	for _, v := range own {
		active := v.Query == s.query
		if active {
			s.saved = string(v.ID)
		}
		s.tabs = append(s.tabs, ui.Tab{Text: v.Name, Href: flowsPath + "?" + v.Query, Active: active})
	}
	return s, nil
}
