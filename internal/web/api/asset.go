package api

import (
	"context"
	"net/http"
	"time"

	"candor"
	"candor/internal/access"
	"candor/internal/house"
	"candor/internal/inventory"
	"candor/internal/store"
)

type assetQuery struct {
	Paging
	Sort          string           `query:"sort" enum:"id,name,scanned"`
	Kind          candor.AssetKind `query:"kind"`
	Owner         candor.ID        `query:"owner"`
	Retired       string           `query:"retired" enum:"true,false"`
	ScannedBefore time.Time        `query:"scanned_before" doc:"The last complete scan was earlier, or there was none."`
	Text          string           `query:"text" maxLength:"200" doc:"Words that are found in it."`
}

// assetFields are what can be said of an asset.
type assetFields struct {
	Kind        candor.AssetKind `json:"kind" doc:"It stays what it was first."`
	Owner       candor.ID        `json:"owner" doc:"A party."`
	Name        string           `json:"name" minLength:"1" maxLength:"200"`
	Reference   string           `json:"reference,omitempty" maxLength:"200" doc:"Your own number for it; unique among its kind."`
	Roots       []string         `json:"roots,omitempty" maxItems:"100" doc:"Absolute folders that hold a site's content."`
	Server      candor.ID        `json:"server,omitempty" doc:"The server on which a site lies, whose agent looks after it; missing if this program reads its roots itself."`
	Hosts       []string         `json:"hosts,omitempty" maxItems:"1000" doc:"Host names."`
	Software    string           `json:"software,omitempty" maxLength:"100" example:"wordpress"`
	ObserveOnly bool             `json:"observe_only,omitempty" doc:"No response may ever touch it."`
	Vital       candor.Vital     `json:"vital,omitempty" doc:"Of a line: why it is never isolated; missing if it may be."`
	Every       candor.Period    `json:"every,omitempty" doc:"How often it is scanned; 0s takes the provider's."`
	Retired     bool             `json:"retired,omitempty"`
	Access      candor.Access    `json:"access,omitzero" doc:"Of a line: what it is sold as."`
}

func (f assetFields) asset(id candor.ID) candor.Asset {
	return candor.Asset{ID: id, Kind: f.Kind, Owner: f.Owner, Name: f.Name, Reference: f.Reference, Roots: f.Roots, Hosts: f.Hosts,
		Software: f.Software, ObserveOnly: f.ObserveOnly, Vital: f.Vital, Every: f.Every, Retired: f.Retired, Server: f.Server, Access: f.Access}
}

type newAsset struct{ Body assetFields }

type assetChange struct {
	ID   candor.ID `path:"id"`
	Body assetFields
}

type assetAnswer struct{ Body candor.Asset }

type assetWhole struct{ Body house.AssetView }

func (s *server) addAssets() {
	const tag = "Assets"
	add(s, operation{id: "list-assets", method: http.MethodGet, path: "/api/v1/assets", tag: tag, needs: readsParties, summary: "List assets"},
		func(ctx context.Context, who candor.Principal, in *assetQuery) (*listed[candor.Asset], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "id")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Assets(ctx, who, candor.AssetFilter{Kind: in.Kind, Owner: in.Owner, Retired: truth(in.Retired), ScannedBefore: in.ScannedBefore, Text: in.Text}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-asset", method: http.MethodGet, path: "/api/v1/assets/{id}", tag: tag, needs: readsParties, summary: "Get an asset with what belongs to it"},
		func(ctx context.Context, who candor.Principal, in *one) (*assetWhole, error) {
			v, err := s.House.Asset(ctx, who, in.ID)
			return &assetWhole{v}, err
		})
	add(s, operation{id: "get-asset-software", method: http.MethodGet, path: "/api/v1/assets/{id}/software", tag: tag, needs: readsParties, summary: "Get the software of a site or a server, as it was observed",
		about: "Packages of servers that have an agent; of sites web applications, plug-ins, themes, and libraries of Composer and npm. With since when each is there, what contradicts what somebody wrote down, and, for who may read those of all, its vulnerabilities."},
		func(ctx context.Context, who candor.Principal, in *softwareItems) (*inventoryAnswer, error) {
			v, err := s.House.SoftwareOf(ctx, who, in.ID, store.ItemFilter{Kind: inventory.Kind(in.Kind), Text: in.Text, Gone: in.Gone, Most: in.Limit})
			return &inventoryAnswer{v}, err
		})
	add(s, operation{id: "create-asset", method: http.MethodPost, path: "/api/v1/assets", tag: tag, needs: managesThem, status: http.StatusCreated, summary: "Add an asset"},
		func(ctx context.Context, who candor.Principal, in *newAsset) (*assetAnswer, error) {
			a, err := s.House.SaveAsset(ctx, who, in.Body.asset(""))
			return &assetAnswer{a}, err
		})
	add(s, operation{id: "replace-asset", method: http.MethodPut, path: "/api/v1/assets/{id}", tag: tag, needs: managesThem, summary: "Replace what is said of an asset"},
		func(ctx context.Context, who candor.Principal, in *assetChange) (*assetAnswer, error) {
			a, err := s.House.SaveAsset(ctx, who, in.Body.asset(in.ID))
			return &assetAnswer{a}, err
		})
}

type softwareItems struct {
	ID    candor.ID `path:"id"`
	Kind  string    `query:"kind" enum:"application,plugin,theme,library,package" doc:"Only what is that."`
	Text  string    `query:"q" maxLength:"200" doc:"Words in its name."`
	Gone  bool      `query:"gone" doc:"What is gone, instead: the latest first. It is remembered for 180 days."`
	Limit int       `query:"limit" minimum:"1" maximum:"5000" default:"1000"`
}

type inventoryAnswer struct{ Body house.InventoryView }

type scanQuery struct {
	Paging
	Sort  string             `query:"sort" enum:"queued,id"`
	State []candor.ScanState `query:"state" doc:"One of these states."`
	Asset candor.ID          `query:"asset"`
}

type scanAnswer struct{ Body candor.Scan }

func (s *server) addScans() {
	const tag = "Scans"
	add(s, operation{id: "list-scans", method: http.MethodGet, path: "/api/v1/scans", tag: tag, needs: reads, summary: "List scans"},
		func(ctx context.Context, who candor.Principal, in *scanQuery) (*listed[candor.Scan], error) {
			cut, err := s.cut(ctx, who, in.Paging, in.Sort, "queued")
			if err != nil {
				return nil, err
			}
			page, err := s.House.Scans(ctx, who, candor.ScanFilter{States: in.State, Asset: in.Asset}, cut)
			return paged(ctx, s, who, page, err)
		})
	add(s, operation{id: "get-scan", method: http.MethodGet, path: "/api/v1/scans/{id}", tag: tag, needs: reads, summary: "Get a scan"},
		func(ctx context.Context, who candor.Principal, in *one) (*scanAnswer, error) {
			x, err := s.House.TheScan(ctx, who, in.ID)
			return &scanAnswer{x}, err
		})
	add(s, operation{id: "start-scan", method: http.MethodPost, path: "/api/v1/assets/{id}/scans", tag: tag, needs: []access.Permission{access.ActCases, access.ActOwn}, status: http.StatusAccepted,
		summary: "Have a site scanned now", about: "One that was asked for and waits or runs is that one. Soon after its end: 429, with when to ask again in Retry-After."},
		func(ctx context.Context, who candor.Principal, in *one) (*scanAnswer, error) {
			x, err := s.House.Scan(ctx, who, in.ID)
			return &scanAnswer{x}, err
		})
}
