package access_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"text/tabwriter"

	"github.com/google/go-cmp/cmp"

	"candor"
	"candor/internal/access"
)

var update = flag.Bool("update", false, "write golden files")

// TestTable holds who may do what, for every role, with a session and with a
// token of each scope. A change of it wants to be seen in a review.
func TestTable(t *testing.T) {
	var b bytes.Buffer
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprint(w, "role\tpermission\tsession\tread\twrite\tadmin\tflows\texchange\n")
	for _, r := range candor.Roles() {
		for _, what := range access.Permissions() {
			p := candor.Principal{User: "u", Role: r}
			if !r.Staff() {
				p.Party = "p"
			}
			fmt.Fprintf(w, "%s\t%s\t%s", r, what, mark(access.Allowed(p, what)))
			for _, scope := range access.Scopes() {
				token := p
				token.Token, token.Scopes = "t", []string{scope}
				if access.Allowed(token, what) && !access.Allowed(p, what) {
					t.Errorf("a token lets %s %s, a session does not", r, what)
				}
				fmt.Fprintf(w, "\t%s", mark(access.Allowed(token, what)))
			}
			fmt.Fprintln(w)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "permissions.txt")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), b.String()); d != "" {
		t.Error(d)
	}
}

func mark(yes bool) string {
	if yes {
		return "yes"
	}
	return "-"
}

// TestAuditor: reads everything but households' connections, changes nothing.
func TestAuditor(t *testing.T) {
	auditor := candor.Principal{User: "u", Role: candor.RoleAuditor}
	admin := candor.Principal{User: "u", Role: candor.RoleAdmin}
	for _, what := range access.Permissions() {
		reads := bytes.HasPrefix([]byte(what), []byte("read.")) && what != access.ReadOwn && what != access.ReadFlows
		if what != access.HoldTokens && access.Allowed(auditor, what) != reads {
			t.Errorf("auditor, %s: %v", what, !reads)
		}
		if own := what == access.ReadOwn || what == access.ActOwn || what == access.Exchange || what == access.FileReports; access.Allowed(admin, what) == own {
			t.Errorf("admin, %s: %v", what, own)
		}
	}
}

func TestNobody(t *testing.T) {
	for name, p := range map[string]candor.Principal{
		"zero":                     {},
		"role without a user":      {Role: candor.RoleAdmin},
		"unknown role":             {User: "u", Role: "root"},
		"customer without a party": {User: "u", Role: candor.RoleCustomer},
		"token without scopes":     {User: "u", Role: candor.RoleAdmin, Token: "t"},
		"token, empty scopes":      {User: "u", Role: candor.RoleAdmin, Token: "t", Scopes: []string{}},
		"token, unknown scope":     {User: "u", Role: candor.RoleAdmin, Token: "t", Scopes: []string{"root", ""}},
		"reporter with a session":  {User: "u", Party: "p", Role: candor.RoleReporter, Reporter: "a@cert.example"},
		"reporter without a name":  {Role: candor.RoleReporter, Token: "t", Scopes: []string{"report"}},
		"reporter, wider scope":    {Role: candor.RoleReporter, Token: "t", Reporter: "a@cert.example", Scopes: []string{"report", "admin"}},
		"user, reporter's scope":   {User: "u", Role: candor.RoleAdmin, Token: "t", Scopes: []string{"report"}},
		"scopes without a token":   {User: "u", Role: candor.RoleAdmin, Scopes: []string{}},
	} {
		for _, what := range append(access.Permissions(), "", "anything") {
			if access.Allowed(p, what) {
				t.Errorf("%s may %s", name, what)
			}
			if err := access.Require(p, what); !errors.Is(err, candor.ErrDenied) || candor.Hint(err) == "" || errors.Is(err, access.ErrSignedOut) != (p.User == "" && p.Token == "") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
}
