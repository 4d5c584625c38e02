package api

import (
	"context"
	"fmt"
	"net/http"

	"candor"
	"candor/internal/house"
	"candor/internal/intel/tlp"
)

type packQuery struct {
	ID       candor.ID        `path:"id"`
	Format   house.PackFormat `query:"format" enum:"iodef,iodef-json,stix,misp,pdf" default:"stix" doc:"IODEF 2 as XML or JSON, STIX 2.1, an event of MISP, or sheets for people."`
	Audience tlp.Audience     `query:"audience" enum:"public,community,clients,organisation,recipients" default:"recipients" doc:"Who gets it: what may not reach them by its TLP mark is left out."`
	Entry    candor.ID        `query:"entry" doc:"Of the directory: whom it is for. It is kept in the evidence log."`
}

// packFile is a pack, with what was left out.
type packFile struct {
	Type    string `header:"Content-Type"`
	Name    string `header:"Content-Disposition"`
	Body    []byte
	SHA256  string `header:"Candor-SHA256" doc:"SHA-256 of the file, as the evidence log has it."`
	TLP     string `header:"Candor-TLP" doc:"The mark that it bears."`
	Private int    `header:"Candor-Left-Private" doc:"How many indicators were left out since they name somebody."`
	Marked  int    `header:"Candor-Left-Marked" doc:"How many were left out since they are marked too strictly."`
	Invalid int    `header:"Candor-Left-Invalid" doc:"How many were left out since they are of no value."`
	Bulk    int    `header:"Candor-Left-Bulk" doc:"How many were left out since their reports tell of other cases too, or are too large."`
}

// addPacks adds what others may get of a case.
func (s *server) addPacks() {
	add(s, operation{id: "get-case-pack", method: http.MethodGet, path: "/api/v1/cases/{id}/pack", tag: "Directory", needs: acts, answers: "application/octet-stream", summary: "Get what a CERT may get of a case",
		about: "Class, severity, times cut to the hour, and the indicators of the attacker: nothing that tells whom the case is about or who reported it. Headers tell how much was left out, and why. Who took it, for whom, and its SHA-256 are kept in the evidence log. 403 where the case is marked too strictly for the audience."},
		func(ctx context.Context, who candor.Principal, in *packQuery) (*packFile, error) {
			p, err := s.House.CasePack(ctx, who, house.PackOrder{Case: in.ID, Format: in.Format, Audience: in.Audience, Entry: in.Entry})
			if err != nil {
				return nil, err
			}
			return &packFile{Type: p.MediaType, Name: fmt.Sprintf(`attachment; filename="%s"`, p.Name), Body: p.Content, SHA256: p.SHA256, TLP: string(p.Mark),
				Private: p.Left.Private, Marked: p.Left.Marked, Invalid: p.Left.Invalid, Bulk: p.Left.Bulk}, nil
		})
}
