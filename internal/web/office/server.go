package office

import (
	"errors"
	"slices"
	"strings"

	"candor"
	"candor/internal/web"
)

// assetHandle is how an asset is written in a field: with its number if it has one.
func assetHandle(a candor.Asset) string {
	if a.Reference != "" {
		return a.Name + " (" + a.Reference + ")"
	}
	return a.Name
}

// servers are those that sites can lie on, as they are written in the field.
func (o *office) servers(r *web.Request) (all []string, err error) {
	no := false
	page, err := o.house.Assets(r.Context(), r.Who, candor.AssetFilter{Kind: candor.Server, Retired: &no}, candor.Cut{Sort: "name", Limit: mostSuggested})
	for _, a := range page.Items {
		all = append(all, assetHandle(a))
	}
	return all, err
}

// errSeveralServers says that a name stands for more than one server.
var errSeveralServers = errors.New("several servers have this name")

// server finds the server that somebody wrote: by name and number, number, name,
// or ID.
func (o *office) server(r *web.Request, text string) (candor.Asset, error) {
	if id, err := candor.ParseID(text); err == nil {
		return o.house.Store.Asset(r.Context(), r.Who.Scope(), id)
	}
	reference := text
	if at := strings.LastIndex(text, " ("); at > 0 && strings.HasSuffix(text, ")") {
		reference = text[at+2 : len(text)-1]
	}
	if a, err := o.house.Store.AssetByReference(r.Context(), candor.Server, reference); text != "" && err == nil && (reference == text || assetHandle(a) == text) {
		return a, nil
	}
	no := false
	page, err := o.house.Assets(r.Context(), r.Who, candor.AssetFilter{Kind: candor.Server, Retired: &no, Text: text}, candor.Cut{Limit: 500})
	if err != nil {
		return candor.Asset{}, err
	}
	same := slices.DeleteFunc(page.Items, func(a candor.Asset) bool { return !strings.EqualFold(a.Name, text) })
	switch len(same) {
	case 0:
		return candor.Asset{}, candor.ErrNotFound
	case 1:
		return same[0], nil
	}
	return candor.Asset{}, errSeveralServers
}

// blameServer takes up what is wrong with the field of a server.
func (f *form) blameServer(r *web.Request, err error) error {
	switch {
	case errors.Is(err, errSeveralServers):
		f.refuse("server", r.T("office.asset.server.several"))
	case errors.Is(err, candor.ErrNotFound):
		f.refuse("server", r.T("office.asset.server.bad"))
	default:
		return err
	}
	return nil
}
