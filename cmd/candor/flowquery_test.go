package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"candor/internal/house"
)

// TestFlowQuery: what was asked arrives at the desk as it was written, and its
// answer is printed; what moves a terminal is not.
func TestFlowQuery(t *testing.T) {
	var asked string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Path + "?" + r.URL.RawQuery
		switch where := r.URL.Query().Get("where"); {
		case r.Header.Get("Authorization") != "Bearer candor_x":
			w.WriteHeader(http.StatusUnauthorized)
		case where == "port:9":
			fmt.Fprint(w, `{"tier":"raw","since":"2026-11-26T20:00:00Z","until":"2026-11-26T21:00:00Z","rows":[],"rest":{},"total":{"flows":0}}`)
		case where == "kept:not":
			fmt.Fprint(w, `{"unmeasured":"not-kept","rows":[]}`)
		case strings.HasPrefix(where, "colour"):
			w.WriteHeader(http.StatusUnprocessableEntity)
			fmt.Fprint(w, `{"detail":"where: \"colour\" at byte 0 names no field","hint":"Ask of a field."}`)
		case strings.HasSuffix(r.URL.Path, "/export"):
			fmt.Fprintln(w, strings.Join(house.FlowColumns(), ","))
			if r.URL.Query().Get("most") != "3" {
				fmt.Fprintln(w, "2026-11-26T20:59:00Z,and so on")
			}
		case strings.HasSuffix(r.URL.Path, "/records"):
			fmt.Fprint(w, `{"left_out":0,"flows":[{"end":"2026-11-26T20:59:00.25Z","source":"192.0.2.7","source_port":50000,"destination":"198.51.100.1","destination_port":443,"protocol":"tcp","flags":"AS","bytes":10000,"packets":40,"from":"L\u001b[2J"}]}`)
		default:
			fmt.Fprint(w, `{"tier":"minute","since":"2026-11-26T20:00:00Z","until":"2026-11-26T21:00:00Z","rows":[{"keys":[{"field":"line","value":"L-1"},{"field":"port","value":"443"}],"sum":{"bytes":900,"packets":9,"flows":3}}],"rest":{"bytes":100,"packets":1,"flows":1},"total":{"bytes":1000,"packets":10,"flows":4}}`)
		}
	}))
	defer s.Close()
	t.Setenv("CANDOR_URL", s.URL)
	t.Setenv("CANDOR_TOKEN", "candor_x")
	for _, x := range []struct {
		args        []string
		status      int
		asked, want string
	}{
		{[]string{"port:443 -peer:192.0.2.0/24", "--by", "line,port", "--since", "6h", "--for", "C-12"}, exitClean, "/api/v1/flows?by=line%2Cport&for=C-12&limit=20&order=bytes&step=&time=6h&where=port%3A443+-peer%3A192.0.2.0%2F24",
			"line    port  bytes  packets  flows\nL-1     443   900    9        3\n(rest)        100    1        1\n(all)         1000   10       4\n\nfrom minute, 2026-11-26T20:00:00Z to 2026-11-26T21:00:00Z\n"},
		{[]string{"--records", "--limit", "5", "--", "-port:53", "protocol:tcp"}, exitClean, "/api/v1/flows/records?for=&limit=5&time=1h&where=-port%3A53+protocol%3Atcp", `2026-11-26T20:59:00.250Z  192.0.2.7  50000  198.51.100.1  443   tcp AS    10000  40       "L\x1b[2J"`},
		{[]string{"--format", "json", "--step", "1m"}, exitClean, "/api/v1/flows?by=&for=&limit=20&order=bytes&step=1m&time=1h&where=", `"tier":"minute"`},
		{[]string{"--records", "--format", "csv", "--for", "C-12", "port:443"}, exitClean, "/api/v1/flows/export?for=C-12&time=1h&where=port%3A443", "from,to\n2026-11-26T20:59:00Z,and so on\n"},
		{[]string{"--records", "--format", "csv", "--limit", "3"}, exitFound, "/api/v1/flows/export?for=&most=3&time=1h&where=", "start,end"},
		{[]string{"--format", "csv"}, exitError, "", "add --records"},
		{[]string{"--records", "--format", "csv", "colour:red"}, exitError, "", "Ask of a field."},
		{[]string{"port:9"}, exitFound, "", "(all)"},
		{[]string{"kept:not"}, exitError, "", "it keeps none (not-kept)"},
		{[]string{"colour:red"}, exitError, "", "Ask of a field."},
		{[]string{"--format", "xml"}, exitError, "", "text"},
		{[]string{"--token-file", "/nowhere"}, exitError, "", "scope flows"},
	} {
		var out, problems bytes.Buffer
		asked = ""
		status := run(append([]string{"flow", "query"}, x.args...), nil, &out, &problems)
		if said := out.String() + problems.String(); status != x.status || x.asked != "" && asked != x.asked || !strings.Contains(said, x.want) {
			t.Errorf("%q: status %d, want %d; it asks %s; it says %q, want %q", x.args, status, x.status, asked, said, x.want)
		}
	}
}
