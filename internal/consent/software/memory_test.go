package software

import (
	"context"
	"maps"
	"sync"
	"time"

	"candor"
)

// memory is a Store, a Recorder and Findings in memory. A transaction that fails
// leaves nothing behind.
type memory struct {
	lock     sync.Mutex
	state    state
	findings []candor.Finding
	before   func() // called before each transaction, without the lock
}

type state struct {
	products    map[string]Product
	builds      map[[2]string]Build
	bindings    []Binding
	devices     map[string]Device
	codes       map[string]candor.ID
	statements  map[serialOf]Kept
	acceptances map[[2]string]Acceptance
	events      []Event
}

type serialOf struct {
	device string
	serial int64
}

func newMemory() *memory {
	return &memory{state: state{products: map[string]Product{}, builds: map[[2]string]Build{}, devices: map[string]Device{}, codes: map[string]candor.ID{},
		statements: map[serialOf]Kept{}, acceptances: map[[2]string]Acceptance{}}}
}

func (m *memory) Tx(_ context.Context, f func(Tx) error) error {
	if m.before != nil {
		m.before()
	}
	m.lock.Lock()
	defer m.lock.Unlock()
	s := &m.state
	was := state{maps.Clone(s.products), maps.Clone(s.builds), s.bindings[:len(s.bindings):len(s.bindings)], maps.Clone(s.devices), maps.Clone(s.codes),
		maps.Clone(s.statements), maps.Clone(s.acceptances), s.events[:len(s.events):len(s.events)]}
	err := f(s)
	if err != nil {
		m.state = was
	}
	return err
}

func (m *memory) Record(_ context.Context, tx Tx, e Event) error {
	s := tx.(*state)
	s.events = append(s.events, e)
	return nil
}

func (m *memory) File(_ context.Context, _ Product, f candor.Finding) error {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.findings = append(m.findings, f)
	return nil
}

func get[K comparable, V any](m map[K]V, k K) (V, error) {
	v, ok := m[k]
	if !ok {
		return v, candor.ErrNotFound
	}
	return v, nil
}

func put[K comparable, V any](m map[K]V, k K, v V) error {
	if _, ok := m[k]; ok {
		return candor.ErrExists
	}
	m[k] = v
	return nil
}

func (s *state) Product(_ context.Context, id string) (Product, error) { return get(s.products, id) }

func (s *state) AddProduct(_ context.Context, p Product) error { return put(s.products, p.ID, p) }

func (s *state) AddBuild(_ context.Context, b Build, _ time.Time) error {
	return put(s.builds, [2]string{b.Product, b.Digest()}, b)
}

func (s *state) AddBinding(_ context.Context, b Binding) error {
	s.bindings = append(s.bindings, b)
	return nil
}

func (s *state) Declared(_ context.Context, product, build string) (d Declared, _ error) {
	d.Build, d.Known = s.builds[[2]string{product, build}]
	for _, b := range s.bindings {
		if b.Product == product && b.Build == build {
			d.Bindings = append(d.Bindings, b)
		}
	}
	return d, nil
}

func (s *state) Device(_ context.Context, id string) (Device, error) { return get(s.devices, id) }

func (s *state) AddDevice(_ context.Context, d Device) error { return put(s.devices, d.ID, d) }

func (s *state) ChangeDevice(_ context.Context, d Device, last int64) error {
	if s.devices[d.ID].Last != last {
		return candor.ErrChanged
	}
	s.devices[d.ID] = d
	return nil
}

func (s *state) UseCode(_ context.Context, digest, _ string, _ time.Time) (candor.ID, error) {
	party, ok := s.codes[digest]
	if !ok {
		return "", candor.ErrDenied
	}
	delete(s.codes, digest)
	return party, nil
}

func (s *state) Statement(_ context.Context, device string, serial int64) (Kept, error) {
	return get(s.statements, serialOf{device, serial})
}

func (s *state) AddStatement(_ context.Context, k Kept) error {
	return put(s.statements, serialOf{k.Device, k.Serial}, k)
}

func (s *state) Acceptance(_ context.Context, device, product string) (Acceptance, error) {
	return s.acceptances[[2]string{device, product}], nil
}

func (s *state) SetAcceptance(_ context.Context, a Acceptance) error {
	s.acceptances[[2]string{a.Device, a.Product}] = a
	return nil
}
