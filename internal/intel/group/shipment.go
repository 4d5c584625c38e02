package group

import (
	"time"

	"candor"
	"candor/internal/intel/tlp"
)

// Shipment is what went to a group, and by which ways.
type Shipment struct {
	ID     candor.ID `json:"id"`
	Group  candor.ID `json:"group"`
	Case   candor.ID `json:"case,omitempty"`
	Bundle candor.ID `json:"bundle"` // as the group knows it
	At     time.Time `json:"at"`
	By     string    `json:"by"`
	Mark   tlp.Mark  `json:"mark"` // of all that went
	// Audience is whom it was released to.
	Audience   tlp.Audience `json:"audience"`
	Indicators int          `json:"indicators"`
	Objects    int          `json:"objects"` // in the collection; 0 if nothing went into it
	Mails      []Mail       `json:"mails,omitempty"`
}

// Mail is what went to one organisation by mail.
type Mail struct {
	Message   candor.ID `json:"message"`
	Entry     candor.ID `json:"entry"`
	Name      string    `json:"name"`
	Format    string    `json:"format"`
	SHA256    string    `json:"sha256"`    // of the content, before it was encrypted
	Encrypted bool      `json:"encrypted"` // with the organisation's key
	// State is how far the mail is, as it is looked at; empty before anybody tried, and
	// for good where the organisation was taken out of use first.
	State candor.MessageState `json:"state,omitempty"`
}
