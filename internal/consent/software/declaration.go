package software

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"candor"
)

// Declaration says of one build what it comes with. It is one JSON document: the
// provider registers it, and may ship it with the build.
type Declaration struct {
	Build     Build    `json:"build"`
	Agreement Paper    `json:"agreement"`
	Policy    Paper    `json:"policy"`
	Optional  []string `json:"optional,omitempty"`
}

// MostDeclaration bounds a declaration, in bytes.
const MostDeclaration = 8 << 20

// ReadDeclaration reads a declaration strictly. What is none gives
// candor.ErrInvalid.
func ReadDeclaration(data []byte) (Declaration, error) {
	var d Declaration
	in := json.NewDecoder(bytes.NewReader(data))
	in.DisallowUnknownFields()
	if err := in.Decode(&d); err != nil {
		return Declaration{}, candor.WithHint(fmt.Errorf("declaration: %w: %w", err, candor.ErrInvalid), "Make it with \"candor software bind\".")
	}
	return d, d.Check()
}

// Check says what is wrong with a declaration.
func (d Declaration) Check() error {
	if err := d.Build.Check(); err != nil {
		return err
	}
	return d.Binding("", time.Unix(1, 0)).Check()
}

// Binding gives the binding that it declares.
func (d Declaration) Binding(id candor.ID, since time.Time) Binding {
	return Binding{ID: id, Product: d.Build.Product, Build: d.Build.Digest(), Agreement: d.Agreement, Policy: d.Policy, Optional: d.Optional, Since: since}
}

// Judge holds what a device has and shows against the declaration alone.
func (d Declaration) Judge(s Shown) Mismatch {
	known := Declared{Build: d.Build, Known: s.Product == d.Build.Product && s.Build == d.Build.Digest(), Bindings: []Binding{d.Binding("", time.Unix(1, 0))}}
	_, m := Judge(s, known, time.Unix(1, 0))
	return m
}
