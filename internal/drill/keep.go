package drill

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"candor"
	"candor/internal/consent/jws"
)

// Type is the typ of a signed report.
const Type = "drill-report+jwt"

// The files of a Folder.
const (
	privateKey = "key.pem"
	publicKey  = "key.json" // a JWK
	suffix     = ".jws"
)

// Folder keeps the reports of former drills, each signed in a file of its own,
// and the key that signs them. One drill at a time writes to it.
type Folder string

// Kept is a report of a Folder.
type Kept struct {
	Name   string // of its file, without the ending
	Report Report
	Signed string // the file's text
	Wrong  error  // why it cannot be believed; then there is no report
}

// Believed tells whether the report is what was signed.
func (k Kept) Believed() bool { return k.Wrong == nil }

// Keep signs a report and adds it. It gives the name of the file. A folder that
// is a link gives candor.ErrDenied.
func (f Folder) Keep(r Report) (string, error) {
	d, err := f.open(true)
	if err != nil {
		return "", err
	}
	defer d.Close()
	key, err := d.key()
	if err != nil {
		return "", err
	}
	if err := d.publish(key); err != nil {
		return "", err
	}
	text, err := jws.Sign(key, Type, r)
	if err != nil {
		return "", fmt.Errorf("sign the report: %w", err)
	}
	name := r.Begun.UTC().Format("20060102T150405Z") + "-" + string(r.Method) + suffix
	return filepath.Join(string(f), name), d.write(name, []byte(text+"\n"), 0o644)
}

// key reads the key that signs, and makes it if there is none.
func (d folder) key() (crypto.Signer, error) {
	text, err := d.read(privateKey)
	if errors.Is(err, fs.ErrNotExist) {
		return d.newKey()
	}
	if err != nil {
		return nil, fmt.Errorf("the key of drills: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("the key of drills is no PEM: %w", candor.ErrInvalid)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the key of drills: %w: %w", err, candor.ErrInvalid)
	}
	own, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("the key of drills is a %T: %w", key, candor.ErrInvalid)
	}
	return own, nil
}

func (d folder) newKey() (crypto.Signer, error) {
	_, own, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(own)
	if err != nil {
		return nil, err
	}
	return own, d.write(privateKey, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// publish writes the public part of the key, unless it is there.
func (d folder) publish(own crypto.Signer) error {
	public, err := jws.NewKey(own.Public())
	if err != nil {
		return err
	}
	if there, err := parseKey(d.read(publicKey)); err == nil && there.ID() == public.ID() {
		return nil
	}
	text, err := json.Marshal(public)
	if err != nil {
		return err
	}
	return d.write(publicKey, append(text, '\n'), 0o644)
}

// Key is the key that reports of the folder are signed with; candor.ErrNotFound
// before the first drill.
func (f Folder) Key() (k jws.Key, err error) {
	d, err := f.open(false)
	if errors.Is(err, fs.ErrNotExist) {
		return k, fmt.Errorf("the key of drills: %w: %w", err, candor.ErrNotFound)
	}
	if err != nil {
		return k, err
	}
	defer d.Close()
	return parseKey(d.read(publicKey))
}

// ReadKey reads a public key, a JWK in a file.
func ReadKey(name string) (jws.Key, error) { return parseKey(os.ReadFile(name)) }

func parseKey(text []byte, err error) (k jws.Key, _ error) {
	if errors.Is(err, fs.ErrNotExist) {
		return k, fmt.Errorf("the key of drills: %w: %w", err, candor.ErrNotFound)
	}
	if err == nil {
		err = json.Unmarshal(text, &k)
	}
	if err != nil {
		return k, fmt.Errorf("the key of drills: %w", err)
	}
	return k, nil
}

// Open reads a signed report. A signature that is not the key's is
// candor.ErrDenied, another text candor.ErrInvalid.
func Open(text string, key jws.Key) (r Report, err error) {
	_, err = jws.Open(strings.TrimSpace(text), Type, func(id string, _ []byte) (jws.Key, error) {
		if id != key.ID() {
			return jws.Key{}, fmt.Errorf("it is signed with the key %.50s, not %s: %w", id, key.ID(), candor.ErrDenied)
		}
		return key, nil
	}, &r)
	return r, err
}

// mostKept bounds the reports that are read.
const mostKept = 400

// All gives the reports, the newest first; none before the first drill. Without
// the public key none is believed.
func (f Folder) All() (all []Kept, err error) {
	err = f.each(func(k Kept) bool { all = append(all, k); return true })
	return all, err
}

// Last gives the newest report that can be believed, alone; none if there is
// none.
func (f Folder) Last() (last []Kept, err error) {
	err = f.each(func(k Kept) bool {
		if k.Wrong == nil {
			last = []Kept{k}
		}
		return k.Wrong != nil
	})
	return last, err
}

// each reads reports, the newest first, until do gives false.
func (f Folder) each(do func(Kept) bool) error {
	if f == "" {
		return nil
	}
	d, err := f.open(false)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer d.Close()
	names, err := fs.Glob(d.FS(), "*"+suffix)
	if err != nil || len(names) == 0 {
		return err
	}
	key, unknown := parseKey(d.read(publicKey)) // without it none can be believed
	slices.Sort(names)
	slices.Reverse(names)
	for _, name := range names[:min(len(names), mostKept)] {
		k := Kept{Name: strings.TrimSuffix(name, suffix)}
		text, err := d.read(name)
		if err = errors.Join(err, unknown); err == nil {
			k.Report, err = Open(string(text), key)
		}
		if k.Wrong = err; err != nil {
			k.Report = Report{}
		}
		if k.Signed = string(text); !do(k) {
			break
		}
	}
	return nil
}

// Compare notes in a report how the last drill by the same method went.
func (r *Report) Compare(former []Kept) {
	for _, k := range former {
		if k.Wrong == nil && k.Report.Method == r.Method && k.Report.Begun.Before(r.Begun) {
			r.Before = &Former{Begun: k.Report.Begun, Response: k.Report.Response, Missed: len(k.Report.Missed)}
			return
		}
	}
}

// Due tells when a drill is due that is to be held every so often; zero if none
// is to be. Without a former one it is due at once, which since says.
func Due(all []Kept, every time.Duration, since time.Time) time.Time {
	if every <= 0 {
		return time.Time{}
	}
	for _, k := range all {
		if k.Wrong == nil {
			return k.Report.Ended.Add(every)
		}
	}
	return since
}
