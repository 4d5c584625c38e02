package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"candor"
	"candor/internal/consent"
	"candor/internal/consent/jws"
	"candor/internal/consent/receipt"
	"candor/internal/scan/output"
)

func (p *program) receiptCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "receipt",
		Short: "Check receipts of what was agreed to, refused or withdrawn; tend the keys that sign them",
		Long: `A receipt is what a person keeps of what it agreed to, refused or took back: one
signed text. docs/receipt.md tells its form, and how to check it without this
program.`,
		Args: unknownCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(p.receiptVerifyCommand(), p.receiptKeysCommand())
	return c
}

func (p *program) receiptVerifyCommand() *cobra.Command {
	var keys, issuer, format string
	c := &cobra.Command{
		Use:   "verify FILE…",
		Short: "Check receipts with no network and no server, and say what was agreed to",
		Long: `Verify checks each receipt in each FILE ("-" is the standard input), which holds
one a line: its signature, by the issuer's keys in the file that --keys names,
its issuer and its times. Of several it also checks that none is there twice, and
that those of one party about one document follow each other without a gap.
Exit status: 0 all verify, 1 some do not, 2 it could not be done.`,
		Args: needArgs("FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			v, err := readVerifier(keys, issuer)
			if err != nil {
				return err
			}
			check := &receiptCheck{program: p, verifier: v}
			for _, path := range args {
				if err := check.file(path); err != nil {
					return err
				}
			}
			check.chains()
			return check.print(format == "json")
		},
	}
	f := c.Flags()
	f.StringVar(&keys, "keys", "", "the issuer's keys: a JWK Set in `FILE`, from a source that you trust")
	f.StringVar(&issuer, "issuer", "", "the `URL` of who must have issued them (default: the one that the keys name)")
	f.StringVar(&format, "format", "text", "write what is found as `text|json`")
	return c
}

func readVerifier(keys, issuer string) (receipt.Verifier, error) {
	const hint = "Name a file with --keys: the issuer publishes it, or you kept it."
	if keys == "" {
		return receipt.Verifier{}, candor.WithHint(errors.New("no keys given"), hint)
	}
	f, err := os.Open(keys)
	if err != nil {
		return receipt.Verifier{}, candor.WithHint(fmt.Errorf("keys: %w", err), hint)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, receipt.MostKeyBytes+1))
	if err != nil {
		return receipt.Verifier{}, candor.WithHint(fmt.Errorf("keys: %w", err), hint)
	}
	set, err := receipt.ReadKeys(data)
	if err != nil {
		return receipt.Verifier{}, candor.WithHint(fmt.Errorf("keys in %s: %w", keys, err), candor.Hint(err))
	}
	return receipt.Verifier{Keys: set, Issuer: issuer, Clock: time.Now, Leeway: receipt.Leeway}, nil
}

// receiptCheck gathers what is found of receipts.
type receiptCheck struct {
	*program
	verifier receipt.Verifier
	all      []checkedReceipt
}

// checkedReceipt is one line of a file.
type checkedReceipt struct {
	path   string
	line   int
	signed *receipt.Signed // nil if it does not verify by itself
	err    error
}

// mostReceipts is how many receipts are held against each other.
const mostReceipts = 1 << 20

func (c *receiptCheck) file(path string) error {
	in := c.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return candor.WithHint(err, "Name a file that can be read, or - for the standard input.")
		}
		defer f.Close()
		in = f
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, jws.MostBytes+2)
	before := len(c.all)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" {
			continue
		}
		if len(c.all) == mostReceipts {
			return candor.WithHint(fmt.Errorf("more than %d receipts: %w", mostReceipts, candor.ErrInvalid), "Check them in parts, by party.")
		}
		signed, err := c.verifier.Verify(text)
		c.all = append(c.all, checkedReceipt{path, n, signed, err})
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		c.all = append(c.all, checkedReceipt{path: path, line: len(c.all) - before + 1, err: fmt.Errorf("receipt: a line of more than %d bytes: %w", jws.MostBytes, candor.ErrInvalid)})
	case err != nil:
		return candor.WithHint(fmt.Errorf("receipts in %s: %w", path, err), "Name a file that can be read, or - for the standard input.")
	case len(c.all) == before:
		c.all = append(c.all, checkedReceipt{path: path, line: 1, err: fmt.Errorf("receipt: there is none: %w", candor.ErrInvalid)})
	}
	return nil
}

// chains holds those that verify against each other.
func (c *receiptCheck) chains() {
	var signed []*receipt.Signed
	var at []int
	for i, r := range c.all {
		if r.err == nil {
			signed, at = append(signed, r.signed), append(at, i)
		}
	}
	for _, f := range receipt.Chains(signed) {
		c.all[at[f.Index]].err = f.Err
	}
}

