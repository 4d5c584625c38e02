package house

import (
	crand "crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"

	"candor"
	"candor/internal/evidence"
)

// weighted is a value and how often it occurs.
type weighted[T any] struct {
	value  T
	weight float64
}

func pick[T any](r *rand.Rand, from []weighted[T]) T {
	var sum float64
	for _, w := range from {
		sum += w.weight
	}
	at := r.Float64() * sum
	for _, w := range from {
		if at -= w.weight; at < 0 {
			return w.value
		}
	}
	return from[len(from)-1].value
}

// What a shared hoster sees: few kinds make up most of it.
var (
	classes = []weighted[candor.Class]{
		{candor.ApplicationCompromise, 42}, {candor.MalwareDistribution, 18}, {candor.Phishing, 16}, {candor.Spam, 8}, {candor.VulnerableSystem, 6},
		{candor.InfectedSystem, 4}, {candor.UnauthorisedUse, 3}, {candor.Exploit, 2}, {candor.Undetermined, 0.9}, {"malicious-code/c2-server", 0.1}}
	severities = []weighted[candor.Severity]{{candor.High, 45}, {candor.Medium, 33}, {candor.Low, 12}, {candor.Critical, 7}, {candor.Info, 3}}
	natures    = []weighted[candor.Nature]{{candor.Malware, 70}, {candor.Deceptive, 12}, {candor.Spyware, 8}, {candor.PUS, 5}, {"", 5}}
	openStates = []weighted[candor.CaseState]{{candor.CaseNew, 35}, {candor.CaseTriaged, 20}, {candor.CaseNotified, 25}, {candor.CaseContained, 15}, {candor.CaseResolved, 5}}
	endStates  = []weighted[candor.CaseState]{{candor.CaseClosed, 95}, {candor.CaseFalseAlarm, 5}}
	goneStates = []weighted[candor.FindingState]{{candor.FindingGone, 70}, {candor.FindingQuarantined, 27}, {candor.FindingDismissed, 3}}
	folders    = []weighted[string]{
		{"wp-content/plugins", 30}, {"wp-content/uploads/2025", 25}, {"wp-includes", 15}, {"images", 8}, {"administrator/components", 5},
		{"cache", 5}, {"tmp", 4}, {"vendor/phpunit", 4}, {"modules", 3}, {"sites/default/files", 1}}
	families = strings.Fields("generic obfuscated eval wso b374k c99 filesman mailer uploader backdoor dropper skimmer redirect seo cryptominer phishkit rat loader botnet polyglot")
	words    = strings.Fields("amber birch cedar delta ember falcon granite harbor indigo jasper kestrel lumen maple nimbus onyx pioneer quartz river summit tundra umber valley willow xenon yarrow zephyr acorn beacon comet dawn")
	trades   = strings.Fields("bakery clinic garage hotel school studio shop travel media legal florist dental records print cafe gym")
)

// skewed gives a number below n, small ones far more often: a Pareto
// distribution, as sizes of customers are.
func skewed(r *rand.Rand, n int) int {
	return min(n-1, int(float64(n)*math.Pow(r.Float64(), 3)))
}

func digest(r *rand.Rand) string {
	var b [32]byte
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return hex.EncodeToString(b[:])
}

// known is the digest of content that is seen at many sites.
func known(r *rand.Rand) string {
	return digest(rand.New(rand.NewPCG(uint64(skewed(r, 4000)), 7)))
}

func ruleName(r *rand.Rand) string {
	n := skewed(r, 3000)
	return fmt.Sprintf("php_%s_%s_%d", families[n%len(families)], words[n/len(families)%len(words)], n)
}

func phrase(r *rand.Rand) string {
	return words[r.IntN(len(words))] + " " + words[r.IntN(len(words))] + " " + trades[r.IntN(len(trades))]
}

func micro(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// conceal is what the program itself does.
func conceal(value string) (digest, salt string) {
	c, err := evidence.Conceal(crand.Reader, value)
	if err != nil {
		panic(err) // the system's randomness never fails
	}
	return c.Digest.String(), c.Salt.String()
}
