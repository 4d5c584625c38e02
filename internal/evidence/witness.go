package evidence

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"

	"github.com/transparency-dev/formats/log"
	f_note "github.com/transparency-dev/formats/note"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"candor"
)

const (
	witnessKeyFile = "witness.key"
	sizeType       = "text/x.tlog.size" // C2SP tlog-witness
	maxRequest     = maxCheckpoint + 64*64
)

// WitnessOptions say what a witness watches.
type WitnessOptions struct {
	// Name is the witness's name for good, such as "partner.example.org". One
	// that exists knows its own.
	Name string

	Logs   []string     // keys of the logs that it watches, in note format
	Random io.Reader    // for the key; by default the system's
	Logger *slog.Logger // told what is refused; by default nobody
}

// Witness cosigns checkpoints of logs, each only if it continues what the
// witness has cosigned before: a log whose checkpoints it cosigns has not been
// forked or rolled back since. It is an http.Handler for C2SP tlog-witness and
// safe for concurrent use.
type Witness struct {
	dir    string
	signer note.Signer
	key    string
	logs   map[string]note.Verifier // by origin
	logger *slog.Logger
	mu     sync.Mutex // held while the state of a log is looked at and changed
}

// NewWitness opens the witness in dir, or makes one with a key of its own.
// Only one program may use a folder at a time.
func NewWitness(dir string, o WitnessOptions) (*Witness, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	w := &Witness{dir: dir, logs: map[string]note.Verifier{}, logger: o.Logger}
	for _, key := range o.Logs {
		v, err := note.NewVerifier(key)
		if err != nil {
			return nil, fmt.Errorf("key of a log: %w: %w", candor.ErrInvalid, err)
		}
		w.logs[v.Name()] = v
	}
	if err := makeDir(dir); err != nil {
		return nil, unavailable("witness", err)
	}
	if err := w.loadKey(o.Name, o.Random); err != nil {
		return nil, fmt.Errorf("key of the witness: %w", err)
	}
	return w, nil
}

func (w *Witness) loadKey(name string, random io.Reader) error {
	file := filepath.Join(w.dir, witnessKeyFile)
	private, err := readFile(file, maxKey)
	if errors.Is(err, candor.ErrNotFound) {
		var text string
		if text, err = newKey(name, random); err != nil {
			return err
		}
		private, err = []byte(text), replaceFile(file, []byte(text+"\n"), 0o600)
	}
	if err != nil {
		return err
	}
	text := strings.TrimSpace(string(private))
	k, err := parseKey(text)
	if err != nil {
		return err
	}
	if w.key, err = f_note.VKeyToCosignatureV1(k.public); err != nil {
		return err
	}
	w.signer, err = f_note.NewSignerForCosignatureV1(text)
	if err == nil && name != "" && w.signer.Name() != name {
		return fmt.Errorf("the witness in %s is named %q, not %q: %w", w.dir, w.signer.Name(), name, candor.ErrInvalid)
	}
	return err
}

// Key gives the key that cosignatures are verified with, in note format.
func (w *Witness) Key() string { return w.key }

