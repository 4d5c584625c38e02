// Package fleet is the side of the agents' server: it lets machines enrol,
// gives them certificates, definitions and tasks, and takes what they saw.
//
// An agent speaks for one server and is believed no further: what it says of
// sites that do not lie there is refused, it reaches only those contents of
// the vault that a task of its own names, and what it calls clean counts for
// others only when a second server or this program says so too.
//
// Every node that shares the database and the vault takes every agent: the
// issuer's key lies in the one, sealed with a key of the other, and whatever an
// agent was told was durable before.
package fleet

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"time"

	"candor"
	"candor/internal/fleet/wire"
	"candor/internal/inventory"
	"candor/internal/respond"
	"candor/internal/scan/site"
	"candor/internal/store"
)

// Reader is what is read of the store.
type Reader interface {
	Asset(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Asset, error)
	SitesOn(ctx context.Context, server candor.ID) ([]candor.Asset, error)
	Agent(ctx context.Context, id candor.ID) (candor.Agent, error)
	AgentOf(ctx context.Context, server candor.ID) (candor.Agent, error)
	Agents(ctx context.Context, most int) ([]candor.Agent, error)
	AgentToken(ctx context.Context, hash string) (candor.AgentToken, error)
	AgentTask(ctx context.Context, same string) (candor.AgentTask, error)
	AgentTaskByID(ctx context.Context, id candor.ID) (candor.AgentTask, error)
	AgentTasks(ctx context.Context, server candor.ID, most int) ([]candor.AgentTask, error)
	Scan(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Scan, error)
	Response(ctx context.Context, scope candor.Scope, id candor.ID) (candor.Response, error)
	WaitingHashes(ctx context.Context, server candor.ID, most int) ([]candor.HashQuestion, error)
	Issuer(ctx context.Context, name string) (candor.Issuer, error)
	Believed(ctx context.Context, under string, after store.Believed, most int) ([]store.Believed, error)
}

// Tx is what is done in a transaction.
type Tx interface {
	Reader
	AddIssuer(ctx context.Context, name string, i candor.Issuer) error
	SealIssuer(ctx context.Context, name string, key []byte) error
	AddAgentToken(ctx context.Context, k candor.AgentToken) error
	DeleteAgentToken(ctx context.Context, hash string) error
	UseAgentToken(ctx context.Context, hash string, now time.Time) (candor.AgentToken, error)
	AddAgent(ctx context.Context, a candor.Agent) error
	ChangeAgent(ctx context.Context, a candor.Agent, from candor.AgentState) error
	SeeAgent(ctx context.Context, a candor.Agent) error
	ReceiveFrom(ctx context.Context, agent candor.ID, number int64) error
	AddAgentTask(ctx context.Context, k candor.AgentTask) error
	ChangeAgentTask(ctx context.Context, k candor.AgentTask) error
	DeleteAgentTask(ctx context.Context, id candor.ID) error
	AnswerHash(ctx context.Context, a candor.HashAnswer, places []candor.HashPlace) error
	ChangeResponse(ctx context.Context, r candor.Response, from candor.ResponseState) error
	ClaimClean(ctx context.Context, under, who string, digests []string, now time.Time) error
	ForgetAgentTasks(ctx context.Context, before time.Time) error
	ForgetVerdicts(ctx context.Context, but []string) error
	AddRecord(ctx context.Context, r candor.Record) error
}

// Store keeps what is known of agents.
type Store interface {
	Reader
	Tx(ctx context.Context, f func(Tx) error) error
}

// Sites takes what agents saw.
type Sites interface {
	Take(ctx context.Context, server candor.ID, r site.Report) error
	Progress(ctx context.Context, server candor.ID, r site.Report) error
}

// Software takes which software is on servers and at sites.
type Software interface {
	// TakeInventory takes the list of a server, or of a site there; without one, whole
	// says that the list with this digest is not known.
	TakeInventory(ctx context.Context, server, asset candor.ID, digest string, l *inventory.List) (whole bool, err error)
}

// Definitions gives those in use.
type Definitions interface {
	// Current names the generation in use; empty for none.
	Current() string
	// Archive writes a generation as generation.Receive reads it.
	Archive(id string, to io.Writer) error
}

// Vault keeps bytes, as quarantine.Vault says.
type Vault interface {
	Put(ctx context.Context, r io.Reader) (digest string, size int64, err error)
	Get(ctx context.Context, digest string) (io.ReadCloser, error)
}

// Keys seals secrets that the database keeps, as evidence.Vault does.
type Keys interface {
	Seal(label string, secret []byte) ([]byte, error)
	Open(label string, sealed []byte) ([]byte, error)
}

// Config is what a Service works with.
type Config struct {
	Store       Store
	Sites       Sites
	Software    Software // nil takes none
	Definitions Definitions
	Vault       Vault
	Keys        Keys           // nil for one that only makes tokens, of an issuer that is there
	Local       respond.Method // carries out quarantines on this server
	Settings    wire.Settings
	Every       time.Duration // how often a site is scanned that says nothing of it
	Clock       candor.Clock
	Log         *slog.Logger
}

// Service looks after agents. It is safe for concurrent use.
type Service struct {
	Config
	lock   sync.Mutex
	wakers map[candor.ID]chan struct{} // by server; closed when there is something to do
}

// New makes a Service.
func New(c Config) *Service { return &Service{Config: c, wakers: map[candor.ID]chan struct{}{}} }

// waker gives what is closed when there is something to do for a server.
func (s *Service) waker(server candor.ID) <-chan struct{} {
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.wakers[server] == nil {
		s.wakers[server] = make(chan struct{})
	}
	return s.wakers[server]
}

// wake has whoever waits for a server look.
func (s *Service) wake(server candor.ID) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if c := s.wakers[server]; c != nil {
		close(c)
		delete(s.wakers, server)
	}
}
