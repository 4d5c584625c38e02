package nft

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"candor"
	"candor/internal/respond/isolate"
)

// SSH is a router that is reached by SSH.
type SSH struct {
	Addr    string     // host:port
	User    string     // who may run nft there
	Key     ssh.Signer // by which the user is known
	HostKey ssh.PublicKey
	Command string // that runs nft; "nft" if empty
}

// patience is how long a router may take to answer.
const patience = 20 * time.Second

// mostAnswer bounds what is read of a router's answer, in bytes.
const mostAnswer = 64 << 20

// remote is the table on another machine.
type remote struct {
	SSH
	mu     sync.Mutex
	client *ssh.Client
}

// Remote makes an Enforcer for another router. Its host key is known before:
// another one is refused.
func Remote(p Policy, s SSH) (*Enforcer, error) {
	if s.HostKey == nil || s.Key == nil || s.Addr == "" || s.User == "" {
		return nil, candor.WithHint(fmt.Errorf("nftables by SSH: the address, user, key or host key is missing: %w", candor.ErrInvalid), "Set all four.")
	}
	if s.Command == "" {
		s.Command = "nft"
	}
	return newEnforcer(p, &remote{SSH: s})
}

func (r *remote) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.client == nil {
		return nil
	}
	err := r.client.Close()
	r.client = nil
	return err
}

func (r *remote) load(ctx context.Context, text string) error {
	_, err := r.run(ctx, " -f -", text)
	return err
}

func (r *remote) change(ctx context.Context, all []change) error {
	data, err := json.Marshal(document(all))
	if err != nil {
		return err
	}
	_, err = r.run(ctx, " -j -f -", string(data))
	return err
}

func (r *remote) list(ctx context.Context) (table, error) {
	answer, err := r.run(ctx, " -j list table "+tableName, "")
	if err != nil {
		if missing(err) {
			return table{}, nil
		}
		return table{}, err
	}
	t, err := readTable(answer)
	if err != nil {
		return t, failed(fmt.Errorf("read what %s lists: %w", r.Addr, err))
	}
	return t, nil
}

// run runs nft there. A connection that broke is made anew, once: everything
// that is run may be run again.
func (r *remote) run(ctx context.Context, arguments, input string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := r.client == nil
	answer, err := r.once(ctx, arguments, input)
	var status *ssh.ExitError
	if err != nil && !fresh && !errors.As(err, &status) && ctx.Err() == nil {
		answer, err = r.once(ctx, arguments, input)
	}
	if err != nil {
		return nil, failed(fmt.Errorf("%s: %w", r.Addr, err))
	}
	return answer, nil
}

func (r *remote) once(ctx context.Context, arguments, input string) (_ []byte, err error) {
	if r.client == nil {
		if r.client, err = r.dial(ctx); err != nil {
			return nil, err
		}
	}
	client := r.client
	stop := context.AfterFunc(ctx, func() { client.Close() }) // or it would wait for ever
	defer stop()
	session, err := client.NewSession()
	if err != nil {
		client.Close()
		r.client = nil
		return nil, err
	}
	defer session.Close()
	answer, told := &bounded{}, &bounded{}
	session.Stdin, session.Stdout, session.Stderr = strings.NewReader(input), answer, told
	if err := session.Run(r.Command + arguments); err != nil {
		var status *ssh.ExitError
		if !errors.As(err, &status) {
			client.Close()
			r.client = nil
		}
		return nil, fmt.Errorf("%w: %.500s", err, told.String())
	}
	return answer.Bytes(), nil
}

// bounded takes no more than mostAnswer bytes.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > mostAnswer {
		return 0, io.ErrShortWrite
	}
	return b.Buffer.Write(p)
}

func (r *remote) dial(ctx context.Context) (*ssh.Client, error) {
	raw, err := new(net.Dialer).DialContext(ctx, "tcp", r.Addr)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	defer stop()
	c, channels, requests, err := ssh.NewClientConn(raw, r.Addr, &ssh.ClientConfig{
		User: r.User, Auth: []ssh.AuthMethod{ssh.PublicKeys(r.Key)}, HostKeyCallback: ssh.FixedHostKey(r.HostKey),
		HostKeyAlgorithms: algorithms(r.HostKey)})
	if err != nil {
		raw.Close()
		return nil, err
	}
	return ssh.NewClient(c, channels, requests), nil
}