// ServeHTTP answers POST …/add-checkpoint.
func (w *Witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if !strings.HasSuffix(r.URL.Path, "/add-checkpoint") {
		http.NotFound(out, r)
		return
	}
	if r.Method != http.MethodPost {
		out.Header().Set("Allow", http.MethodPost)
		http.Error(out, "POST only", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(out, r.Body, maxRequest))
	if err != nil {
		http.Error(out, "request too large or cut off", http.StatusBadRequest)
		return
	}
	line, refused := w.add(body)
	if refused == nil {
		out.Header().Set("Content-Type", "text/plain; charset=utf-8")
		if _, err := out.Write(line); err != nil {
			w.logger.Warn("cosignature not delivered", "error", err, "remote", r.RemoteAddr)
		}
		return
	}
	w.logger.Warn("checkpoint refused", "status", refused.status, "why", refused.text, "remote", r.RemoteAddr)
	if refused.known {
		out.Header().Set("Content-Type", sizeType)
		out.WriteHeader(refused.status)
		fmt.Fprintf(out, "%d\n", refused.size)
		return
	}
	http.Error(out, refused.text, refused.status)
}

// refusal is an answer other than a cosignature.
type refusal struct {
	status int
	text   string
	known  bool   // size is the answer
	size   uint64 // of the last tree that was cosigned
}

func refuse(status int, text string) *refusal { return &refusal{status: status, text: text} }

// add cosigns what body asks for. The answer is the line of the cosignature.
func (w *Witness) add(body []byte) ([]byte, *refusal) {
	q, err := parseAddCheckpoint(body)
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "malformed request")
	}
	v, known := w.logs[q.origin]
	if !known {
		return nil, refuse(http.StatusNotFound, "unknown log")
	}
	c, err := parseCheckpoint(q.checkpoint, v)
	if err != nil {
		return nil, refuse(http.StatusForbidden, "not signed by the log's key")
	}
	if q.old > c.Size {
		return nil, refuse(http.StatusBadRequest, "the old size is beyond the new one")
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	last, err := w.last(v)
	if err != nil {
		w.logger.Error("state of a log", "origin", q.origin, "error", err)
		return nil, refuse(http.StatusInternalServerError, "the witness cannot read its state")
	}
	if refused := continues(last, c, q); refused != nil {
		return nil, refused
	}
	line, err := w.cosign(q.checkpoint, v)
	if err != nil {
		w.logger.Error("cosign", "origin", q.origin, "error", err)
		return nil, refuse(http.StatusInternalServerError, "the witness cannot sign")
	}
	// Kept before it is answered: a cosignature that leaves is never forgotten.
	if err := replaceFile(w.stateFile(v), q.checkpoint, 0o600); err != nil {
		w.logger.Error("keep the state of a log", "origin", q.origin, "error", err)
		return nil, refuse(http.StatusInternalServerError, "the witness cannot keep its state")
	}
	return line, nil
}

// continues tells why c is refused after last, nil if it is not.
func continues(last, c log.Checkpoint, q addCheckpoint) *refusal {
	if q.old != last.Size {
		return &refusal{status: http.StatusConflict, text: "another size is the last", known: true, size: last.Size}
	}
	if c.Size == last.Size && !bytes.Equal(c.Hash, last.Hash) {
		return refuse(http.StatusConflict, "another tree of the same size was cosigned")
	}
	if last.Size == 0 || c.Size == last.Size {
		if len(q.proof) > 0 {
			return refuse(http.StatusUnprocessableEntity, "a proof where there is nothing to prove")
		}
		return nil
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, last.Size, c.Size, q.proof, last.Hash, c.Hash); err != nil {
		return refuse(http.StatusUnprocessableEntity, "the proof of consistency does not hold")
	}
	return nil
}

// cosign gives the line of the cosignature.
func (w *Witness) cosign(checkpoint []byte, v note.Verifier) ([]byte, error) {
	n, err := note.Open(checkpoint, note.VerifierList(v))
	if err != nil {
		return nil, err
	}
	signed, err := note.Sign(&note.Note{Text: n.Text}, w.signer)
	if err != nil {
		return nil, err
	}
	return signed[len(n.Text)+1:], nil // after the text and an empty line
}

// last gives the last checkpoint of a log that was cosigned, that of an empty
// tree if there is none.
func (w *Witness) last(v note.Verifier) (log.Checkpoint, error) {
	data, err := readFile(w.stateFile(v), maxCheckpoint)
	if errors.Is(err, candor.ErrNotFound) {
		return log.Checkpoint{Origin: v.Name(), Hash: rfc6962.DefaultHasher.EmptyRoot()}, nil
	}
	if err != nil {
		return log.Checkpoint{}, err
	}
	return parseCheckpoint(data, v)
}

// stateFile is named by a digest, since the origin may hold any character.
func (w *Witness) stateFile(v note.Verifier) string {
	sum := sha256.Sum256([]byte(v.Name()))
	return filepath.Join(w.dir, hex.EncodeToString(sum[:])+".checkpoint")
}
