package candor_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// layer says what the packages of one folder may import besides the standard
// library. "…" at the end of a name stands for the folder and all below it.
type layer struct {
	packages string
	ours     []string // without the module's name; "." is the root package
	others   []string // modules of others, by prefix
	tests    []string // what tests may import besides, ours and others
}

// everywhere is what every package below internal may import.
const everywhere = "internal/regex"

// layers is the table of ARCHITECTURE.md. The first row that names a package
// holds for it; a package that no row names is a mistake.
var layers = []layer{
	{packages: "."},
	{packages: "engine…", ours: []string{"engine…"}},

	{packages: "internal/scan", ours: []string{".", "engine…", "internal/scan/known", "internal/scan/index", "internal/scan/unpack", "internal/scan/watch"}, others: []string{"golang.org/x/sys"}},
	{packages: "internal/scan/output", ours: []string{".", "internal/scan"}},
	{packages: "internal/scan/starter…", ours: []string{".", "engine", "internal/scan/starter…"}},
	{packages: "internal/scan/generation", ours: []string{".", "engine…", "internal/scan…"}, others: []string{"golang.org/x/sys"}},
	{packages: "internal/scan/known", ours: []string{".", "engine…", "internal/scan/index"}, others: []string{"go.etcd.io/bbolt", "github.com/zeebo/blake3", "golang.org/x/sys"}},
	{packages: "internal/scan/index", ours: []string{"engine/gram"}, others: []string{"golang.org/x/sys"}, tests: []string{"candor/engine"}},
	{packages: "internal/scan/front", ours: []string{"internal/scan", "internal/scan/unpack"}, others: []string{"golang.org/x/sys"}, tests: []string{"candor/engine"}},
	{packages: "internal/scan/clamd", ours: []string{".", "internal/scan", "internal/scan/front", "internal/scan/unpack"}, others: []string{"golang.org/x/sys"}, tests: []string{"candor/engine"}},
	{packages: "internal/scan/icap", ours: []string{".", "internal/scan/front", "internal/scan/unpack"}, others: []string{"github.com/klauspost/compress", "github.com/andybalholm/brotli"}, tests: []string{"candor/engine", "candor/internal/scan"}},
	{packages: "internal/scan/good", ours: []string{".", "internal/scan/unpack"}, others: []string{"github.com/klauspost/compress", "github.com/ulikunitz/xz"}},
	{packages: "internal/scan/watch", ours: []string{"."}, others: []string{"golang.org/x/sys"}},
	{packages: "internal/scan/unpack", others: []string{"github.com/klauspost/compress", "github.com/ulikunitz/xz", "github.com/nwaples/rardecode/v2", "github.com/stangelandcl/ppmd", "github.com/pierrec/lz4/v4", "github.com/andybalholm/brotli"}},
	{packages: "internal/scan/site", ours: []string{".", "internal/scan", "internal/scan/known", "internal/scan/unpack", "internal/scan/watch"}, tests: []string{"candor/internal", "candor/engine"}},

	{packages: "internal/store", ours: []string{".", "internal/access", "internal/consent", "internal/consent/campaign", "internal/consent/software", "internal/directory", "internal/intake", "internal/intel", "internal/intel/bulletin", "internal/intel/feed", "internal/intel/group", "internal/intel/taxii", "internal/inventory", "internal/store…"}, tests: []string{"candor/internal/access", "candor/internal/intel/taxii"},
		others: []string{"github.com/jackc/pgx/v5", "github.com/pressly/goose/v3", "github.com/riverqueue/river", "golang.org/x/text", "modernc.org/sqlite"}},
	{packages: "internal/store/column", ours: []string{".", "internal/consent", "internal/intel", "internal/intel/feed"}},
	{packages: "internal/store/query", ours: []string{".", "internal/consent", "internal/consent/campaign", "internal/directory", "internal/intake", "internal/intel/bulletin", "internal/intel/tlp", "internal/inventory", "internal/store/column"}},
	{packages: "internal/store/storetest", ours: []string{".", "internal/access", "internal/consent", "internal/consent/campaign", "internal/consent/software", "internal/directory", "internal/intake", "internal/intel", "internal/intel/bulletin", "internal/intel/feed", "internal/intel/group", "internal/intel/tlp", "internal/inventory", "internal/store"}, others: []string{"github.com/ProtonMail/gopenpgp/v3", "github.com/jackc/pgx/v5", "github.com/google/go-cmp"}},

	{packages: "internal/evidence", ours: []string{"."}, others: []string{"filippo.io/age", "github.com/gowebpki/jcs", "github.com/transparency-dev", "golang.org/x/mod", "k8s.io/klog/v2"}},
	{packages: "internal/regex"},
	{packages: "internal/phrase", others: []string{"golang.org/x/text"}},
	{packages: "internal/x1207"},
	{packages: "internal/x1207/document", ours: []string{"internal/x1207"}},
	{packages: "internal/config", ours: []string{"."}, others: []string{"github.com/knadh/koanf", "go.yaml.in/yaml/v3", "golang.org/x/text", "filippo.io/age", "golang.org/x/mod"}},
	{packages: "internal/backup", ours: []string{"."}, others: []string{"filippo.io/age", "github.com/klauspost/compress", "github.com/transparency-dev/tessera"}, tests: []string{"candor/internal", "modernc.org/sqlite"}},

	{packages: "internal/access", ours: []string{".", "internal/access/password", "internal/access/limit"}, tests: []string{"candor/internal/access", "github.com/fxamacker/cbor/v2", "github.com/go-jose/go-jose/v4"},
		others: []string{"github.com/go-webauthn/webauthn", "github.com/coreos/go-oidc/v3", "golang.org/x/oauth2", "golang.org/x/text"}},
	{packages: "internal/access/accesstest", ours: []string{".", "internal/access"}, others: []string{"github.com/google/go-cmp"}},
	{packages: "internal/access/password", ours: []string{"."}, others: []string{"golang.org/x/crypto", "golang.org/x/text"}},
	{packages: "internal/access/limit", ours: []string{"."}},
	{packages: "internal/access/link", ours: []string{"."}},

	{packages: "internal/desk", ours: []string{".", "internal/desk/calendar"}, tests: []string{"candor/internal/store"}},
	{packages: "internal/desk/calendar", ours: []string{".", "internal/desk/calendar/document"}},
	{packages: "internal/desk/calendar/document", ours: []string{"."}, others: []string{"go.yaml.in/yaml/v3"}},
	{packages: "internal/desk/playbook", ours: []string{".", "internal/desk/calendar…", "internal/phrase", "internal/x1207"}},

	{packages: "internal/respond", ours: []string{"."}, tests: []string{"candor/internal/respond"}},
	{packages: "internal/respond/respondtest", ours: []string{".", "internal/respond"}, others: []string{"github.com/google/go-cmp"}},
	{packages: "internal/respond/quarantine", ours: []string{".", "internal/respond"}, others: []string{"golang.org/x/sys"}, tests: []string{"candor/internal/respond"}},
	{packages: "internal/respond/isolate", ours: []string{".", "internal/respond"}, tests: []string{"candor/internal/respond"}},
	{packages: "internal/respond/isolate/isolatetest", ours: []string{".", "internal/respond/isolate"}},
	{packages: "internal/respond/isolate/roster", ours: []string{".", "internal/respond/isolate"}},
	{packages: "internal/respond/isolate/probe", ours: []string{"internal/respond/isolate"}, others: []string{"golang.org/x/sys"}, tests: []string{"candor/internal/respond/isolate"}},
	{packages: "internal/respond/isolate/nft", ours: []string{".", "internal/respond/isolate"}, others: []string{"github.com/google/nftables", "golang.org/x/crypto", "golang.org/x/sys"}, tests: []string{"candor/internal/respond"}},
	{packages: "internal/respond/isolate/radius", ours: []string{".", "internal/respond/isolate"}, others: []string{"layeh.com/radius"}, tests: []string{"candor/internal/respond"}},
	{packages: "internal/respond/isolate/bgp", ours: []string{".", "internal/respond/isolate"}, others: []string{"github.com/osrg/gobgp/v4"}, tests: []string{"candor/internal/respond"}},
	{packages: "internal/respond/notify…", ours: []string{".", "internal/respond", "internal/respond/notify…", "internal/phrase"}, tests: []string{"candor/internal", "github.com/emersion"},
		others: []string{"github.com/wneessen/go-mail", "github.com/emersion", "golang.org/x/time", "golang.org/x/net", "golang.org/x/text"}},

	{packages: "internal/consent", ours: []string{"."}},
	{packages: "internal/consent/gate", ours: []string{"."}, tests: []string{"candor/internal/phrase"}},
	{packages: "internal/consent/notice", ours: []string{"internal/phrase"}, others: []string{"github.com/gowebpki/jcs"},
		tests: []string{"candor/internal/web/browsertest", "github.com/chromedp", "github.com/santhosh-tekuri/jsonschema/v6", "golang.org/x/net"}},
	{packages: "internal/consent/terms", ours: []string{".", "internal/consent", "internal/phrase", "internal/x1207"}, others: []string{"github.com/gowebpki/jcs", "go.yaml.in/yaml/v3", "znkr.io/diff"},
		tests: []string{"candor/internal/web/browsertest", "github.com/chromedp", "golang.org/x/net"}},
	{packages: "internal/consent/campaign", ours: []string{"."}},
	{packages: "internal/consent/jws", ours: []string{"."}, others: []string{"github.com/go-jose/go-jose/v4", "github.com/gowebpki/jcs"}},
	{packages: "internal/consent/receipt", ours: []string{".", "internal/consent", "internal/consent/jws"}, tests: []string{"github.com/golang-jwt/jwt/v5"}},
	{packages: "internal/consent/software", ours: []string{".", "internal/consent", "internal/consent/jws"}},
	{packages: "internal/consent/notice/document", ours: []string{"internal/consent/notice"}},

	{packages: "internal/consent/proof", ours: []string{".", "internal/consent/notice", "internal/outward"}},
	{packages: "internal/consent/draft", ours: []string{".", "internal/consent/notice", "internal/phrase"}, others: []string{"golang.org/x/net"}},
	{packages: "internal/outward", ours: []string{"."}},

	{packages: "internal/flow", ours: []string{"."}},
	{packages: "internal/flow/decode", ours: []string{"internal/flow"}, tests: []string{"candor/internal/flow", "github.com/netsampler/goflow2/v2"}},
	{packages: "internal/flow/export", ours: []string{"internal/flow", "internal/flow/decode"}},
	{packages: "internal/flow/collect", ours: []string{"internal/flow", "internal/flow/decode"}, others: []string{"golang.org/x/sys"}, tests: []string{"candor/internal/flow"}},
	{packages: "internal/flow/capture", ours: []string{".", "internal/flow", "internal/flow/archive", "internal/flow/collect", "internal/flow/decode"}, tests: []string{"candor/internal/flow"}},
	{packages: "internal/flow/normal"},
	{packages: "internal/flow/line", ours: []string{".", "internal/flow", "internal/flow/collect", "internal/flow/detect", "internal/flow/network", "internal/flow/normal"}},
	{packages: "internal/flow/archive", ours: []string{".", "internal/flow"}},
	{packages: "internal/flow/archive/archivetest", ours: []string{".", "internal/flow", "internal/flow/archive"}, others: []string{"github.com/google/go-cmp"}},
	{packages: "internal/flow/archive/batch", ours: []string{".", "internal/flow", "internal/flow/archive"}},
	{packages: "internal/flow/archive/statement", ours: []string{".", "internal/flow", "internal/flow/archive", "internal/flow/archive/batch"}},
	{packages: "internal/flow/archive/tap", ours: []string{".", "internal/flow", "internal/flow/archive"}, tests: []string{"candor/internal/flow"}},
	{packages: "internal/flow/archive/duckdb", ours: []string{".", "internal/flow/archive", "internal/flow/archive/batch", "internal/flow/archive/statement"}, others: []string{"github.com/duckdb/duckdb-go/v2", "golang.org/x/sys"}, tests: []string{"candor/internal/flow"}},
	{packages: "internal/flow/archive/clickhouse", ours: []string{".", "internal/flow", "internal/flow/archive", "internal/flow/archive/batch", "internal/flow/archive/statement"}, others: []string{"github.com/ClickHouse/clickhouse-go/v2"}, tests: []string{"candor/internal/flow"}},
	{packages: "internal/flow/replay", ours: []string{"internal/flow", "internal/flow/detect", "internal/flow/normal"}},
	{packages: "internal/flow/network", ours: []string{"internal/flow", "internal/flow/detect", "internal/flow/normal"}},
	{packages: "internal/flow/detect", ours: []string{".", "internal/flow", "internal/flow/normal"}},
	{packages: "internal/flow/simulate", ours: []string{"internal/flow"}},
	{packages: "internal/flow/lease", ours: []string{"internal/flow"}},
	{packages: "internal/flow/lease/radius", ours: []string{"internal/flow", "internal/flow/lease"}, others: []string{"layeh.com/radius"}},
	{packages: "internal/flow/lease/dhcp", ours: []string{"internal/flow", "internal/flow/lease"}},
	{packages: "internal/flow/lease/cgnat", ours: []string{"internal/flow", "internal/flow/lease"}},

	{packages: "internal/drill", ours: []string{".", "internal/consent/jws", "internal/flow"}},
	{packages: "internal/drill/border", others: []string{"github.com/osrg/gobgp/v4"}},
	{packages: "internal/drill/lab", ours: []string{"."}, others: []string{"golang.org/x/sys", "layeh.com/radius"}},

	{packages: "internal/fleet/wire", ours: []string{".", "internal/inventory"}},
	{packages: "internal/fleet", ours: []string{".", "internal/fleet/wire", "internal/inventory", "internal/respond", "internal/respond/quarantine", "internal/scan/site", "internal/store"}, tests: []string{"candor/internal"}},
	{packages: "internal/agent", ours: []string{"internal/scan/unpack", ".", "engine", "internal/fleet/wire", "internal/inventory", "internal/respond", "internal/respond/quarantine", "internal/scan", "internal/scan/generation", "internal/scan/known", "internal/scan/unpack", "internal/scan/watch"},
		others: []string{"go.etcd.io/bbolt", "golang.org/x/sys"}, tests: []string{"candor/internal"}},

	{packages: "internal/intake", ours: []string{"."}, others: []string{"golang.org/x/net"}},
	{packages: "internal/intake/reading", ours: []string{"internal/intake", "internal/intake/format", "internal/intake/freetext", "internal/intake/kind", "internal/intake/message", "internal/intake/wrap"}, tests: []string{"candor/internal/intake/format/readers"}},
	{packages: "internal/intake/format", ours: []string{".", "internal/intake", "internal/intake/message"}, tests: []string{"candor/internal/intake/format"}},
	{packages: "internal/intake/format/readers", ours: []string{"internal/intake/format…", "internal/intel/iodef", "internal/intel/misp", "internal/intel/stix"}},
	{packages: "internal/intake/format/formattest", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}},
	{packages: "internal/intake/format/acns", ours: []string{"internal/intake", "internal/intake/format", "internal/intake/message"}, others: []string{"golang.org/x/net"}, tests: []string{"candor/internal/intake/format", "github.com/google/go-cmp"}},
	{packages: "internal/intake/format/arf", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, others: []string{"golang.org/x/net"}, tests: []string{"candor/internal/intake/format", "github.com/google/go-cmp"}},
	{packages: "internal/intake/format/xarfmail", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, tests: []string{"candor/internal/intake/format", "github.com/google/go-cmp"}},
	{packages: "internal/intake/format/xarf", ours: []string{".", "internal/intake", "internal/intake/format"}, others: []string{"go.yaml.in/yaml/v3"}, tests: []string{"candor/internal/intake/format", "github.com/google/go-cmp"}},
	{packages: "internal/intake/format/form", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, tests: []string{"candor/internal/intake/format", "github.com/google/go-cmp"}},
	{packages: "internal/intake/forward", ours: []string{".", "internal/intake", "internal/intake/format/xarf", "internal/phrase"}, others: []string{"golang.org/x/net"}, tests: []string{"candor/internal/intake/format"}},
	{packages: "internal/intake/format/shadowserver", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, tests: []string{"candor/internal/intake/format/formattest"}},
	{packages: "internal/intake/format/dmarc", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, tests: []string{"candor/internal/intake/format/formattest"}, others: []string{"golang.org/x/net", "golang.org/x/text"}},
	{packages: "internal/intake/format/logs", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, tests: []string{"candor/internal/intake/format/formattest"}},
	{packages: "internal/intake/format/table", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, tests: []string{"candor/internal/intake/format/formattest"}},
	{packages: "internal/intake/format/tlsrpt", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intake/message"}, tests: []string{"candor/internal/intake/format/formattest"}},
	{packages: "internal/intake/message", others: []string{"github.com/emersion/go-message", "golang.org/x/net", "golang.org/x/text"}},
	{packages: "internal/intake/freetext", ours: []string{".", "internal/intake", "internal/intake/message"}, others: []string{"go.yaml.in/yaml/v3", "golang.org/x/net"}},
	{packages: "internal/guide", ours: []string{"."}, tests: []string{"golang.org/x/net"}},
	{packages: "internal/respond/submit", ours: []string{".", "internal/directory", "internal/phrase", "internal/respond"}, others: []string{"github.com/ProtonMail/gopenpgp/v3", "github.com/yeka/zip"}, tests: []string{"candor/internal/outward", "candor/internal/respond"}},
	{packages: "internal/directory", ours: []string{"."}, others: []string{"github.com/ProtonMail/gopenpgp/v3", "go.yaml.in/yaml/v3", "golang.org/x/text"}},
	{packages: "internal/intake/holder", ours: []string{".", "internal/intake", "internal/outward"}, others: []string{"golang.org/x/net", "golang.org/x/time"}},
	{packages: "internal/intake/attribute", ours: []string{".", "internal/flow", "internal/flow/lease", "internal/intake"}},
	{packages: "internal/intake/kind", ours: []string{".", "internal/intake/message"}},
	{packages: "internal/intake/sender", ours: []string{"."}, others: []string{"blitiri.com.ar/go/spf", "github.com/emersion/go-msgauth", "golang.org/x/net"}},
	{packages: "internal/intake/wrap", ours: []string{".", "internal/intake/message"}, others: []string{"github.com/yeka/zip", "github.com/smallstep/pkcs7", "github.com/ProtonMail/go-crypto"}},
	{packages: "internal/intake/folder", ours: []string{".", "internal/intake"}, others: []string{"golang.org/x/sys"}},
	{packages: "internal/intake/imap", ours: []string{".", "internal/intake"}, others: []string{"github.com/emersion/go-imap/v2"}},
	{packages: "internal/intake/smtp", ours: []string{".", "internal/intake"}, others: []string{"github.com/emersion/go-smtp"}},
	{packages: "internal/intel", ours: []string{".", "internal/intake", "internal/intel/tlp", "internal/intel/version", "internal/outward"}, others: []string{"golang.org/x/net", "golang.org/x/text"}, tests: []string{"candor/internal/intel"}},
	{packages: "internal/inventory", ours: []string{"."}, others: []string{"github.com/anchore/go-rpmdb", "modernc.org/sqlite"}},
	{packages: "internal/intel/tlp", ours: []string{"."}},
	{packages: "internal/intel/version"},
	{packages: "internal/intel/cpe", ours: []string{"."}},
	{packages: "internal/intel/sheet", ours: []string{".", "internal/intake", "internal/intel"}, tests: []string{"candor/internal/intel"}},
	{packages: "internal/intel/bulletin", ours: []string{".", "internal/intel", "internal/intel/tlp"}},
	{packages: "internal/intel/group", ours: []string{".", "internal/intel", "internal/intel/tlp"}, tests: []string{"candor/internal/intake", "candor/internal/intel"}},
	{packages: "internal/intel/feed", others: []string{"github.com/ProtonMail/go-crypto"}, ours: []string{".", "internal/intake", "internal/intel", "internal/intel/misp", "internal/intel/stix", "internal/intel/cpe", "internal/intel/taxii", "internal/intel/tlp", "internal/intel/version"}, tests: []string{"candor/internal/intel/taxii"}},
	{packages: "internal/intel/stix", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intel", "internal/intel/tlp"}, others: []string{"github.com/gowebpki/jcs"}, tests: []string{"github.com/santhosh-tekuri/jsonschema/v6"}},
	{packages: "internal/intel/taxii", ours: []string{".", "internal/intel", "internal/intel/stix", "internal/intel/tlp"}, tests: []string{"candor/internal/intake", "candor/internal/intel"}},
	{packages: "internal/intel/taxii/memory", ours: []string{".", "internal/intel/taxii"}, tests: []string{"candor/internal/intel/taxii"}},
	{packages: "internal/intel/taxii/taxiitest", ours: []string{".", "internal/intel/taxii", "internal/intel/tlp"}, others: []string{"github.com/google/go-cmp"}},
	{packages: "internal/intel/misp", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intel", "internal/intel/tlp"}, tests: []string{"github.com/santhosh-tekuri/jsonschema/v6"}},
	{packages: "internal/intel/iodef", ours: []string{".", "internal/intake", "internal/intake/format", "internal/intel", "internal/intel/tlp"}, others: []string{"golang.org/x/net"}},
	{packages: "internal/house", ours: []string{".", "internal/access", "internal/consent…", "internal/desk", "internal/desk/calendar", "internal/directory", "internal/drill", "internal/evidence", "internal/fleet…", "internal/flow/archive", "internal/flow/line", "internal/guide", "internal/intake", "internal/intake/attribute", "internal/intake/format/form", "internal/intake/forward", "internal/intake/freetext", "internal/intake/holder", "internal/intake/kind", "internal/intake/message", "internal/intake/reading", "internal/intel", "internal/intel/bulletin", "internal/intel/cpe", "internal/intel/feed", "internal/intel/group", "internal/intel/iodef", "internal/intel/misp", "internal/intel/sheet", "internal/intel/stix", "internal/intel/taxii", "internal/intel/tlp", "internal/intel/version", "internal/inventory", "internal/phrase", "internal/respond", "internal/respond/isolate", "internal/respond/notify", "internal/respond/quarantine", "internal/respond/submit",
		"internal/scan/generation", "internal/scan/site", "internal/store"}, others: []string{"golang.org/x/net", "golang.org/x/text"}, tests: []string{"candor/engine", "candor/internal", "github.com/ProtonMail/gopenpgp/v3"}},

	{packages: "internal/web/ui", ours: []string{".", "internal/phrase"}, others: []string{"github.com/a-h/templ"}, tests: []string{"github.com/chromedp", "candor/internal/web/browsertest"}},
	{packages: "internal/web/hook", ours: []string{".", "internal/outward", "internal/store"}, tests: []string{"candor/internal/store"}},
	{packages: "internal/web/api", ours: []string{".", "internal/access…", "internal/consent…", "internal/desk…", "internal/directory", "internal/drill", "internal/evidence", "internal/flow", "internal/flow/archive", "internal/house", "internal/intel", "internal/intel/bulletin", "internal/intel/group", "internal/intel/tlp", "internal/inventory", "internal/respond", "internal/respond/isolate", "internal/scan/generation", "internal/store", "internal/web/hook"},
		others: []string{"github.com/danielgtaylor/huma/v2"}, tests: []string{"candor/internal"}},
	{packages: "internal/web/hosted", ours: []string{".", "internal/access", "internal/consent/notice", "internal/house", "internal/phrase", "internal/web"}, tests: []string{"candor/internal"}},
	{packages: "internal/web/exchange", ours: []string{".", "internal/access", "internal/house", "internal/intel/taxii", "internal/web"}, tests: []string{"candor/internal"}},
	{packages: "internal/web/browsertest", others: []string{"github.com/chromedp"}},
	{packages: "internal/web/webtest", ours: []string{".", "internal/access…", "internal/consent…", "internal/desk", "internal/desk/calendar", "internal/house", "internal/intel", "internal/phrase", "internal/store…", "internal/web"},
		others: []string{"golang.org/x/net"}},
	{packages: "internal/web/garden", ours: []string{".", "internal/access/limit", "internal/house", "internal/phrase"}, tests: []string{"candor/internal", "github.com/chromedp", "golang.org/x/sys"}},
	{packages: "internal/web…", ours: []string{".", "internal/access…", "internal/consent…", "internal/desk…", "internal/directory", "internal/drill", "internal/evidence", "internal/flow", "internal/flow/archive", "internal/guide", "internal/house", "internal/intake", "internal/intake/format/form", "internal/intake/freetext", "internal/intake/message", "internal/intel", "internal/intel/bulletin", "internal/intel/group", "internal/intel/tlp", "internal/inventory", "internal/phrase", "internal/respond…", "internal/scan/generation", "internal/store", "internal/web", "internal/web/hook", "internal/web/ui", "internal/x1207"},
		others: []string{"github.com/a-h/templ", "golang.org/x/net/html", "golang.org/x/text"}, tests: []string{"candor/internal", "golang.org/x/net", "github.com/chromedp"}},

	{packages: "internal/e2e", ours: []string{"."}, tests: []string{"candor/internal", "github.com/chromedp", "github.com/emersion", "filippo.io/age", "layeh.com/radius"}},
	{packages: "bench…", ours: []string{".", "engine…", "internal…", "bench…"}, others: []string{"golang.org/x/sys", "github.com/emersion/go-smtp", "github.com/jackc/pgx/v5", "modernc.org/sqlite"}},
	{packages: "cmd/candor", ours: []string{"."}, others: []string{"github.com/spf13/cobra", "golang.org/x/crypto", "golang.org/x/net", "golang.org/x/sys", "github.com/prometheus/client_golang", "filippo.io/age", "go.yaml.in/yaml/v3", "layeh.com/radius"}, tests: []string{"github.com/ProtonMail/gopenpgp/v3", "modernc.org/sqlite"}},
}

// wired may import every package of ours.
const wired = "cmd/candor"

// wiredOnly are packages that only cmd/candor and tests of their own may import:
// they make every program large that has them.
var wiredOnly = []string{"internal/flow/archive/duckdb", "internal/flow/archive/clickhouse"}

// testOnly are modules that only tests may import.
var testOnly = []string{"github.com/google/go-cmp", "github.com/rogpeppe/go-internal", "go.uber.org/goleak"}

const module = "candor"

func TestImports(t *testing.T) {
	seen := 0
	for file := range goFiles(t) {
		seen++
		pkg := path.Dir(filepath.ToSlash(file))
		at := slices.IndexFunc(layers, func(l layer) bool { return covers(l.packages, pkg) })
		if at < 0 {
			t.Errorf("%s: package %q is not in the table of packages; put it there, or its code where it belongs", file, pkg)
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if !allowed(layers[at], pkg, imported, strings.HasSuffix(file, "_test.go")) {
				t.Errorf("%s: %q may not import %q", file, pkg, imported)
			}
		}
	}
	if seen < 20 {
		t.Fatalf("only %d files were looked at", seen)
	}
}

// TestAllowed makes sure that the table can say no.
func TestAllowed(t *testing.T) {
	engine, scan := layers[1], layers[2]
	for _, tt := range []struct {
		layer    layer
		pkg      string
		imported string
		test     bool
		want     bool
	}{
		{engine, "engine/yara", "bytes", false, true},
		{engine, "engine/yara", "candor/engine/pattern", false, true},
		{engine, "engine/yara", "candor", false, false},
		{engine, "engine/yara", "candor/internal/scan", false, false},
		{engine, "engine/yara", "golang.org/x/sys/unix", false, false},
		{engine, "engine/yara", "github.com/google/go-cmp/cmp", false, false},
		{engine, "engine/yara", "github.com/google/go-cmp/cmp", true, true},
		{scan, "internal/scan", "candor/engine", false, true},
		{scan, "internal/scan", "golang.org/x/sys/unix", false, true},
		{scan, "internal/scan", "github.com/spf13/cobra", false, false},
		{scan, "internal/scan", "candor/internal/regex", false, true},
		{engine, "engine/yara", "candor/internal/regex", false, false},
	} {
		if got := allowed(tt.layer, tt.pkg, tt.imported, tt.test); got != tt.want {
			t.Errorf("allowed(%s, %s) = %v", tt.pkg, tt.imported, got)
		}
	}
}

func allowed(l layer, pkg, imported string, test bool) bool {
	if imported == module || strings.HasPrefix(imported, module+"/") {
		name := strings.TrimPrefix(strings.TrimPrefix(imported, module), "/")
		if name == "" {
			name = "."
		}
		if slices.Contains(wiredOnly, name) && pkg != wired && pkg != name && !covers("bench…", pkg) {
			return false
		}
		if name == everywhere && strings.HasPrefix(pkg, "internal/") {
			return true
		}
		return pkg == wired || name == pkg || slices.ContainsFunc(l.ours, func(o string) bool { return covers(o, name) }) || test && slices.ContainsFunc(l.tests, within(imported))
	}
	if first, _, _ := strings.Cut(imported, "/"); !strings.Contains(first, ".") {
		return true // the standard library
	}
	return slices.ContainsFunc(l.others, within(imported)) ||
		test && (slices.ContainsFunc(testOnly, within(imported)) || slices.ContainsFunc(l.tests, within(imported)))
}

// within tells whether a package lies in a module or a folder.
func within(imported string) func(string) bool {
	return func(m string) bool { return imported == m || strings.HasPrefix(imported, m+"/") }
}

// covers tells whether a name of the table stands for pkg.
func covers(name, pkg string) bool {
	folder, all := strings.CutSuffix(name, "…")
	return pkg == folder || all && strings.HasPrefix(pkg, folder+"/")
}

// goFiles gives the Go files of this module by path.
func goFiles(t *testing.T) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		err := filepath.WalkDir(".", func(name string, e fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if e.IsDir() {
				if base := e.Name(); name != "." && (strings.HasPrefix(base, ".") || base == "testdata" || base == "node_modules") {
					return filepath.SkipDir
				}
				if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil && name != "." {
					return filepath.SkipDir // a module of its own
				}
				return nil
			}
			if strings.HasSuffix(name, ".go") && !yield(name) {
				return filepath.SkipAll
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