// algorithms are those by which a host key of that type signs.
func algorithms(k ssh.PublicKey) []string {
	if k.Type() == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	}
	return []string{k.Type()}
}

// document writes changes as libnftables-json(5) has them.
func document(all []change) any {
	commands := make([]any, len(all))
	for i, x := range all {
		verb, element := "add", value(x.network)
		if x.out {
			verb = "delete"
		} else {
			element = map[string]any{"elem": map[string]any{"val": element, "timeout": int64(x.last / time.Second)}}
		}
		commands[i] = map[string]any{verb: map[string]any{"element": map[string]any{
			"family": "inet", "table": "candor", "name": x.set, "elem": []any{element}}}}
	}
	return map[string]any{"nftables": commands}
}

func value(n netip.Prefix) any {
	if n.Addr().Is4() {
		return n.Addr().String()
	}
	if n.IsSingleIP() {
		return n.Addr().String()
	}
	return map[string]any{"prefix": map[string]any{"addr": n.Addr().String(), "len": n.Bits()}}
}

// listing is what nft lists.
type listing struct {
	Nftables []struct {
		Rule *struct {
			Table string `json:"table"`
			Chain string `json:"chain"`
		} `json:"rule"`
		Set *struct {
			Table string            `json:"table"`
			Name  string            `json:"name"`
			Elem  []json.RawMessage `json:"elem"`
		} `json:"set"`
	} `json:"nftables"`
}

// readTable reads what nft lists.
func readTable(data []byte) (t table, err error) {
	var all listing
	if err := json.Unmarshal(data, &all); err != nil {
		return t, err
	}
	levels := map[string]isolate.Level{}
	for level, name := range sets() {
		levels[name+"4"], levels[name+"6"] = level, level
	}
	t.rules, t.sizes = map[string]int{}, map[string]int{}
	for _, x := range all.Nftables {
		switch {
		case x.Rule != nil && x.Rule.Table == "candor":
			t.rules[x.Rule.Chain]++
		case x.Set != nil && x.Set.Table == "candor":
			t.sizes[x.Set.Name] = len(x.Set.Elem)
			level, kept := levels[x.Set.Name]
			for _, e := range x.Set.Elem {
				if !kept {
					break
				}
				h, err := readElement(e)
				if err != nil {
					return t, fmt.Errorf("set %.40q: %w", x.Set.Name, err)
				}
				h.Level = level
				t.held = append(t.held, h)
			}
		}
	}
	return t, nil
}

// readElement reads an element of a set: an address, a network, or one of them
// with its times.
func readElement(data json.RawMessage) (h isolate.Held, err error) {
	var timed struct {
		Elem *struct {
			Val     json.RawMessage `json:"val"`
			Expires int64           `json:"expires"` // seconds
		} `json:"elem"`
		Prefix *struct {
			Addr netip.Addr `json:"addr"`
			Len  int        `json:"len"`
		} `json:"prefix"`
	}
	var a netip.Addr
	if json.Unmarshal(data, &a) == nil && a.IsValid() {
		return isolate.Held{Network: netip.PrefixFrom(a, a.BitLen())}, nil
	}
	if err := json.Unmarshal(data, &timed); err != nil {
		return h, err
	}
	switch {
	case timed.Elem != nil && len(timed.Elem.Val) > 0 && len(timed.Elem.Val) < len(data):
		h, err = readElement(timed.Elem.Val)
		h.Left = time.Duration(min(max(timed.Elem.Expires, 1), 1<<31)) * time.Second // what is about to end is not for ever
		return h, err
	case timed.Prefix != nil:
		h.Network = netip.PrefixFrom(timed.Prefix.Addr, timed.Prefix.Len)
		if h.Network.IsValid() {
			return h, nil
		}
	}
	return h, fmt.Errorf("%.80q is no element", data)
}
