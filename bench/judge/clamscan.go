package judge

import (
	"context"
	"fmt"
	"os"
	"strings"
)

// ClamScanScope are the arguments of clamscan that leave out what the engine
// does not do: unpacking, and taking documents and mail apart. HTML, scripts
// and text are still normalised.
var ClamScanScope = []string{
	"--disable-cache", "--scan-archive=no", "--scan-pdf=no", "--scan-ole2=no", "--scan-mail=no", "--scan-swf=no",
	"--scan-hwp3=no", "--scan-xmldocs=no", "--scan-onenote=no", "--scan-image=no", "--phishing-sigs=no", "--phishing-scan-urls=no",
	"--heuristic-alerts=no", "--max-filesize=2000M", "--max-scansize=2000M",
}

// ClamScan runs clamscan with a database, a file or a folder, over files and
// gives all signatures that match each. Names of signatures lack the suffix
// that marks them as unofficial.
func ClamScan(ctx context.Context, database string, files []string, more ...string) (v Verdicts, complaints []string, err error) {
	list, err := writeList(files)
	if err != nil {
		return nil, nil, err
	}
	defer os.Remove(list)
	args := append([]string{"-d", database, "--allmatch", "--no-summary", "-i", "-f", list}, ClamScanScope...)
	out, problem, err := output(ctx, []int{1}, "clamscan", append(args, more...)...)
	if err != nil {
		return nil, nil, err
	}
	v = Verdicts{}
	for _, line := range lines(out) {
		found, ok := strings.CutSuffix(line, " FOUND")
		i := strings.LastIndex(found, ": ")
		if !ok || i < 0 {
			return nil, nil, fmt.Errorf("clamscan printed %.80q", line)
		}
		v[Pair{strings.TrimSuffix(found[i+2:], ".UNOFFICIAL"), found[:i]}] = nil
	}
	return v, lines(problem), nil
}