func (c *receiptCheck) print(asJSON bool) error {
	good := 0
	for _, r := range c.all {
		if r.err == nil {
			good++
		} else {
			c.status = exitFound
		}
		if asJSON {
			if err := c.line(r); err != nil {
				return err
			}
			continue
		}
		c.text(r)
	}
	if asJSON {
		return json.NewEncoder(c.out).Encode(map[string]any{"type": "summary", "receipts": len(c.all), "verified": good, "errors": len(c.all) - good})
	}
	_, err := fmt.Fprintf(c.out, "%d of %d verify.\n", good, len(c.all))
	return err
}

func (c *receiptCheck) line(r checkedReceipt) error {
	out := map[string]any{"type": "receipt", "path": r.path, "line": r.line, "verified": r.err == nil}
	if r.err != nil {
		out["error"] = r.err.Error()
	}
	if s := r.signed; s != nil {
		out["receipt"], out["key"], out["digest"] = s.Receipt, s.Key, s.Digest
		out["issuer_checked"] = c.verifier.Expected() != ""
	}
	return json.NewEncoder(c.out).Encode(out)
}

func (c *receiptCheck) text(r checkedReceipt) {
	where := fmt.Sprintf("%s:%d", output.Printable(r.path), r.line)
	if r.err != nil {
		fmt.Fprintf(c.out, "%s: does not verify: %v\n", where, r.err)
		if hint := candor.Hint(r.err); hint != "" {
			fmt.Fprintf(c.out, "    %s\n", hint)
		}
		return
	}
	fmt.Fprintf(c.out, "%s: verifies\n", where)
	for _, sentence := range receiptWords(&r.signed.Receipt, c.verifier.Expected() != "") {
		fmt.Fprintf(c.out, "    %s\n", sentence)
	}
}

// receiptWords tells in plain words what a receipt says.
func receiptWords(r *receipt.Receipt, issuerChecked bool) []string {
	by := "Issued by " + r.Issuer
	if !issuerChecked {
		by += " (as it says: neither the keys nor --issuer name one)"
	}
	words := []string{
		fmt.Sprintf("%s on %s, as receipt %s.", by, time.Unix(r.Issued, 0).UTC().Format(time.DateTime+" UTC"), r.ID),
		fmt.Sprintf("On %s the party %s %s version %s of “%s”, as it was shown in language %s.", r.Event.At.Format(time.DateTime+" UTC"), r.Principal, actWords(r.Event.Act),
			r.Agreement.Version, r.Agreement.Document, r.Agreement.Language),
		fmt.Sprintf("SHA-256 of what was shown: %s.", r.Agreement.SHA256),
	}
	for _, act := range []consent.Act{consent.Agreed, consent.Refused, consent.Withdrawn} {
		if clauses := clausesOf(r, act); clauses != "" {
			words = append(words, strings.ToUpper(string(act[:1]))+string(act[1:])+": "+clauses+".")
		}
	}
	words = append(words, fmt.Sprintf("It was given %s, %s.", methodWords(r.Event.Method), behalfWords(r.Event.Behalf)))
	if r.Event.Age > 0 {
		words = append(words, fmt.Sprintf("Who agreed said to be at least %d years old.", r.Event.Age))
	}
	if r.Previous != "" {
		words = append(words, fmt.Sprintf("It follows the receipt with digest %s.", r.Previous))
	}
	if e := r.Evidence; e != nil {
		words = append(words, fmt.Sprintf("Entry %d of the log %s tells of it.", e.Index, e.Log))
	}
	if r.Control != "" {
		words = append(words, "Look it up or change it at "+r.Control+".")
	}
	return words
}

func clausesOf(r *receipt.Receipt, act consent.Act) string {
	var all []string
	for _, c := range r.Clauses {
		switch {
		case c.Act != act:
		case c.Title != "":
			all = append(all, fmt.Sprintf("%s (%s)", c.ID, c.Title))
		default:
			all = append(all, c.ID)
		}
	}
	return strings.Join(all, ", ")
}

func actWords(a consent.Act) string {
	return map[consent.Act]string{consent.Agreed: "agreed to", consent.Refused: "refused", consent.Withdrawn: "took back what it had agreed to of"}[a]
}

func methodWords(m consent.How) string {
	return map[consent.How]string{consent.ByPortal: "in the portal", consent.ByAPI: "by the API", consent.ByLink: "by a signed link",
		consent.ByInstaller: "in an installer", consent.ByPaper: "on paper", consent.ByMail: "by mail", consent.ByContract: "by contract",
		consent.ByImport: "elsewhere before", consent.ByOther: "in another way"}[m]
}

func behalfWords(b consent.Behalf) string {
	return map[consent.Behalf]string{consent.Self: "by the party itself", consent.Representative: "by a representative of the party",
		consent.Guardian: "by the guardian of a minor"}[b]
}
