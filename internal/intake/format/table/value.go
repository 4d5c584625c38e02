package table

import (
	"strconv"
	"strings"
	"time"

	"candor/internal/intake"
	"candor/internal/regex"
)

var fang = strings.NewReplacer("[.]", ".", "(.)", ".", "{.}", ".", "[dot]", ".", "(dot)", ".", "[:]", ":", "[://]", "://", "[@]", "@", "[at]", "@", "[/]", "/")

var (
	scheme = regex.Of(`^(?i:h(?:xx|\*\*|tt)p(s?))(?:://|:\\\\)`)
	plain  = regex.Of(`^[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z][a-z0-9-]+$`)
)

// fanged undoes what keeps values from being clicked on.
func fanged(text string) string {
	return scheme.ReplaceAllString(fang.Replace(strings.TrimSpace(text)), "http$1://")
}

// resourceOf reads a value as one of the kinds, the first that it is.
func resourceOf(text string, kinds ...intake.Kind) (intake.Resource, bool) {
	text = fanged(text)
	for _, k := range kinds {
		value := text
		if k == intake.URL && !strings.Contains(text, "://") {
			if slash := strings.IndexByte(text, '/'); slash < 1 || !strings.Contains(text[:slash], ".") {
				continue
			}
			value = "http://" + text
		}
		if r, err := intake.NewResource(k, value); err == nil && r.Value != "0.0.0.0" && r.Value != "::" {
			return r, true
		}
	}
	return intake.Resource{}, false
}

// valueOf tells of what kind a value is where no name does: "time" for times, ""
// for other texts and numbers.
func valueOf(text string) (intake.Resource, intake.Kind) {
	if r, ok := resourceOf(text, intake.Address, intake.Network, intake.Hash, intake.Mail); ok {
		return r, r.Kind
	}
	if strings.Contains(text, "://") || scheme.MatchString(text) {
		if r, ok := resourceOf(text, intake.URL); ok {
			return r, r.Kind
		}
	}
	if plain.MatchString(strings.ToLower(fanged(text))) {
		if r, ok := resourceOf(text, intake.Domain); ok {
			return r, r.Kind
		}
	}
	if w := when(text, "", false); dated.MatchString(text) || !w.Time.IsZero() {
		return intake.Resource{}, "time"
	}
	return intake.Resource{}, ""
}

var (
	dated  = regex.Of(`^(?:\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[./-]\d\d?[./-]\d{4}|\d\d? [A-Z][a-z]{2} \d{4})(?:[T ,]|$)`)
	offset = regex.Of(`^(?:UTC|GMT)?\s*([+-])(\d\d?):?(\d\d)?$`)
	second = regex.Of(`(:\d\d)[.,]\d+`)
)

// zoned have a zone, wall have none.
var (
	zoned = []string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05Z0700", "2006-01-02 15:04:05 Z07:00", "2006-01-02 15:04:05 Z0700", "2006-01-02 15:04 Z0700",
		time.RFC1123Z, "02 Jan 2006 15:04:05 -0700", "02/Jan/2006:15:04:05 -0700"}
	wall = []string{time.DateTime, "2006-01-02T15:04:05", "2006/01/02 15:04:05", "2006-01-02 15:04", "2006/01/02 15:04", "02.01.2006 15:04:05", "02.01.2006 15:04", "2 Jan 2006 15:04:05", "Jan 2 2006 15:04:05", "Jan 2, 2006 15:04:05"}
)

// when reads a time: with its own zone, else with the one given, else without. It
// takes seconds and milliseconds since 1970. Days and months apart by slashes are
// not told apart, and not read.
func when(text, zone string, utc bool) intake.When {
	text = strings.TrimSpace(text)
	w := intake.When{Text: intake.Cut(text, 80)}
	if n, err := strconv.ParseFloat(text, 64); err == nil {
		if n >= 1e12 {
			n /= 1000
		}
		if n >= 1e9 && n < 1<<33 {
			w.Time = time.Unix(int64(n), 0).UTC()
		}
		return w
	}
	text = second.ReplaceAllString(text, "$1")
	for _, name := range []string{"UTC", "GMT", "Z"} {
		if bare, ok := strings.CutSuffix(text, name); ok {
			text, zone = strings.TrimSpace(bare), "UTC"
		}
	}
	for _, l := range zoned {
		if t, err := time.Parse(l, text); err == nil {
			w.Time = t.UTC()
			return w
		}
	}
	if utc && zone == "" {
		zone = "UTC"
	}
	ahead, known := ahead(zone)
	if !known {
		return w
	}
	for _, l := range wall {
		if t, err := time.Parse(l, text); err == nil {
			w.Time = t.Add(-ahead)
			return w
		}
	}
	return w
}

// ahead is how far a zone is ahead of UTC: only those are known that are told as a
// difference, since others have summers.
func ahead(zone string) (time.Duration, bool) {
	zone = strings.ToUpper(strings.TrimSpace(zone))
	switch zone {
	case "UTC", "GMT", "Z":
		return 0, true
	}
	f := offset.FindStringSubmatch(zone)
	if f == nil {
		return 0, false
	}
	hours, _ := strconv.Atoi(f[2])
	minutes, _ := strconv.Atoi(f[3])
	d := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute
	if f[1] == "-" {
		d = -d
	}
	return d, hours <= 14 && minutes < 60
}
