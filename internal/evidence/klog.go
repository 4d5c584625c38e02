package evidence

import (
	"log/slog"

	"k8s.io/klog/v2"
)

// LogTo sends what Tessera says about its work to l, which is otherwise
// written to standard error in a format of its own. It holds for the whole
// process and is meant to be called once, before Open.
func LogTo(l *slog.Logger) { klog.SetSlogLogger(l) }
