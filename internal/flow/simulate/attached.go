package simulate

import "candor/internal/flow"

// Attached gives the line behind an interface of an exporter, 0 if there is
// none.
func (w *World) Attached(exporter, iface uint32) flow.Line {
	if exporter == 0 || iface < firstInterface || iface >= firstInterface+linesAnExporter {
		return 0
	}
	line := flow.Line((exporter-1)*linesAnExporter + iface - firstInterface + 1)
	if int(line) >= len(w.houses) {
		return 0
	}
	return line
}

// Shared tells whether several lines have an address, each with ports of its
// own.
func (w *World) Shared(a flow.Addr) bool {
	return a.Is4() && a[12] == 198 && a[13]&^1 == 18
}
